import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { KubeObject } from '../../providers/mock/api/objects.ts';
import { applyDefaults, prune } from '../../providers/mock/api/structural.ts';
import type { AdmissionContext } from '../../providers/mock/kubevirt/admission/context.ts';
import type { Verdict as Judgement, PatchOperation } from '../../providers/mock/kubevirt/admission/verdict.ts';
import { type AdmissionRequest, judgeRequest } from '../../providers/mock/kubevirt/admit.ts';
import { schemaOf } from '../../providers/mock/kubevirt/crds/crds.ts';
import { atLeast, type KubevirtVersion, parseVersion } from '../../providers/mock/kubevirt/version.ts';
import type { Verdict } from './apiserver.ts';
import { differences } from './json-differences.ts';
import { memoryCluster } from './memory-cluster.ts';

/** Replays the recorded objects through the simulated webhooks of each release; undefined where the recordings are absent. */
export async function replayKubeVirt(
  folder: string,
  releases: readonly string[] = RELEASES,
): Promise<readonly Verdict[] | undefined> {
  if (!existsSync(folder)) return undefined;
  const inputs = readdirSync(join(folder, 'inputs')).map((file) => readJson(join(folder, 'inputs', file)) as Input);
  const verdicts: Verdict[] = [];
  for (const version of releases.flatMap((text) => parseVersion(text) ?? [])) {
    const recorded = readJson(join(folder, version.text, 'admission.json')) as Readonly<Record<string, Recorded>>;
    for (const input of inputs) {
      const answer = recorded[input.id];
      if (answer !== undefined) verdicts.push(...(await replayInput(input, answer, { folder, version })));
    }
  }
  return verdicts;
}

const RELEASES = ['v1.6.6', 'v1.7.4', 'v1.8.4', 'v1.9.0'];

interface Place {
  readonly folder: string;
  readonly version: KubevirtVersion;
}

/** One composed object with the cluster and the KubeVirt CR around it. */
interface Input {
  readonly id: string;
  readonly op: 'create' | 'update';
  readonly object: KubeObject;
  readonly oldObject?: KubeObject;
  readonly existing?: readonly KubeObject[];
  readonly user?: string;
  readonly userExtra?: Readonly<Record<string, readonly string[]>>;
  readonly gates?: readonly string[];
  readonly disabledGates?: readonly string[];
  readonly permittedHostDevices?: unknown;
  readonly vmRolloutStrategy?: string;
  readonly clusterEvictionStrategy?: string;
  readonly additionalGuestMemoryOverheadRatio?: string;
}

interface Recorded {
  readonly gateOn: RecordedAnswer;
  readonly gateOff: RecordedAnswer | 'same as gateOn';
  readonly pruning?: {
    readonly objectPrunedPaths?: readonly string[];
    readonly objectAfterPruning?: unknown;
    readonly strict?: { readonly message: string; readonly unknownFields: readonly string[] };
  };
}

interface RecordedAnswer {
  readonly mutate?: RecordedJudgement;
  readonly validate?: RecordedJudgement;
  readonly final: {
    readonly stage: string;
    readonly allowed: boolean;
    readonly code?: number;
    readonly message?: string;
  };
  readonly vmForm?: RecordedAnswer;
}

interface RecordedJudgement {
  readonly allowed: boolean;
  readonly code?: number;
  readonly reason?: string;
  readonly message?: string;
  readonly causes?: readonly { readonly type: string; readonly field?: string; readonly message: string }[];
  readonly warnings?: readonly string[];
}

async function replayInput(input: Input, recorded: Recorded, { folder, version }: Place): Promise<readonly Verdict[]> {
  const kind = `${version.text} ${input.id.split('-')[0]}`;
  const verdict = (part: string, found: readonly string[]): Verdict => ({
    group: `${kind} ${part}`,
    name: input.id,
    differences: found,
  });
  const stored = admitted(input.object, version);
  const verdicts = [verdict('pruning', pruningDifferences(stored, recorded))];
  for (const gate of ['on', 'off'] as const) {
    const expected = gate === 'off' && recorded.gateOff !== 'same as gateOn' ? recorded.gateOff : recorded.gateOn;
    const answer = await ask(input, stored.object, { version, gate });
    verdicts.push(verdict('verdict', answerDifferences(answer, expected)));
    if (expected.vmForm !== undefined) {
      const form = await ask({ ...input, op: 'create' }, vmForm(stored.object), { version, gate });
      verdicts.push(verdict('verdict as VM', answerDifferences(form, expected.vmForm)));
    }
    const file = join(folder, version.text, 'mutated', `${input.id}.json`);
    if (gate === 'on' && existsSync(file) && answer.mutated !== undefined) {
      verdicts.push(verdict('mutated object', differences(normal(readJson(file)), normal(answer.mutated))));
    }
  }
  return verdicts;
}

/** What the API server makes of the object before webhooks see it. */
function admitted(
  object: KubeObject,
  version: KubevirtVersion,
): { object: KubeObject; unknownFields: readonly string[] } {
  if (object.kind === 'Eviction') return { object, unknownFields: [] };
  const schema = schemaOf(object.kind, version);
  const { object: pruned, unknownFields } = prune(object, schema);
  return { object: applyDefaults(pruned, schema), unknownFields };
}

interface Answer {
  readonly mutate?: Judgement;
  readonly mutated?: KubeObject;
  readonly validate?: Judgement;
}

interface Setting {
  readonly version: KubevirtVersion;
  readonly gate: 'on' | 'off';
}

const PATHS: Readonly<Record<string, readonly [mutate: string | undefined, create: string, update: string]>> = {
  VirtualMachineInstance: [
    '/virtualmachineinstances-mutate',
    '/virtualmachineinstances-validate-create',
    '/virtualmachineinstances-validate-update',
  ],
  VirtualMachine: ['/virtualmachines-mutate', '/virtualmachines-validate', '/virtualmachines-validate'],
  VirtualMachineInstanceMigration: [
    '/migration-mutate-create',
    '/migration-validate-create',
    '/migration-validate-update',
  ],
  Eviction: [undefined, '/pod-eviction-validate', '/pod-eviction-validate'],
};

async function ask(input: Input, object: KubeObject, setting: Setting): Promise<Answer> {
  const context = contextOf(input, setting);
  const [mutatePath, createPath, updatePath] = PATHS[object.kind] ?? [undefined, '', ''];
  const asStored = object.kind === 'Eviction' ? object : withServerFields(object, input.op);
  const request = requestOf(input, asStored);
  const mutate = mutatePath === undefined ? undefined : await judgeRequest(mutatePath, request, context);
  if (mutate?.allowed === false) return { mutate };
  const mutated = (mutate?.patch ?? []).reduce(patched, asStored);
  const path = input.op === 'update' ? updatePath : createPath;
  const validate = await judgeRequest(path, { ...request, object: mutated }, context);
  return { mutated, validate, ...(mutate !== undefined && { mutate }) };
}

function contextOf(input: Input, { version, gate }: Setting): AdmissionContext {
  const listed = gate === 'on' ? ['WorkloadEncryptionSEV'] : [];
  const disabled = gate === 'off' ? ['WorkloadEncryptionSEV'] : [];
  const developerConfiguration = {
    featureGates: [...listed, ...(input.gates ?? [])],
    ...(atLeast(version, 'v1.8') && { disabledFeatureGates: [...disabled, ...(input.disabledGates ?? [])] }),
  };
  const configuration = {
    developerConfiguration,
    ...(input.vmRolloutStrategy !== undefined && { vmRolloutStrategy: input.vmRolloutStrategy }),
    ...(input.clusterEvictionStrategy !== undefined && { evictionStrategy: input.clusterEvictionStrategy }),
  };
  const metadata = { name: 'kubevirt', namespace: 'kubevirt' };
  return {
    version,
    kubevirt: { apiVersion: 'kubevirt.io/v1', kind: 'KubeVirt', metadata, spec: { configuration } },
    cluster: memoryCluster(input.existing ?? []),
    namespace: 'kubevirt',
    now: () => new Date('2026-01-01T00:00:00Z'),
    uuid: () => '00000000-0000-4000-8000-0000000000ff',
  };
}

function requestOf(input: Input, object: KubeObject): AdmissionRequest {
  const { name = '', namespace = '' } = object.metadata;
  const extra = input.userExtra;
  return {
    uid: 'replayed',
    operation: input.op === 'update' ? 'UPDATE' : 'CREATE',
    name,
    namespace,
    userInfo: { username: input.user ?? 'someone', groups: [], ...(extra !== undefined && { extra }) },
    object,
    ...(input.oldObject !== undefined && { oldObject: input.oldObject }),
  };
}

function withServerFields(object: KubeObject, op: Input['op']): KubeObject {
  const set = { generation: 1, creationTimestamp: '2026-01-01T00:00:00Z' };
  const uid = '00000000-0000-4000-8000-000000000001';
  return { ...object, metadata: { ...object.metadata, ...set, ...(op === 'create' && { uid }) } };
}

function patched(object: KubeObject, { path, value }: PatchOperation): KubeObject {
  return { ...object, [path.slice(1)]: value };
}

/** The same guest as a VM's template. */
function vmForm(vmi: KubeObject): KubeObject {
  const { name, namespace, ...metadata } = vmi.metadata;
  return {
    apiVersion: 'kubevirt.io/v1',
    kind: 'VirtualMachine',
    metadata: { ...(name !== undefined && { name }), ...(namespace !== undefined && { namespace }) },
    spec: { runStrategy: 'Halted', template: { metadata, spec: vmi.spec } },
  };
}

function pruningDifferences(stored: ReturnType<typeof admitted>, { pruning }: Recorded): readonly string[] {
  const expected = [...(pruning?.objectPrunedPaths ?? [])].sort();
  const ours = [...stored.unknownFields].sort();
  const found = isDeepStrictEqual(ours, expected) ? [] : [`pruned: ${ours.join()} instead of ${expected.join()}`];
  if (pruning?.objectAfterPruning === undefined) return found;
  return [...found, ...differences(pruning.objectAfterPruning, stored.object)];
}

function answerDifferences(ours: Answer, expected: RecordedAnswer): readonly string[] {
  const ofMutation = expected.mutate === undefined ? { allowed: true } : expected.mutate;
  if (ours.mutate !== undefined && !(ours.mutate.allowed && ofMutation.allowed)) {
    const found = judgementDifferences('mutate', ours.mutate, ofMutation);
    if (found.length > 0 || !ofMutation.allowed) return found;
  }
  if (expected.validate === undefined || ours.validate === undefined) return ['stopped at another stage'];
  return judgementDifferences('validate', ours.validate, expected.validate);
}

function judgementDifferences(stage: string, ours: Judgement, expected: RecordedJudgement): readonly string[] {
  const shown = ({ allowed, code, reason, message, causes, warnings }: Judgement): object => ({
    allowed,
    ...(!allowed && { code, reason: reason ?? '', message, causes: (causes ?? []).map((cause) => ({ ...cause })) }),
    warnings: warnings ?? [],
  });
  const theirs = {
    ...expected,
    causes: (expected.causes ?? []).map(({ type, field = '', message }) => ({ reason: type, message, field })),
  } as Judgement;
  return differences(shown(theirs), shown(ours)).map((difference) => `${stage}${difference}`);
}

function normal(object: unknown): unknown {
  return JSON.parse(JSON.stringify(object));
}

function readJson(file: string): unknown {
  return JSON.parse(readFileSync(file, 'utf8'));
}
