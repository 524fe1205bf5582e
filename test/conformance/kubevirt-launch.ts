import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { KubeObject } from '../../providers/mock/api/objects.ts';
import { migrationStatus } from '../../providers/mock/kubevirt/conditions.ts';
import { effectiveConfig } from '../../providers/mock/kubevirt/config.ts';
import { HYPERV_LABELS, type LabellerSources, nodeLabels, relabelled } from '../../providers/mock/kubevirt/labels.ts';
import { type LauncherCluster, launcherCluster } from '../../providers/mock/kubevirt/launcher/cluster.ts';
import { domainXml, plainHost } from '../../providers/mock/kubevirt/launcher/domain-xml.ts';
import { launcherPod } from '../../providers/mock/kubevirt/launcher/pod.ts';
import { asVmi, type Condition, type Vmi } from '../../providers/mock/kubevirt/launcher/vmi.ts';
import { type KubevirtVersion, parseVersion } from '../../providers/mock/kubevirt/version.ts';
import { type DataVolume, printableStatus, type Vm, vmConditions } from '../../providers/mock/kubevirt/vm-status.ts';

/** How many recorded answers of one kind and version the simulator gives the same. */
export interface ConformanceRow {
  readonly part: string;
  readonly version: string;
  readonly agreed: number;
  readonly all: number;
  /** One line a difference. */
  readonly differences: readonly string[];
}

export interface ConformanceOptions {
  /** Folder with the recorded answers of the real KubeVirt code. */
  readonly vectors: string;
  readonly versions?: readonly string[];
}

/** Launcher pods against what virt-controller really posted. */
export async function run({ vectors, versions = VERSIONS }: ConformanceOptions): Promise<readonly ConformanceRow[]> {
  return versions
    .filter((version) => existsSync(join(vectors, version)))
    .flatMap((text) => {
      const version = parseVersion(text);
      const parts = [pods, domains, labels, migrations, vmStates];
      return version === undefined ? [] : parts.map((part) => part(vectors, version));
    });
}

const VERSIONS = ['v1.6.6', 'v1.7.4', 'v1.8.4', 'v1.9.0'];

function pods(vectors: string, version: KubevirtVersion): ConformanceRow {
  const folder = join(vectors, version.text, 'pods');
  return compare(
    'pods',
    version,
    readdirSync(folder).map((file) => file.replace(/\.json$/, '')),
    (id) => {
      const recorded = readJson(join(folder, `${id}.json`));
      const vmi = asVmi(readJson(join(vectors, version.text, 'mutated', `${id}.json`)) as KubeObject);
      const { apiVersion: _a, kind: _k, ...pod } = launcherPod(vmi, clusterOf(vectors, id, version));
      return differences(normalPod(recorded), normalPod(pod));
    },
  );
}

function domains(vectors: string, version: KubevirtVersion): ConformanceRow {
  const folder = join(vectors, version.text, 'xml');
  return compare(
    'domains',
    version,
    readdirSync(folder).map((file) => file.replace(/\.xml$/, '')),
    (id) => {
      const recorded = readFileSync(join(folder, `${id}.xml`), 'utf8')
        .trim()
        .split('\n');
      const vmi = asVmi(readJson(join(vectors, version.text, 'mutated', `${id}.json`)) as KubeObject);
      const cluster = clusterOf(vectors, id, version);
      const host = { ...plainHost(cluster), ...RECORDED_HOST };
      return lineDifferences(recorded, domainXml(vmi, cluster, host).trim().split('\n'));
    },
  );
}

/** The host that the recorded domains were made for; with it, the firmware lies at one place in every release. */
const RECORDED_HOST = { ovmfDirectory: '/usr/share/edk2/ovmf', hostDevice: () => '0000:82:00.0', vsockCid: 3 };

function lineDifferences(recorded: readonly string[], ours: readonly string[]): readonly string[] {
  if (isDeepStrictEqual(recorded, ours)) return [];
  const missing = recorded.filter((line) => !ours.includes(line)).map((line) => `lacks ${line.trim()}`);
  const extra = ours.filter((line) => !recorded.includes(line)).map((line) => `has ${line.trim()}`);
  const found = [...missing, ...extra];
  return found.length > 0 ? found : ['lines stand in another order or number'];
}

function labels(vectors: string, version: KubevirtVersion): ConformanceRow {
  const recorded = readJson(join(vectors, version.text, 'labels.json')) as Record<
    string,
    { labels: Labels; nodeAfterRun: Labels }
  >;
  return compare('labels', version, Object.keys(recorded), (name) => {
    const read = (file: string) => readFileSync(join(vectors, 'inputs-hosts', name, `${file}.xml`), 'utf8');
    const sources: LabellerSources = {
      domCapabilities: read('virsh_domcapabilities'),
      supportedFeatures: read('supported_features'),
      capabilities: read('capabilities'),
      hyperv: name === 'milan-snp' ? HYPERV_LABELS : [],
    };
    const wanted = nodeLabels(sources, { version });
    const after = relabelled(STALE_LABELS, wanted, version);
    return [
      ...differences(recorded[name]?.labels, wanted),
      ...differences(recorded[name]?.nodeAfterRun, after, 'after'),
    ];
  });
}

type Labels = Readonly<Record<string, string>>;

const STALE_LABELS: Labels = {
  'kubevirt.io/sev': 'true',
  'kubevirt.io/sev-es': 'true',
  'kubevirt.io/sev-snp': 'true',
  'cpu-model.node.kubevirt.io/StaleModel': 'true',
  'custom/label': 'x',
  'kubernetes.io/hostname': 'node-a',
  'kubevirt.io/schedulable': 'true',
};

interface RecordedCondition {
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
}

interface Misc {
  readonly liveMigrationConditions: Readonly<
    Record<
      string,
      {
        readonly LiveMigratable: RecordedCondition;
        readonly StorageLiveMigratable: RecordedCondition;
        readonly events: readonly string[];
        readonly migrationMethod: string;
      }
    >
  >;
  readonly vmStates?: Readonly<
    Record<
      string,
      { readonly printableStatus: string; readonly vmConditions: Readonly<Record<string, RecordedCondition>> }
    >
  >;
}

function migrations(vectors: string, version: KubevirtVersion): ConformanceRow {
  const { liveMigrationConditions: all } = readJson(join(vectors, version.text, 'misc.json')) as Misc;
  return compare('migration conditions', version, Object.keys(all), (key) => {
    const [id = '', without] = key.split('@');
    const vmi = asVmi(readJson(join(vectors, version.text, 'mutated', `${id}.json`)) as KubeObject);
    const cluster = clusterOf(vectors, id, version);
    const hostModel = without === 'noHostModel' ? undefined : 'EPYC-Milan';
    const status = migrationStatus(vmi, { cluster, nodeName: 'node-a', hostModel });
    return differences(all[key], {
      LiveMigratable: withoutType(status.liveMigratable),
      StorageLiveMigratable: withoutType(status.storageLiveMigratable),
      events: status.warning === undefined ? [] : [`Warning Migrated ${status.warning}`],
      migrationMethod: status.method,
    });
  });
}

interface VmState {
  readonly id: string;
  readonly vm: Vm;
  readonly vmi: Vmi | null;
  readonly dvs?: readonly (DataVolume & { readonly metadata: { readonly name: string } })[];
  readonly pvcs?: readonly {
    readonly metadata: { readonly name: string };
    readonly status?: { readonly phase?: string };
  }[];
}

function vmStates(vectors: string, version: KubevirtVersion): ConformanceRow {
  const inputs = readJson(join(vectors, 'inputs-vm-states.json')) as readonly VmState[];
  const recorded = (readJson(join(vectors, version.text, 'misc.json')) as Misc).vmStates ?? {};
  return compare('vm states', version, Object.keys(recorded), (id) => {
    const state = inputs.find((input) => input.id === id);
    if (state === undefined) return ['has no input'];
    const vmi = state.vmi ?? undefined;
    const around = {
      version,
      vmi,
      dataVolume: (name: string) => state.dvs?.find(({ metadata }) => metadata.name === name),
      claimPhase: (name: string) => state.pvcs?.find(({ metadata }) => metadata.name === name)?.status?.phase,
    };
    const conditions = vmConditions(state.vm, vmi).map(
      (condition) => [condition.type, withoutType(condition)] as const,
    );
    const ours = { printableStatus: printableStatus(state.vm, around), vmConditions: Object.fromEntries(conditions) };
    return differences(recorded[id], ours);
  });
}

function withoutType({ type: _, ...rest }: Condition): RecordedCondition {
  return rest;
}

function compare(
  part: string,
  { text: version }: KubevirtVersion,
  ids: readonly string[],
  differ: (id: string) => readonly string[],
): ConformanceRow {
  const found = ids.map((id) => {
    try {
      return { id, lines: differ(id) };
    } catch (error) {
      return { id, lines: [`threw ${error instanceof Error ? error.message : String(error)}`] };
    }
  });
  return {
    part,
    version,
    all: ids.length,
    agreed: found.filter(({ lines }) => lines.length === 0).length,
    differences: found.flatMap(({ id, lines }) => lines.map((line) => `${id}: ${line}`)),
  };
}

/** The cluster that an input was answered under. */
function clusterOf(vectors: string, id: string, version: KubevirtVersion): LauncherCluster {
  const input = readJson(join(vectors, 'inputs', `${id}.json`)) as {
    gates?: string[];
    disabledGates?: string[];
    useEmulation?: boolean;
    additionalGuestMemoryOverheadRatio?: string;
  };
  const configuration = {
    developerConfiguration: {
      featureGates: ['WorkloadEncryptionSEV', ...(input.gates ?? [])],
      disabledFeatureGates: input.disabledGates ?? [],
      ...(input.useEmulation === undefined ? {} : { useEmulation: input.useEmulation }),
    },
    ...(input.additionalGuestMemoryOverheadRatio === undefined
      ? {}
      : { additionalGuestMemoryOverheadRatio: input.additionalGuestMemoryOverheadRatio }),
  };
  return launcherCluster(effectiveConfig(version, { configuration }));
}

function normalPod(pod: unknown): unknown {
  const text = JSON.stringify(pod).replace(/"300s"/g, '"<240..359>s"');
  const copy = JSON.parse(text) as { metadata: Record<string, unknown> };
  delete copy.metadata.namespace;
  // Older Go wrote the unset time as null; an API server reads both alike.
  if (copy.metadata.creationTimestamp === null) delete copy.metadata.creationTimestamp;
  return copy;
}

/** Paths at which two JSON values differ, with both values. */
function differences(recorded: unknown, ours: unknown, path = ''): readonly string[] {
  if (isDeepStrictEqual(recorded, ours)) return [];
  if (isObject(recorded) && isObject(ours)) {
    const keys = [...new Set([...Object.keys(recorded), ...Object.keys(ours)])];
    return keys.flatMap((key) => differences(recorded[key], ours[key], `${path}.${key}`));
  }
  if (Array.isArray(recorded) && Array.isArray(ours) && recorded.length === ours.length) {
    return recorded.flatMap((value, index) => differences(value, ours[index], `${path}[${index}]`));
  }
  return [`${path}: ${JSON.stringify(recorded)} is ${JSON.stringify(ours)}`];
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function readJson(file: string): unknown {
  return JSON.parse(readFileSync(file, 'utf8'));
}
