import type { KubevirtVersion } from '../../../kubevirt/version.ts';
import { printableStatus, runStrategyOf, vmConditions } from '../../../kubevirt/vm-status.ts';
import type { Condition } from '../../kinds.ts';
import { hasCondition } from '../../kinds.ts';
import { isFinal, type StartFailure, setCondition, type VmiObject, type VmObject, type VmStatus } from '../vmi.ts';

/** What is to be done about a VM's guest. `wait`: look again after so many real milliseconds. */
export type Decision =
  | { readonly do: 'start'; readonly paused: boolean }
  | { readonly do: 'stop' }
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'nothing' };

/** What the run strategy and the requests of users ask for now. Source: pkg/virt-controller/watch/vm/vm.go, syncRunStrategy. */
export function runDecision(vm: VmObject, vmi: VmiObject | undefined, now: Date): Decision {
  const strategy = runStrategyOf(vm);
  const [request] = vm.status?.stateChangeRequests ?? [];
  const paused = request?.data?.paused === 'true';
  const wantsStop = request?.action === 'Stop' && request.uid === vmi?.metadata.uid;
  const start = (): Decision => {
    const leftMs = Date.parse(vm.status?.startFailure?.retryAfterTimestamp ?? '') - now.getTime();
    return leftMs > 0 ? { do: 'wait', ms: leftMs } : { do: 'start', paused };
  };
  if (vmi === undefined) {
    if (strategy === 'Always' || (strategy === 'RerunOnFailure' && !neverFailed(vm))) return start();
    if (strategy === 'RerunOnFailure') return start();
    if (strategy === 'Once')
      return vm.status?.created === undefined && vm.status?.printableStatus !== 'Stopped' ? start() : { do: 'nothing' };
    return request?.action === 'Start' ? start() : { do: 'nothing' };
  }
  if (vmi.metadata.deletionTimestamp !== undefined) return { do: 'nothing' };
  if (strategy === 'Halted' || wantsStop) return { do: 'stop' };
  if (!isFinal(vmi)) return { do: 'nothing' };
  if (strategy === 'Always') return { do: 'stop' };
  return strategy === 'RerunOnFailure' && vmi.status?.phase === 'Failed' ? { do: 'stop' } : { do: 'nothing' };
}

function neverFailed(vm: VmObject): boolean {
  return vm.status?.startFailure === undefined;
}

/** Back-off of a guest that failed before it ran: 10 s and doubling, at most 5 minutes, in real time. */
export function failureAfter(vm: VmObject, vmi: VmiObject | undefined, now: Date): StartFailure | undefined {
  const known = vm.status?.startFailure;
  if (vmi?.status?.phase === 'Running') return undefined;
  const ran = vmi?.status?.phaseTransitionTimestamps?.some(({ phase }) => phase === 'Running') ?? false;
  if (vmi?.status?.phase !== 'Failed' || ran) return known;
  const uid = vmi.metadata.uid ?? '';
  if (known?.lastFailedVMIUID === uid || vmi.metadata.deletionTimestamp !== undefined) return known;
  const consecutiveFailCount = (known?.consecutiveFailCount ?? 0) + 1;
  const delayMs = Math.min(300_000, 10_000 * 2 ** (consecutiveFailCount - 1));
  const retryAfterTimestamp = `${new Date(now.getTime() + delayMs).toISOString().slice(0, 19)}Z`;
  return { consecutiveFailCount, lastFailedVMIUID: uid, retryAfterTimestamp };
}

/** The requests without the first when it is done: the guest to be stopped is gone, or the one to be started is there. */
export function pendingRequests(vm: VmObject, vmi: VmiObject | undefined): VmStatus['stateChangeRequests'] {
  const requests = vm.status?.stateChangeRequests;
  const [first] = requests ?? [];
  const done = first?.action === 'Stop' ? first.uid !== vmi?.metadata.uid : vmi !== undefined;
  return first !== undefined && done ? requests?.slice(1) : requests;
}

export interface VmFacts {
  readonly requests: VmStatus['stateChangeRequests'];
  readonly startFailure: StartFailure | undefined;
  readonly now: string;
  readonly runStrategy: string;
  readonly version: KubevirtVersion;
  /** The guest has just been asked for, and the watch has not told of it yet. */
  readonly startExpected: boolean;
}

/** The status of a VM, from itself and its VMI. */
export function vmStatus(vm: VmObject, vmi: VmiObject | undefined, facts: VmFacts): VmStatus {
  const { created: _, ready: __, stateChangeRequests: ___, startFailure: ____, ...kept } = vm.status ?? {};
  const ready = hasCondition(vmi?.status?.conditions, 'Ready');
  const around = {
    ...{ version: facts.version, vmi, dataVolume: () => undefined, claimPhase: () => undefined },
    startExpected: facts.startExpected,
  };
  const generation = vm.metadata.generation;
  return {
    ...kept,
    ...(vmi === undefined
      ? {}
      : {
          created: true,
          desiredGeneration: generation,
          observedGeneration: generation,
          runStrategy: facts.runStrategy,
        }),
    ...(ready ? { ready } : {}),
    printableStatus: printableStatus(vm, around),
    conditions: stampedConditions(vm, vmi, facts.now),
    ...(facts.requests?.length ? { stateChangeRequests: facts.requests } : {}),
    ...(facts.startFailure === undefined ? {} : { startFailure: facts.startFailure }),
    ...snapshots(vm),
  };
}

function snapshots(vm: VmObject): object {
  const volumes = vm.spec.template.spec.volumes ?? [];
  if (volumes.length === 0) return {};
  return {
    volumeSnapshotStatuses: volumes.map(({ name }) => ({
      enabled: false,
      name,
      reason: `Snapshot is not supported for this volumeSource type [${name}]`,
    })),
  };
}

/** KubeVirt's conditions with the times that they began to hold. */
function stampedConditions(vm: VmObject, vmi: VmiObject | undefined, now: string): readonly Condition[] {
  const before = vm.status?.conditions;
  return vmConditions(vm, vmi).map((condition) => {
    const told = condition as Condition;
    const [stamped] = setCondition(
      before?.filter(({ type }) => type === told.type),
      { lastProbeTime: now, ...told },
      now,
    );
    return stamped ?? told;
  });
}
