import { InfraError, UsageError } from '../errors/errors.ts';
import type { Scope } from '../scope/scope.ts';
import type { KubevirtResource } from './objects.ts';
import { openRelease, type Release, type ReleaseWish } from './release.ts';
import { isNewer } from './versions.ts';

/** What the wanted release needs, and the one to begin with. */
export interface WayWish extends Omit<ReleaseWish, 'source'> {
  readonly upgradeFrom?: ReleaseWish['source'] | undefined;
}

/** What is installed first, and what stands in the end. */
export interface Way {
  readonly first: Release;
  readonly last: Release;
}

/** The way to this release, which begins with the one to upgrade from if there is one. @throws UsageError when they are the same. */
export async function wayTo(scope: Scope, last: Release, wish: WayWish): Promise<Way> {
  const { upgradeFrom: source, images } = wish;
  if (source === undefined) return { first: last, last };
  // A tag is of the user's own build, and so is the registry beside it: the older release lies where it always did.
  const own = images.imageTag === undefined ? images : { ...images, imageRegistry: undefined, imageTag: undefined };
  const first = await openRelease(scope, { ...wish, source, images: own });
  if (first.build.operatorImage === last.build.operatorImage) {
    throw new UsageError(
      `an upgrade from ${first.reports} to ${last.reports} changes nothing: both are ${last.build.operatorImage}`,
      {
        hint: 'name another version with --kubevirt-upgrade-from',
      },
    );
  }
  tellDowngrade(scope, { first, last });
  return { first, last };
}

/** Source: createOrRollBackSystem of pkg/virt-operator/resource/apply, and Kubernetes' rules for stored versions. */
function tellDowngrade(scope: Scope, { first, last }: Way): void {
  if (first.version === undefined || last.version === undefined || !isNewer(first.version, last.version)) return;
  scope.log.info(
    `${last.reports} is older than ${first.reports}: KubeVirt rolls back, its API first and its nodes last; nobody promises that it can, and it fails where objects are stored in a version that the older one does not know`,
  );
}

/** What is there already was installed by somebody else. @throws InfraError always. */
export function refuseUpgrade({ metadata }: KubevirtResource): never {
  throw new InfraError(
    `the cluster already has a KubeVirt in ${metadata.namespace}: what others installed is not upgraded`,
    {
      hint: 'leave --kubevirt-upgrade-from out, or have the other KubeVirt uninstalled first',
    },
  );
}
