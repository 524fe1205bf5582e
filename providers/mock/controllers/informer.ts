import type { KubeObject } from '../api/objects.ts';
import { keyOf } from './kinds.ts';
import { Refusal, type Rest } from './rest.ts';
import type { KubeApi, WatchEvent } from './seam.ts';

/** What changed: `object` is the new state, or the last one when `deleted`. */
export interface Change<T> {
  readonly object: T;
  readonly old: T | undefined;
  readonly deleted: boolean;
}

/** A local copy of a collection, kept fresh by list and watch. */
export interface Informer<T extends KubeObject> {
  readonly path: string;
  /** Settles after the first list. */
  readonly synced: Promise<void>;
  list(): readonly T[];
  /** By `ns/name`, or by name for what is in no namespace. */
  get(key: string): T | undefined;
  /** Also tells of everything that is there already. Returns the unsubscribe. */
  onChange(listener: (change: Change<T>) => void): () => void;
  /** Takes over the answer to a write of ours, so that the next look does not act on an older state. */
  observe(object: T): void;
}

export interface InformerSource {
  readonly api: KubeApi;
  readonly rest: Rest;
  readonly signal: AbortSignal;
}

/** Lists and watches `path` until the signal aborts: relists upon 410 and after a cut, waits for a resource that is not served yet. */
export function startInformer<T extends KubeObject>(
  source: InformerSource,
  path: string,
): { readonly informer: Informer<T>; readonly done: Promise<void> } {
  const store = new Store<T>(path);
  return { informer: store, done: follow(source, store) };
}

async function follow<T extends KubeObject>(source: InformerSource, store: Store<T>): Promise<void> {
  const { signal } = source;
  let failures = 0;
  while (!signal.aborted) {
    try {
      const { items, resourceVersion } = await source.rest.list<T>(store.path);
      store.replaceAll(items, resourceVersion);
      failures = 0;
      await watchFrom(source, store);
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof Refusal || error instanceof Error)) throw error;
      failures += 1;
      await pause(Math.min(1000, 10 * 2 ** Math.min(failures, 6)), signal);
    }
  }
}

/** Watches on and on from the newest version known; returns when a fresh list is needed. */
async function watchFrom<T extends KubeObject>(source: InformerSource, store: Store<T>): Promise<void> {
  while (!source.signal.aborted) {
    const query = `watch=true&allowWatchBookmarks=true&resourceVersion=${store.resourceVersion}`;
    const path = `${store.path}${store.path.includes('?') ? '&' : '?'}${query}`;
    let heard = false;
    for await (const event of source.api.watch(path, source.signal)) {
      if (event.type === 'ERROR') return;
      heard = true;
      store.take(event);
    }
    // A server that closes at once must not be asked in a tight loop.
    if (!heard) await pause(5, source.signal);
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener('abort', end, { once: true });
  });
}

class Store<T extends KubeObject> implements Informer<T> {
  readonly path: string;
  readonly synced: Promise<void>;
  #objects = new Map<string, T>();
  readonly #listeners = new Set<(change: Change<T>) => void>();
  #markSynced: () => void = () => {};
  /** The newest version that list or watch have told of. */
  #toldVersion = 0;
  resourceVersion = '0';

  constructor(path: string) {
    this.path = path;
    this.synced = new Promise((resolve) => {
      this.#markSynced = resolve;
    });
  }

  list(): readonly T[] {
    return [...this.#objects.values()];
  }

  get(key: string): T | undefined {
    return this.#objects.get(key);
  }

  onChange(listener: (change: Change<T>) => void): () => void {
    this.#listeners.add(listener);
    for (const object of this.list()) listener({ object, old: undefined, deleted: false });
    return () => void this.#listeners.delete(listener);
  }

  observe(object: T): void {
    // What the watch has told of is the truth already, even if that is the object's end.
    if (versionOf(object) > this.#toldVersion) this.#put(object);
  }

  replaceAll(items: readonly T[], resourceVersion: string): void {
    const before = this.#objects;
    this.#objects = new Map(items.map((item) => [keyOf(item), item]));
    this.#advance(resourceVersion);
    for (const [key, old] of before) {
      const now = this.#objects.get(key);
      if (now === undefined) this.#tell({ object: old, old, deleted: true });
      else if (now.metadata.uid !== old.metadata.uid) {
        this.#tell({ object: old, old, deleted: true });
        this.#tell({ object: now, old: undefined, deleted: false });
      } else if (versionOf(now) !== versionOf(old)) this.#tell({ object: now, old, deleted: false });
    }
    for (const [key, object] of this.#objects)
      if (!before.has(key)) this.#tell({ object, old: undefined, deleted: false });
    this.#markSynced();
  }

  take(event: WatchEvent): void {
    const object = event.object as T;
    this.#advance(object.metadata.resourceVersion ?? '0');
    if (event.type === 'BOOKMARK') return;
    if (event.type !== 'DELETED') {
      this.#put(object);
      return;
    }
    const old = this.#objects.get(keyOf(object));
    this.#objects.delete(keyOf(object));
    this.#tell({ object, old, deleted: true });
  }

  #put(object: T): void {
    const key = keyOf(object);
    const old = this.#objects.get(key);
    if (old !== undefined && versionOf(old) >= versionOf(object)) return;
    this.#objects.set(key, object);
    this.#tell({ object, old, deleted: false });
  }

  #advance(resourceVersion: string): void {
    this.resourceVersion = resourceVersion;
    this.#toldVersion = Math.max(this.#toldVersion, Number(resourceVersion));
  }

  #tell(change: Change<T>): void {
    for (const listener of this.#listeners) listener(change);
  }
}

function versionOf(object: KubeObject): number {
  return Number(object.metadata.resourceVersion ?? 0);
}
