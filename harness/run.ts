import { openWatcher } from './command/watcher.ts';
import { prowLimits } from './config/prow.ts';
import type { RunConfig } from './config/run-config.ts';
import { connectionRows } from './doctor/connection-check.ts';
import { type ClusterWay, lookAtCluster, lookAtHost, lookAtThisSide, type Subject } from './doctor/looks.ts';
import { refuseFatal, tellChecks } from './doctor/refuse.ts';
import { toFinding } from './errors/blame.ts';
import { InfraError, Interrupted, UsageError } from './errors/errors.ts';
import { keepEvidenceIn } from './evidence/collect.ts';
import { createRedactor, learnLogins, type Redactor } from './evidence/redact.ts';
import { readHost } from './host/probe.ts';
import type { KubeClient } from './kube/client.ts';
import type { Cluster } from './kube/connect.ts';
import { acquireLease } from './kube/lease.ts';
import { sweepOtherRuns } from './kube/sweep.ts';
import { type Feeds, openFeeds } from './kubevirt/feeds.ts';
import { type Kubevirt, provideKubevirt } from './kubevirt/install.ts';
import { type LaneNode, laneNode, waitForNode } from './kubevirt/node.ts';
import type { RunEvent } from './model/events.ts';
import type { Host } from './model/host.ts';
import type { HostFacts } from './model/host-facts.ts';
import { CONNECTION } from './model/result.ts';
import { spokenTime } from './model/spoken-time.ts';
import { namedVersion, selectionOf } from './plan.ts';
import type { Provider, Surroundings } from './provider/contract.ts';
import type { Clock } from './scope/clock.ts';
import { deadline } from './scope/deadline.ts';
import { type PhaseStep, phase } from './scope/phase.ts';
import { type OwnedScope, openScope, type Scope } from './scope/scope.ts';
import { Whereabouts } from './scope/whereabouts.ts';
import { connectSsh } from './ssh/client.ts';
import type { SshConnection } from './ssh/connection.ts';
import type { LocalPrograms } from './ssh/openssh/master.ts';
import { type DemandFacts, decideDemands, narrowDemands, refuseMissing } from './suite/demands.ts';
import { loadSuites, type Selection, type Suites } from './suite/engine.ts';
import { runSuites } from './suite/run-suites.ts';

/** Everything that a run needs to know; nothing is read from the process. */
export interface RunInput {
  readonly config: RunConfig;
  readonly provider: Provider;
  /** What the provider may use beside its settings. */
  readonly surroundings?: Surroundings;
  /** Knows what was learnt before. */
  readonly redactor?: Redactor;
  /** Lower-case letters, digits and dashes; the value of the label `sevlane/run`. */
  readonly runId: string;
  /** Folder for the report and the evidence; it exists. */
  readonly artifacts: string;
  /** Folder for what is secret or passing, outside of the artifacts; made and removed by the run. */
  readonly runDir: string;
  /** Who holds the lease, for others to read, and a link to the build. */
  readonly holder: { readonly identity: string; readonly link?: string };
  /** Hears all that happens, secrets masked: the report is made of nothing else. */
  readonly sink: (event: RunEvent) => void;
  /** Aborts, with an Interrupted, when the user or Prow wants the run to stop. */
  readonly stop: AbortSignal;
}

/** A person may have to look up a passphrase. */
const OPEN_MS = 300_000;

/** The story of one run, from nothing to a node that is clean again. It never throws: what went wrong is told as events. */
export async function run(input: RunInput): Promise<void> {
  const { budgets } = input.config;
  const { redactor = createRedactor() } = input;
  const hint = 'raise --run-timeout if the time was needed';
  const whereabouts = new Whereabouts();
  const late = () =>
    new InfraError(`the run was not done within ${spokenTime(budgets.runMs)}${whereabouts.words}`, { hint });
  const tell = (event: RunEvent) => {
    whereabouts.hear(event);
    input.sink(redactor.redactAll(event));
  };
  const scope = openScope(tell, input.stop);
  scope.signal.addEventListener('abort', () => tellEnding(scope), { once: true });
  try {
    // Undoing has bounds of its own: a run that is through in time stays green however long that takes.
    using bound = deadline(budgets.runMs, undefined, late);
    bound.signal.addEventListener('abort', () => scope.abort(bound.signal.reason), { once: true });
    await lane(scope, input, redactor);
  } catch {
    // The phase in which it happened has told it.
  }
  await undo(scope, budgets.undoMs);
}

async function lane(scope: Scope, input: RunInput, redactor: Redactor): Promise<void> {
  const { config, provider } = input;
  const { budgets } = config;
  const subject = subjectOf(input);
  learnGuest(redactor, config);
  const { suites, host, programs } = await phase(scope, { name: 'open', budgetMs: OPEN_MS }, async (own) => {
    const local = await watched(own, input);
    const loaded = await loadSuites();
    plan(own, loaded, { config, host: undefined });
    const lent = await provider.acquire(own, input.surroundings);
    learnLogins(redactor, lent.ssh);
    refuseFatal(await lookAtThisSide(own, subject, lent.ssh));
    return { suites: loaded, host: lent, programs: local };
  });
  const { ssh: target } = host;
  if (target === undefined) skipHost(scope);
  const ssh =
    target &&
    (await phase(scope, step('connect', budgets.connectMs), async (own) => {
      const connection = await connectSsh(own, target, {
        budgetMs: budgets.connectionMs,
        programs,
        ask: input.surroundings?.ask,
      }).catch((error: unknown) => {
        tellChecks(own, connectionRows({ error }));
        throw error;
      });
      tellChecks(own, connectionRows(connection));
      own.emit({ type: 'subject', subject: { node: connection.description } });
      tellLoss(scope, connection);
      return connection;
    }));
  const facts =
    ssh &&
    (await phase(scope, step('probe', budgets.probeMs), async (own) => {
      const state = await readHost(own, ssh);
      const rows = lookAtHost(own, subject, state);
      plan(own, suites, { config, host: state.facts });
      refuseFatal(rows);
      return state.facts;
    }));
  const cluster = await phase(scope, step('cluster', budgets.clusterMs), (own) =>
    reach(own, subject, { host, ssh, facts, learn: redactor.learn }),
  );
  await phase(scope, step('lease', budgets.leaseMs), (own) => takeTurn(own, cluster.client, input));
  const ground = await phase(scope, step('kubevirt', budgets.kubevirtMs), (own) =>
    prepare(own, cluster.client, { input, host, facts }),
  );
  await phase(scope, step('suites', budgets.suitesMs), async (own) => {
    const { selection } = plan(own, suites, {
      config,
      host: facts,
      kubevirt: ground.kubevirt,
      labels: ground.node.labels(),
    });
    const evidence = keepEvidenceIn(input.artifacts, redactor);
    const { runId } = input;
    await runSuites(own, suites, {
      ...ground,
      runId,
      selection,
      guest: config.guest,
      client: cluster.client,
      host: facts,
      evidence,
    });
  });
}

/** For whom the doctor looks. */
function subjectOf({ config, runId, runDir, artifacts, surroundings }: RunInput): Subject {
  const own = surroundings?.own;
  return { config, runId, runDir, artifacts, own, job: prowLimits(own?.environment ?? {}) };
}

/** Only the API is reachable: what would be read of the host itself is told as not read. */
function skipHost(scope: Scope): void {
  const reason = 'no --ssh is given: the API is reached directly, and nothing is read of the host itself';
  for (const name of ['connect', 'probe'] as const)
    scope.emit({ type: 'phase-ended', result: { name, outcome: 'skipped', ms: 0, reason } });
}

/** What is started or written for this run goes with it, also when it is killed. */
async function watched(scope: Scope, { surroundings, runDir }: RunInput): Promise<LocalPrograms | undefined> {
  const own = surroundings?.own;
  return own && { own, watcher: await openWatcher(scope, { own, folder: runDir }) };
}

type TimedPhase = 'connect' | 'probe' | 'cluster' | 'lease' | 'kubevirt' | 'suites';

function step(name: TimedPhase, budgetMs: number): PhaseStep {
  const flag = name === 'lease' ? '--lease-wait' : `--${name}-timeout`;
  return { name, budgetMs, hint: `see what it waited for; raise ${flag} if the time was needed` };
}

interface Known {
  readonly config: RunConfig;
  readonly host: HostFacts | undefined;
  readonly kubevirt?: Kubevirt;
  /** Of the node. */
  readonly labels?: Readonly<Record<string, string>>;
}

/** Tells what is demanded and which cases follow, from what is known by now. */
function plan(
  scope: Scope,
  suites: Suites,
  { config, host, kubevirt, labels }: Known,
): { readonly selection: Selection } {
  const version = kubevirt?.version ?? namedVersion(config.kubevirt);
  const { require } = config.tests;
  const facts: DemandFacts = { require, version, host, ...(labels === undefined ? {} : { labels }) };
  const demands = decideDemands(facts);
  const selection = selectionOf(config.tests, demands);
  const cases = suites.plan(selection);
  scope.emit({ type: 'demands', ...narrowDemands(demands, facts.require, cases) });
  scope.emit({ type: 'plan', cases });
  if (cases.length === 0) {
    throw new UsageError('no case is left to run', {
      hint: 'loosen --label-filter, --focus, --skip or --require; sevlane list shows what there is',
    });
  }
  if (host !== undefined) refuseMissing(scope, suites, { host, demands, selection, version });
  return { selection };
}

/** The cluster, looked at from all sides before anything in it is changed. */
async function reach(scope: Scope, subject: Subject, way: ClusterWay): Promise<Cluster> {
  const { checks, cluster } = await lookAtCluster(scope, subject, way);
  refuseFatal(checks);
  if (cluster === undefined) throw new InfraError('the Kubernetes API was not reached', { hint: 'see sevlane doctor' });
  return cluster;
}

/** From here on the cluster is ours alone, and nothing of an earlier run is left on it. */
async function takeTurn(scope: Scope, client: KubeClient, { config, runId, holder }: RunInput): Promise<void> {
  const { namespace, durationMs, waitMs } = config.lease;
  const link = holder.link === undefined ? {} : { link: holder.link };
  await acquireLease(scope, client, { namespace, holder: holder.identity, runId, durationMs, waitMs, ...link });
  await sweepOtherRuns(scope, client, { runId });
}

interface Ground {
  readonly kubevirt: Kubevirt;
  readonly feeds: Feeds & { readonly kubevirts: Kubevirt['feed'] };
  readonly node: LaneNode;
}

async function prepare(
  scope: Scope,
  client: KubeClient,
  { input, host, facts }: { readonly input: RunInput; readonly host: Host; readonly facts: HostFacts | undefined },
): Promise<Ground> {
  const { mirror, imagePrefix, imageTag, imagePullPolicy } = input.config.kubevirt;
  const patience = patienceOf(scope.clock, input.config.budgets.kubevirtMs);
  const feeds = await openFeeds(scope, client);
  const kubevirt = await provideKubevirt(scope, client, feeds, {
    version: namedVersion(input.config.kubevirt),
    mirror: mirror ?? host.manifestMirror,
    changes: { labels: { 'sevlane/run': input.runId }, imagePrefix, imageTag, imagePullPolicy },
    patience,
  });
  scope.emit({ type: 'subject', subject: { kubevirt: kubevirt.version.text } });
  const wish = { name: host.node, hostname: facts?.hostname, withinMs: patience() };
  const node = await laneNode(scope, feeds, wish);
  await waitForNode(scope, feeds, node.name, patience());
  return { kubevirt, feeds: { ...feeds, kubevirts: kubevirt.feed }, node };
}

/**
 * How long the phase may still wait for KubeVirt. That ends before its budget does: what never gets ready is blamed on
 * KubeVirt. When even the applying took that long, the phase ends first: the ground is to blame then.
 */
function patienceOf(clock: Clock, budgetMs: number): () => number {
  const reserveMs = budgetMs / 10;
  const endsAt = clock.nowMs + budgetMs - reserveMs;
  return () => Math.max(reserveMs, endsAt - clock.nowMs);
}

function learnGuest(redactor: Redactor, { guest: { user, password } }: RunConfig): void {
  // A password that is the user's own name is a test image's public default: masking the word would hide the evidence.
  if (password !== user) redactor.learn(password);
}

/** Told before the scope ends of the same reason: the first word on the end stays, and this one names the row. */
function tellLoss(scope: Scope, { lost }: SshConnection): void {
  const tell = () => scope.emit({ type: 'ending', finding: toFinding(lost.reason, CONNECTION) });
  if (lost.aborted) tell();
  else lost.addEventListener('abort', tell, { once: true });
}

function tellEnding(scope: Scope): void {
  const { reason } = scope.signal;
  const finding = toFinding(reason, 'run');
  scope.emit({ type: 'ending', finding, ...(reason instanceof Interrupted ? { signal: reason.signalName } : {}) });
}

async function undo(scope: OwnedScope, budgetMs: number): Promise<void> {
  const startedAt = performance.now();
  scope.emit({ type: 'phase-started', phase: 'undo', budgetMs });
  const [finding, ...others] = await scope.close(budgetMs);
  for (const other of others) scope.emit({ type: 'trouble', finding: other });
  const ms = Math.round(performance.now() - startedAt);
  const result = finding === undefined ? ({ outcome: 'passed' } as const) : ({ outcome: 'errored', finding } as const);
  scope.emit({ type: 'phase-ended', result: { name: 'undo', ms, ...result } });
}
