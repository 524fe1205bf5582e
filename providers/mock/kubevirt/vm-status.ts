import type { ObjectMeta } from '../api/objects.ts';
import type { Condition, Vmi } from './model/vmi.ts';
import type { Volume } from './model/volumes.ts';
import { atLeast, type KubevirtVersion } from './version.ts';

/** The parts of a VirtualMachine that its status is made from. */
export interface Vm {
  readonly metadata: ObjectMeta;
  readonly spec: {
    readonly runStrategy?: string;
    readonly running?: boolean;
    readonly template?: { readonly spec?: { readonly volumes?: readonly Volume[] } };
  };
  readonly status?: {
    readonly conditions?: readonly Condition[];
    readonly startFailure?: { readonly consecutiveFailCount?: number };
    readonly stateChangeRequests?: readonly { readonly action: string; readonly uid?: string }[];
  };
}

/** What a VM's status depends on beside itself. `startExpected`/`stopExpected`: the controller has just asked for it. */
export interface VmSurroundings {
  readonly version: KubevirtVersion;
  readonly vmi?: Vmi | undefined;
  readonly dataVolume: (name: string) => DataVolume | undefined;
  readonly claimPhase: (name: string) => string | undefined;
  readonly startExpected?: boolean;
  readonly stopExpected?: boolean;
  readonly now?: Date;
}

export interface DataVolume {
  readonly status?: { readonly phase?: string; readonly conditions?: readonly Condition[] };
}

/** `status.printableStatus`: the first that fits, in KubeVirt's order. Source: pkg/virt-controller/watch/vm/vm.go. */
export function printableStatus(vm: Vm, around: VmSurroundings): string {
  return STATUSES.find(([, holds]) => holds(vm, around))?.[0] ?? 'Unknown';
}

/** The VM's conditions: Ready always, Failure while syncing fails, the VMI's others copied, stale ones gone. */
export function vmConditions(
  vm: Vm,
  vmi: Vmi | undefined,
  failure?: { readonly reason: string; readonly message: string },
): readonly Condition[] {
  const failed: readonly Condition[] =
    failure === undefined
      ? []
      : [{ type: 'Failure', status: 'True', reason: failure.reason, message: failure.message }];
  const own = vm.status?.conditions ?? [];
  if (vmi === undefined) {
    return [readyCondition(vmi), ...failed, ...own.filter(({ type }) => type !== 'Ready' && type !== 'Failure')];
  }
  const copied = (vmi.status?.conditions ?? []).filter(({ type }) => !OWN_CONDITIONS.includes(type));
  return [readyCondition(vmi), ...failed, ...copied, ...own.filter(({ type }) => type === 'RestartRequired')];
}

/** The effective run strategy; the deprecated `running` means Always or Halted. */
export function runStrategyOf({ spec }: Vm): string {
  return spec.runStrategy ?? (spec.running ? 'Always' : 'Halted');
}

const OWN_CONDITIONS: readonly string[] = ['Ready', 'Failure', 'RestartRequired'];

type Holds = (vm: Vm, around: VmSurroundings) => boolean;

const STATUSES: readonly (readonly [string, Holds])[] = [
  ['Terminating', (vm) => vm.metadata.deletionTimestamp !== undefined],
  [
    'Stopping',
    (_, { vmi, stopExpected }) => vmi !== undefined && !isFinal(vmi) && (isDeleting(vmi) || stopExpected === true),
  ],
  ['Migrating', (_, around) => isMigrating(around)],
  ['Paused', (_, { vmi }) => phaseOf(vmi) === 'Running' && isPaused(vmi)],
  ['Running', (_, { vmi }) => phaseOf(vmi) === 'Running' && !isPaused(vmi)],
  ['ErrorPvcNotFound', (_, { vmi }) => hasCondition(vmi, 'Synchronized', 'FailedPvcNotFound')],
  ['DataVolumeError', (vm, around) => dataVolumes(vm, around).some(hasFailed)],
  ['ErrorUnschedulable', (_, { vmi }) => hasCondition(vmi, 'PodScheduled', 'Unschedulable')],
  ['Provisioning', (vm, around) => dataVolumes(vm, around).some(isProvisioning)],
  ['WaitingForVolumeBinding', (vm, around) => isSetToStart(vm, around.vmi) && hasUnboundClaim(vm, around)],
  ['ErrImagePull', (_, { vmi }) => hasCondition(vmi, 'Synchronized', 'ErrImagePull')],
  ['ImagePullBackOff', (_, { vmi }) => hasCondition(vmi, 'Synchronized', 'ImagePullBackOff')],
  ['Starting', (_, { vmi, startExpected }) => (vmi === undefined ? startExpected === true : isOnItsWay(vmi))],
  ['CrashLoopBackOff', (vm, around) => isCrashing(vm, around)],
  ['Stopped', (_, { vmi, startExpected }) => (vmi === undefined ? startExpected !== true : isFinal(vmi))],
  ['WaitingForReceiver', (vm, { version, vmi }) => atLeast(version, 'v1.6') && isReceiver(vm, vmi)],
];

function readyCondition(vmi: Vmi | undefined): Condition {
  if (vmi === undefined) {
    return { type: 'Ready', status: 'False', reason: 'VMINotExists', message: 'VMI does not exist' };
  }
  const ready = vmi.status?.conditions?.find(({ type }) => type === 'Ready');
  const missing = { reason: 'VMIConditionMissing', message: 'VMI is missing the Ready condition' };
  return ready ?? { type: 'Ready', status: 'False', ...missing };
}

function phaseOf(vmi: Vmi | undefined): string | undefined {
  return vmi === undefined ? undefined : (vmi.status?.phase ?? '');
}

function isFinal(vmi: Vmi): boolean {
  return ['Succeeded', 'Failed'].includes(phaseOf(vmi) ?? '');
}

function isDeleting({ metadata }: Vmi): boolean {
  return metadata.deletionTimestamp !== undefined;
}

function isOnItsWay(vmi: Vmi): boolean {
  return ['', 'Pending', 'Scheduling', 'Scheduled'].includes(phaseOf(vmi) ?? '');
}

function isPaused(vmi: Vmi | undefined): boolean {
  return vmi?.status?.conditions?.some(({ type, status }) => type === 'Paused' && status === 'True') ?? false;
}

function isMigrating({ vmi, now = new Date() }: VmSurroundings): boolean {
  const { startTimestamp, endTimestamp } = vmi?.status?.migrationState ?? {};
  const past = (time: string | undefined) => time !== undefined && new Date(time) <= now;
  return past(startTimestamp) && !past(endTimestamp);
}

function hasCondition(vmi: Vmi | undefined, type: string, reason: string): boolean {
  const found = vmi?.status?.conditions?.find((condition) => condition.type === type);
  return found?.status === 'False' && found.reason === reason;
}

function dataVolumes(vm: Vm, { dataVolume }: VmSurroundings): readonly DataVolume[] {
  const volumes = vm.spec.template?.spec?.volumes ?? [];
  const found = volumes.map((volume) =>
    volume.dataVolume === undefined ? undefined : dataVolume(volume.dataVolume.name),
  );
  return found.filter((one) => one !== undefined);
}

function hasFailed({ status }: DataVolume): boolean {
  const running = status?.conditions?.find(({ type }) => type === 'Running');
  const stopped = running?.status === 'False' && ['Error', 'ImagePullFailed'].includes(running.reason ?? '');
  return status?.phase === 'Failed' || stopped;
}

/** One that waits for its first consumer and is not bound yet does not count. */
function isProvisioning({ status }: DataVolume): boolean {
  const phase = status?.phase;
  if (phase === 'Succeeded' || phase === 'PendingPopulation') return false;
  const bound = status?.conditions?.some(({ type, status: value }) => type === 'Bound' && value === 'True') ?? false;
  return bound || phase !== 'WaitForFirstConsumer';
}

function hasUnboundClaim(vm: Vm, { claimPhase }: VmSurroundings): boolean {
  return (vm.spec.template?.spec?.volumes ?? []).some(({ persistentVolumeClaim, dataVolume }) => {
    const name = persistentVolumeClaim?.claimName ?? dataVolume?.name;
    const phase = name === undefined ? undefined : claimPhase(name);
    return phase !== undefined && phase !== 'Bound';
  });
}

function isSetToStart(vm: Vm, vmi: Vmi | undefined): boolean {
  const request = vm.status?.stateChangeRequests?.[0];
  switch (runStrategyOf(vm)) {
    case 'Always':
      return true;
    case 'Manual':
      if (vmi === undefined) return request?.action === 'Start';
      return !(request?.action === 'Stop' && request.uid === vmi.metadata.uid);
    case 'RerunOnFailure':
      return vmi === undefined || phaseOf(vmi) !== 'Succeeded';
    case 'Once':
      return vmi === undefined;
    default:
      return false;
  }
}

function isCrashing(vm: Vm, { vmi, startExpected }: VmSurroundings): boolean {
  if ((vmi !== undefined && !isFinal(vmi)) || startExpected) return false;
  const restarts = ['Always', 'RerunOnFailure', 'Once'].includes(runStrategyOf(vm));
  return restarts && (vm.status?.startFailure?.consecutiveFailCount ?? 0) > 0;
}

function isReceiver(vm: Vm, vmi: Vmi | undefined): boolean {
  return runStrategyOf(vm) === 'WaitAsReceiver' && (vmi === undefined || phaseOf(vmi) === 'WaitingForSync');
}
