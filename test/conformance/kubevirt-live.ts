import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { KubeObject } from '../../providers/mock/api/objects.ts';
import { applyDefaults, prune } from '../../providers/mock/api/structural.ts';
import type { PatchOperation } from '../../providers/mock/kubevirt/admission/verdict.ts';
import { type AdmissionRequest, judgeRequest } from '../../providers/mock/kubevirt/admit.ts';
import { schemaOf } from '../../providers/mock/kubevirt/crds/crds.ts';
import { kubevirtVersion } from '../../providers/mock/kubevirt/versions.ts';
import { webhooksOf } from '../../providers/mock/kubevirt/webhooks.ts';
import type { Verdict } from './apiserver.ts';
import { differences } from './json-differences.ts';
import { memoryCluster } from './memory-cluster.ts';

/** Replays what the webhooks of a running KubeVirt v1.9.0 answered; undefined where the recordings are absent. */
export async function replayKubeVirtLive(folder: string): Promise<readonly Verdict[] | undefined> {
  const file = join(folder, 'virt-api-admission.json');
  if (!existsSync(file)) return undefined;
  const { cases } = JSON.parse(readFileSync(file, 'utf8')) as { cases: readonly Case[] };
  const kubevirt = JSON.parse(readFileSync(join(folder, 'objects', 'ns-kubevirt.json'), 'utf8')).items[0] as KubeObject;
  return Promise.all(
    cases.map(async (each) => ({ group: each.kind, name: each.name, differences: await compare(each, kubevirt) })),
  );
}

interface Case {
  readonly name: string;
  readonly kind: 'VirtualMachineInstance' | 'VirtualMachine';
  readonly request: KubeObject;
  readonly response: { readonly status: number; readonly body: KubeObject };
}

const PATHS = {
  VirtualMachineInstance: ['/virtualmachineinstances-mutate', '/virtualmachineinstances-validate-create'],
  VirtualMachine: ['/virtualmachines-mutate', '/virtualmachines-validate'],
} as const;

async function compare({ kind, request, response }: Case, kubevirt: KubeObject): Promise<readonly string[]> {
  const version = kubevirtVersion('v1.9.0');
  if (version === undefined) throw new Error('KubeVirt v1.9.0 is unknown to the simulator');
  const schema = schemaOf(kind, version);
  const context = {
    version,
    kubevirt,
    cluster: memoryCluster([]),
    namespace: 'kubevirt',
    now: () => new Date('2026-01-01T00:00:00Z'),
    uuid: () => '<uid>',
  };
  const { object: pruned, unknownFields } = prune(request, schema);
  if (unknownFields.length > 0) return differences(shownDenial(response), strictRefusal(kind, unknownFields));
  let object = applyDefaults(pruned, schema);
  for (const path of PATHS[kind]) {
    const asked: AdmissionRequest = {
      uid: 'replayed',
      operation: 'CREATE',
      namespace: 'default',
      userInfo: { username: 'admin', groups: ['system:masters'] },
      object,
    };
    const { allowed, code, reason, message, causes, patch } = await judgeRequest(path, asked, context);
    if (!allowed) {
      const webhook = webhooksOf(version).find((each) => each.path === path)?.name;
      const text = `admission webhook "${webhook}" denied the request: ${message}`;
      const details = causes === undefined ? undefined : { causes: causes.map(withoutBlanks) };
      const ours = { status: code, message: text, reason, details };
      return differences(shownDenial(response), JSON.parse(JSON.stringify(ours)));
    }
    object = (patch ?? []).reduce(patched, object);
  }
  return differences(
    { status: response.status, body: comparable(response.body) },
    { status: 201, body: comparable(object) },
  );
}

/** All requests were made with strict field validation. */
function strictRefusal(kind: string, unknownFields: readonly string[]): unknown {
  const fields = unknownFields.map((field) => `unknown field "${field}"`).join(', ');
  const message = `${kind} in version "v1" cannot be handled as a ${kind}: strict decoding error: ${fields}`;
  return { status: 400, message, reason: 'BadRequest' };
}

function shownDenial({ status, body }: Case['response']): unknown {
  const { message, reason, details } = body as { message?: unknown; reason?: unknown; details?: unknown };
  return JSON.parse(JSON.stringify({ status, message, reason, details }));
}

function patched(object: KubeObject, { path, value }: PatchOperation): KubeObject {
  return { ...object, [path.slice(1)]: value };
}

/** Without what the API server adds, and with times masked as in the recording. */
function comparable(object: KubeObject): unknown {
  const { managedFields: _m, uid: _u, creationTimestamp: _c, generation: _g, ...metadata } = object.metadata;
  const text = JSON.stringify({ ...object, metadata });
  return JSON.parse(text.replaceAll('2026-01-01T00:00:00Z', '<time>'));
}

function withoutBlanks(cause: object): object {
  return Object.fromEntries(Object.entries(cause).filter(([, value]) => value !== ''));
}
