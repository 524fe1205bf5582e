import type { KubeRequest } from './client.ts';
import { contains } from './contains.ts';
import { isQuestion } from './mutation.ts';
import type { KubeObject } from './objects.ts';

/** What is done about a request that may have been carried out although its answer never came. */
export type LostAnswer =
  /** Doing it twice is the same as once. */
  | { readonly kind: 'send again' }
  /** The object at `path` tells. A request that is sent again is refused as usual where somebody else was faster. */
  | { readonly kind: 'look'; readonly path: string; readonly isDone: (found: KubeObject | undefined) => boolean }
  /** Nothing tells, and twice would be wrong: the caller hears that it is not known. */
  | { readonly kind: 'give up'; readonly why: string };

/** Marks an object with the one request that created it: the same name, label or content may be another request's. */
export const WRITE_ANNOTATION = 'sevlane/write';

const SEND_AGAIN: LostAnswer = { kind: 'send again' };

/** Source: KubeVirt, virt-api: actions on guests; the group keeps no objects of its own. */
const GUEST_ACTION =
  /^\/apis\/subresources\.kubevirt\.io\/([^/]+)(\/namespaces\/[^/]+\/virtualmachineinstances\/[^/]+)\/(.+)$/;
const POD_EVICTION = /^(\/api\/v1\/namespaces\/[^/]+\/pods\/[^/]+)\/eviction$/;

/**
 * The one place where it is decided what a lost answer means, by kind of request:
 *
 * | request | decision |
 * |---|---|
 * | read, dry run, server-side apply, access review | sent again: nothing is done twice |
 * | create with a name | looked up by name; ours is the one with our write mark |
 * | replace, or patch with a resourceVersion | looked up; the old version means not done, our content means done |
 * | replace without a resourceVersion | sent again: the same object is written |
 * | merge, strategic and JSON patch | looked up; done when what it says is there; a JSON patch of lists is given up |
 * | delete | looked up; gone, going or another uid means done |
 * | eviction | looked up as a delete of the pod |
 * | pause, unpause, sev/setupsession | looked up in the guest |
 * | every other action (a token, restart, reset, sev/injectlaunchsecret, ...) | given up: nothing tells |
 */
export function lostAnswer({ method, path, body, query, contentType = '' }: KubeRequest): LostAnswer {
  if (method === 'GET' || query?.dryRun !== undefined) return SEND_AGAIN;
  const action = GUEST_ACTION.exec(path);
  if (action !== null) return lostAction(action, body);
  if (method === 'DELETE') return lostDeletion(path, body);
  if (method === 'POST') return lostCreation(path, body);
  if (method === 'PUT') return lostReplacement(path, body);
  if (contentType.startsWith('application/apply-patch')) return SEND_AGAIN;
  if (contentType.startsWith('application/json-patch')) return lostJsonPatch(path, body);
  return { kind: 'look', path, isDone: (found) => found !== undefined && contains(found, unversioned(body)) };
}

function lostCreation(path: string, body: unknown): LostAnswer {
  if (isQuestion(path)) return SEND_AGAIN;
  const pod = POD_EVICTION.exec(path)?.[1];
  if (pod !== undefined) return { kind: 'look', path: pod, isDone: isGoing(undefined) };
  const { name, annotations } = metadataOf(body);
  const mark = annotations?.[WRITE_ANNOTATION];
  if (name === undefined || mark === undefined) return { kind: 'give up', why: 'nothing tells whether it was made' };
  const isDone = (found: KubeObject | undefined) => found?.metadata.annotations?.[WRITE_ANNOTATION] === mark;
  return { kind: 'look', path: `${path}/${encodeURIComponent(name)}`, isDone };
}

function lostReplacement(path: string, body: unknown): LostAnswer {
  const { resourceVersion } = metadataOf(body);
  if (resourceVersion === undefined) return SEND_AGAIN;
  const isDone = (found: KubeObject | undefined) =>
    found !== undefined && found.metadata.resourceVersion !== resourceVersion && contains(found, unversioned(body));
  return { kind: 'look', path, isDone };
}

function lostDeletion(path: string, body: unknown): LostAnswer {
  const { preconditions } = (body ?? {}) as { readonly preconditions?: { readonly uid?: string } };
  return { kind: 'look', path, isDone: isGoing(preconditions?.uid) };
}

/** Without a uid it is whatever stands there that was to go: who minds which one gives its uid. */
function isGoing(uid: string | undefined): (found: KubeObject | undefined) => boolean {
  return (found) =>
    found === undefined ||
    found.metadata.deletionTimestamp !== undefined ||
    (uid !== undefined && found.metadata.uid !== uid);
}

interface Operation {
  readonly op: string;
  readonly path: string;
  readonly value?: unknown;
}

function lostJsonPatch(path: string, body: unknown): LostAnswer {
  const operations = (Array.isArray(body) ? body : []) as readonly Operation[];
  // What is inserted into a list moves the rest: afterwards the same pointer means something else.
  const isTelling = operations.every(
    ({ op, path: pointer }) => ['add', 'replace', 'remove', 'test'].includes(op) && !/\/(\d+|-)(\/|$)/.test(pointer),
  );
  if (!isTelling) return { kind: 'give up', why: 'a JSON patch of a list may not be applied twice' };
  const changes = operations.filter(({ op }) => op !== 'test');
  const holds =
    (found: KubeObject) =>
    ({ op, path: pointer, value }: Operation) =>
      op === 'remove' ? at(found, pointer) === undefined : isEqual(at(found, pointer), value);
  return { kind: 'look', path, isDone: (found) => found !== undefined && changes.every(holds(found)) };
}

/** RFC 6901. */
function at(object: unknown, pointer: string): unknown {
  let value = object;
  for (const part of pointer.split('/').slice(1)) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = (value as Record<string, unknown>)[part.replaceAll('~1', '/').replaceAll('~0', '~')];
  }
  return value;
}

function isEqual(one: unknown, other: unknown): boolean {
  return contains(one, other) && contains(other, one);
}

function lostAction([, version, guest, name]: RegExpExecArray, body: unknown): LostAnswer {
  const look = (isDone: (found: KubeObject | undefined) => boolean): LostAnswer => ({
    kind: 'look',
    path: `/apis/kubevirt.io/${version}${guest}`,
    isDone,
  });
  if (name === 'pause') return look(isPaused);
  if (name === 'unpause') return look((found) => found !== undefined && !isPaused(found));
  if (name === 'sev/setupsession') {
    const { session } = body as { readonly session?: unknown };
    return look((found) => session !== undefined && at(found, '/spec/domain/launchSecurity/sev/session') === session);
  }
  return { kind: 'give up', why: `nothing tells whether ${name} was done, and it must not be done twice` };
}

/** Source: KubeVirt takes the condition away on unpause rather than setting it False. */
function isPaused(found: KubeObject | undefined): boolean {
  const conditions = at(found, '/status/conditions');
  return Array.isArray(conditions) && conditions.some((each) => each.type === 'Paused' && each.status === 'True');
}

interface Metadata {
  readonly name?: string;
  readonly resourceVersion?: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

function metadataOf(body: unknown): Metadata {
  return ((body ?? {}) as { readonly metadata?: Metadata }).metadata ?? {};
}

/** Without what every write changes by itself. */
function unversioned(body: unknown): unknown {
  if (typeof body !== 'object' || body === null || !('metadata' in body)) return body;
  const {
    resourceVersion: _version,
    managedFields: _fields,
    generation: _generation,
    ...metadata
  } = body.metadata as Record<string, unknown>;
  return { ...body, metadata };
}
