import { InfraError } from '../errors/errors.ts';
import type { KubeClient } from '../kube/client.ts';
import type { Feed } from '../kube/feed.ts';
import { resourcePath } from '../kube/objects.ts';
import type { Scope } from '../scope/scope.ts';
import { KUBEVIRT_CRD } from './apply.ts';
import { type Feeds, openKubevirtFeed } from './feeds.ts';
import { sevGateOff } from './gate.ts';
import { guestDisk } from './guest-disk.ts';
import { install, type Keeping } from './install.ts';
import type { KubevirtResource } from './objects.ts';
import { waitForFreeNamespace } from './readiness/free-namespace.ts';
import { namingWebhooks } from './readiness/webhook-refusal.ts';
import { openRelease, type Release, type ReleaseWish } from './release.ts';
import { upgrade } from './upgrade.ts';
import { refuseUpgrade, wayTo } from './upgrade-way.ts';
import { type KubevirtVersion, NEWEST_KNOWN, parseKubevirtVersion } from './versions.ts';
import { waitReady } from './wait-ready.ts';

/** What to install, and where from. */
export interface InstallWish extends Omit<ReleaseWish, 'source' | 'nodes'>, Keeping {
  /** Undefined: whatever is there is used, and left as it is. */
  readonly source: ReleaseWish['source'] | undefined;
  /** What is installed first and then upgraded; undefined: the wanted one is installed at once. */
  readonly upgradeFrom?: ReleaseWish['source'] | undefined;
  /** Milliseconds that KubeVirt may still take to get ready. */
  readonly patience: () => number;
}

/** KubeVirt, ready for guests. */
export interface Kubevirt {
  /** Its numbers; of a developer's build those that come nearest. */
  readonly version: KubevirtVersion;
  /** What it calls itself, e.g. `v1.9.0`, `devel`. */
  readonly reports: string;
  /** The disk that its own tests boot, where it is. */
  readonly guestDisk: string;
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
  const { source } = wish;
  if (present === undefined && source === undefined) {
    throw new InfraError('the cluster has no KubeVirt, and none is to be installed', {
      hint: 'name a version with --kubevirt, e.g. --kubevirt v1.9.0',
    });
  }
  const release =
    source === undefined || isNamed(present, wish)
      ? undefined
      : await openRelease(scope, { ...wish, source, nodes: feeds.nodes.items.size });
  if (present !== undefined && release !== undefined) refuseOther(present, release.reports);
  if (present !== undefined && wish.upgradeFrom !== undefined) refuseUpgrade(present);
  const way =
    present === undefined && release !== undefined
      ? await wayTo(scope, release, { ...wish, nodes: feeds.nodes.items.size })
      : undefined;
  if (way !== undefined) {
    const name = way.first.resource.metadata.namespace ?? NAMESPACE;
    await waitForFreeNamespace(scope, client, { name, withinMs: wish.patience() });
  }
  const api = way && (await namingWebhooks(() => install(scope, client, { ...way.first, isKept: wish.isKept })));
  const feed = await openKubevirtFeed(scope, client);
  if (api !== undefined && way !== undefined && way.first !== way.last)
    await upgrade(scope, { api, feeds, feed, from: way.first, to: way.last, patience: wish.patience });
  const expected = release?.reports ?? present?.status?.observedKubeVirtVersion;
  const resource = await waitReady(scope, feeds, {
    ...{ client, feed, withinMs: wish.patience() },
    version: expected === undefined ? undefined : { text: expected },
  });
  const reports = resource.status?.observedKubeVirtVersion ?? '';
  const version = release?.version ?? learntVersion(scope, resource);
  refuseGateOff(resource, version);
  refuseOtherArchitecture(resource);
  const { imageRegistry } = wish.images;
  const disk = guestDisk({ reports, registry: resource.status?.observedKubeVirtRegistry, wanted: imageRegistry });
  const upgradedFrom = way === undefined || way.first === way.last ? undefined : way.first.reports;
  tell(scope, { release, reports, version, upgradedFrom });
  return { version, reports, guestDisk: disk, namespace: resource.metadata.namespace, feed };
}

/** A release is named by its version: when that is there already, no manifest is needed to know it. */
function isNamed(present: KubevirtResource | undefined, { source, images }: InstallWish): boolean {
  if (present === undefined || source?.kind !== 'version') return false;
  const wanted = images.imageTag ?? parseKubevirtVersion(source.version)?.text ?? source.version;
  refuseOther(present, wanted);
  return true;
}

interface Told {
  readonly release: Release | undefined;
  readonly reports: string;
  readonly version: KubevirtVersion;
  readonly upgradedFrom: string | undefined;
}

/** What was installed or found, for the report. */
function tell(scope: Scope, { release, reports, version, upgradedFrom }: Told): void {
  const name = reports === version.text ? reports : `${reports} (${version.text})`;
  const kubevirt = upgradedFrom === undefined ? name : `${name} after ${upgradedFrom}`;
  const files = release?.files.map(({ place, sha256 }) => ({ place, sha256 }));
  scope.emit({ type: 'subject', subject: { kubevirt, ...(files === undefined ? {} : { kubevirtManifests: files }) } });
}

async function findInstalled(client: KubeClient, signal: AbortSignal): Promise<KubevirtResource | undefined> {
  if ((await client.find(KUBEVIRT_CRD, { signal })) === undefined) return undefined;
  const { items } = await client.list<KubevirtResource>(
    resourcePath({ apiVersion: 'kubevirt.io/v1', plural: 'kubevirts' }),
    { signal },
  );
  return items[0];
}

function refuseOther(present: KubevirtResource, wanted: string): void {
  const there =
    present.status?.observedKubeVirtVersion ?? present.status?.targetKubeVirtVersion ?? 'a KubeVirt that is not ready';
  if (there === wanted) return;
  throw new InfraError(`the cluster already has ${there} in ${present.metadata.namespace}, not ${wanted}`, {
    hint: 'test it as it is with --kubevirt existing, or uninstall it first',
  });
}

/**
 * The numbers that a KubeVirt reports once it is up: by its tag, or a developer's build by what its operator was built
 * from. A build without numbers comes from the newest source most likely; that is said, for the guests depend on it.
 */
function learntVersion(scope: Scope, { status }: KubevirtResource): KubevirtVersion {
  const reports = status?.observedKubeVirtVersion ?? '';
  const version = parseKubevirtVersion(reports);
  if (version !== undefined) return version;
  const built = parseKubevirtVersion(status?.operatorVersion ?? '');
  // What was built from an archive of the source knows no version.
  const isTold = built !== undefined && built.major > 0;
  const learnt = isTold ? built : NEWEST_KNOWN;
  const from = isTold ? 'as its operator says' : 'the newest that is known here, for it tells no numbers';
  scope.log.info(`KubeVirt calls itself ${JSON.stringify(reports)}: taken for ${learnt.text}, ${from}`);
  return learnt;
}

/** The gate must be in force, or every guest would be refused. */
function refuseGateOff(resource: KubevirtResource, version: KubevirtVersion): void {
  const off = sevGateOff(resource.spec.configuration?.developerConfiguration ?? {}, version);
  if (off === undefined) return;
  const { namespace, name } = resource.metadata;
  throw new InfraError(`${off.problem} in KubeVirt ${namespace}/${name}`, { hint: off.fix });
}

/** Guests that name no architecture get that of KubeVirt's control plane, and SEV is AMD's. */
function refuseOtherArchitecture({ metadata: { namespace, name }, status }: KubevirtResource): void {
  const { defaultArchitecture = 'amd64' } = status ?? {};
  if (defaultArchitecture === 'amd64' || defaultArchitecture === '') return;
  throw new InfraError(`KubeVirt ${namespace}/${name} makes its guests for ${defaultArchitecture}, which has no SEV`, {
    hint: 'have its control plane run on amd64 nodes: set spec.infra.nodePlacement of the KubeVirt',
  });
}
