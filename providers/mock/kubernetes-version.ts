import type { KubevirtVersion } from './kubevirt/version.ts';
import { KNOWN_VERSIONS, supportedKubernetes } from './kubevirt/versions.ts';

/**
 * A Kubernetes that suits this KubeVirt, e.g. `v1.34.4`: of the supported minors the oldest, as clusters of real
 * machines have it. Of the newest KubeVirt known when none is named.
 */
export function defaultKubernetes(kubevirt: KubevirtVersion | undefined): string {
  const version = kubevirt ?? KNOWN_VERSIONS.at(-1);
  const [minor = '1.34'] = version === undefined ? [] : supportedKubernetes(version);
  return `v${minor}.${PATCHES[minor] ?? 0}`;
}

/** A patch release of each minor, so that versions look as they do on clusters. */
const PATCHES: Readonly<Record<string, number>> = { '1.31': 13, '1.32': 3, '1.33': 8, '1.34': 4, '1.35': 2 };
