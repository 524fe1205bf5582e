import type { KubeClient } from '../../kube/client.ts';
import { openFeed } from '../../kube/feed.ts';
import { resourcePath } from '../../kube/objects.ts';
import type { Scope } from '../../scope/scope.ts';
import { until } from '../../scope/until.ts';
import { causeError } from './cause.ts';
import { namespaceCause } from './causes.ts';
import { Patience } from './patience.ts';
import type { Conditioned } from './state.ts';

interface NamespaceWait {
  readonly name: string;
  readonly withinMs: number;
}

/** What is being deleted changes its conditions rarely; nobody is asked for another look. */
const LOOK_EVERY_MS = 500;

/**
 * Waits for a namespace that is on its way out: nothing can be made in it. One that stays, or is not there, is free.
 * @throws InfraError with what its conditions say when it does not go away.
 */
export async function waitForFreeNamespace(
  scope: Scope,
  client: KubeClient,
  { name, withinMs }: NamespaceWait,
): Promise<void> {
  const found = await client.find<Conditioned>(resourcePath({ apiVersion: 'v1', plural: 'namespaces', name }), {
    signal: scope.signal,
  });
  if (found?.metadata.deletionTimestamp === undefined) return;
  const own = scope.child();
  try {
    const path = resourcePath({ apiVersion: 'v1', plural: 'namespaces' });
    const feed = await openFeed<Conditioned>(own, client, path, { fieldSelector: `metadata.name=${name}` });
    const patience = new Patience(withinMs / 10);
    const limits = { scope: own, withinMs, everyMs: LOOK_EVERY_MS, blame: 'infra' as const, wake: feed.onChange };
    await until(`namespace ${name} gone`, limits, async () => {
      const cause = namespaceCause({ namespace: feed.items.get(name) });
      if (cause === undefined) return { done: true, value: undefined };
      const lost = patience.lost([cause], own.clock.nowMs);
      if (lost !== undefined) throw causeError(lost);
      return { done: false, saw: cause.message };
    });
  } finally {
    await own.close();
  }
}
