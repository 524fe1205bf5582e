import { APPLY_PATCH } from './apply.ts';
import { complete, contentType } from './bodies.ts';
import { decodeBody } from './body.ts';
import type { Caller, Core } from './core.ts';
import { decodeProblem, undecodablePatch } from './decode-problem.ts';
import { isObject } from './json.ts';
import type { KubeObject } from './objects.ts';
import type { WriteOptions } from './options.ts';
import { jsonPatch } from './patch/json-patch.ts';
import { mergePatch } from './patch/merge-patch.ts';
import { strategicMergePatch } from './patch/strategic-merge-patch.ts';
import { asVersion } from './read.ts';
import type { ApiRequest } from './request.ts';
import type { ResourceType } from './resource-type.ts';
import { ApiError, badRequest, failure, invalid, unsupportedMediaType } from './status.ts';
import type { Target } from './target.ts';
import type { Change } from './write.ts';

const JSON_PATCH = 'application/json-patch+json';
const MERGE_PATCH = 'application/merge-patch+json';
const STRATEGIC_PATCH = 'application/strategic-merge-patch+json';
/** Reads a patch and returns how it changes an object. @throws ApiError 400 or 415. */
export function patchChange(
  _core: Core,
  caller: Caller,
  request: ApiRequest,
  write: { readonly target: Target; readonly options: WriteOptions },
): Change {
  const { target, options } = write;
  const kind = contentType(request);
  checkMediaType(target.type, kind);
  const patch = patchValue(request, kind);
  return (old) => {
    const patched = applied(target.type, asVersion(target.type, old), kind, patch);
    checkDecodable(target.type, patched);
    checkIdentity(target, patched);
    return complete(target.type, patched, { options, warn: caller.warn });
  };
}

/** Applies the patch in a request to a document that is no stored object, e.g. a Scale. @throws ApiError. */
export function patchedDocument(request: ApiRequest, document: unknown, kind: string): unknown {
  if (kind !== JSON_PATCH && kind !== MERGE_PATCH && kind !== STRATEGIC_PATCH) {
    throw unsupportedMediaType([JSON_PATCH, MERGE_PATCH, STRATEGIC_PATCH]);
  }
  const patch = patchValue(request, kind);
  return kind === JSON_PATCH ? jsonPatched(document, patch) : mergePatch(document, patch);
}

function checkMediaType(type: ResourceType, kind: string): void {
  const all = [JSON_PATCH, MERGE_PATCH, STRATEGIC_PATCH, APPLY_PATCH];
  if (type.custom && kind === STRATEGIC_PATCH) throw unsupportedMediaType([JSON_PATCH, MERGE_PATCH, APPLY_PATCH]);
  if (all.includes(kind)) return;
  const message = '415: Unsupported Media Type';
  throw new ApiError(failure({ code: 415, reason: 'UnsupportedMediaType', message, details: {} }));
}

function patchValue(request: ApiRequest, kind: string): unknown {
  const { body } = request;
  if (body === undefined) throw badRequest('unexpected end of JSON input');
  const value = Buffer.isBuffer(body) ? parsed(body) : JSON.parse(JSON.stringify(body.value ?? null));
  if (kind === JSON_PATCH && !Array.isArray(value)) {
    const found = isObject(value) ? 'object' : typeof value;
    throw badRequest(
      `error decoding patch: json: cannot unmarshal ${found} into Go value of type []handlers.jsonPatchOp`,
    );
  }
  if (kind !== JSON_PATCH && !isObject(value)) {
    throw badRequest(
      `json: cannot unmarshal ${Array.isArray(value) ? 'array' : typeof value} into Go value of type map[string]interface {}`,
    );
  }
  return value;
}

function parsed(body: Buffer): unknown {
  try {
    return decodeBody(body, 'application/json').value;
  } catch (error) {
    throw badRequest(`error decoding patch: ${(error as Error).message}`);
  }
}

function applied(type: ResourceType, old: KubeObject, kind: string, patch: unknown): KubeObject {
  if (kind === MERGE_PATCH) return mergePatch(old, patch) as KubeObject;
  if (kind === STRATEGIC_PATCH) return strategicallyPatched(old, patch, type);
  return jsonPatched(old, patch) as KubeObject;
}

function strategicallyPatched(old: KubeObject, patch: unknown, type: ResourceType): KubeObject {
  try {
    return strategicMergePatch(old, patch, type.schema);
  } catch (error) {
    throw badRequest((error as Error).message);
  }
}

function jsonPatched(document: unknown, patch: unknown): unknown {
  try {
    return jsonPatch(document, patch);
  } catch {
    const message = 'the server rejected our request due to an error in our request';
    throw new ApiError(failure({ code: 422, reason: 'Invalid', message, details: {} }));
  }
}

function checkDecodable(type: ResourceType, patched: KubeObject): void {
  const problem = decodeProblem(patched, type);
  if (problem !== undefined) throw invalid({ group: '', kind: '' }, '', [undecodablePatch(patched, problem)]);
}

function checkIdentity({ type, name, namespace }: Target, patched: KubeObject): void {
  const found = patched.metadata?.name ?? '';
  if (found !== name)
    throw badRequest(`the name of the object (${found}) does not match the name on the URL (${name})`);
  if (type.namespaced && patched.metadata.namespace !== namespace) {
    throw badRequest(
      `the namespace of the object (${patched.metadata.namespace ?? ''}) does not match the namespace on the URL (${namespace})`,
    );
  }
}
