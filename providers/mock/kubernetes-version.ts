import type { KubevirtVersion } from './kubevirt/version.ts';
import { KNOWN_VERSIONS, supportedKubernetes } from './kubevirt/versions.ts';

/** The newest Kubernetes that this KubeVirt supports, e.g. `v1.34.4`; of the newest KubeVirt known when none is named. */
export function defaultKubernetes(kubevirt: KubevirtVersion | undefined): string {
  const version = kubevirt ?? KNOWN_VERSIONS.at(-1);
  const minor = version === undefined ? undefined : supportedKubernetes(version).at(-1);
  return `v${minor ?? '1.34'}.${PATCHES[minor ?? ''] ?? 0}`;
}

/** A patch release of each minor, so that versions look as they do on clusters. */
const PATCHES: Readonly<Record<string, number>> = { '1.31': 13, '1.32': 3, '1.33': 8, '1.34': 4 };
