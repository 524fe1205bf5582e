import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { KubeObject } from '../../providers/mock/api/objects.ts';
import { effectiveConfig } from '../../providers/mock/kubevirt/config.ts';
import { type LauncherCluster, launcherCluster } from '../../providers/mock/kubevirt/launcher/cluster.ts';
import { asVmi, type Vmi } from '../../providers/mock/kubevirt/model/vmi.ts';
import type { KubevirtVersion } from '../../providers/mock/kubevirt/version.ts';
import type { DataVolume, Vm } from '../../providers/mock/kubevirt/vm-status.ts';

export type Labels = Readonly<Record<string, string>>;

export interface RecordedCondition {
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
}

/** The parts of a release's `misc.json` that are compared here. */
export interface Misc {
  readonly liveMigrationConditions: Readonly<Record<string, unknown>>;
  readonly vmStates?: Readonly<Record<string, unknown>>;
}

/** One VM with what surrounds it. */
export interface VmState {
  readonly id: string;
  readonly vm: Vm;
  readonly vmi: Vmi | null;
  readonly dvs?: readonly (DataVolume & { readonly metadata: { readonly name: string } })[];
  readonly pvcs?: readonly {
    readonly metadata: { readonly name: string };
    readonly status?: { readonly phase?: string };
  }[];
}

/** Labels of the recorded node before the labeller ran. */
export const STALE_LABELS: Labels = {
  'kubevirt.io/sev': 'true',
  'kubevirt.io/sev-es': 'true',
  'kubevirt.io/sev-snp': 'true',
  'cpu-model.node.kubevirt.io/StaleModel': 'true',
  'custom/label': 'x',
  'kubernetes.io/hostname': 'node-a',
  'kubevirt.io/schedulable': 'true',
};

/** The cluster that an input was answered under: its gates are added to the one under test. */
export function clusterOf(folder: string, id: string, version: KubevirtVersion): LauncherCluster {
  const input = readJson(join(folder, 'inputs', `${id}.json`)) as {
    readonly gates?: readonly string[];
    readonly disabledGates?: readonly string[];
    readonly useEmulation?: boolean;
    readonly additionalGuestMemoryOverheadRatio?: string;
  };
  const { useEmulation, additionalGuestMemoryOverheadRatio } = input;
  const configuration = {
    developerConfiguration: {
      featureGates: ['WorkloadEncryptionSEV', ...(input.gates ?? [])],
      disabledFeatureGates: input.disabledGates ?? [],
      ...(useEmulation === undefined ? {} : { useEmulation }),
    },
    ...(additionalGuestMemoryOverheadRatio === undefined ? {} : { additionalGuestMemoryOverheadRatio }),
  };
  return launcherCluster(effectiveConfig(version, { configuration }));
}

/** The VMI of an input as a release's mutating webhook left it. */
export function mutatedVmi(folder: string, version: KubevirtVersion, id: string): Vmi {
  return asVmi(readJson(join(folder, version.text, 'mutated', `${id}.json`)) as KubeObject);
}

export function miscOf(folder: string, version: KubevirtVersion): Misc {
  return readJson(join(folder, version.text, 'misc.json')) as Misc;
}

export function vmStateInputs(folder: string): readonly VmState[] {
  return readJson(join(folder, 'inputs-vm-states.json')) as readonly VmState[];
}

/** Names of the recordings in a folder, without their endings. */
export function namesIn(folder: string): readonly string[] {
  return readdirSync(folder).map((file) => file.replace(/\.\w+$/, ''));
}

export function readJson(file: string): unknown {
  return JSON.parse(readFileSync(file, 'utf8'));
}
