import { type Condition, condition, conditionText, type KubevirtResource, type Pod } from '../objects.ts';
import type { Cause } from './cause.ts';
import { type ComponentState, ownerOf, type Workload } from './state.ts';
import { newestWarnings, warningText } from './warnings.ts';

/** What is not there yet, for progress and for the words of a timeout: the phase, the workloads, their pods, the newest warning. */
export function missingText(
  resource: KubevirtResource | undefined,
  state: ComponentState,
  causes: readonly Cause[],
): string {
  const [trouble] = causes;
  const [warning] = newestWarnings(state.events);
  const parts = [
    ...(resource === undefined ? ['no KubeVirt object'] : phaseOf(resource)),
    ...[...state.deployments, ...state.daemonSets].flatMap((workload) => workloadText(workload, state.pods)),
    ...loosePods(state),
    ...(trouble === undefined ? [] : [`trouble: ${trouble.message}`]),
    // How often it was said changes all the time, and would be news each time.
    ...(trouble !== undefined || warning === undefined ? [] : [warningText({ ...warning, count: 1 })]),
  ];
  return parts.join(', ');
}

function phaseOf({ status }: KubevirtResource): readonly string[] {
  const conditions = ['Available', 'Progressing', 'Degraded'].flatMap(
    (type) => condition(status?.conditions, type) ?? [],
  );
  const telling = conditions.filter((each) => each.status === (each.type === 'Available' ? 'False' : 'True'));
  const { targetKubeVirtVersion: target, observedKubeVirtVersion: observed } = status ?? {};
  const way = observed !== undefined && target !== undefined && observed !== target ? [`${observed} to ${target}`] : [];
  return [`phase=${status?.phase ?? '(none)'}`, ...way, ...oncePerReason(telling)];
}

/** The three conditions carry the same reason and message: said once it is enough. */
function oncePerReason(conditions: readonly Condition[]): readonly string[] {
  const [first, ...others] = conditions;
  if (first === undefined) return [];
  const same = others.filter(({ reason, message }) => reason === first.reason && message === first.message);
  const states = [...same.map(({ type, status }) => `${type}=${status}`), conditionText(first)];
  return [states.join(' '), ...oncePerReason(others.filter((each) => !same.includes(each)))];
}

function workloadText(workload: Workload, pods: readonly Pod[]): readonly string[] {
  const { kind, metadata, spec, status = {} } = workload;
  const isDaemonSet = kind === 'DaemonSet';
  const wanted = isDaemonSet ? (status.desiredNumberScheduled ?? 0) : (spec.replicas ?? 1);
  const ready = isDaemonSet ? (status.numberReady ?? 0) : (status.readyReplicas ?? 0);
  const updated = isDaemonSet ? (status.updatedNumberScheduled ?? 0) : (status.updatedReplicas ?? 0);
  const isKnown = status.observedGeneration === metadata.generation;
  if (isKnown && wanted > 0 && ready >= wanted && updated >= wanted) return [];
  const owner = `${isDaemonSet ? 'daemonset' : 'deployment'} ${metadata.name}`;
  const own = pods.filter((pod) => ownerOf(pod) === owner && !isReady(pod));
  const [why] = own.flatMap(podText);
  const news = updated < wanted && ready >= wanted ? `${updated}/${wanted} updated` : `${ready}/${wanted} ready`;
  return [`${owner} ${news}${why === undefined ? '' : ` (${why})`}`];
}

/** Pods of Jobs and of nobody, e.g. of the install strategy: done ones are no news. */
function loosePods({ pods }: ComponentState): readonly string[] {
  const loose = pods.filter((pod) => !/^(deployment|daemonset) /.test(ownerOf(pod)) && !isReady(pod));
  const waiting = loose.filter(({ status }) => status?.phase !== 'Succeeded');
  return waiting.slice(0, 2).flatMap((pod) => podText(pod).map((text) => `${ownerOf(pod)} (${text})`));
}

function podText(pod: Pod): readonly string[] {
  const scheduled = condition(pod.status?.conditions, 'PodScheduled');
  if (scheduled?.status === 'False') return [`${pod.metadata.name} ${conditionText(scheduled)}`];
  const { initContainerStatuses = [], containerStatuses = [], phase } = pod.status ?? {};
  // While init containers run, the others wait with the one reason PodInitializing.
  const waiting = [...initContainerStatuses, ...containerStatuses].find(({ state }) => state?.waiting !== undefined);
  const { reason } = waiting?.state?.waiting ?? {};
  return [`${pod.metadata.name} ${reason === undefined ? (phase ?? 'unknown') : `${reason} of ${waiting?.name}`}`];
}

function isReady(pod: Pod): boolean {
  return condition(pod.status?.conditions, 'Ready')?.status === 'True';
}
