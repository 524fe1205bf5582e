import { expect } from 'chai';
import type { KubeObject } from '../../../providers/mock/api/objects.ts';
import { jsonPatch } from '../../../providers/mock/api/patch/json-patch.ts';
import { mergePatch } from '../../../providers/mock/api/patch/merge-patch.ts';
import { applyPatch } from '../../../providers/mock/api/patch/server-side-apply.ts';
import { strategicMergePatch } from '../../../providers/mock/api/patch/strategic-merge-patch.ts';
import { trackUpdate } from '../../../providers/mock/api/patch/track-update.ts';
import type { ResourceType } from '../../../providers/mock/api/resource-type.ts';
import { applyDefaults, prune } from '../../../providers/mock/api/structural.ts';
import {
  answered,
  RECORDED_TIME,
  type Recording,
  recordings,
  recordingsHere,
  resourceOf,
  typeOf,
} from './recordings.ts';

const TIME = RECORDED_TIME;
const JSON_BODIES = [
  'application/json',
  'application/merge-patch+json',
  'application/json-patch+json',
  'application/strategic-merge-patch+json',
  'application/apply-patch+yaml',
];

describe('writes, as a real API server answered them', () => {
  const known = new Map<string, KubeObject>();
  if (!recordingsHere) it.skip('needs the recordings beside this project');
  for (const one of recordingsHere ? recordings() : []) {
    const type = typeOf(one);
    const old = known.get(pathOf(one));
    remember(known, one);
    if (type === undefined || !isComparable(one)) continue;
    if (old === undefined && one.response.status !== 201) continue;
    it(`${one.n} ${one.group}/${one.name}`, () => {
      const answer = answered(one);
      const expected = withoutServerParts(answer);
      expect(withoutServerParts(written(one, type, old))).to.deep.equal(expected);
    });
  }
});

function pathOf(one: Recording): string {
  const { group, plural, namespace, name } = resourceOf(one.request.path) ?? {
    group: '',
    plural: '',
    namespace: '',
    name: '',
  };
  return [group, plural, namespace, name || (one.response.body as KubeObject)?.metadata?.name].join('/');
}

function remember(known: Map<string, KubeObject>, one: Recording): void {
  const type = typeOf(one);
  const body = one.response.body as KubeObject;
  const old = known.get(pathOf(one));
  if (body?.kind === 'Scale' && one.request.method !== 'GET' && type !== undefined && old !== undefined) {
    known.set(pathOf(one), scaled(old, body, type));
  }
  if (body?.kind === type?.kind && !one.request.path.includes('dryRun')) known.set(pathOf(one), body);
}

/** The scale subresource answers a Scale, so the object behind it has to be worked out. */
function scaled(old: KubeObject, scale: KubeObject, type: ResourceType): KubeObject {
  const { replicas } = scale.spec as { readonly replicas: number };
  const changed = { ...old, spec: { ...(old.spec as object), replicas } };
  const next = type.strategy.prepareForUpdate(changed, old, 'scale');
  return trackUpdate({ old, next, manager: 'unknown', subresource: 'scale', time: TIME, type });
}

function isComparable(one: Recording): boolean {
  const { method, headers, body } = one.request;
  const stored = answered(one);
  return (
    ['POST', 'PUT', 'PATCH'].includes(method) &&
    one.response.status < 300 &&
    typeof body === 'object' &&
    stored.kind === typeOf(one)?.kind &&
    (typeOf(one)?.verbs.includes('get') ?? false) &&
    JSON_BODIES.includes(headers['content-type'] ?? '') &&
    !one.request.path.endsWith('/finalize')
  );
}

function written(one: Recording, type: ResourceType, old: KubeObject | undefined): KubeObject {
  const { method, path, body } = one.request;
  const { subresource, namespace, name } = resourceOf(path) ?? { subresource: '', namespace: '', name: '' };
  const manager = new URL(path, 'http://x').searchParams.get('fieldManager') ?? 'unknown';
  if (one.request.headers['content-type'] === 'application/apply-patch+yaml') {
    const force = path.includes('force=true');
    const live = one.response.status === 201 ? undefined : old;
    const result = applyPatch({
      live,
      applied: body as KubeObject,
      manager,
      force,
      type,
      subresource,
      time: TIME,
    });
    if (!('object' in result)) throw new Error(JSON.stringify(result));
    return finished(result.object, live, { type, subresource });
  }
  if (method === 'POST') {
    const given = body as KubeObject;
    const object = { ...given, apiVersion: given.apiVersion ?? answered(one).apiVersion, kind: type.kind };
    const complete = completed(object, type);
    const tracked = trackUpdate({ old: undefined, next: complete, manager, subresource, time: TIME, type });
    return finished(tracked, undefined, { type, subresource });
  }
  if (old === undefined) throw new Error(`nothing known of ${name} in ${namespace}`);
  const patched = method === 'PUT' ? (body as KubeObject) : patchedBy(one, old, type);
  const next = type.strategy.prepareForUpdate(completed(patched, type), old, subresource);
  return trackUpdate({ old, next, manager, subresource, time: TIME, type });
}

function patchedBy(one: Recording, old: KubeObject, type: ResourceType): KubeObject {
  const { headers, body } = one.request;
  switch (headers['content-type']) {
    case 'application/merge-patch+json':
      return mergePatch(old, body) as KubeObject;
    case 'application/json-patch+json':
      return jsonPatch(old, body);
    default:
      return strategicMergePatch(old, body, type.schema);
  }
}

function completed(object: KubeObject, type: ResourceType): KubeObject {
  const { object: pruned } = prune(object, type.schema);
  return type.strategy.defaults(type.custom ? applyDefaults(pruned, type.schema) : pruned);
}

function finished(
  object: KubeObject,
  old: KubeObject | undefined,
  { type, subresource }: { readonly type: ResourceType; readonly subresource: string },
): KubeObject {
  const complete = completed(object, type);
  return old === undefined
    ? type.strategy.prepareForCreate(complete)
    : type.strategy.prepareForUpdate(complete, old, subresource);
}

/** What the server or admission fills in, and what the recordings mask. */
function withoutServerParts(object: KubeObject): unknown {
  const copy = structuredClone(object) as unknown as Record<string, Record<string, unknown>>;
  const { metadata, spec } = copy;
  for (const field of ['uid', 'resourceVersion', 'creationTimestamp', 'name', 'namespace']) delete metadata?.[field];
  for (const entry of (metadata?.managedFields ?? []) as Record<string, unknown>[]) if (entry.time) entry.time = TIME;
  if (object.kind === 'Pod') {
    for (const field of [
      'serviceAccount',
      'serviceAccountName',
      'volumes',
      'tolerations',
      'priority',
      'preemptionPolicy',
    ]) {
      delete spec?.[field];
    }
    for (const container of (spec?.containers ?? []) as Record<string, unknown>[]) delete container.volumeMounts;
  }
  if (object.kind === 'Node') delete spec?.taints;
  if (object.kind === 'Service') {
    for (const field of ['clusterIP', 'clusterIPs', 'ipFamilies', 'ipFamilyPolicy']) delete spec?.[field];
  }
  return JSON.parse(JSON.stringify(copy).replace(/"2030-01-01T00:00:\d\d(\.0+)?Z"/g, '"<time>"'));
}
