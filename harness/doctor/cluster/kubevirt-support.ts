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

/** What a release switches on by itself and an older Kubernetes cannot do. Source: KubeVirt's feature gates in v1.9. */
const NEEDS: readonly {
  readonly since: number;
  readonly minor: number;
  readonly why: string;
  readonly gate: string;
}[] = [
  {
    since: 9,
    minor: 30,
    why: 'its gate NodeRestriction wants tokens that name their node, and refuses virt-handler without',
    gate: 'NodeRestriction',
  },
];

/** Why this release cannot work on a cluster of this version as it comes, and what to do; undefined when it can. */
export function unfitFor(
  { text, major, minor }: KubevirtVersion,
  server: string,
): { readonly why: string; readonly action: string } | undefined {
  const cluster = Number(/^v?1\.(\d+)/.exec(server)?.[1] ?? Number.NaN);
  const row = NEEDS.find((need) => major === 1 && minor >= need.since && cluster < need.minor);
  if (row === undefined) return undefined;
  return {
    why: `${text} does not work on Kubernetes 1.${cluster} as it comes: ${row.why}`,
    action: `take an older KubeVirt, or put ${row.gate} into disabledFeatureGates with --kubevirt-patches`,
  };
}
