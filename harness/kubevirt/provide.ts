import { InfraError } from '../errors/errors.ts';
import type { KubeClient } from '../kube/client.ts';
import type { Feed } from '../kube/feed.ts';
import { resourcePath } from '../kube/objects.ts';
import type { Scope } from '../scope/scope.ts';
import { KUBEVIRT_CRD } from './apply.ts';
import { type Feeds, openKubevirtFeed } from './feeds.ts';
import { sevGateOff } from './gate.ts';
import { type InstallWish, install } from './install.ts';
import type { KubevirtResource } from './objects.ts';
import { waitForFreeNamespace } from './readiness/free-namespace.ts';
import { namingWebhooks } from './readiness/webhook-refusal.ts';
import { type KubevirtVersion, parseKubevirtVersion } from './versions.ts';
import { waitReady } from './wait-ready.ts';

/** KubeVirt, ready for guests. */
export interface Kubevirt {
  readonly version: KubevirtVersion;
  readonly namespace: string;
  readonly feed: Feed<KubevirtResource>;
}

/** Where every release installs itself. */
const NAMESPACE = 'kubevirt';

/**
 * Brings KubeVirt to ready: the one that is there, or a release installed for this run and taken away after it.
 * @throws InfraError when the cluster has another KubeVirt than the one asked for; ProductFailure when it does not become ready.
 */
export async function provideKubevirt(
  scope: Scope,
  client: KubeClient,
  feeds: Feeds,
  wish: InstallWish,
): Promise<Kubevirt> {
  const present = await findInstalled(client, scope.signal);
  if (present === undefined && wish.version === undefined) {
    throw new InfraError('the cluster has no KubeVirt, and none is to be installed', {
      hint: 'name a version with --kubevirt, e.g. --kubevirt v1.9.0',
    });
  }
  if (present !== undefined) refuseOther(present, wish.version);
  const version = wish.version ?? versionOf(present);
  if (present === undefined) {
    await waitForFreeNamespace(scope, client, { name: NAMESPACE, withinMs: wish.patience() });
    await namingWebhooks(() => install(scope, client, version, wish));
  }
  const feed = await openKubevirtFeed(scope, client);
  const resource = await waitReady(scope, feeds, { client, feed, version, withinMs: wish.patience() });
  refuseGateOff(resource, version);
  return { version, namespace: resource.metadata.namespace, feed };
}

async function findInstalled(client: KubeClient, signal: AbortSignal): Promise<KubevirtResource | undefined> {
  if ((await client.find(KUBEVIRT_CRD, { signal })) === undefined) return undefined;
  const { items } = await client.list<KubevirtResource>(
    resourcePath({ apiVersion: 'kubevirt.io/v1', plural: 'kubevirts' }),
    { signal },
  );
  return items[0];
}

function refuseOther(present: KubevirtResource, wanted: KubevirtVersion | undefined): void {
  const there =
    present.status?.observedKubeVirtVersion ?? present.status?.targetKubeVirtVersion ?? 'a KubeVirt that is not ready';
  if (wanted === undefined || there === wanted.text) return;
  throw new InfraError(`the cluster already has ${there} in ${present.metadata.namespace}, not ${wanted.text}`, {
    hint: 'test it as it is with --kubevirt existing, or uninstall it first',
  });
}

function versionOf(present: KubevirtResource | undefined): KubevirtVersion {
  const text = present?.status?.observedKubeVirtVersion ?? '';
  const version = parseKubevirtVersion(text);
  if (version !== undefined) return version;
  throw new InfraError(`the installed KubeVirt has no version that can be read: ${JSON.stringify(text)}`, {
    hint: 'name its version with --kubevirt',
  });
}

/** The gate must be in force, or every guest would be refused. */
function refuseGateOff(resource: KubevirtResource, version: KubevirtVersion): void {
  const off = sevGateOff(resource.spec.configuration?.developerConfiguration ?? {}, version);
  if (off === undefined) return;
  const { namespace, name } = resource.metadata;
  throw new InfraError(`${off.problem} in KubeVirt ${namespace}/${name}`, { hint: off.fix });
}
