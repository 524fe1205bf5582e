import {
  type Condition,
  type Container,
  type ContainerStatus,
  hasCondition,
  type Pod,
  type PodStatus,
} from '../kinds.ts';

/** One container as the kubelet has it. */
export interface ContainerView {
  readonly spec: Container;
  readonly status: ContainerStatus;
}

/** All that a pod's status is computed from. */
export interface PodView {
  readonly pod: Pod;
  readonly inits: readonly ContainerView[];
  readonly mains: readonly ContainerView[];
  /** The sandbox has its network. */
  readonly sandbox: { readonly podIP: string; readonly hostIP: string } | undefined;
  readonly startTime: string;
  readonly now: string;
}

/** A pod's status as the kubelet writes it. Conditions of others (PodScheduled, readiness gates) are left to them. */
export function podStatus(view: PodView): PodStatus & Readonly<Record<string, unknown>> {
  const { pod, inits, mains, sandbox } = view;
  const phase = phaseOf(view);
  return {
    phase,
    conditions: conditionsOf(view, phase),
    startTime: view.startTime,
    hostIP: sandbox?.hostIP ?? '',
    ...(sandbox === undefined
      ? {}
      : { hostIPs: [{ ip: sandbox.hostIP }], podIP: sandbox.podIP, podIPs: [{ ip: sandbox.podIP }] }),
    ...(pod.spec.initContainers === undefined ? {} : { initContainerStatuses: inits.map(({ status }) => status) }),
    containerStatuses: mains.map(({ status }) => status),
    observedGeneration: pod.metadata.generation,
  };
}

function phaseOf({ pod, inits, mains }: PodView): NonNullable<PodStatus['phase']> {
  const always = (pod.spec.restartPolicy ?? 'Always') === 'Always';
  const initFailed = inits.some((each) => !isSidecar(each) && failed(each) && pod.spec.restartPolicy === 'Never');
  if (initFailed) return 'Failed';
  if (!inits.every(isInitialized)) return 'Pending';
  const going = pod.metadata.deletionTimestamp !== undefined;
  if ((!always || going) && mains.every(({ status }) => status.state.terminated !== undefined))
    return mains.some(failed) ? 'Failed' : 'Succeeded';
  return mains.some(({ status }) => status.started || status.restartCount > 0 || status.state.terminated !== undefined)
    ? 'Running'
    : 'Pending';
}

function isSidecar({ spec }: ContainerView): boolean {
  return spec.restartPolicy === 'Always';
}

function isInitialized(view: ContainerView): boolean {
  return isSidecar(view)
    ? view.status.started || view.status.restartCount > 0 || view.status.state.terminated !== undefined
    : view.status.state.terminated?.exitCode === 0;
}

function failed({ status }: ContainerView): boolean {
  return (status.state.terminated?.exitCode ?? 0) !== 0;
}

function conditionsOf(view: PodView, phase: string): readonly Condition[] {
  const { pod, inits, mains, sandbox, now } = view;
  const over = phase === 'Succeeded' || phase === 'Failed';
  const unready = [...inits.filter(isSidecar), ...mains].filter(({ status }) => !status.ready);
  const names = unready.map(({ spec }) => spec.name).join(' ');
  const incomplete = inits.filter((each) => !isInitialized(each)).map(({ spec }) => spec.name);
  const notReady = { reason: 'ContainersNotReady', message: `containers with unready status: [${names}]` };
  const missing = (pod.spec.readinessGates ?? []).filter(
    ({ conditionType }) => !hasCondition(pod.status?.conditions, conditionType),
  );
  const gates = {
    reason: 'ReadinessGatesNotReady',
    message: missing
      .map(({ conditionType }) =>
        pod.status?.conditions?.some(({ type }) => type === conditionType)
          ? `the status of pod readiness gate "${conditionType}" is not "True", but False`
          : `corresponding condition of pod readiness gate "${conditionType}" does not exist.`,
      )
      .join(', '),
  };
  const completed = { reason: 'PodCompleted' };
  const containersReady = unready.length === 0 && !over;
  const rows: readonly (Condition | undefined)[] = [
    { type: 'PodReadyToStartContainers', status: sandbox !== undefined && !over ? 'True' : 'False' },
    incomplete.length === 0
      ? { type: 'Initialized', status: 'True', ...(phase === 'Succeeded' ? completed : {}) }
      : {
          type: 'Initialized',
          status: 'False',
          reason: 'ContainersNotInitialized',
          message: `containers with incomplete status: [${incomplete.join(' ')}]`,
        },
    containersReady && missing.length === 0
      ? { type: 'Ready', status: 'True' }
      : { type: 'Ready', status: 'False', ...(over ? completed : containersReady ? gates : notReady) },
    containersReady
      ? { type: 'ContainersReady', status: 'True' }
      : { type: 'ContainersReady', status: 'False', ...(over ? completed : notReady) },
  ];
  return rows.flatMap((row) => (row === undefined ? [] : [stamped(row, pod, now)]));
}

function stamped(row: Condition, pod: Pod, now: string): Condition {
  const old = pod.status?.conditions?.find(({ type }) => type === row.type);
  const since = old?.status === row.status ? (old.lastTransitionTime ?? now) : now;
  const cleared = {
    ...(old?.reason && !row.reason ? { reason: null } : {}),
    ...(old?.message && !row.message ? { message: null } : {}),
  };
  // A strategic merge keeps a reason that is not taken back by hand.
  return { ...row, ...(cleared as object), lastProbeTime: null, lastTransitionTime: since };
}
