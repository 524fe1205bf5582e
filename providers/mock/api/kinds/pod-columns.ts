import { isObject, type Json, listAt, numberAt, objectAt, textAt } from '../json.ts';
import type { KubeObject } from '../objects.ts';
import type { PrinterColumn } from '../resource-type.ts';
import { column, humanDuration, wideColumn } from './columns.ts';

/** Columns of a pod between Name and Age, and the wide ones. */
export const POD_COLUMNS: readonly PrinterColumn[] = [
  column('Ready', (pod) => summaryOf(pod).ready, 'Ready containers of all containers.'),
  column('Status', (pod) => summaryOf(pod).reason, 'Phase, or what keeps the pod from running.'),
  column('Restarts', (pod, now) => restartsText(pod, now), 'How often containers were started again.'),
  wideColumn(
    'IP',
    (pod) => textAt(listAt(pod, 'status', 'podIPs')[0], 'ip') || textAt(pod, 'status', 'podIP') || '<none>',
  ),
  wideColumn('Node', (pod) => textAt(pod, 'spec', 'nodeName') || '<none>'),
  wideColumn('Nominated Node', (pod) => textAt(pod, 'status', 'nominatedNodeName') || '<none>'),
  wideColumn('Readiness Gates', gatesText),
];

interface Summary {
  readonly ready: string;
  readonly reason: string;
  readonly restarts: number;
  readonly lastRestart: number;
}

function summaryOf(pod: KubeObject): Summary {
  const initial = textAt(pod, 'status', 'reason') || textAt(pod, 'status', 'phase');
  const gated = conditionOf(pod, 'PodScheduled')?.reason === 'SchedulingGated' ? 'SchedulingGated' : initial;
  const init = initSummary(pod, gated);
  const main = init.initializing && !isInitialized(pod) ? init : mainSummary(pod, init);
  return {
    ready: `${main.ready}/${main.total}`,
    reason: deletedReason(pod, main.reason),
    restarts: main.restarts,
    lastRestart: main.lastRestart,
  };
}

interface Count {
  readonly total: number;
  readonly ready: number;
  readonly reason: string;
  readonly restarts: number;
  readonly lastRestart: number;
  readonly initializing: boolean;
}

/** Sidecars (init containers that always restart) count among the ready ones. */
function initSummary(pod: KubeObject, reason: string): Count {
  const specs = new Map(listAt(pod, 'spec', 'initContainers').map((spec) => [textAt(spec, 'name'), spec]));
  const sidecars = [...specs.values()].filter((spec) => textAt(spec, 'restartPolicy') === 'Always').length;
  let count: Count = {
    total: listAt(pod, 'spec', 'containers').length + sidecars,
    ready: 0,
    reason,
    restarts: 0,
    lastRestart: 0,
    initializing: false,
  };
  let sidecarRestarts = 0;
  for (const [index, status] of listAt(pod, 'status', 'initContainerStatuses').entries()) {
    const sidecar = textAt(specs.get(textAt(status, 'name')), 'restartPolicy') === 'Always';
    count = {
      ...count,
      restarts: count.restarts + (numberAt(status, 'restartCount') ?? 0),
      lastRestart: later(count, status),
    };
    if (sidecar) sidecarRestarts += numberAt(status, 'restartCount') ?? 0;
    const state = objectAt(status, 'state');
    const ended = isObject(state.terminated) ? state.terminated : undefined;
    if (ended?.exitCode === 0) continue;
    if (sidecar && objectAt(status).started === true) {
      if (objectAt(status).ready === true) count = { ...count, ready: count.ready + 1 };
      continue;
    }
    count = { ...count, initializing: true, reason: initReason(state, ended, { index, all: specs.size }) };
    return count;
  }
  return { ...count, restarts: sidecarRestarts };
}

function initReason(
  state: Json,
  ended: Json | undefined,
  place: { readonly index: number; readonly all: number },
): string {
  if (ended !== undefined) return `Init:${endedReason(ended)}`;
  const waiting = textAt(state, 'waiting', 'reason');
  if (waiting !== '' && waiting !== 'PodInitializing') return `Init:${waiting}`;
  return `Init:${place.index}/${place.all}`;
}

function mainSummary(pod: KubeObject, init: Count): Count {
  let count: Count = init;
  let running = false;
  const statuses = listAt(pod, 'status', 'containerStatuses');
  for (const status of [...statuses].reverse()) {
    count = {
      ...count,
      restarts: count.restarts + (numberAt(status, 'restartCount') ?? 0),
      lastRestart: later(count, status),
    };
    const state = objectAt(status, 'state');
    const waiting = textAt(state, 'waiting', 'reason');
    if (waiting !== '') count = { ...count, reason: waiting };
    else if (isObject(state.terminated)) count = { ...count, reason: endedReason(state.terminated) };
    else if (objectAt(status).ready === true && isObject(state.running)) {
      running = true;
      count = { ...count, ready: count.ready + 1 };
    }
  }
  if (count.reason !== 'Completed' || !running) return count;
  return { ...count, reason: conditionOf(pod, 'Ready')?.status === 'True' ? 'Running' : 'NotReady' };
}

function endedReason(ended: Json): string {
  const reason = textAt(ended, 'reason');
  if (reason !== '') return reason;
  const signal = numberAt(ended, 'signal') ?? 0;
  return signal === 0 ? `ExitCode:${numberAt(ended, 'exitCode') ?? 0}` : `Signal:${signal}`;
}

function deletedReason(pod: KubeObject, reason: string): string {
  if (pod.metadata.deletionTimestamp === undefined) return reason;
  if (textAt(pod, 'status', 'reason') === 'NodeLost') return 'Unknown';
  const ended = ['Succeeded', 'Failed'].includes(textAt(pod, 'status', 'phase'));
  return ended ? reason : 'Terminating';
}

function later(count: Count, status: unknown): number {
  const at = Date.parse(textAt(status, 'lastState', 'terminated', 'finishedAt'));
  return Number.isNaN(at) ? count.lastRestart : Math.max(count.lastRestart, at);
}

function restartsText(pod: KubeObject, now: Date): string {
  const { restarts, lastRestart } = summaryOf(pod);
  if (restarts === 0 || lastRestart === 0) return `${restarts}`;
  return `${restarts} (${humanDuration(now.getTime() - lastRestart)} ago)`;
}

function conditionOf(pod: KubeObject, type: string): Json | undefined {
  const found = listAt(pod, 'status', 'conditions').find((condition) => textAt(condition, 'type') === type);
  return isObject(found) ? found : undefined;
}

function isInitialized(pod: KubeObject): boolean {
  return conditionOf(pod, 'Initialized')?.status === 'True';
}

function gatesText(pod: KubeObject): string {
  const gates = listAt(pod, 'spec', 'readinessGates');
  if (gates.length === 0) return '<none>';
  const met = gates.filter((gate) => conditionOf(pod, textAt(gate, 'conditionType'))?.status === 'True').length;
  return `${met}/${gates.length}`;
}
