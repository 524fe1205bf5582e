import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import type { RunEvent } from '../../harness/model/events.ts';
import { type AuditLine, describeRequest, isMutating, readAudit, runOf } from './audit-trail.ts';
import { type Sim, startSim } from './cli.ts';
import { FEW_CASES, type HeardRun, startHeardRun } from './heard-run.ts';
import { allObjects, openSimApi, type SimApi } from './sim-api.ts';
import { skewedBy } from './skewed-clock.ts';

/** Of a run that is stopped in the middle: somebody waits for all of it. */
const SHORT_MS = 15_000;
/** Of one that has to come through, however busy the machine is. */
const LONG_MS = 30_000;
/** Both ways: two clocks are apart by more than a lease lasts, and each by less than what the doctor refuses. */
const SKEW_MS = 20_000;

/** Whom the one that waits has to name. */
const NIGHTLY = { JOB_NAME: 'nightly-sev', BUILD_ID: '1001', PROW_JOB_ID: 'aaaa-1' };
const OTHER = { JOB_NAME: 'pull-sev', BUILD_ID: '2002', PROW_JOB_ID: 'bbbb-2' };

/** What makes it harder: clocks of all three machines that are off, and renewals whose answers come late. */
const HARDSHIPS = [
  { name: '', scenario: [], first: {}, second: {} },
  {
    name: ', with clocks that are apart by more than a lease and renewals that are answered late',
    scenario: [
      { host: { clockAheadMs: 5000 } },
      {
        api: { verb: 'update', resource: 'leases', userAgent: 'sevlane/*' },
        answer: 'hold',
        side: 'after',
        forMs: SHORT_MS / 5,
      },
    ],
    first: skewedBy(-SKEW_MS),
    second: skewedBy(SKEW_MS),
  },
] as const;

describe('two runs on one cluster', function () {
  this.timeout(240_000);
  let folder: string;
  let sim: Sim;
  let api: SimApi;
  let clean: readonly string[];
  let runs: HeardRun[];

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sevlane-two-'));
    runs = [];
  });

  afterEach(async () => {
    // One that is frozen hears nothing else.
    for (const run of runs) run.kill('SIGKILL');
    await Promise.all(runs.map((run) => run.ended()));
    api?.close();
    await sim?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const audit = () => readAudit(join(folder, 'audit.log')).filter(({ stage }) => stage === 'RequestReceived');

  async function open(faults: readonly object[]): Promise<void> {
    const scenario = join(folder, 'scenario.json');
    await writeFile(scenario, JSON.stringify({ name: 'two-runs', description: 'Two runs at once.', faults }));
    sim = await startSim(['--sim-scenario', scenario, '--sim-audit', join(folder, 'audit.log')]);
    api = await openSimApi(sim.kubeconfig);
    clean = await allObjects(api);
  }

  function start(env: Readonly<Record<string, string>>, leaseMs = LONG_MS): HeardRun {
    const lease = ['--lease-duration', `${leaseMs / 1000}s`, '--lease-wait', '180s'];
    const run = startHeardRun([...sim.args, ...FEW_CASES, ...lease], env);
    runs.push(run);
    return run;
  }

  /** The first run stands still in the middle of its installation, with the next write ahead of it. */
  async function firstInstalls(env: Readonly<Record<string, string>>): Promise<{ first: HeardRun; runId: string }> {
    const request = { verb: ['create', 'patch'], resource: 'deployments', userAgent: 'sevlane/*' };
    const fault = { api: request, answer: 'hold', side: 'after', when: { nth: 1 } };
    await api.create('/sevlane-sim/faults', fault);
    const first = start({ ...NIGHTLY, ...env }, SHORT_MS);
    const runId = await runIdOf(first);
    await api.get('/sevlane-sim/holds?resource=deployments&wait=true');
    return { first, runId };
  }

  for (const { name, scenario, first: firstClock, second: secondClock } of HARDSHIPS) {
    it(`never overlap, and the second says for whom it waits${name}`, async () => {
      await open(scenario);
      const first = start({ ...NIGHTLY, ...firstClock });
      await first.heard(isStarted('kubevirt'));
      const second = start({ ...OTHER, ...secondClock });
      const waiting = await second.heard(isQueued);
      expect(waiting)
        .to.have.property('saw')
        .that.matches(/held by .*nightly-sev/);
      const ends = await Promise.all([first.ended(), second.ended()]);
      expect(
        ends.map(({ exitCode }) => exitCode),
        ends.map(({ stderr }) => stderr.slice(-3000)).join('\n'),
      ).to.deep.equal([0, 0]);
      expect(turns(audit())).to.deep.equal([await runIdOf(first), await runIdOf(second)]);
      expect(await allObjects(api)).to.deep.equal(clean);
    });

    it(`hand over when the first is frozen past its lease; continued, it sends no write any more${name}`, async () => {
      await open(scenario);
      const { first, runId } = await firstInstalls(firstClock);
      first.kill('SIGSTOP');
      await letGo(api);
      const second = start({ ...OTHER, ...secondClock });
      await second.heard(isStarted('suites'));
      const sentBefore = writesOf(audit(), runId).length;
      first.kill('SIGCONT');
      const { exitCode, events, stderr } = await first.ended();
      expect(exitCode, stderr).to.equal(3);
      expect(verdictOf(events)).to.match(/^infra: .*lease "sevlane".* lost/);
      const later = writesOf(audit(), runId).slice(sentBefore);
      expect(later.map(describeRequest), 'writes after it was continued').to.deep.equal([]);
      const end = await second.ended();
      expect(end.exitCode, end.stderr).to.equal(0);
      expect(turns(audit())).to.deep.equal([runId, await runIdOf(second)]);
      expect(await allObjects(api)).to.deep.equal(clean);
    });
  }

  it('hand over when the first is killed: the second waits until its lease expires, and sweeps', async () => {
    await open([]);
    const { first, runId } = await firstInstalls({});
    const second = start(OTHER);
    await second.heard(isQueued);
    first.kill('SIGKILL');
    await first.ended();
    await letGo(api);
    const { exitCode, stderr } = await second.ended();
    expect(exitCode, stderr).to.equal(0);
    expect(stderr).to.match(new RegExp(`sweeping .*left by run ${runId}`));
    const all = audit();
    const secondId = await runIdOf(second);
    expect(turns(all)).to.deep.equal([runId, secondId]);
    const [last] = all.filter((line) => runOf(line) === runId && isOfHolder(line)).slice(-1);
    const taken = all.find((line) => runOf(line) === secondId && isOfHolder(line));
    expect(atMs(taken) - atMs(last), 'from the last sign of life to the taking').to.be.at.least(SHORT_MS);
    expect(await allObjects(api)).to.deep.equal(clean);
  });
});

function isQueued(event: RunEvent): boolean {
  return event.type === 'waiting' && event.goal.startsWith('lease ');
}

function isStarted(phase: string): (event: RunEvent) => boolean {
  return (event) => event.type === 'phase-started' && event.phase === phase;
}

async function runIdOf(run: HeardRun): Promise<string> {
  const started = await run.heard(({ type }) => type === 'run-started');
  return started?.type === 'run-started' ? started.runId : '';
}

function verdictOf(events: readonly RunEvent[]): string {
  const ended = events.find((event) => event.type === 'run-ended');
  return ended?.verdict ?? '';
}

/** A write of the record itself; others in its namespace are places in the queue. */
function isOfHolder(line: AuditLine): boolean {
  return isMutating(line) && isOfLease(line) && line.objectRef?.name === 'sevlane';
}

function isOfLease({ objectRef }: AuditLine): boolean {
  return objectRef?.resource === 'leases' && objectRef.namespace === 'kube-system';
}

function writesOf(lines: readonly AuditLine[], runId: string): readonly AuditLine[] {
  return lines.filter((line) => isMutating(line) && runOf(line) === runId);
}

/** Whose turn it was to change the cluster, in order; a run that comes up twice has overlapped with another. */
function turns(lines: readonly AuditLine[]): readonly string[] {
  const writers = lines.filter((line) => isMutating(line) && !isOfLease(line)).flatMap((line) => runOf(line) ?? []);
  return writers.filter((runId, index) => runId !== writers[index - 1]);
}

function atMs(line: AuditLine | undefined): number {
  return Date.parse(line?.stageTimestamp ?? '');
}

/** What is held goes on, and nothing more will be by this test's own fault. */
async function letGo(api: SimApi): Promise<void> {
  await api.remove('/sevlane-sim/faults');
  await api.remove('/sevlane-sim/holds');
}
