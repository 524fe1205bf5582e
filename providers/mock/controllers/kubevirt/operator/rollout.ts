import type { KubeObject } from '../../../api/objects.ts';
import type { KubevirtVersion } from '../../../kubevirt/version.ts';

/** Workloads by the beginning of their names, one step after the other, each when the ones before are ready. */
type Steps = readonly (readonly string[])[];

/** A new API server refuses what old controllers would misunderstand, so it comes first when nothing or newer is there. */
const CREATE_OR_ROLL_BACK: Steps = [['virt-api'], ['virt-controller', 'virt-exportproxy'], ['virt-handler']];
/** Whatever the new API server lets in must find nodes and controllers that can do it. */
const UPDATE: Steps = [['virt-handler'], ['virt-controller', 'virt-exportproxy'], ['virt-api']];

/**
 * In which order the workloads roll. A version that cannot be compared counts as newer; an equal or older one is rolled
 * back to. Source: shouldTakeUpdatePath and its users in pkg/virt-operator/resource/apply/reconcile.go.
 */
export function rolloutSteps(target: KubevirtVersion, observed: KubevirtVersion | undefined): Steps {
  return observed !== undefined && isNewer(target, observed) ? UPDATE : CREATE_OR_ROLL_BACK;
}

/** What the version before had and this one has not, workloads first: it goes when all else stands. */
export function obsoleteObjects(before: readonly KubeObject[], after: readonly KubeObject[]): readonly KubeObject[] {
  const keep = new Set(after.map(identity));
  const gone = before.filter((object) => !keep.has(identity(object)));
  // Webhooks without a server would refuse the deletion of the rest.
  const rank = ({ kind }: KubeObject) => (kind.endsWith('WebhookConfiguration') ? 0 : 1);
  return [...gone].sort((one, other) => rank(one) - rank(other));
}

function isNewer(one: KubevirtVersion, other: KubevirtVersion): boolean {
  const [a, b] = [one, other].map(({ major, minor, patch }) => (major * 1000 + minor) * 1000 + patch);
  return (a ?? 0) > (b ?? 0);
}

function identity({ kind, metadata }: KubeObject): string {
  return `${kind} ${metadata.namespace ?? ''}/${metadata.name}`;
}
