import { contentType, plainBody } from '../bodies.ts';
import { type Call, targetOf } from '../call.ts';
import { isObject } from '../json.ts';
import type { KubeObject } from '../objects.ts';
import { writeOptions } from '../options.ts';
import { patchedDocument } from '../patch-request.ts';
import { getObject } from '../read.ts';
import { type ApiResponse, at } from '../request.ts';
import { badRequest, invalid, methodNotAllowed, notFound } from '../status.ts';
import { updateObject } from '../write.ts';

interface Paths {
  readonly spec: readonly string[];
  readonly status: readonly string[];
  readonly selector: readonly string[] | undefined;
}

/** GET, PUT and PATCH of `/scale`. @throws ApiError. */
export async function answerScale(call: Call): Promise<ApiResponse> {
  const { core, caller, request, info, type } = call;
  const paths = pathsOf(call);
  if (info.verb === 'get') return answer(scaleOf(getObject(core, type, info), paths));
  if (info.verb !== 'update' && info.verb !== 'patch') throw methodNotAllowed();
  const options = writeOptions(info.verb === 'update' ? 'UpdateOptions' : 'PatchOptions', info);
  const sent = info.verb === 'update' ? plainBody(request, 'Scale') : undefined;
  const change = (old: KubeObject) => {
    const current = scaleOf(old, paths);
    const wanted = sent ?? patchedDocument(request, current, contentType(request));
    return withReplicas(old, paths, checked(info.name, wanted, old));
  };
  const scaled = await updateObject(core, caller, { target: targetOf(call), options, change });
  return answer(scaleOf(scaled, paths));
}

function answer(body: unknown): ApiResponse {
  return { type: 'object', status: 200, headers: {}, body };
}

function checked(name: string, wanted: unknown, old: KubeObject): { replicas: number; resourceVersion: string } {
  if (!isObject(wanted)) throw badRequest('the object provided is unrecognized (must be of type Scale)');
  const given = String(at(wanted, 'metadata', 'name') ?? name);
  if (given !== name)
    throw badRequest(`the name of the object (${given}) does not match the name on the URL (${name})`);
  const replicas = at(wanted, 'spec', 'replicas') ?? 0;
  if (typeof replicas !== 'number') {
    throw badRequest(
      `Scale in version "v1" cannot be handled as a Scale: json: cannot unmarshal ${typeof replicas} into Go struct field ScaleSpec.spec.replicas of type int32`,
    );
  }
  if (replicas < 0) {
    const message = `Invalid value: ${replicas}: must be greater than or equal to 0`;
    const cause = { reason: 'FieldValueInvalid', message, field: 'spec.replicas' };
    throw invalid({ group: 'autoscaling', kind: 'Scale' }, name, [cause]);
  }
  const version = at(wanted, 'metadata', 'resourceVersion');
  return { replicas, resourceVersion: typeof version === 'string' ? version : (old.metadata.resourceVersion ?? '') };
}

function withReplicas(
  old: KubeObject,
  paths: Paths,
  wanted: { replicas: number; resourceVersion: string },
): KubeObject {
  const scaled = setAt(old, paths.spec, wanted.replicas) as KubeObject;
  return { ...scaled, metadata: { ...scaled.metadata, resourceVersion: wanted.resourceVersion } };
}

function setAt(value: unknown, [key, ...rest]: readonly string[], leaf: unknown): unknown {
  if (key === undefined) return leaf;
  const record = isObject(value) ? value : {};
  return { ...record, [key]: setAt(record[key], rest, leaf) };
}

function pathsOf({ core, type }: Call): Paths {
  if (!type.custom) return { spec: ['spec', 'replicas'], status: ['status', 'replicas'], selector: undefined };
  const name = `${type.plural}.${type.group}`;
  const crd = core.store.get({ resource: 'customresourcedefinitions.apiextensions.k8s.io', namespace: '', name });
  const versions = (at(crd, 'spec', 'versions') ?? []) as readonly Record<string, unknown>[];
  const scale = at(
    versions.find((one) => one.name === type.version),
    'subresources',
    'scale',
  );
  if (!isObject(scale)) throw notFound(type, '');
  const selector = scale.labelSelectorPath;
  return {
    spec: keysOf(String(scale.specReplicasPath)),
    status: keysOf(String(scale.statusReplicasPath)),
    selector: typeof selector === 'string' ? keysOf(selector) : undefined,
  };
}

function keysOf(jsonPath: string): readonly string[] {
  return jsonPath.split('.').filter((key) => key !== '');
}

function scaleOf(object: KubeObject, paths: Paths) {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const replicas = at(object, ...paths.spec) ?? 0;
  const selector =
    paths.selector === undefined ? selectorText(at(object, 'spec', 'selector')) : at(object, ...paths.selector);
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: replicas === 0 ? {} : { replicas },
    status: {
      replicas: at(object, ...paths.status) ?? 0,
      ...(typeof selector === 'string' && selector !== '' ? { selector } : {}),
    },
  };
}

interface Expression {
  readonly key: string;
  readonly operator: string;
  readonly values?: readonly string[];
}

function selectorText(selector: unknown): string {
  if (!isObject(selector)) return '';
  const labels = Object.entries((selector.matchLabels ?? {}) as Record<string, string>);
  const expressions = (selector.matchExpressions ?? []) as readonly Expression[];
  const terms = [
    ...labels.map(([key, value]) => [key, `${key}=${value}`] as const),
    ...expressions.map((one) => [one.key, expressionText(one)] as const),
  ];
  return terms
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, text]) => text)
    .join(',');
}

function expressionText({ key, operator, values = [] }: Expression): string {
  if (operator === 'Exists') return key;
  if (operator === 'DoesNotExist') return `!${key}`;
  return `${key} ${operator === 'In' ? 'in' : 'notin'} (${[...values].sort().join(',')})`;
}
