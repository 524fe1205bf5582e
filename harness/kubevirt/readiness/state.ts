import type { KubeObject, ObjectMeta } from '../../kube/objects.ts';
import type { Condition, Pod } from '../objects.ts';

/** What the wait reads of a Deployment, a DaemonSet or a ReplicaSet. */
export interface Workload extends KubeObject {
  readonly kind: string;
  readonly metadata: ObjectMeta & { readonly name: string; readonly namespace: string };
  readonly spec: { readonly replicas?: number };
  readonly status?: {
    readonly observedGeneration?: number;
    readonly readyReplicas?: number;
    readonly updatedReplicas?: number;
    readonly replicas?: number;
    readonly desiredNumberScheduled?: number;
    readonly currentNumberScheduled?: number;
    readonly updatedNumberScheduled?: number;
    readonly numberReady?: number;
    readonly conditions?: readonly Condition[];
  };
}

/** What the wait reads of an event; both forms of the API fill these. */
export interface ClusterEvent extends KubeObject {
  readonly type?: string;
  readonly reason?: string;
  readonly message?: string;
  readonly count?: number;
  readonly lastTimestamp?: string | null;
  readonly eventTime?: string | null;
  readonly series?: { readonly count?: number; readonly lastObservedTime?: string };
  readonly involvedObject?: { readonly kind?: string; readonly name?: string; readonly uid?: string };
}

/** A Namespace or an APIService: what counts is in its conditions. */
export interface Conditioned extends KubeObject {
  readonly metadata: ObjectMeta & { readonly name: string };
  readonly status?: { readonly phase?: string; readonly conditions?: readonly Condition[] };
}

/** The components of one installation as the cluster has them at one moment. */
export interface ComponentState {
  /** KubeVirt's own pods or CDI's, without guests and without those that are going. */
  readonly pods: readonly Pod[];
  readonly deployments: readonly Workload[];
  readonly daemonSets: readonly Workload[];
  readonly replicaSets: readonly Workload[];
  /** Warnings of the namespace. */
  readonly events: readonly ClusterEvent[];
  readonly namespace: Conditioned | undefined;
  /** Those that are served by a service of the namespace. */
  readonly apiServices: readonly Conditioned[];
}

/** An installation of which nothing is there yet. */
export const NOTHING_THERE: ComponentState = {
  pods: [],
  deployments: [],
  daemonSets: [],
  replicaSets: [],
  events: [],
  namespace: undefined,
  apiServices: [],
};

/** `deployment virt-api`, `daemonset virt-handler`: whose pod this is; the pod itself when nobody's. */
export function ownerOf({ metadata }: Pod): string {
  const owner = metadata.ownerReferences?.find(({ controller }) => controller === true);
  if (owner === undefined) return `pod ${metadata.name}`;
  if (owner.kind !== 'ReplicaSet') return `${owner.kind.toLowerCase()} ${owner.name}`;
  return `deployment ${deploymentOf(owner.name)}`;
}

/** A ReplicaSet is called as its Deployment, with a hash. */
export function deploymentOf(replicaSet: string): string {
  return replicaSet.replace(/-[^-]+$/, '');
}
