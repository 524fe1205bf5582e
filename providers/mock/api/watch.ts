import type { Core } from './core.ts';
import type { KubeObject } from './objects.ts';
import { type ListOptions, listOptions, parseVersion } from './options.ts';
import { apiVersionOf, asVersion, selectionOf } from './read.ts';
import type { RequestInfo, WatchSource, WireEvent } from './request.ts';
import type { ResourceType } from './resource-type.ts';
import type { Matches } from './selectors.ts';
import { expired, internal } from './status.ts';
import { type StoreEvent, storageKey } from './store.ts';

/** A change as one watcher sees it. */
export interface SeenEvent {
  readonly type: WireEvent['type'];
  readonly object: KubeObject;
}

type Listener = Parameters<WatchSource>[0];

const BOOKMARK_EVERY_MS = 60_000;
const LEAST_TIMEOUT_SECONDS = 1800;
// The real server sends a last bookmark this long before a watch times out.
const BOOKMARK_BEFORE_END_MS = 2000;

/** How a watch shows its events, e.g. as Tables. */
export type Show = (event: SeenEvent) => unknown;

/** Checks a watch and returns how to run it. @throws ApiError 400, 422 or 500 before it begins. */
export function openWatch(core: Core, type: ResourceType, info: RequestInfo, show: Show): WatchSource {
  const options = listOptions({ ...info, verb: 'watch' });
  const matches = named(selectionOf(type, options), info.name);
  const since = options.resourceVersion === '' ? undefined : parseVersion(options.resourceVersion, internal);
  return (listener) => {
    const run = runner({ core, type, namespace: info.namespace, options, matches, show, listener });
    return since === undefined || since === 0 || options.sendInitialEvents === true
      ? run.fromState()
      : run.fromVersion(since);
  };
}

function named(matches: Matches, name: string): Matches {
  return name === '' ? matches : (object) => object.metadata.name === name && matches(object);
}

interface Run {
  readonly core: Core;
  readonly type: ResourceType;
  readonly namespace: string;
  readonly options: ListOptions;
  readonly matches: Matches;
  readonly show: Show;
  readonly listener: Listener;
}

function runner(run: Run) {
  const { core, type, namespace, options } = run;
  const resource = storageKey(type);
  const send = sender(run);
  return {
    fromState(): () => void {
      const version = core.store.version;
      const state = options.sendInitialEvents === false ? [] : core.store.list(resource, namespace);
      for (const object of state) if (run.matches(object)) send('ADDED', object);
      if (options.sendInitialEvents === true && options.allowWatchBookmarks) {
        send('BOOKMARK', bookmark(type, version, { 'k8s.io/initial-events-end': 'true' }));
      }
      return follow(run, send, version);
    },
    fromVersion(since: number): () => void {
      const missed = core.store.since(resource, since);
      if (missed === undefined) return expire(run);
      for (const event of missed) deliver(run, event, send);
      return follow(run, send, Math.max(since, core.store.version));
    },
  };
}

type Send = (kind: SeenEvent['type'], object: KubeObject) => void;

function sender({ type, listener, show }: Run): Send {
  return (kind, object) => {
    const event: SeenEvent = { type: kind, object: asVersion(type, object) };
    listener.event({ type: kind, object: show(event) });
  };
}

function expire({ listener }: Run): () => void {
  const { body } = expired('The resourceVersion for the provided watch is too old.');
  listener.event({ type: 'ERROR', object: body });
  listener.end();
  return () => {};
}

function follow(run: Run, send: Send, after: number): () => void {
  const stop = run.core.store.subscribe(storageKey(run.type), (event) => {
    if (event.version > after) deliver(run, event, send);
  });
  const clear = withTimers(run, send, () => {
    stop();
    run.listener.end();
  });
  return () => {
    stop();
    clear();
  };
}

// An object that comes into the selection is ADDED for this watcher, one that leaves it is DELETED.
function deliver({ namespace, matches }: Run, event: StoreEvent, send: Send) {
  if (namespace !== '' && event.object.metadata.namespace !== namespace) return;
  const before = event.old !== undefined && matches(event.old);
  const after = event.type !== 'DELETED' && matches(event.object);
  if (before && after) send('MODIFIED', event.object);
  else if (after) send('ADDED', event.object);
  else if (before && event.old !== undefined) send('DELETED', underVersion(event.old, event.version));
}

function underVersion(object: KubeObject, version: number): KubeObject {
  return { ...object, metadata: { ...object.metadata, resourceVersion: String(version) } };
}

function withTimers(
  { core, type, options }: Run,
  send: (kind: 'BOOKMARK', object: KubeObject) => void,
  end: () => void,
) {
  const timeoutMs = (options.timeoutSeconds || LEAST_TIMEOUT_SECONDS * (1 + Math.random())) * 1000;
  const mark = () => send('BOOKMARK', bookmark(type, core.store.version));
  const timers = [setTimeout(end, timeoutMs)];
  const intervals: NodeJS.Timeout[] = [];
  if (options.allowWatchBookmarks) {
    intervals.push(setInterval(mark, BOOKMARK_EVERY_MS));
    if (timeoutMs > BOOKMARK_BEFORE_END_MS * 2) timers.push(setTimeout(mark, timeoutMs - BOOKMARK_BEFORE_END_MS));
  }
  for (const timer of [...timers, ...intervals]) timer.unref();
  return () => {
    for (const timer of timers) clearTimeout(timer);
    for (const timer of intervals) clearInterval(timer);
  };
}

function bookmark(type: ResourceType, version: number, annotations?: Readonly<Record<string, string>>): KubeObject {
  const metadata = { resourceVersion: String(version), ...(annotations === undefined ? {} : { annotations }) };
  return { kind: type.kind, apiVersion: apiVersionOf(type), metadata };
}
