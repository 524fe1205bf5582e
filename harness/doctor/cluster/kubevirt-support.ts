import type { KubevirtVersion } from '../../kubevirt/versions.ts';

/** The oldest Kubernetes minor that a KubeVirt 1.x was made for. Source: KubeVirt's docs/kubernetes-compatibility.md. */
const OLDEST: readonly number[] = [25, 26, 27, 28, 29, 30, 31, 32, 33, 34];
const SUPPORTED_MINORS = 3;

/** The Kubernetes minors that this release was made for, e.g. `1.34`; undefined for releases that are not known here. */
export function kubernetesMinors({ major, minor }: KubevirtVersion): readonly string[] | undefined {
  const oldest = major === 1 ? OLDEST[minor] : major === 0 && minor === 59 ? 24 : undefined;
  if (oldest === undefined) return undefined;
  return Array.from({ length: SUPPORTED_MINORS }, (_, index) => `1.${oldest + index}`);
}
