import type { KubeObject } from './objects.ts';

/** One change, as watches see it. A DELETED object is the last state under the version of its deletion. */
export interface StoreEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly version: number;
  readonly resource: string;
  readonly object: KubeObject;
  readonly old: KubeObject | undefined;
}

/** Where an object lies; `namespace` is empty for cluster-scoped ones. `resource` is the plural with its group, e.g. `deployments.apps`. */
export interface Key {
  readonly resource: string;
  readonly namespace: string;
  readonly name: string;
}

/** The simulator's etcd: one counter of versions over all resources, and as much history as its window allows. */
export interface Store {
  /** Newest version. */
  readonly version: number;
  /** Versions before this one can no longer be listed or watched from. */
  readonly oldest: number;
  get(key: Key): KubeObject | undefined;
  /** Stamps and keeps the object. The caller has looked whether the name is free. */
  create(key: Key, object: KubeObject): KubeObject;
  update(key: Key, object: KubeObject): KubeObject;
  /** Removes the object and returns it under its deletion's version. */
  remove(key: Key, last: KubeObject): KubeObject;
  /** In the order of keys. An empty namespace means all. */
  list(resource: string, namespace: string): readonly KubeObject[];
  /** The list as it was at that version; undefined beyond the window. */
  listAt(resource: string, namespace: string, version: number): readonly KubeObject[] | undefined;
  /** The object as it was at that version, as far as the window reaches. */
  getAt(key: Key, version: number): KubeObject | undefined;
  /** Changes after that version, oldest first; undefined beyond the window. */
  since(resource: string, version: number): readonly StoreEvent[] | undefined;
  /** Hears every later change of a resource, at once and in order. */
  subscribe(resource: string, listener: (event: StoreEvent) => void): () => void;
  /** Forgets all history. */
  compact(): void;
}

/** Opens an empty store that remembers the last `window` changes. */
export function openStore(window: number): Store {
  const objects = new Map<string, Map<string, KubeObject>>();
  const history = openHistory(window);
  const tell = openListeners();

  const bucket = (resource: string) => {
    const found = objects.get(resource) ?? new Map<string, KubeObject>();
    objects.set(resource, found);
    return found;
  };
  const record = (type: StoreEvent['type'], key: Key, object: KubeObject): KubeObject => {
    const { resource } = key;
    const version = history.version + 1;
    const stamped = deepFreeze(stamp(object, version));
    const old = bucket(resource).get(path(key));
    if (type === 'DELETED') bucket(resource).delete(path(key));
    else bucket(resource).set(path(key), stamped);
    const event: StoreEvent = { type, version, resource, object: stamped, old };
    history.add(event);
    tell.event(event);
    return stamped;
  };
  const rewind = (resource: string, at: number) => rewound(new Map(bucket(resource)), history.after(at), resource);

  return {
    get version() {
      return history.version;
    },
    get oldest() {
      return history.oldest;
    },
    get: (key) => objects.get(key.resource)?.get(path(key)),
    create: (key, object) => record('ADDED', key, object),
    update: (key, object) => record('MODIFIED', key, object),
    remove: (key, last) => record('DELETED', key, last),
    list: (resource, namespace) => inOrder(objects.get(resource) ?? new Map(), namespace),
    listAt: (resource, namespace, at) => (at < history.oldest ? undefined : inOrder(rewind(resource, at), namespace)),
    getAt: (key, at) => rewind(key.resource, at).get(path(key)),
    since: (resource, version) =>
      version < history.oldest ? undefined : history.after(version).filter((event) => event.resource === resource),
    subscribe: tell.subscribe,
    compact: history.forget,
  };
}

// A real cluster has written about as often before it first answers.
const FIRST_VERSION = 100;

function openHistory(window: number) {
  let events: StoreEvent[] = [];
  let version = FIRST_VERSION;
  let oldest = 0;
  return {
    get version() {
      return version;
    },
    get oldest() {
      return Math.max(oldest, (events.at(-window)?.version ?? oldest + 1) - 1);
    },
    add(event: StoreEvent): void {
      version = event.version;
      events.push(event);
      // Trimmed in large steps: shifting one by one would copy the array at every write.
      if (events.length <= window * 2) return;
      events = events.slice(-window);
      oldest = (events[0]?.version ?? version) - 1;
    },
    after: (since: number) => changesAfter(events, since),
    forget(): void {
      events = [];
      oldest = version;
    },
  };
}

function openListeners() {
  const listeners = new Map<string, Set<(event: StoreEvent) => void>>();
  const waiting: StoreEvent[] = [];
  let telling = false;
  return {
    subscribe(resource: string, listener: (event: StoreEvent) => void): () => void {
      const set = listeners.get(resource) ?? new Set();
      listeners.set(resource, set.add(listener));
      return () => void set.delete(listener);
    },
    // A listener may write: everybody hears of the first change before anybody hears of the second.
    event(event: StoreEvent): void {
      waiting.push(event);
      if (telling) return;
      telling = true;
      try {
        for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
          for (const listener of [...(listeners.get(next.resource) ?? [])]) listener(next);
        }
      } finally {
        telling = false;
      }
    },
  };
}

/** Where the stored objects of a resource lie. Events are the same objects in both of their groups. */
export function storageKey(type: { readonly group: string; readonly plural: string }): string {
  const shared = type.group === 'events.k8s.io' && type.plural === 'events';
  return type.group === '' || shared ? type.plural : `${type.plural}.${type.group}`;
}

function path(key: Key): string {
  return `${key.namespace}/${key.name}`;
}

function stamp(object: KubeObject, version: number): KubeObject {
  const metadata: Readonly<Record<string, unknown>> = { ...object.metadata, resourceVersion: String(version) };
  const known = METADATA_ORDER.filter((name) => metadata[name] !== undefined).map((name) => [name, metadata[name]]);
  return { ...object, metadata: { ...Object.fromEntries(known), ...metadata } };
}

// As the real server writes it; some of its refusals quote whole objects.
const METADATA_ORDER = [
  'name',
  'generateName',
  'namespace',
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'labels',
  'annotations',
  'ownerReferences',
  'finalizers',
  'managedFields',
];

function inOrder(state: ReadonlyMap<string, KubeObject>, namespace: string): readonly KubeObject[] {
  const keys = [...state.keys()].filter((key) => namespace === '' || key.startsWith(`${namespace}/`));
  return keys.sort(byBytes).flatMap((key) => state.get(key) ?? []);
}

function byBytes(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function changesAfter(history: readonly StoreEvent[], version: number): readonly StoreEvent[] {
  let low = 0;
  let high = history.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((history[middle]?.version ?? 0) > version) high = middle;
    else low = middle + 1;
  }
  return history.slice(low);
}

function rewound(state: Map<string, KubeObject>, changes: readonly StoreEvent[], resource: string) {
  for (const event of [...changes].reverse()) {
    if (event.resource !== resource) continue;
    const { namespace = '', name = '' } = event.object.metadata;
    if (event.old === undefined) state.delete(`${namespace}/${name}`);
    else state.set(`${namespace}/${name}`, event.old);
  }
  return state;
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const part of Object.values(value)) deepFreeze(part);
  }
  return value;
}
