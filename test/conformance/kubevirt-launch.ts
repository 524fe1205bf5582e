import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { migrationStatus } from '../../providers/mock/kubevirt/conditions.ts';
import { HYPERV_LABELS, type LabellerSources, nodeLabels, relabelled } from '../../providers/mock/kubevirt/labels.ts';
import { plainHost } from '../../providers/mock/kubevirt/launcher/domain-host.ts';
import { domainXml } from '../../providers/mock/kubevirt/launcher/domain-xml.ts';
import { launcherPod } from '../../providers/mock/kubevirt/launcher/pod.ts';
import type { Condition } from '../../providers/mock/kubevirt/model/vmi.ts';
import { type KubevirtVersion, parseVersion } from '../../providers/mock/kubevirt/version.ts';
import { KNOWN_VERSIONS } from '../../providers/mock/kubevirt/versions.ts';
import { printableStatus, vmConditions } from '../../providers/mock/kubevirt/vm-status.ts';
import type { Verdict } from './apiserver.ts';
import {
  clusterOf,
  type Labels,
  miscOf,
  mutatedVmi,
  namesIn,
  type RecordedCondition,
  readJson,
  STALE_LABELS,
  vmStateInputs,
} from './kubevirt-recordings.ts';

/**
 * Launcher pods, domains, node labels, migration conditions and VM states against what KubeVirt's own code answered;
 * undefined where the recordings are absent. `versions` by default those that the simulator knows.
 */
export async function replayKubevirtLaunch(
  folder: string,
  versions: readonly string[] = KNOWN_VERSIONS.map(({ text }) => text),
): Promise<readonly Verdict[] | undefined> {
  if (!existsSync(folder)) return undefined;
  return versions.flatMap((text) => {
    const version = parseVersion(text);
    if (version === undefined || !existsSync(join(folder, version.text))) return [];
    return [pods, domains, labels, migrations, vmStates].flatMap((part) => part(folder, version));
  });
}

function pods(folder: string, version: KubevirtVersion): readonly Verdict[] {
  const recordings = join(folder, version.text, 'pods');
  return verdicts(`${version.text} launcher pods`, namesIn(recordings), (id) => {
    const vmi = mutatedVmi(folder, version, id);
    const { apiVersion: _a, kind: _k, ...pod } = launcherPod(vmi, clusterOf(folder, id, version));
    return differences(normalPod(readJson(join(recordings, `${id}.json`))), normalPod(pod));
  });
}

function domains(folder: string, version: KubevirtVersion): readonly Verdict[] {
  const recordings = join(folder, version.text, 'xml');
  return verdicts(`${version.text} domains`, namesIn(recordings), (id) => {
    const recorded = readFileSync(join(recordings, `${id}.xml`), 'utf8')
      .trim()
      .split('\n');
    const cluster = clusterOf(folder, id, version);
    const host = { ...plainHost(cluster), ...RECORDED_HOST };
    return lineDifferences(
      recorded,
      domainXml(mutatedVmi(folder, version, id), cluster, host)
        .trim()
        .split('\n'),
    );
  });
}

/** The host that the recorded domains were made for; with it, the firmware lies at one place in every release. */
const RECORDED_HOST = { ovmfDirectory: '/usr/share/edk2/ovmf', hostDevice: () => '0000:82:00.0', vsockCid: 3 };

function labels(folder: string, version: KubevirtVersion): readonly Verdict[] {
  const recorded = readJson(join(folder, version.text, 'labels.json')) as Record<
    string,
    { labels: Labels; nodeAfterRun: Labels }
  >;
  return verdicts(`${version.text} node labels`, Object.keys(recorded), (name) => {
    const read = (file: string) => readFileSync(join(folder, 'inputs-hosts', name, `${file}.xml`), 'utf8');
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

function migrations(folder: string, version: KubevirtVersion): readonly Verdict[] {
  const { liveMigrationConditions: all } = miscOf(folder, version);
  return verdicts(`${version.text} migration conditions`, Object.keys(all), (key) => {
    const [id = '', without] = key.split('@');
    const cluster = clusterOf(folder, id, version);
    const hostModel = without === 'noHostModel' ? undefined : 'EPYC-Milan';
    const status = migrationStatus(mutatedVmi(folder, version, id), { cluster, nodeName: 'node-a', hostModel });
    return differences(all[key], {
      LiveMigratable: withoutType(status.liveMigratable),
      StorageLiveMigratable: withoutType(status.storageLiveMigratable),
      events: status.warning === undefined ? [] : [`Warning Migrated ${status.warning}`],
      migrationMethod: status.method,
    });
  });
}

function vmStates(folder: string, version: KubevirtVersion): readonly Verdict[] {
  const inputs = vmStateInputs(folder);
  const recorded = miscOf(folder, version).vmStates ?? {};
  return verdicts(`${version.text} VM states`, Object.keys(recorded), (id) => {
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

function verdicts(
  group: string,
  names: readonly string[],
  differ: (name: string) => readonly string[],
): readonly Verdict[] {
  return names.map((name) => {
    try {
      return { group, name, differences: differ(name) };
    } catch (error) {
      return { group, name, differences: [`threw ${error instanceof Error ? error.message : String(error)}`] };
    }
  });
}

function withoutType({ type: _, ...rest }: Condition): RecordedCondition {
  return rest;
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
  return [`${path}: wanted ${JSON.stringify(recorded)}, got ${JSON.stringify(ours)}`];
}

function lineDifferences(recorded: readonly string[], ours: readonly string[]): readonly string[] {
  if (isDeepStrictEqual(recorded, ours)) return [];
  const missing = recorded.filter((line) => !ours.includes(line)).map((line) => `lacks ${line.trim()}`);
  const extra = ours.filter((line) => !recorded.includes(line)).map((line) => `has ${line.trim()}`);
  const found = [...missing, ...extra];
  return found.length > 0 ? found : ['lines stand in another order or number'];
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
