import { notRead } from './doctor/cluster/reading.ts';
import { commandRows, connectionRows } from './doctor/connection-check.ts';
import { lookAtHost, lookAtThisSide, tellUntold } from './doctor/looks.ts';
import { refuseFatal, tellChecks } from './doctor/refuse.ts';
import { InfraError } from './errors/errors.ts';
import { type Bundles, openBundles } from './evidence/bundle/bundles.ts';
import type { Reach } from './evidence/bundle/collecting.ts';
import { type BundleTime, caseKeeper, keepOfPhase } from './evidence/bundle/occasions.ts';
import { keepEvidenceIn } from './evidence/collect.ts';
import { createRedactor, learnLogins, type Redactor } from './evidence/redact.ts';
import { readHost } from './host/probe.ts';
import { prepareGround } from './kubevirt/ground.ts';
import { readPatches } from './kubevirt/patches/read.ts';
import type { RunEvent } from './model/events.ts';
import { spokenTime } from './model/spoken-time.ts';
import { tellPlan } from './plan.ts';
import { earsOf, tellEnding, tellLoss } from './run/ears.ts';
import { bundleTime, hurryOf, undo } from './run/ending.ts';
import { type RunInput, subjectOf } from './run/input.ts';
import { isFailure, type Keeping, keptBecause } from './run/keeping.ts';
import { groundOf, learnGuest, reachCluster, skipHost, step, takeTurn, watched } from './run/steps.ts';
import { deadline } from './scope/deadline.ts';
import { phase } from './scope/phase.ts';
import { openScope, type Scope } from './scope/scope.ts';
import { connectSsh } from './ssh/client.ts';
import { loadSuites } from './suite/engine.ts';
import { guestNamespace, runSuites } from './suite/run-suites.ts';
import { prepareDeparture } from './traces/departure.ts';
import { hostReader } from './traces/host.ts';
import { howToLook } from './traces/how-to-look.ts';

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

/** What can be asked so far when something fails; it grows with the run. */
type Reached = { -readonly [Key in keyof Reach]: Reach[Key] };

interface LaneTools {
  readonly redactor: Redactor;
  readonly bundles: Bundles;
  readonly reach: Reached;
  readonly time: BundleTime;
  readonly keeping: Keeping;
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
        tellChecks(own, connectionRows({ error }, target));
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
