import type { RunConfig } from '../config/run-config.ts';
import { capabilityContract, unreadContract } from '../host/capability.ts';
import type { HostState } from '../host/state.ts';
import { type CheckResult, NOT_REACHED } from '../model/check.ts';
import type { Host } from '../model/host.ts';
import type { HostFacts } from '../model/host-facts.ts';
import type { OwnProcess } from '../model/own-process.ts';
import { spokenTime } from '../model/spoken-time.ts';
import type { Ask } from '../provider/contract.ts';
import type { Scope } from '../scope/scope.ts';
import type { SshConnection } from '../ssh/connection.ts';
import { allUnread } from './check.ts';
import { clusterUnread, type ExaminedCluster, examineCluster } from './cluster/examine.ts';
import type { Unread } from './cluster/reading.ts';
import { clusterWish } from './cluster/wish.ts';
import { commandRows, connectionRows } from './connection-check.ts';
import { hostExam } from './host/exam-of.ts';
import { hostRows, hostUnread } from './host/examine.ts';
import { type LaneExam, laneRows } from './lane/checks.ts';
import { laneExam } from './lane/exam-of.ts';
import { tellChecks } from './refuse.ts';
import { THIS_SIDE_CHECKS } from './this-side/checks.ts';
import { examineThisSide } from './this-side/examine.ts';

/** For whose run everything is looked at. */
export interface Subject {
  readonly config: RunConfig;
  readonly runId: string;
  readonly runDir: string;
  readonly artifacts: string;
  /** What the Prow job says of itself. */
  readonly job: LaneExam['job'];
  readonly own: OwnProcess | undefined;
  readonly ask?: Ask | undefined;
}

/** Tells the rows of this side; gives them, and those of the lane that need no host. */
export async function lookAtThisSide(
  scope: Scope,
  { config, job, ...subject }: Subject,
  target: Host['ssh'],
): Promise<readonly CheckResult[]> {
  const rows = await examineThisSide(scope.signal, { ...subject, target });
  tellChecks(scope, rows);
  return [...rows, ...laneRows(laneExam(config, job, unreadContract('the host was not asked yet')))];
}

/** Tells the host's facts, what it can give, and the rows of host and lane; gives the rows. */
export function lookAtHost(scope: Scope, { config, job }: Subject, state: HostState): readonly CheckResult[] {
  const contract = capabilityContract(state.facts);
  scope.emit({ type: 'subject', subject: { host: state.facts } });
  scope.emit({ type: 'capabilities', contract });
  const rows = [
    ...commandRows('read'),
    ...hostRows(hostExam(config, state)),
    ...laneRows(laneExam(config, job, contract)),
  ];
  tellChecks(scope, rows);
  return rows;
}

/** The same rows where the host could not be read; that is fatal where it was asked. */
export function lookPastHost(
  scope: Scope,
  { config, job }: Subject,
  why: Unread & { readonly wasAsked?: boolean },
): void {
  const { unread, action, wasAsked = false } = why;
  const contract = unreadContract(unread);
  tellChecks(scope, commandRows({ unread, action, wasAsked }));
  scope.emit({ type: 'capabilities', contract });
  tellChecks(scope, [...hostUnread(unread, action), ...laneRows(laneExam(config, job, contract))]);
}

/** What was told until the run ended. */
export interface Told {
  readonly ids: ReadonlySet<string>;
  /** No node was named: the API is reached directly. */
  readonly isDirect: boolean;
}

/** A row for each check that was not told, so that every run has the same rows; and one line about them all. */
export function tellUntold(scope: Scope, { config, job, runId }: Subject, { ids, isDirect }: Told): void {
  const unread = NOT_REACHED;
  const action = isDirect ? 'name the node with --ssh, or mend what ended the run' : 'mend what ended the run';
  const rows = [
    ...allUnread(THIS_SIDE_CHECKS, { why: unread, from: 'this side', action }),
    ...connectionRows({ unread, action }),
    ...commandRows({ unread, action, wasAsked: false }),
    ...hostUnread(unread, action),
    ...clusterUnread(clusterWish(config, {}, runId), { unread, action }),
    ...laneRows(laneExam(config, job, unreadContract(unread))),
  ];
  const untold = rows.filter(({ id }) => !ids.has(id));
  tellChecks(scope, untold);
  const { length } = untold.filter(({ read }) => read === NOT_REACHED);
  if (length > 0) scope.log.info(`the run did not come to ${length} of the doctor's checks; the report names them`);
}

/** The way to the cluster. */
export interface ClusterWay {
  readonly host: Host;
  readonly ssh: SshConnection | undefined;
  readonly facts: HostFacts | undefined;
  /** Hears every credential before anything is said. */
  readonly learn: (secret: string) => void;
}

/** Reaches the cluster, tells its rows and what the looking cost; nothing is changed. Throws only when the scope ends. */
export async function lookAtCluster(
  scope: Scope,
  { config, runId, runDir, own }: Subject,
  { host, ...way }: ClusterWay,
): Promise<ExaminedCluster> {
  const wish = clusterWish(config, host, runId);
  const examined = await examineCluster(scope, { ...way, host, runDir, own, wish });
  const { checks, cluster, askedMs } = examined;
  if (cluster !== undefined) scope.emit({ type: 'subject', subject: { kubernetes: cluster.serverVersion } });
  tellChecks(scope, checks);
  if (cluster !== undefined)
    scope.log.info(`the doctor's ${checks.length} checks of the cluster took ${spokenTime(askedMs)}`);
  return examined;
}

/** The same rows where there is no way to the cluster. */
export function lookPastCluster(scope: Scope, { config, runId }: Subject, why: Unread): void {
  tellChecks(scope, clusterUnread(clusterWish(config, {}, runId), why));
}
