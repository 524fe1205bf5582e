import type { RunEvent } from '../../harness/model/events.ts';
import type { PhaseName } from '../../harness/model/result.ts';
import { type AuditLine, describeRequest, isMutating, runOf } from './audit-trail.ts';

/** A moment of a run at which it is killed: when a request stands still, or when it has told something. */
export interface KillPoint {
  /** e.g. `kubevirt: before POST deployments`; all of its names where it is more than one thing. */
  readonly name: string;
  readonly phase: PhaseName;
  readonly at: HeldRequest | PhaseEvent;
}

/** The nth request that matches, on one side of its effect. */
export interface HeldRequest {
  readonly side: 'before' | 'after';
  readonly request: Readonly<Record<'verb' | 'resource' | 'subresource' | 'namespace' | 'name', string>>;
  readonly nth: number;
}

export interface PhaseEvent {
  readonly type: 'phase-started' | 'phase-ended';
  readonly phase: PhaseName;
}

/** A run that nobody disturbed. */
export interface GoldenRun {
  readonly events: readonly RunEvent[];
  /** The trail of its cluster; what others asked is passed over. */
  readonly audit: readonly AuditLine[];
}

/**
 * The points of a run like these: both sides of the first request of each verb and resource in each phase that would
 * change something, and both sides of each edge between two phases. What not all of the runs asked came by chance.
 */
export function killPoints(runs: readonly GoldenRun[]): readonly KillPoint[] {
  const [first] = runs;
  if (first === undefined) return [];
  const phases = phasesOf(first.events);
  const known = runs.map((run) => new Set(askedBy(run).map(identity)));
  // One that was refused, as the dry run that asks whether a policy is in force, has no effect to be killed after.
  const refused = new Set(
    first.audit.flatMap(({ auditID, responseStatus: { code } = { code: 0 } }) => (code >= 300 ? auditID : [])),
  );
  const requests = askedBy(first)
    .filter((each) => !refused.has(each.line.auditID) && known.every((those) => those.has(identity(each))))
    .map((each) => ({ ...each, phase: phaseAt(phases, each.line.stageTimestamp) }));
  const points = new Map<string, KillPoint>();
  for (const point of [...requestPoints(requests), ...edgePoints(phases, requests)]) {
    const key = JSON.stringify(point.at);
    const same = points.get(key);
    points.set(key, same === undefined ? point : { ...same, name: `${same.name}, ${point.name}` });
  }
  return [...points.values()];
}

interface StartedPhase {
  readonly name: PhaseName;
  readonly startedAt: number;
}

interface Counted {
  readonly line: AuditLine;
  readonly request: HeldRequest['request'];
  /** Among those that are told apart by nothing that is known beforehand. */
  readonly nth: number;
}

type Asked = Counted & { readonly phase: PhaseName };

function phasesOf(events: readonly RunEvent[]): readonly StartedPhase[] {
  return events.flatMap((event) =>
    event.type === 'phase-started' ? [{ name: event.phase, startedAt: Date.parse(event.at) }] : [],
  );
}

function phaseAt(phases: readonly StartedPhase[], at: string): PhaseName {
  return phases.findLast(({ startedAt }) => startedAt <= Date.parse(at))?.name ?? 'settings';
}

function askedBy({ events, audit }: GoldenRun): readonly Counted[] {
  const runId = events.find((event) => event.type === 'run-started')?.runId;
  return counted(audit.filter((line) => line.stage === 'RequestReceived' && runOf(line) === runId));
}

function counted(lines: readonly AuditLine[]): readonly Counted[] {
  const counts = new Map<string, number>();
  return lines.map((line) => {
    const { resource = '', subresource = '', namespace = '', name = '' } = line.objectRef ?? {};
    // Names and namespaces of a run's own differ from run to run.
    const isConstant = (text: string) => !/\d{8}/.test(text);
    const request = {
      verb: line.verb,
      resource,
      subresource,
      namespace: isConstant(namespace) ? namespace : '*',
      name: isConstant(name) ? name : '*',
    };
    const key = JSON.stringify(request);
    const nth = (counts.get(key) ?? 0) + 1;
    counts.set(key, nth);
    return { line, request, nth };
  });
}

function identity({ request, nth }: Counted): string {
  return JSON.stringify({ request, nth });
}

const SIDES = ['before', 'after'] as const;

function requestPoints(requests: readonly Asked[]): readonly KillPoint[] {
  const seen = new Set<string>();
  return requests.flatMap(({ line, request, nth, phase }) => {
    const words = describeRequest(line);
    // Renewals come by the clock: which phase they fall into is chance.
    const isRenewal = line.verb === 'update' && request.resource === 'leases';
    const key = isRenewal ? words : `${phase}: ${words}`;
    if (!isMutating(line) || seen.has(key)) return [];
    seen.add(key);
    return SIDES.map((side) => ({ name: `${phase}: ${side} ${words}`, phase, at: { side, request, nth } }));
  });
}

function edgePoints(phases: readonly StartedPhase[], requests: readonly Asked[]): readonly KillPoint[] {
  return phases.flatMap(({ name }, index) =>
    index === 0 ? [] : edge(phases[index - 1]?.name ?? name, name, requests),
  );
}

/** The last that the one phase asks, and the first that the next one does; what they tell, where they ask nothing. */
function edge(from: PhaseName, to: PhaseName, requests: readonly Asked[]): readonly KillPoint[] {
  // Reads may be repeated more or less often, and watches begin when their lists are there: neither is sure to come.
  const sure = requests.filter(({ line, nth }) =>
    isMutating(line) ? line.verb !== 'update' : nth === 1 && line.objectRef !== undefined && line.verb !== 'watch',
  );
  const last = sure.findLast(({ phase }) => phase === from);
  const first = sure.find(({ phase }) => phase === to);
  return [
    {
      name: `edge ${from} > ${to}: ${last === undefined ? `${from} ended` : `after ${describeRequest(last.line)}`}`,
      phase: from,
      at:
        last === undefined
          ? { type: 'phase-ended', phase: from }
          : { side: 'after', request: last.request, nth: last.nth },
    },
    {
      name: `edge ${from} > ${to}: ${first === undefined ? `${to} started` : `before ${describeRequest(first.line)}`}`,
      phase: to,
      at:
        first === undefined
          ? { type: 'phase-started', phase: to }
          : { side: 'before', request: first.request, nth: first.nth },
    },
  ];
}
