import { openWatcher } from './command/watcher.ts';
import { type JobHolder, prowLimits } from './config/prow.ts';
import type { Budgets, RunConfig } from './config/run-config.ts';
import { notRead } from './doctor/cluster/reading.ts';
import { commandRows, connectionRows } from './doctor/connection-check.ts';
import {
  type ClusterWay,
  lookAtCluster,
  lookAtHost,
  lookAtThisSide,
  type Subject,
  tellUntold,
} from './doctor/looks.ts';
import { refuseFatal, tellChecks } from './doctor/refuse.ts';
import { toFinding } from './errors/blame.ts';
import { InfraError, Interrupted } from './errors/errors.ts';
import { type Bundles, openBundles } from './evidence/bundle/bundles.ts';
import type { Reach } from './evidence/bundle/collecting.ts';
import { History } from './evidence/bundle/history.ts';
import { type BundleTime, caseKeeper, keepOfPhase, PhaseWatch } from './evidence/bundle/occasions.ts';
import { keepEvidenceIn } from './evidence/collect.ts';
import { createRedactor, learnLogins, type Redactor } from './evidence/redact.ts';
import { readHost } from './host/probe.ts';
import type { KubeClient } from './kube/client.ts';
import type { Cluster } from './kube/connect.ts';
import { acquireLease } from './kube/lease/acquire.ts';
import { raiseServerFence } from './kube/lease/server-fence.ts';
import { sweepOtherRuns } from './kube/sweep.ts';
import { type GroundWish, prepareGround } from './kubevirt/ground.ts';
import { readPatches } from './kubevirt/patches/read.ts';
import type { RunEvent } from './model/events.ts';
import { fencingText } from './model/fencing.ts';
import type { Host } from './model/host.ts';
import type { HostFacts } from './model/host-facts.ts';
import { CONNECTION } from './model/result.ts';
import { spokenTime } from './model/spoken-time.ts';
import { tellPlan } from './plan.ts';
import type { Provider, Surroundings } from './provider/contract.ts';
import { deadline } from './scope/deadline.ts';
import { type PhaseStep, phase } from './scope/phase.ts';
import { type OwnedScope, openScope, type Scope } from './scope/scope.ts';
import { Whereabouts } from './scope/whereabouts.ts';
import { connectSsh } from './ssh/client.ts';
import type { SshConnection } from './ssh/connection.ts';
import type { LocalPrograms } from './ssh/openssh/master.ts';
import { loadSuites } from './suite/engine.ts';
import { guestNamespace, runSuites } from './suite/run-suites.ts';
import { prepareDeparture } from './traces/departure.ts';
import { hostReader } from './traces/host.ts';
import { howToLook } from './traces/how-to-look.ts';

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
  /** Who holds the lease, for others to read. */
  readonly holder: JobHolder;
  /** Settings that lead to the node, as they are typed, for whoever looks at what was kept. */
  readonly way?: readonly string[];
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
  const keeping: Keeping = { hasFailed: false, guests: [] };
  const hearing = (event: RunEvent) => {
    if (isFailure(event)) keeping.hasFailed = true;
    input.sink(event);
  };
  const { tell, whereabouts, history, watch, told } = earsOf(hearing, redactor);
  const late = () =>
    new InfraError(`the run was not done within ${spokenTime(budgets.runMs)}${whereabouts.words}`, { hint });
  const scope = openScope(tell, input.stop);
  scope.signal.addEventListener('abort', () => tellEnding(scope), { once: true });
  const hurry = hurryOf(input);
  const bundles = openBundles({ artifacts: input.artifacts, redactor, history });
  const reach: Reached = { namespace: guestNamespace(input.runId) };
  const time = bundleTime(budgets);
  let endOfTime: unknown;
  try {
    // Undoing has bounds of its own: a run that is through in time stays green however long that takes.
    using bound = deadline(budgets.runMs, undefined, late);
    const end = () => {
      endOfTime = bound.signal.reason;
      scope.abort(bound.signal.reason);
    };
    bound.signal.addEventListener('abort', end, { once: true });
    await lane(scope, input, { redactor, bundles, reach, time, keeping });
  } catch {
    // The phase in which it happened has told it; what is around it is kept before it is undone.
    const { aborted, reason } = scope.signal;
    const early = aborted ? { reason, isDeadline: reason === endOfTime } : undefined;
    // After its deadline the run's own scope asks nobody any more.
    const asking = early?.isDeadline === true ? openScope(tell, input.stop) : scope;
    await keepOfPhase(asking, bundles, { failed: watch.failed, reach, time, end: early });
  }
  tellUntold(scope, subjectOf(input), told);
  await undo(scope, hurry());
}

/** Everybody who has to know what happens. */
function earsOf(sink: RunInput['sink'], redactor: Redactor) {
  const [whereabouts, history, watch] = [new Whereabouts(), new History(), new PhaseWatch()];
  const told = { ids: new Set<string>(), isDirect: false };
  const tell = (event: RunEvent) => {
    whereabouts.hear(event);
    if (event.type === 'check') told.ids.add(event.result.id);
    if (event.type === 'phase-ended' && event.result.name === 'connect')
      told.isDirect = event.result.outcome === 'skipped';
    const masked = redactor.redactAll(event);
    history.hear(masked);
    watch.hear(masked);
    sink(masked);
  };
  return { tell, whereabouts, history, watch, told };
}

/** What can be asked so far when something fails; it grows with the run. */
type Reached = { -readonly [Key in keyof Reach]: Reach[Key] };

interface LaneTools {
  readonly redactor: Redactor;
  readonly bundles: Bundles;
  readonly reach: Reached;
  readonly time: BundleTime;
  readonly keeping: Keeping;
}

/** Collecting for all cases together may take a tenth of what the suites have. */
function bundleTime({ bundleMs, suitesMs, runMs }: Budgets): BundleTime {
  return { eachMs: bundleMs, casesMs: suitesMs / 10, runEndsAt: performance.now() + runMs };
}

async function lane(
  scope: Scope,
  input: RunInput,
  { redactor, bundles, reach, time, keeping }: LaneTools,
): Promise<void> {
  const { config, provider } = input;
  const { budgets } = config;
  const subject = subjectOf(input);
  learnGuest(redactor, config);
  const openMs = OPEN_MS + (provider.waitMs ?? 0);
  const { suites, host, programs, patches } = await phase(scope, { name: 'open', budgetMs: openMs }, async (own) => {
    const local = await watched(own, input);
    const loaded = await loadSuites();
    const patches = await readPatches(config.kubevirt.patches);
    tellPlan(own, loaded, { config, host: undefined });
    const lent = await provider.acquire(own, input.surroundings);
    learnLogins(redactor, lent.ssh);
    refuseFatal(await lookAtThisSide(own, subject, lent.ssh));
    return { suites: loaded, host: lent, programs: local, patches };
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
      reach.ssh = connection;
      return connection;
    }));
  const facts =
    ssh &&
    (await phase(scope, step('probe', budgets.probeMs), async (own) => {
      const state = await readHost(own, ssh).catch((error: unknown) => {
        if (!scope.signal.aborted) tellChecks(own, commandRows({ ...notRead(error), wasAsked: true }));
        throw error;
      });
      const rows = lookAtHost(own, subject, state);
      tellPlan(own, suites, { config, host: state.facts });
      refuseFatal(rows);
      return state.facts;
    }));
  const cluster = await phase(scope, step('cluster', budgets.clusterMs), (own) =>
    reachCluster(own, subject, { host, ssh, facts, learn: redactor.learn }),
  );
  reach.client = cluster.client;
  reach.node = host.node ?? facts?.hostname;
  const isKept = () => keptBecause(scope, input, keeping) !== undefined;
  await phase(scope, step('lease', budgets.leaseMs), async (own) => {
    await takeTurn(own, cluster.client, input);
    await prepareDeparture(own, cluster.client, {
      runId: input.runId,
      namespace: config.lease.namespace,
      readHost: ssh && hostReader(ssh),
      keptBecause: () => keptBecause(scope, input, keeping),
      howToLook: () => howToLook({ way: input.way, isSimulated: provider.simulated, guests: keeping.guests }),
    });
  });
  const ground = await phase(scope, step('kubevirt', budgets.kubevirtMs), (own) =>
    prepareGround(own, cluster.client, { ...groundOf(input, { host, facts, patches }), isKept }),
  );
  await phase(scope, step('suites', budgets.suitesMs), async (own) => {
    reach.node = ground.node.name;
    const { selection } = tellPlan(own, suites, {
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
      keepBundle: caseKeeper(bundles, reach, time),
      keepsFailedGuest: (guest) => {
        const isLeft = config.leave.keep === 'on failure' && isKept();
        if (isLeft) keeping.guests.push(guest);
        return isLeft;
      },
    });
  });
}

/** What decides whether something stays up, and what that is. */
interface Keeping {
  hasFailed: boolean;
  readonly guests: { readonly namespace: string; readonly name: string }[];
}

/** A case or a phase that went wrong by itself, not because the run was stopped. */
function isFailure(event: RunEvent): boolean {
  if (event.type !== 'case-ended' && event.type !== 'phase-ended') return false;
  const { outcome, finding } = event.result;
  return (outcome === 'failed' || outcome === 'errored') && finding?.blame !== 'interrupted';
}

function keptBecause(scope: Scope, { config }: RunInput, { hasFailed }: Keeping): string | undefined {
  const { keep } = config.leave;
  if (keep === 'always') return 'kept with --keep';
  const isStopped = scope.signal.reason instanceof Interrupted;
  return keep === 'on failure' && hasFailed && !isStopped ? 'kept with --keep-on-failure' : undefined;
}

/** The report is written after everything is undone, and has to be whole when the job is killed. */
const REPORT_MS = 2000;

/** How long undoing may take, asked when it begins: after a signal it ends before the job is killed. */
function hurryOf(input: RunInput): () => number {
  const { budgets, leave } = input.config;
  let askedAt: number | undefined;
  const note = () => {
    askedAt = performance.now();
  };
  if (input.stop.aborted) note();
  else input.stop.addEventListener('abort', note, { once: true });
  const graceMs = leave.graceMs ?? subjectOf(input).job.graceMs;
  return () => {
    if (askedAt === undefined || graceMs === undefined) return budgets.undoMs;
    return Math.max(0, Math.min(budgets.undoMs, askedAt + graceMs - REPORT_MS - performance.now()));
  };
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

/** The cluster, looked at from all sides before anything in it is changed. */
async function reachCluster(scope: Scope, subject: Subject, way: ClusterWay): Promise<Cluster> {
  const { checks, cluster } = await lookAtCluster(scope, subject, way);
  refuseFatal(checks);
  if (cluster === undefined) throw new InfraError('the Kubernetes API was not reached', { hint: 'see sevlane doctor' });
  return cluster;
}

/** From here on the cluster is ours alone, and nothing of an earlier run is left on it. */
async function takeTurn(scope: Scope, client: KubeClient, { config, runId, holder }: RunInput): Promise<void> {
  const { priority = holder.priority, ...lease } = config.lease;
  const purpose = purposeOf(config);
  await acquireLease(scope, client, { ...lease, priority, holder: holder.identity, runId, link: holder.link, purpose });
  const fencing = await raiseServerFence(scope, client, runId);
  scope.emit({ type: 'subject', subject: { fencing } });
  scope.log.detail(fencingText(fencing));
  await sweepOtherRuns(scope, client, { runId });
}

/** For whoever waits: what is tested. */
function purposeOf({ kubevirt: { choice }, tests: { require } }: RunConfig): string {
  const kubevirt = choice.kind === 'version' ? choice.version : choice.kind;
  return `${(require ?? ['what the host can']).join(', ')} on KubeVirt ${kubevirt}`;
}

interface Known {
  readonly host: Host;
  readonly facts: HostFacts | undefined;
  readonly patches: GroundWish['patches'];
}

function groundOf({ config, runId, surroundings }: RunInput, { host, facts, patches }: Known): GroundWish {
  const { choice, upgradeFrom, mirror, cache, imageRegistry, imageTag, imagePullPolicy } = config.kubevirt;
  return {
    source: choice.kind === 'existing' ? undefined : choice,
    upgradeFrom,
    mirror: mirror ?? host.manifestMirror,
    cache,
    environment: surroundings?.own?.environment ?? {},
    images: { imageRegistry, imageTag, imagePullPolicy },
    patches,
    labels: { 'sevlane/run': runId },
    budgetMs: config.budgets.kubevirtMs,
    node: { name: host.node, hostname: facts?.hostname },
  };
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
