import type { KubeObject } from '../../api/objects.ts';
import type { VmiStatus as ModelStatus, VmiSpec } from '../../kubevirt/model/vmi.ts';
import type { Condition } from '../kinds.ts';

/** A VirtualMachineInstance as controllers see it. */
export interface VmiObject extends KubeObject {
  readonly spec: VmiSpec & Readonly<Record<string, unknown>>;
  readonly status?: VmiStatus;
}

export interface VmiStatus extends ModelStatus {
  readonly reason?: string;
  readonly conditions?: readonly Condition[];
  readonly activePods?: Readonly<Record<string, string>>;
  readonly interfaces?: readonly Readonly<Record<string, unknown>>[];
  readonly [field: string]: unknown;
}

/** A VirtualMachine as controllers see it. */
export interface VmObject extends KubeObject {
  readonly spec: {
    readonly running?: boolean;
    readonly runStrategy?: string;
    readonly template: { readonly metadata?: KubeObject['metadata']; readonly spec: VmiObject['spec'] };
    readonly [field: string]: unknown;
  };
  readonly status?: VmStatus;
}

export interface VmStatus {
  readonly created?: boolean;
  readonly ready?: boolean;
  readonly printableStatus?: string;
  readonly conditions?: readonly Condition[];
  readonly stateChangeRequests?: readonly StateChange[];
  readonly startFailure?: StartFailure;
  readonly [field: string]: unknown;
}

export interface StateChange {
  readonly action: 'Start' | 'Stop';
  readonly uid?: string;
  readonly data?: Readonly<Record<string, string>>;
}

export interface StartFailure {
  readonly consecutiveFailCount: number;
  readonly lastFailedVMIUID: string;
  readonly retryAfterTimestamp: string;
}

/** Ended, one way or the other. */
export function isFinal(vmi: VmiObject): boolean {
  return vmi.status?.phase === 'Succeeded' || vmi.status?.phase === 'Failed';
}

/** The VMI in another phase, with the moment noted. */
export function inPhase(vmi: VmiObject, phase: string, now: string): VmiObject {
  const times = vmi.status?.phaseTransitionTimestamps ?? [];
  const noted = times.some((each) => each.phase === phase)
    ? times
    : [...times, { phase, phaseTransitionTimestamp: now }];
  return { ...vmi, status: { ...vmi.status, phase, phaseTransitionTimestamps: noted } };
}

/** Conditions with this one in its place, or appended. `lastTransitionTime` moves with the status only. */
export function setCondition(
  conditions: readonly Condition[] | undefined,
  condition: Condition,
  now: string,
): readonly Condition[] {
  const old = conditions?.find(({ type }) => type === condition.type);
  if (old?.status === condition.status && old.reason === condition.reason && old.message === condition.message)
    return conditions ?? [];
  const since = old?.status === condition.status ? (old.lastTransitionTime ?? now) : now;
  const fresh = { lastProbeTime: null, ...condition, lastTransitionTime: since };
  if (old === undefined) return [...(conditions ?? []), fresh];
  return (conditions ?? []).map((each) => (each.type === condition.type ? fresh : each));
}

/** Conditions without those of this type. */
export function dropCondition(conditions: readonly Condition[] | undefined, type: string): readonly Condition[] {
  return (conditions ?? []).filter((each) => each.type !== type);
}

/** Notes that the stored version of an object was seen, as KubeVirt's controllers do; undefined: noted already. */
export function observedVersion(object: KubeObject): { readonly metadata: object } | undefined {
  const marks = {
    'kubevirt.io/latest-observed-api-version': 'v1',
    'kubevirt.io/storage-observed-api-version': 'v1',
  };
  const { annotations } = object.metadata;
  if (Object.entries(marks).every(([key, value]) => annotations?.[key] === value)) return undefined;
  return { metadata: { annotations: marks } };
}
