import { openWatcher } from '../command/watcher.ts';
import type { RunConfig } from '../config/run-config.ts';
import { UsageError } from '../errors/errors.ts';
import { createRedactor, learnLogins, type Redactor } from '../evidence/redact.ts';
import { readHost } from '../host/probe.ts';
import type { RunEvent } from '../model/events.ts';
import type { Host } from '../model/host.ts';
import type { HostFacts } from '../model/host-facts.ts';
import type { Provider, Surroundings } from '../provider/contract.ts';
import { openScope, type Scope } from '../scope/scope.ts';
import { within } from '../scope/until.ts';
import { Whereabouts } from '../scope/whereabouts.ts';
import { connectSsh } from '../ssh/client.ts';
import type { SshConnection } from '../ssh/connection.ts';
import { notRead } from './cluster/reading.ts';
import { connectionRows } from './connection-check.ts';
import type { LaneExam } from './lane/checks.ts';
import { lookAtCluster, lookAtHost, lookAtThisSide, lookPastCluster, lookPastHost, type Subject } from './looks.ts';
import { tellChecks } from './refuse.ts';

/** Everything that an examination needs to know; nothing is read from the process. */
export interface DoctorInput {
  readonly config: RunConfig;
  readonly provider: Provider;
  readonly surroundings: Surroundings;
  /** Knows what was learnt before. */
  readonly redactor?: Redactor;
  readonly runId: string;
  /** Folder for what is secret or passing; made and removed by the examination. */
  readonly runDir: string;
  /** Where a run would write its report. */
  readonly artifacts: string;
  /** What the Prow job says of itself. */
  readonly job: LaneExam['job'];
  /** Hears every check as soon as it is known, secrets masked. */
  readonly sink: (event: RunEvent) => void;
  readonly stop: AbortSignal;
}

/** A person may have to look up a passphrase. */
const OPEN_MS = 300_000;
const CLOSE_MS = 30_000;

/**
 * Looks at this side, the node and the cluster as a run would, and changes nothing anywhere. What fails is a row.
 * @throws UsageError when the settings cannot be; the reason of `stop`.
 */
export async function doctor(input: DoctorInput): Promise<void> {
  const { redactor = createRedactor() } = input;
  const scope = openScope((event) => input.sink(redactor.redactAll(event)), input.stop);
  try {
    await examine(scope, input, redactor);
  } finally {
    for (const finding of await scope.close(CLOSE_MS)) scope.emit({ type: 'trouble', finding });
  }
}

async function examine(scope: Scope, input: DoctorInput, redactor: Redactor): Promise<void> {
  const { config, provider, runId, runDir, artifacts, job, surroundings } = input;
  const subject: Subject = { config, runId, runDir, artifacts, job, own: surroundings.own, ask: surroundings.ask };
  const lent = await attempt(
    scope,
    { name: 'the provider lends the node', budgetMs: OPEN_MS + (provider.waitMs ?? 0) },
    (own) => provider.acquire(own, surroundings),
  );
  if ('error' in lent) {
    await lookAtThisSide(scope, subject, undefined);
    tellChecks(scope, connectionRows(lent));
    lookPastHost(scope, subject, notRead(lent.error));
    lookPastCluster(scope, subject, NO_CONNECTION);
    return;
  }
  const host = lent.value;
  learnLogins(redactor, host.ssh);
  await lookAtThisSide(scope, subject, host.ssh);
  const ssh = await reachNode(scope, subject, host);
  const facts = ssh && (await readFacts(scope, subject, ssh));
  if (ssh === undefined && host.ssh !== undefined) return lookPastCluster(scope, subject, NO_CONNECTION);
  await lookAtCluster(scope, subject, { host, ssh, facts, learn: redactor.learn });
}

const NO_CONNECTION = { unread: 'there is no connection to the node', action: 'mend the SSH connection first' };
const NO_NODE = { unread: 'the API is reached directly: no node is named', action: 'name the node with --ssh' };

/** The connection, or undefined with a row that says why there is none. */
async function reachNode(scope: Scope, subject: Subject, { ssh }: Host): Promise<SshConnection | undefined> {
  if (ssh === undefined) {
    tellChecks(scope, connectionRows(NO_NODE));
    lookPastHost(scope, subject, NO_NODE);
    return undefined;
  }
  const { own, ask, runDir, config } = subject;
  const step = { name: 'SSH connection', budgetMs: config.budgets.connectMs };
  const reached = await attempt(scope, step, async (within) => {
    const programs = own && { own, watcher: await openWatcher(within, { own, folder: runDir }) };
    return await connectSsh(within, ssh, { programs, ask });
  });
  tellChecks(scope, connectionRows('error' in reached ? reached : reached.value, ssh));
  if ('error' in reached) {
    lookPastHost(scope, subject, NO_CONNECTION);
    return undefined;
  }
  scope.emit({ type: 'subject', subject: { node: reached.value.description } });
  return reached.value;
}

async function readFacts(scope: Scope, subject: Subject, ssh: SshConnection): Promise<HostFacts | undefined> {
  const step = { name: 'probe of the host', budgetMs: subject.config.budgets.probeMs };
  const read = await attempt(scope, step, (own) => readHost(own, ssh));
  if ('error' in read) {
    lookPastHost(scope, subject, { ...notRead(read.error), wasAsked: true });
    return undefined;
  }
  lookAtHost(scope, subject, read.value);
  return read.value.facts;
}

interface Step {
  readonly name: string;
  readonly budgetMs: number;
}

/** What went wrong is the outcome; mistakes in the settings and the end of the scope are thrown. */
async function attempt<T>(
  scope: Scope,
  { name, budgetMs }: Step,
  work: (own: Scope) => Promise<T>,
): Promise<{ readonly value: T } | { readonly error: unknown }> {
  try {
    const whereabouts = new Whereabouts();
    const limits = { scope, withinMs: budgetMs, blame: 'infra' as const, whereabouts };
    return { value: await within(name, limits, (signal) => work(scope.narrowed(signal, whereabouts.hear))) };
  } catch (error) {
    scope.signal.throwIfAborted();
    if (error instanceof UsageError) throw error;
    return { error };
  }
}
