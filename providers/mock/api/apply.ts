import { complete, contentType } from './bodies.ts';
import { decodeBody } from './body.ts';
import type { Call } from './call.ts';
import { timestamp } from './core.ts';
import { isObject } from './json.ts';
import type { KubeObject } from './objects.ts';
import type { WriteOptions } from './options.ts';
import { applyPatch } from './patch/server-side-apply.ts';
import { apiVersionOf, asVersion } from './read.ts';
import { objectAnswer } from './represent.ts';
import type { ApiRequest, ApiResponse } from './request.ts';
import { ApiError, badRequest, conflict, failure, notFound } from './status.ts';
import { keyOf, type Target } from './target.ts';
import { createObject, updateObject } from './write.ts';

/** Server-side apply, in YAML or JSON. */
export const APPLY_PATCH = 'application/apply-patch+yaml';

/** True if the body is a server-side apply. */
export function isApply(request: ApiRequest): boolean {
  return contentType(request) === APPLY_PATCH;
}

/** PATCH of an object by server-side apply: creates what is absent. @throws ApiError 400, 409, 422 or 500. */
export async function applyObject(call: Call, target: Target, options: WriteOptions): Promise<ApiResponse> {
  const { core, caller, request, type } = call;
  const applied = appliedObject(call, target);
  const live = core.store.get(keyOf(target));
  if (live === undefined) {
    if (target.subresource !== '') throw notFound(type, target.name);
    if (applied.metadata.uid)
      throw conflict(
        type,
        target.name,
        `uid mismatch: the provided object specified uid ${applied.metadata.uid}, and no existing object was found`,
      );
    const object = merged(call, { target, options, applied, live: undefined });
    const made = await createObject(core, caller, { target, object, options, tracked: true });
    return objectAnswer(core, request, type, made, 201);
  }
  const change = (old: KubeObject) => merged(call, { target, options, applied, live: asVersion(type, old) });
  return objectAnswer(
    core,
    request,
    type,
    await updateObject(core, caller, { target, options, change, tracked: true }),
  );
}

function appliedObject({ request, type }: Call, { name, namespace }: Target): KubeObject {
  const value = bodyOf(request);
  if (!isObject(value)) throw badRequest('error decoding YAML: expected an object');
  const { apiVersion, kind } = value;
  const metadata = isObject(value.metadata) ? value.metadata : {};
  if (apiVersion !== apiVersionOf(type) || kind !== type.kind) {
    throw badRequest(
      typeof apiVersion !== 'string' || typeof kind !== 'string'
        ? `Object 'Kind' is missing in '${JSON.stringify(value)}'`
        : `the API version in the data (${apiVersion}, Kind=${kind}) does not match the expected API version (${apiVersionOf(type)}, Kind=${type.kind})`,
    );
  }
  const given = metadata.name;
  if (given !== undefined && given !== name) {
    throw badRequest(`the name of the object (${given}) does not match the name on the URL (${name})`);
  }
  if (type.namespaced && metadata.namespace !== undefined && metadata.namespace !== namespace) {
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
  }
  return { ...value, apiVersion: apiVersionOf(type), kind: type.kind, metadata: { ...metadata, name } };
}

function bodyOf({ body }: ApiRequest): unknown {
  if (body === undefined) return undefined;
  if (!Buffer.isBuffer(body)) return JSON.parse(JSON.stringify(body.value));
  try {
    return decodeBody(body, 'application/yaml').value;
  } catch (error) {
    throw badRequest(`error decoding YAML: ${(error as Error).message}`);
  }
}

interface Merge {
  readonly target: Target;
  readonly options: WriteOptions;
  readonly applied: KubeObject;
  readonly live: KubeObject | undefined;
}

function merged({ core, caller, type }: Call, { target, options, applied, live }: Merge): KubeObject {
  const { fieldManager: manager, force } = options;
  const { subresource } = target;
  const result = applyPatch({ live, applied, manager, force, type, subresource, time: timestamp(core) });
  if ('refusal' in result) throw new ApiError(failure(result.refusal));
  if ('conflicts' in result) {
    const { message, conflicts: causes } = result;
    throw new ApiError(failure({ code: 409, reason: 'Conflict', message, details: { causes } }));
  }
  const { namespace, name } = target;
  const metadata = { ...result.object.metadata, name, ...(type.namespaced ? { namespace } : {}) };
  return complete(type, { ...result.object, metadata }, { options, warn: caller.warn });
}
