import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { needSshd, type Sshd, startSshd } from '../ssh/sshd.ts';
import { argsBehind, lane, MAIN, type Sim, startLane, startSim } from './cli.ts';
import { openSimApi, type SimApi } from './sim-api.ts';
import { programsConnectedTo } from './sockets.ts';

describe('a run through a real sshd in front of the simulated host', function () {
  this.timeout(180_000);
  let sim: Sim;
  let sshd: Sshd;
  let api: SimApi;

  beforeEach(async function () {
    needSshd(this);
    sim = await startSim();
    api = await openSimApi(sim.kubeconfig);
    // Commands go to the simulated host's shell; forwarding is sshd's own, to the API server's real address.
    sshd = await startSshd([`ForceCommand ${process.execPath} ${MAIN} sim-exec --socket ${sim.execSocket}`]);
  });

  afterEach(async () => {
    api?.close();
    await sshd?.close();
    await sim?.stop();
  });

  // A run that is cut off keeps its lease until it expires: the next one should not wait long for that.
  const args = () => [...argsBehind(sshd, sim), '--connection-budget', '2s', '--lease-duration', '8s'];

  it('is green, and nothing but sshd talks to the API server', async () => {
    const port = Number(new URL(api.server).port);
    api.close();
    const seen = new Set<string>();
    const running = await startLane(args());
    const look = async () => {
      for (const name of await programsConnectedTo(port)) seen.add(name);
    };
    const looking = setInterval(() => void look(), 100);
    const { exitCode, stdout } = await running.ended();
    clearInterval(looking);
    expect(exitCode, stdout).to.equal(0);
    expect([...seen]).to.deep.equal(['sshd']);
  });

  it('that loses sshd for good in the middle of a boot ends as infra at once, with one red row and every case accounted for', async () => {
    const running = await startLane([...args(), '--verbose']);
    await running.said('it runs on the node: begun');
    await sshd.close();
    const { exitCode, stdout, report, cases, phases } = await running.ended();
    expect(exitCode, stdout).to.equal(3);
    expect(stdout.split('\n')[0]).to.match(/^infra: connection: ssh .*: connection lost at .*; not healed in /);
    expect(phases.filter(({ outcome }) => outcome === 'failed').map(({ name, type }) => [name, type])).to.deep.equal([
      ['connection', 'InfraError'],
    ]);
    expect(cases.filter(({ outcome }) => outcome === 'failed')).to.deep.equal([]);
    const notRun = cases.filter(({ outcome }) => outcome === 'skipped');
    expect(notRun.length).to.be.greaterThan(10);
    expect(new Set(notRun.map(({ message }) => message))).to.deep.equal(new Set(['not run: connection lost']));
    expect(cases).to.have.length(report.cases.length);
    expect(stdout).to.match(/not undone .*guest sev.*KubeVirt v1\.9\.0/);
    const next = await lane([...(await restart()), '--require', 'sev']);
    expect(next.exitCode, next.stdout).to.equal(0);
  });

  /** A new sshd on the same host: the next run has to find and sweep what the lost one left. */
  async function restart(): Promise<readonly string[]> {
    sshd = await startSshd([`ForceCommand ${process.execPath} ${MAIN} sim-exec --socket ${sim.execSocket}`]);
    return args();
  }
});
