import { openWatcher } from '../command/watcher.ts';
import type { RunConfig } from '../config/run-config.ts';
import { UsageError } from '../errors/errors.ts';
import { createRedactor, type Redactor } from '../evidence/redact.ts';
import { capabilityContract, unreadContract } from '../host/capability.ts';
import { readHost } from '../host/probe.ts';
import type { HostState } from '../host/state.ts';
import type { RunEvent } from '../model/events.ts';
import type { Host } from '../model/host.ts';
import type { Provider, Surroundings } from '../provider/contract.ts';
import { openScope, type Scope } from '../scope/scope.ts';
import { within } from '../scope/until.ts';
import { connectSsh } from '../ssh/client.ts';
import type { SshConnection } from '../ssh/connection.ts';
import { clusterUnread, examineCluster } from './cluster/examine.ts';
import { notRead, type Unread } from './cluster/reading.ts';
import { clusterWish } from './cluster/wish.ts';
import { connectionRows } from './connection-check.ts';
import { hostExam } from './host/exam-of.ts';
import { hostRows, hostUnread } from './host/examine.ts';
import type { LaneExam } from './lane/checks.ts';
import { laneRows } from './lane/checks.ts';
import { laneExam } from './lane/exam-of.ts';
import { tellChecks } from './refuse.ts';
import { examineThisSide } from './this-side/examine.ts';

/** Everything that an examination needs to know; nothing is read from the process. */
export interface DoctorInput {
  readonly config: RunConfig;
  readonly provider: Provider;
  readonly surroundings: Surroundings;
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
  const redactor = createRedactor();
  const scope = openScope((event) => input.sink(redactor.redactAll(event)), input.stop);
  try {
    await examine(scope, input, redactor);
  } finally {
    for (const finding of await scope.close(CLOSE_MS)) scope.emit({ type: 'trouble', finding });
  }
}

async function examine(scope: Scope, input: DoctorInput, redactor: Redactor): Promise<void> {
  const { config, provider, runId } = input;
  const host = await attempt(scope, { name: 'the provider lends the node', budgetMs: OPEN_MS }, (own) =>
    provider.acquire(own, input.surroundings),
  );
  if ('error' in host) {
    const { artifacts, runDir, surroundings } = input;
    const side = { artifacts, runDir, target: undefined, own: surroundings.own };
    tellChecks(scope, await examineThisSide(scope.signal, side));
    tellChecks(scope, connectionRows({ error: host.error }));
    nothingMore(scope, input, host.error);
    return;
  }
  learnSecrets(redactor, host.value);
  const { artifacts, runDir, surroundings } = input;
  const side = { artifacts, runDir, target: host.value.ssh, own: surroundings.own };
  tellChecks(scope, await examineThisSide(scope.signal, side));
  const ssh = await reachNode(scope, host.value, input);
  const state = ssh === undefined ? undefined : await lookAtHost(scope, ssh, input);
  const { ssh: target } = host.value;
  if (ssh === undefined && target !== undefined) {
    tellChecks(scope, clusterUnread(clusterWish(config, host.value, runId), NO_CONNECTION));
    return;
  }
  const { checks, cluster } = await examineCluster(scope, {
    ...{ ssh, host: host.value, runDir: input.runDir, facts: state?.facts },
    wish: clusterWish(config, host.value, runId),
    learn: redactor.learn,
    own: input.surroundings.own,
  });
  if (cluster !== undefined) scope.emit({ type: 'subject', subject: { kubernetes: cluster.serverVersion } });
  tellChecks(scope, checks);
}

const NO_CONNECTION = { unread: 'there is no connection to the node', action: 'mend the SSH connection first' };

function nothingMore(scope: Scope, input: DoctorInput, error: unknown): void {
  const { config, runId } = input;
  hostNotRead(scope, input, notRead(error));
  tellChecks(scope, clusterUnread(clusterWish(config, {}, runId), NO_CONNECTION));
}

/** The connection, or undefined with a row that says why there is none. */
async function reachNode(scope: Scope, { ssh }: Host, input: DoctorInput): Promise<SshConnection | undefined> {
  if (ssh === undefined) {
    tellChecks(scope, connectionRows(undefined));
    hostNotRead(scope, input, {
      unread: 'the API is reached directly: no node is named',
      action: 'name the node with --ssh',
    });
    return undefined;
  }
  const { own } = input.surroundings;
  const step = { name: 'SSH connection', budgetMs: input.config.budgets.connectMs };
  const reached = await attempt(scope, step, async (within) => {
    const programs = own && { own, watcher: await openWatcher(within, { own, folder: input.runDir }) };
    return await connectSsh(within, ssh, { programs });
  });
  tellChecks(scope, connectionRows('error' in reached ? reached : reached.value));
  if ('error' in reached) {
    hostNotRead(scope, input, NO_CONNECTION);
    return undefined;
  }
  scope.emit({ type: 'subject', subject: { node: reached.value.description } });
  return reached.value;
}

async function lookAtHost(scope: Scope, ssh: SshConnection, input: DoctorInput): Promise<HostState | undefined> {
  const { config } = input;
  const step = { name: 'probe of the host', budgetMs: config.budgets.probeMs };
  const read = await attempt(scope, step, (own) => readHost(own, ssh));
  if ('error' in read) {
    hostNotRead(scope, input, notRead(read.error));
    return undefined;
  }
  scope.emit({ type: 'subject', subject: { host: read.value.facts } });
  const contract = capabilityContract(read.value.facts);
  scope.emit({ type: 'capabilities', contract });
  tellChecks(scope, [...hostRows(hostExam(config, read.value)), ...laneRows(laneExam(config, input.job, contract))]);
  return read.value;
}

function hostNotRead(scope: Scope, input: DoctorInput, { unread, action }: Unread): void {
  const contract = unreadContract(unread);
  scope.emit({ type: 'capabilities', contract });
  tellChecks(scope, [...hostUnread(unread, action), ...laneRows(laneExam(input.config, input.job, contract))]);
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
    const limits = { scope, withinMs: budgetMs, blame: 'infra' as const };
    return { value: await within(name, limits, (signal) => work(scope.narrowed(signal))) };
  } catch (error) {
    scope.signal.throwIfAborted();
    if (error instanceof UsageError) throw error;
    return { error };
  }
}

function learnSecrets(redactor: Redactor, { ssh }: Host): void {
  for (const auth of ssh?.auth ?? []) {
    if (auth.kind === 'password') redactor.learn(auth.password);
    if (auth.kind === 'key') redactor.learn(auth.privateKey.toString('utf8'));
  }
}
