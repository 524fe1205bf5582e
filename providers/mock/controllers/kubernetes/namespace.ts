import type { Component } from '../component.ts';
import { grace, trigger } from '../component.ts';
import { type Condition, type Loose, withCondition } from '../kinds.ts';
import { pathTo, RESOURCES } from '../resources.ts';
import { type Discovered, type Discovery, discover } from './discovery.ts';

/** Source: namespaceDeletionGracePeriod of pkg/controller/namespace. */
const GRACE_SECONDS = 5;

/** What is still in a namespace. */
interface Remains {
  readonly counts: readonly (readonly [resource: string, count: number])[];
  readonly finalizers: readonly (readonly [finalizer: string, count: number])[];
  readonly errors: readonly string[];
}

/** Empties namespaces that are to go, tells in conditions what is in the way, and lets them go when they are empty. */
export function startNamespaces(component: Component): void {
  const namespaces = component.informer<Loose>(pathTo(RESOURCES.namespaces));
  const waiting = new Set<string>();
  const ripe = new Set<string>();
  const loop = component.loop([namespaces], async (name) => {
    const namespace = namespaces.get(name);
    if (namespace?.metadata.deletionTimestamp === undefined) return;
    if (!ripe.has(namespace.metadata.uid ?? '')) return ripen(namespace);
    const discovery = await discover(component.rest);
    const remains = await empty(name, discovery);
    const clean = remains.counts.length === 0 && remains.errors.length === 0 && discovery.failed.length === 0;
    if (!clean) {
      await report(namespace, conditionsOf(discovery, remains));
      loop.addAfter(name, 2000);
      return;
    }
    await report(namespace, conditionsOf(discovery, remains));
    const latest = await component.rest.find<Loose>(pathTo(RESOURCES.namespaces, undefined, name));
    if (latest === undefined || latest.metadata.uid !== namespace.metadata.uid) return;
    const finalizers = ((latest.spec?.finalizers ?? []) as readonly string[]).filter((each) => each !== 'kubernetes');
    await component.rest.replace(pathTo(RESOURCES.namespaces, undefined, name, 'finalize'), {
      ...latest,
      spec: { ...latest.spec, finalizers },
    });
  });
  trigger(namespaces, loop);
  namespaces.onChange(({ object, deleted }) => {
    if (deleted) ripe.delete(object.metadata.uid ?? '');
  });

  /** Who deletes a manifest with a namespace in it gets to delete the rest of it first. */
  function ripen({ metadata: { name = '', uid = '' } }: Loose): void {
    if (waiting.has(uid)) return;
    waiting.add(uid);
    component.tasks.run(async () => {
      await grace(component.clock, GRACE_SECONDS, component.signal);
      waiting.delete(uid);
      ripe.add(uid);
      loop.add(name);
    });
  }

  async function empty(name: string, discovery: Discovery): Promise<Remains> {
    const counts: (readonly [string, number])[] = [];
    const finalizers = new Map<string, number>();
    const errors: string[] = [];
    for (const resource of discovery.resources.filter(isContent)) {
      try {
        const left = await clear(name, resource);
        if (left.length > 0) counts.push([qualified(resource), left.length]);
        for (const object of left)
          for (const finalizer of object.metadata.finalizers ?? [])
            finalizers.set(finalizer, (finalizers.get(finalizer) ?? 0) + 1);
      } catch (error) {
        errors.push(error instanceof Error ? error.message : String(error));
      }
    }
    return { counts, finalizers: [...finalizers], errors };
  }

  async function clear(namespace: string, resource: Discovered): Promise<readonly Loose[]> {
    const path = pathTo({ root: rootOf(resource), plural: resource.plural }, namespace);
    const { items } = await component.rest.list<Loose>(path);
    if (items.some((item) => item.metadata.deletionTimestamp === undefined)) {
      await component.rest.remove(path, { propagationPolicy: 'Background' });
      return (await component.rest.list<Loose>(path)).items;
    }
    return items;
  }

  async function report(namespace: Loose, wanted: readonly Condition[]): Promise<void> {
    let conditions = namespace.status?.conditions ?? [];
    for (const condition of wanted) conditions = withCondition(conditions, condition, component.now());
    if (JSON.stringify(conditions) === JSON.stringify(namespace.status?.conditions)) return;
    const path = pathTo(RESOURCES.namespaces, undefined, namespace.metadata.name, 'status');
    await component.rest.replace(path, { ...namespace, status: { ...namespace.status, conditions } });
  }
}

function isContent({ namespaced, verbs, groupVersion, plural }: Discovered): boolean {
  // Events have two names; the same store stands behind both.
  if (groupVersion.startsWith('events.k8s.io/') && plural === 'events') return false;
  return namespaced && verbs.includes('list') && (verbs.includes('deletecollection') || verbs.includes('delete'));
}

function rootOf({ groupVersion }: Discovered): string {
  return groupVersion === 'v1' ? '/api/v1' : `/apis/${groupVersion}`;
}

function qualified({ groupVersion, plural }: Discovered): string {
  const group = groupVersion.includes('/') ? groupVersion.split('/')[0] : '';
  return `${plural}.${group}`;
}

function conditionsOf({ failed }: Discovery, { counts, finalizers, errors }: Remains): readonly Condition[] {
  const failures = failed.map(({ groupVersion, error }) => `${groupVersion}: ${error}`).join(', ');
  const left = counts.map(([resource, count]) => `${resource} has ${count} resource instances`).join(', ');
  const held = finalizers.map(([name, count]) => `${name} in ${count} resource instances`).join(', ');
  return [
    failed.length > 0
      ? row(
          'NamespaceDeletionDiscoveryFailure',
          'True',
          'DiscoveryFailed',
          `Discovery failed for some groups, ${failed.length} failing: unable to retrieve the complete list of server APIs: ${failures}`,
        )
      : row(
          'NamespaceDeletionDiscoveryFailure',
          'False',
          'ResourcesDiscovered',
          'All resources successfully discovered',
        ),
    row(
      'NamespaceDeletionGroupVersionParsingFailure',
      'False',
      'ParsedGroupVersions',
      'All legacy kube types successfully parsed',
    ),
    errors.length > 0
      ? row(
          'NamespaceDeletionContentFailure',
          'True',
          'ContentDeletionFailed',
          `Failed to delete all resource types, ${errors.length} remaining: ${errors.join(', ')}`,
        )
      : row(
          'NamespaceDeletionContentFailure',
          'False',
          'ContentDeleted',
          'All content successfully deleted, may be waiting on finalization',
        ),
    counts.length > 0
      ? row('NamespaceContentRemaining', 'True', 'SomeResourcesRemain', `Some resources are remaining: ${left}`)
      : row('NamespaceContentRemaining', 'False', 'ContentRemoved', 'All content successfully removed'),
    finalizers.length > 0
      ? row(
          'NamespaceFinalizersRemaining',
          'True',
          'SomeFinalizersRemain',
          `Some content in the namespace has finalizers remaining: ${held}`,
        )
      : row(
          'NamespaceFinalizersRemaining',
          'False',
          'ContentHasNoFinalizers',
          'All content-preserving finalizers finished',
        ),
  ];
}

function row(type: string, status: Condition['status'], reason: string, message: string): Condition {
  return { type, status, reason, message };
}
