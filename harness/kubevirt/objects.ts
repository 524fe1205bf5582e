import type { KubeObject, ObjectMeta } from '../kube/objects.ts';

/** What the lane reads of a VirtualMachineInstance; everything else passes through untouched. */
export interface Vmi extends KubeObject {
  readonly metadata: ObjectMeta & { readonly name: string; readonly uid: string };
  readonly spec: { readonly domain: { readonly launchSecurity?: unknown } };
  readonly status?: {
    readonly phase?: string;
    readonly reason?: string;
    readonly nodeName?: string;
    readonly conditions?: readonly Condition[];
  };
}

/** What the lane reads of a Pod. */
export interface Pod extends KubeObject {
  readonly metadata: ObjectMeta & { readonly name: string; readonly namespace: string };
  readonly spec: {
    readonly nodeName?: string;
    readonly nodeSelector?: Readonly<Record<string, string>>;
    readonly containers: readonly Container[];
  };
  readonly status?: {
    readonly phase?: string;
    readonly conditions?: readonly Condition[];
    readonly containerStatuses?: readonly ContainerStatus[];
    readonly initContainerStatuses?: readonly ContainerStatus[];
  };
}

export interface Container {
  readonly name: string;
  readonly resources?: {
    readonly requests?: Readonly<Record<string, string>>;
    readonly limits?: Readonly<Record<string, string>>;
  };
}

export interface ContainerStatus {
  readonly name: string;
  readonly image?: string;
  readonly ready?: boolean;
  readonly restartCount?: number;
  readonly state?: { readonly waiting?: { readonly reason?: string; readonly message?: string } };
  /** How it ended the time before. */
  readonly lastState?: {
    readonly terminated?: { readonly reason?: string; readonly exitCode?: number; readonly message?: string };
  };
}

/** What the lane reads of a Node. */
export interface Node extends KubeObject {
  readonly metadata: ObjectMeta & { readonly name: string };
  readonly status?: {
    readonly allocatable?: Readonly<Record<string, string>>;
    readonly addresses?: readonly { readonly type: string; readonly address: string }[];
    readonly nodeInfo?: { readonly kubeletVersion?: string };
  };
}

/** What the lane reads of the KubeVirt custom resource. */
export interface KubevirtResource extends KubeObject {
  readonly metadata: ObjectMeta & { readonly name: string; readonly namespace: string };
  readonly spec: {
    readonly configuration?: {
      readonly developerConfiguration?: {
        readonly featureGates?: readonly string[];
        readonly disabledFeatureGates?: readonly string[];
      };
    };
  };
  readonly status?: {
    readonly phase?: string;
    readonly observedGeneration?: number;
    readonly observedKubeVirtVersion?: string;
    readonly observedKubeVirtRegistry?: string;
    readonly targetKubeVirtVersion?: string;
    /** Names version, registry and all of the spec that alters the components. */
    readonly observedDeploymentID?: string;
    /** What the operator was built from, by git. */
    readonly operatorVersion?: string;
    /** Guests whose launchers are of an older version than KubeVirt itself. */
    readonly outdatedVirtualMachineInstanceWorkloads?: number;
    readonly defaultArchitecture?: string;
    readonly conditions?: readonly Condition[];
  };
}

export interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
}

/** The condition of this type, undefined when it is not there: KubeVirt removes some rather than setting them False. */
export function condition(conditions: readonly Condition[] | undefined, type: string): Condition | undefined {
  return conditions?.find((each) => each.type === type);
}

/** `PodScheduled=False Unschedulable "0/1 nodes are available"`, for progress and errors. */
export function conditionText({ type, status, reason, message }: Condition): string {
  return [`${type}=${status}`, reason, message === undefined || message === '' ? undefined : JSON.stringify(message)]
    .filter((part) => part !== undefined && part !== '')
    .join(' ');
}
