import { isRelease } from './versions.ts';

const PROJECT = 'quay.io/kubevirt';
const DISK = 'fedora-with-test-tooling-container-disk';

interface DiskWish {
  /** What KubeVirt calls itself: the tag of its images. */
  readonly reports: string;
  /** Where its own images come from, as far as it tells. */
  readonly registry: string | undefined;
  /** The registry that the user named for its images. */
  readonly wanted: string | undefined;
}

/**
 * The container disk that KubeVirt's own tests boot: with a release at the project, unless the user has its images
 * elsewhere; with a developer's build beside its other images, where `make push` leaves it.
 */
export function guestDisk({ reports, registry, wanted }: DiskWish): string {
  const own = wanted ?? (isRelease(reports) ? undefined : registry);
  return `${own === undefined || own === '' ? PROJECT : own}/${DISK}:${reports}`;
}
