import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { type SshDaemon, startSshDaemon } from '../ssh/daemon.ts';
import { needSshd } from '../ssh/sshd.ts';
import { argsBehind, type Lane, MAIN, type Sim, startLane, startSim } from './cli.ts';
import { allObjects, openSimApi, type SimApi } from './sim-api.ts';

/** Each costs two seconds or so: the landing check asks for more of them. */
const KILLS = Math.min(20, Number(process.env.TEST_KILLS ?? 8));
/** A session has to live a moment before the next kill, or nothing would be under way. */
const LIFE_MS = 300;
const LONGEST_OUTAGE_MS = 300;
/** The run has to last long enough for all of them. */
const PACE = KILLS > 10 ? '4' : '20';

describe('a run whose sshd dies', function () {
  this.timeout(500_000);
  let sim: Sim;
  let sshd: SshDaemon;
  let api: SimApi;

  beforeEach(async function () {
    needSshd(this);
    sim = await startSim(['--sim-pace', PACE]);
    api = await openSimApi(sim.kubeconfig);
    // Each new session greets the shell once: a whole process of ours for that would cost more than all the rest.
    const shell = `exec ${process.execPath} ${MAIN} sim-exec --socket ${sim.execSocket}`;
    const asked = '"$SSH_ORIGINAL_COMMAND"';
    sshd = await startSshDaemon([
      `ForceCommand case ${asked} in "echo sevlane-"*) exec sh -c ${asked};; *) ${shell};; esac`,
    ]);
  });

  afterEach(async () => {
    api?.close();
    await sshd?.close();
    await sim?.stop();
  });

  const args = () => argsBehind(sshd, sim);

  it(`${KILLS} times and comes back is green, with every case, all its evidence and nothing left behind`, async () => {
    const clean = await allObjects(api);
    const running = await startLane([
      ...args(),
      '--require',
      'sev,sev-es,sev-snp',
      '--lease-duration',
      '24s',
      '--verbose',
    ]);
    const moments = killAgainAndAgain(running, sshd);
    const { exitCode, stdout, stderr, report, cases, phases } = await running.ended();
    const told = `${stdout}\nkilled at:\n${moments.join('\n')}`;
    expect(exitCode, `${told}\n${stderr.slice(-6000)}`).to.equal(0);
    expect(new Set(sshd.killedPids()).size, `distinct session pids in the log\n${told}`).to.be.at.least(KILLS);
    expect(report.connection?.cuts, 'cuts in the report').to.be.at.least(KILLS);
    expect(cases).to.have.length(report.cases.length);
    expect(cases.every(({ outcome }) => outcome === 'passed')).to.equal(true);
    expect(report.cases.every(({ evidence }) => evidence.length > 0)).to.equal(true);
    expect(phases.find(({ name }) => name === 'connection')?.outcome).to.equal('passed');
    expect(await allObjects(api)).to.deep.equal(clean);
  });

  it('and stays dead ends as infra when the budget is used up: one red row, and every case accounted for', async () => {
    // The lease must outlive the budget, or the run would end because of it.
    const running = await startLane([...args(), '--connection-budget', '5s', '--lease-duration', '60s', '--verbose']);
    await running.said('it runs on the node: begun');
    await sshd.kill();
    const { exitCode, stdout, report, cases, phases } = await running.ended();
    expect(exitCode, stdout).to.equal(3);
    expect(stdout.split('\n')[0]).to.match(
      /^infra: connection: ssh root@127\.0\.0\.1:\d+: connection lost at \S+Z, [\d.]+ s after it was made: .*; not healed in [5-9]\.?\d* s, \d+ tr(y|ies)/,
    );
    expect(stdout).to.match(/what to do {4}\S/);
    expect(phases.filter(({ outcome }) => outcome === 'failed').map(({ name, type }) => [name, type])).to.deep.equal([
      ['connection', 'InfraError'],
    ]);
    expect(cases.filter(({ outcome }) => outcome === 'failed')).to.deep.equal([]);
    const notRun = cases.filter(({ outcome }) => outcome === 'skipped');
    expect(notRun.length).to.be.greaterThan(10);
    expect(new Set(notRun.map(({ message }) => message))).to.deep.equal(new Set(['not run: connection lost']));
    expect(cases).to.have.length(report.cases.length);
    expect(stdout).to.match(/not undone .*guest sev.*KubeVirt v1\.9\.0/);
  });
});

/**
 * Kills sshd again and again at whatever the run is about, once or twice while it undoes. Fills the list of moments. A
 * kill that meets no session, because the run has just hung up, does not count.
 */
function killAgainAndAgain(running: Lane, sshd: SshDaemon): readonly string[] {
  const moments: string[] = [];
  let last = '';
  const kill = async (upTo: number) => {
    while (new Set(sshd.killedPids()).size < upTo) {
      const before = sshd.accepted();
      await pass(LIFE_MS + Math.random() * LIFE_MS);
      moments.push(last);
      await sshd.kill();
      await pass(Math.random() * LONGEST_OUTAGE_MS);
      await sshd.start();
      // The next death is of a session that lives.
      while (sshd.accepted() === before) await pass(20);
    }
  };
  running.onLine((line) => {
    last = line;
  });
  void running
    .said('probe: begun')
    // Whoever reads the host reads all of it anew after a cut, so that one is enough.
    .then(() => kill(1))
    .then(() => running.said('probe: done'))
    .then(() => kill(KILLS - 1))
    .then(() => running.said('undo: begun'))
    .then(() => kill(KILLS + 1))
    // A run that ended before shows in the list.
    .catch(() => {});
  return moments;
}

/** The moments of the kills are the test's own choice: nothing is waited for. */
async function pass(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}
