import { LostLease } from '../errors/errors.ts';
import type { KubeClient } from '../kube/client.ts';
import { discover } from '../kube/discovery.ts';
import { nameOf } from '../kube/find-left.ts';
import { refuseOthersGuests } from '../kube/others-guests.ts';
import { findOthersObjects } from '../kube/others-objects.ts';
import { persist } from '../kube/persist.ts';
import type { Scope } from '../scope/scope.ts';
import { type Api, applyObject, inOrder, refuseTaken, waitEstablished } from './apply.ts';
import type { Release } from './release.ts';
import { type Made, uninstall } from './uninstall.ts';

/** Whether what is installed outlives the run. */
export interface Keeping {
  /** Asked at the end: true leaves it up. */
  readonly isKept?: (() => boolean) | undefined;
}

/** Uninstalling takes 27 s on a healthy cluster; a busy one gets three times that before force is used. */
const UNINSTALL_MS = 150_000;
const FORCE_AFTER_MS = 90_000;

/**
 * Installs the release for this run; the scope's end takes it away again. Before the first object is made it is certain
 * that none would be taken over. Another release may be applied over it with what is returned.
 * @throws InfraError naming the object and what is in its way.
 */
export async function install(scope: Scope, client: KubeClient, release: Release & Keeping): Promise<Api> {
  const { reports, build, isKept } = release;
  const made: Made[] = [];
  const api: Api = { client, discovery: discover(client), signal: scope.signal, made };
  await refuseTaken(api, [...release.objects, release.resource]);
  scope.log.info(`installing KubeVirt ${reports}`, { operator: build.operatorImage });
  scope.defer(`KubeVirt ${reports}`, UNINSTALL_MS, async (_signal, own, budgetMs) => {
    if (isKept?.() === true) return;
    // With less time than that nothing is stuck, it is only not done: the operator goes on, and the next run sweeps.
    const forceAfterMs = budgetMs < UNINSTALL_MS ? undefined : FORCE_AFTER_MS;
    const name = `KubeVirt ${reports}`;
    await persist(`guests of others on ${name}`, { scope: own, client }, () =>
      refuseOthersGuests(client, name, own.signal),
    );
    await tellOthersObjects(own, client, made);
    const work = () => uninstall(own, client, made, { forceAfterMs });
    await persist(`${name} taken away`, { scope: own, client }, work);
  });
  await applyRelease(scope, api, release);
  return api;
}

/** A namespace of ours takes all that is in it along: nobody should have to guess where theirs went. */
async function tellOthersObjects(scope: Scope, client: KubeClient, made: readonly Made[]): Promise<void> {
  for (const { object } of made.filter((each) => each.object.kind === 'Namespace')) {
    const { name } = object.metadata;
    try {
      for (const each of await findOthersObjects(client, name, scope.signal))
        scope.log.info(`${nameOf(each)}, which neither this run nor KubeVirt made, goes with namespace ${name}`);
    } catch (error) {
      scope.signal.throwIfAborted();
      if (error instanceof LostLease) throw error;
      // It is for people: the undo does not depend on it.
      scope.log.detail(`what others have in namespace ${name} is not known: ${String(error)}`);
    }
  }
}

/** Applies a release: over an older one of this run too, whose objects `api.made` has. */
export async function applyRelease(scope: Scope, api: Api, { objects, resource }: Release): Promise<void> {
  const ordered = inOrder(objects);
  for (const object of ordered) await applyObject(scope, api, object);
  const definitions = ordered.filter(({ kind }) => kind === 'CustomResourceDefinition');
  const names = definitions.map(({ metadata }) => metadata.name);
  await waitEstablished(scope, api.client, names);
  await applyObject(scope, api, resource);
}
