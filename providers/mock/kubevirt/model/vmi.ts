import type { KubeObject, ObjectMeta } from '../../api/objects.ts';
import type { Domain } from './domain.ts';
import type { AccessCredential, Affinity, DnsConfig, Probe } from './pod.ts';
import type { Network, Volume } from './volumes.ts';

/*
 * The parts of KubeVirt's API that the rules and the launcher read. Objects reach them only after their types were
 * checked against the field tables, so reading them by these shapes is safe.
 */

export interface Vmi {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMeta;
  readonly spec: VmiSpec;
  readonly status?: VmiStatus;
}

export interface VmiSpec {
  readonly accessCredentials?: readonly AccessCredential[];
  readonly affinity?: Affinity;
  readonly architecture?: string;
  readonly dnsConfig?: DnsConfig;
  readonly dnsPolicy?: string;
  readonly domain: Domain;
  readonly evictionStrategy?: string;
  readonly hostname?: string;
  readonly livenessProbe?: Probe;
  readonly networks?: readonly Network[];
  readonly nodeSelector?: Readonly<Record<string, string>>;
  readonly priorityClassName?: string;
  readonly readinessProbe?: Probe;
  readonly resourceClaims?: readonly { readonly name: string }[];
  readonly schedulerName?: string;
  readonly serviceAccountName?: string;
  readonly startStrategy?: string;
  readonly subdomain?: string;
  readonly terminationGracePeriodSeconds?: number;
  readonly tolerations?: readonly unknown[];
  readonly topologySpreadConstraints?: readonly Readonly<Record<string, unknown>>[];
  readonly utilityVolumes?: readonly { readonly name: string }[];
  readonly volumes?: readonly Volume[];
}

export interface VmiStatus {
  readonly phase?: string;
  readonly nodeName?: string;
  readonly evacuationNodeName?: string;
  readonly conditions?: readonly Condition[];
  readonly machine?: { readonly type?: string };
  readonly migrationState?: {
    readonly completed?: boolean;
    readonly failed?: boolean;
    readonly migrationUid?: string;
    readonly startTimestamp?: string;
    readonly endTimestamp?: string;
  };
  readonly migratedVolumes?: readonly { readonly volumeName: string }[];
  readonly phaseTransitionTimestamps?: readonly PhaseTime[];
  readonly runtimeUser?: number;
  readonly topologyHints?: { readonly tscFrequency?: number };
  readonly volumeStatus?: readonly { readonly name: string; readonly hotplugVolume?: unknown }[];
}

export interface PhaseTime {
  readonly phase: string;
  readonly phaseTransitionTimestamp: string;
}

export interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
}

/** Takes a stored VirtualMachineInstance, which its CRD's schema has checked. @throws Error for another kind. */
export function asVmi(object: KubeObject): Vmi {
  if (object.kind !== 'VirtualMachineInstance' || typeof object.spec !== 'object') {
    throw new Error(
      `cannot launch a ${object.kind} "${object.metadata.name ?? ''}": only a VirtualMachineInstance with a spec`,
    );
  }
  return object as unknown as Vmi;
}
