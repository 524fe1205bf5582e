import { decodeBody } from './body.ts';
import type { Core } from './core.ts';
import { decodeProblem, strictProblems } from './decode-problem.ts';
import { isObject } from './json.ts';
import type { KubeObject } from './objects.ts';
import type { WriteOptions } from './options.ts';
import { decodeProtobuf } from './protobuf.ts';
import { apiVersionOf } from './read.ts';
import { type ApiRequest, header } from './request.ts';
import type { ResourceType } from './resource-type.ts';
import { badRequest, unsupportedMediaType } from './status.ts';
import { applyDefaults, prune } from './structural.ts';
import type { Target } from './target.ts';

const PROTOBUF = 'application/vnd.kubernetes.protobuf';
const MEDIA_TYPES = ['application/json', 'application/yaml', PROTOBUF];

/** The media type of a request's body, without parameters; JSON if none is named. */
export function contentType(request: ApiRequest): string {
  const [type = ''] = (header(request, 'content-type') ?? '').split(';');
  return type.trim().toLowerCase() || 'application/json';
}

/** Decodes a body that is no resource's object, e.g. DeleteOptions or a Scale; undefined if there is none. @throws ApiError 400 or 415. */
export function plainBody(request: ApiRequest, expected: string): unknown {
  return decoded(request, expected)?.value;
}

function decoded(request: ApiRequest, expected: string): { value: unknown; duplicates: readonly string[] } | undefined {
  const { body } = request;
  if (body === undefined) return undefined;
  if (!Buffer.isBuffer(body)) return { value: copyOf(body.value), duplicates: [] };
  if (body.length === 0) return undefined;
  const type = contentType(request);
  if (!MEDIA_TYPES.includes(type)) throw unsupportedMediaType(MEDIA_TYPES);
  if (type === PROTOBUF) return { value: fromProtobuf(body), duplicates: [] };
  try {
    return decodeBody(body, type);
  } catch (error) {
    throw unrecognized(expected, String((error as Error).message), body.toString('utf8'));
  }
}

// Only the few kinds that kubectl sends so are understood; a client that gets 415 sends JSON instead.
function fromProtobuf(body: Buffer): unknown {
  const object = decodeProtobuf(body);
  if (object === undefined) throw unsupportedMediaType(MEDIA_TYPES.filter((type) => type !== PROTOBUF));
  return object;
}

// A caller in process keeps its object, so it gets none of ours and we none of its.
function copyOf(value: unknown): unknown {
  return value === undefined ? undefined : JSON.parse(JSON.stringify(value));
}

function unrecognized(expected: string, complaint: string, text: string) {
  return badRequest(
    `the object provided is unrecognized (must be of type ${expected}): couldn't get version/kind; json parse error: ${complaint} (${text === '' ? '<empty>' : text})`,
  );
}

/** Decodes, checks and defaults the object that a request brings for a resource. @throws ApiError 400 or 415. */
export function objectBody(
  core: Core,
  request: ApiRequest,
  {
    target,
    options,
    warn,
  }: { readonly target: Target; readonly options: WriteOptions; readonly warn: (text: string) => void },
): KubeObject {
  const { type } = target;
  const found = decoded(request, type.kind);
  if (found === undefined) throw unrecognized(type.kind, 'unexpected end of JSON input', '');
  if (!isObject(found.value)) throw badRequest(`the object provided is unrecognized (must be of type ${type.kind})`);
  const object = asObject(core, type, found.value);
  const problem = decodeProblem(object, type);
  if (problem !== undefined) throw cannotBeHandled(type, type.kind, apiVersionOf(type), problem);
  const placed = withNamespace(target, object);
  return complete(type, placed, { options, warn, duplicates: found.duplicates });
}

function asObject(core: Core, type: ResourceType, value: Readonly<Record<string, unknown>>): KubeObject {
  const apiVersion = typeof value.apiVersion === 'string' && value.apiVersion ? value.apiVersion : apiVersionOf(type);
  const kind = typeof value.kind === 'string' && value.kind ? value.kind : type.kind;
  checkKind(core, type, apiVersion, kind);
  const metadata = isObject(value.metadata) ? value.metadata : {};
  return { ...value, apiVersion, kind, metadata };
}

function checkKind(core: Core, type: ResourceType, apiVersion: string, kind: string): void {
  if (apiVersion === apiVersionOf(type) && kind === type.kind) return;
  const slash = apiVersion.indexOf('/');
  const group = slash < 0 ? '' : apiVersion.slice(0, slash);
  const version = apiVersion.slice(slash + 1);
  const known = core.registry.byKind(group, kind, version);
  if (known?.custom === false && group === type.group && version === type.version) {
    const why = `converting (${version}.${kind}) to (${group === '' ? 'core' : group.split('.')[0]}.${type.kind}): unknown conversion`;
    throw cannotBeHandled(type, kind, apiVersion, why);
  }
  if (type.custom) {
    throw badRequest(
      apiVersion === apiVersionOf(type)
        ? `the kind in the data (${kind}) does not match the expected kind (${type.kind})`
        : `the API version in the data (${apiVersion}) does not match the expected API version (${apiVersionOf(type)})`,
    );
  }
  const why = `no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(apiVersion)} in scheme "pkg/runtime/scheme.go:110"`;
  throw cannotBeHandled(type, kind, apiVersion, why);
}

function cannotBeHandled(type: ResourceType, kind: string, apiVersion: string, why: string) {
  const version = apiVersion.slice(apiVersion.indexOf('/') + 1);
  return badRequest(`${kind} in version ${JSON.stringify(version)} cannot be handled as a ${type.kind}: ${why}`);
}

function withNamespace({ type, namespace }: Target, object: KubeObject): KubeObject {
  const given = object.metadata.namespace ?? '';
  if (given !== '' && given !== namespace) {
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
  }
  const { namespace: _, ...metadata } = object.metadata;
  return { ...object, metadata: type.namespaced ? { ...metadata, namespace } : metadata };
}

interface Strictness {
  readonly options: Pick<WriteOptions, 'fieldValidation'>;
  readonly warn: (text: string) => void;
  readonly duplicates?: readonly string[];
}

/** Prunes and defaults an object; unknown fields become warnings or a refusal. @throws ApiError 400. */
export function complete(
  type: ResourceType,
  object: KubeObject,
  { options, warn, duplicates = [] }: Strictness,
): KubeObject {
  const pruned = prune(object, type.schema);
  const nothingWrong = duplicates.length + pruned.unknownFields.length === 0;
  const problems = nothingWrong ? [] : strictProblems(object, type, duplicates);
  if (problems.length > 0 && options.fieldValidation === 'Strict') {
    throw cannotBeHandled(type, type.kind, apiVersionOf(type), `strict decoding error: ${problems.join(', ')}`);
  }
  if (options.fieldValidation === 'Warn') for (const problem of problems) warn(problem);
  const defaulted = type.custom ? applyDefaults(pruned.object, type.schema) : pruned.object;
  return type.strategy.defaults(defaulted);
}
