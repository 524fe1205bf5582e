import { setMaxListeners } from 'node:events';
import type { KubeObject, OwnerReference } from '../../api/objects.ts';
import type { Component } from '../component.ts';
import { trigger } from '../component.ts';
import { startInformer } from '../informer.ts';
import type { Loose } from '../kinds.ts';
import { pathTo, RESOURCES } from '../resources.ts';
import { Refusal } from '../rest.ts';
import { type Discovered, discover } from './discovery.ts';

const FOREGROUND = 'foregroundDeletion';
const ORPHAN = 'orphan';

interface Known {
  readonly object: KubeObject;
  readonly resource: Discovered;
}

/**
 * Deletes what is left without owners. It watches every resource that can be deleted, and looks again for resources
 * whenever a CustomResourceDefinition comes or goes.
 */
export function startGarbageCollector(component: Component): void {
  const collector = new Collector(component);
  const crds = component.informer<Loose>(pathTo(RESOURCES.crds));
  const loop = component.loop([crds], async () => await collector.follow(), 1);
  loop.add('resources');
  trigger(crds, loop, (crd, old) => (old === undefined || becameServed(crd, old) ? ['resources'] : []));
}

function becameServed(crd: Loose, old: Loose): boolean {
  return JSON.stringify(crd.status?.conditions) !== JSON.stringify(old.status?.conditions);
}

class Collector {
  readonly #component: Component;
  readonly #known = new Map<string, Known>();
  /** Uids of those who name the owner with this uid. */
  readonly #dependents = new Map<string, Set<string>>();
  /** Uids that are known to have ended, for when their kind is no longer served. */
  readonly #gone = new Set<string>();
  readonly #stops = new Map<string, AbortController>();
  #resources: readonly Discovered[] = [];
  readonly #loop;

  constructor(component: Component) {
    this.#component = component;
    this.#loop = component.loop([], (uid) => this.#settle(uid), 2);
  }

  /** Starts and ends watches so that they fit what is served now. */
  async follow(): Promise<void> {
    const { resources } = await discover(this.#component.rest);
    this.#resources = resources.filter(({ verbs }) =>
      ['list', 'watch', 'delete'].every((verb) => verbs.includes(verb)),
    );
    const paths = new Set(this.#resources.map(({ path }) => path));
    for (const [path, stop] of this.#stops) {
      if (paths.has(path)) continue;
      stop.abort();
      this.#stops.delete(path);
      for (const [uid, known] of this.#known) if (known.resource.path === path) this.#forget(uid);
    }
    for (const resource of this.#resources) if (!this.#stops.has(resource.path)) this.#watch(resource);
  }

  #watch(resource: Discovered): void {
    // Events have no dependents and no owners, and there are many.
    if (resource.plural === 'events') return;
    const stop = new AbortController();
    this.#stops.set(resource.path, stop);
    const signal = AbortSignal.any([stop.signal, this.#component.signal]);
    setMaxListeners(0, signal);
    const { informer, done } = startInformer({ ...this.#component, signal }, resource.path);
    this.#component.tasks.track(done);
    informer.onChange(({ object, deleted }) => {
      const uid = object.metadata.uid ?? '';
      if (deleted) this.#forget(uid);
      else this.#learn(uid, { object, resource });
    });
  }

  #learn(uid: string, known: Known): void {
    const before = this.#known.get(uid);
    this.#known.set(uid, known);
    for (const owner of before?.object.metadata.ownerReferences ?? []) this.#dependents.get(owner.uid)?.delete(uid);
    for (const owner of known.object.metadata.ownerReferences ?? []) {
      const dependents = this.#dependents.get(owner.uid) ?? new Set();
      dependents.add(uid);
      this.#dependents.set(owner.uid, dependents);
    }
    const { ownerReferences = [], finalizers = [], deletionTimestamp } = known.object.metadata;
    const held = finalizers.includes(FOREGROUND) || finalizers.includes(ORPHAN);
    if (deletionTimestamp !== undefined && held) this.#loop.add(uid);
    else if (ownerReferences.some((owner) => !this.#known.has(owner.uid))) this.#loop.add(uid);
    else for (const owner of ownerReferences) if (this.#isGoingForeground(owner.uid)) this.#loop.add(uid);
  }

  #forget(uid: string): void {
    const known = this.#known.get(uid);
    this.#known.delete(uid);
    this.#gone.add(uid);
    for (const owner of known?.object.metadata.ownerReferences ?? []) {
      this.#dependents.get(owner.uid)?.delete(uid);
      if (this.#isGoingForeground(owner.uid)) this.#loop.add(owner.uid);
    }
    for (const dependent of this.#dependents.get(uid) ?? []) this.#loop.add(dependent);
    this.#dependents.delete(uid);
  }

  #isGoingForeground(uid: string): boolean {
    const metadata = this.#known.get(uid)?.object.metadata;
    return metadata?.deletionTimestamp !== undefined && (metadata.finalizers?.includes(FOREGROUND) ?? false);
  }

  /** Does what is to be done about one object. */
  async #settle(uid: string): Promise<void> {
    const known = this.#known.get(uid);
    if (known === undefined) return;
    const { finalizers = [], deletionTimestamp } = known.object.metadata;
    if (deletionTimestamp !== undefined) {
      if (finalizers.includes(ORPHAN)) await this.#orphan(uid, known);
      else if (finalizers.includes(FOREGROUND)) await this.#deleteDependents(uid, known);
      return;
    }
    await this.#deleteIfOrphaned(uid, known);
  }

  async #orphan(uid: string, known: Known): Promise<void> {
    for (const dependent of this.#dependentsOf(uid)) {
      const ownerReferences = dependent.object.metadata.ownerReferences?.filter((owner) => owner.uid !== uid) ?? [];
      await this.#patch(dependent, { metadata: { ownerReferences } });
    }
    await this.#dropFinalizer(known, ORPHAN);
  }

  async #deleteDependents(uid: string, known: Known): Promise<void> {
    const dependents = this.#dependentsOf(uid);
    const blocking = dependents.filter(({ object }) => referenceTo(object, uid)?.blockOwnerDeletion === true);
    for (const dependent of dependents) this.#loop.add(dependent.object.metadata.uid ?? '');
    if (blocking.length === 0) await this.#dropFinalizer(known, FOREGROUND);
  }

  async #deleteIfOrphaned(uid: string, known: Known): Promise<void> {
    const references = known.object.metadata.ownerReferences ?? [];
    if (references.length === 0) return;
    const live: OwnerReference[] = [];
    let waiting = false;
    for (const reference of references) {
      if (this.#isGoingForeground(reference.uid)) waiting = true;
      else if (await this.#exists(reference, known)) live.push(reference);
    }
    if (live.length > 0) {
      if (live.length < references.length) await this.#patch(known, { metadata: { ownerReferences: live } });
      return;
    }
    const more = (this.#dependents.get(uid)?.size ?? 0) > 0;
    await this.#component.rest.remove(this.#pathOf(known), {
      preconditions: { uid },
      propagationPolicy: waiting && more ? 'Foreground' : 'Background',
    });
  }

  /** The graph may lag behind: an owner that it does not know is asked for. */
  async #exists(reference: OwnerReference, dependent: Known): Promise<boolean> {
    if (this.#known.has(reference.uid)) return true;
    if (this.#gone.has(reference.uid)) return false;
    const resource = this.#resources.find(
      ({ groupVersion, kind }) => kind === reference.kind && groupOf(groupVersion) === groupOf(reference.apiVersion),
    );
    // A kind that is not served, or not known yet: nothing may be concluded from that.
    if (resource === undefined) throw new Refusal({ method: 'GET', path: reference.apiVersion }, 404, undefined);
    const namespace = resource.namespaced ? dependent.object.metadata.namespace : undefined;
    const root = resource.path.slice(0, -resource.plural.length - 1);
    const path = pathTo({ root, plural: resource.plural }, namespace, reference.name);
    const exists = (await this.#component.rest.find(path))?.metadata.uid === reference.uid;
    if (!exists) this.#gone.add(reference.uid);
    return exists;
  }

  #dependentsOf(uid: string): readonly Known[] {
    return [...(this.#dependents.get(uid) ?? [])].flatMap((dependent) => this.#known.get(dependent) ?? []);
  }

  async #dropFinalizer(known: Known, finalizer: string): Promise<void> {
    const { finalizers = [], resourceVersion } = known.object.metadata;
    const left = finalizers.filter((each) => each !== finalizer);
    await this.#patch(known, { metadata: { resourceVersion, finalizers: left } });
  }

  async #patch(known: Known, body: unknown): Promise<void> {
    await this.#component.rest.patch(this.#pathOf(known), 'merge', body).catch((error: unknown) => {
      if ((error as { readonly status?: number }).status !== 404) throw error;
    });
  }

  #pathOf({ object, resource }: Known): string {
    const root = resource.path.slice(0, -resource.plural.length - 1);
    return pathTo({ root, plural: resource.plural }, object.metadata.namespace, object.metadata.name);
  }
}

function groupOf(groupVersion: string): string {
  return groupVersion.includes('/') ? groupVersion.slice(0, groupVersion.indexOf('/')) : '';
}

function referenceTo(object: KubeObject, uid: string): OwnerReference | undefined {
  return object.metadata.ownerReferences?.find((owner) => owner.uid === uid);
}
