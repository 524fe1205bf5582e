import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { openScope } from '../../../harness/scope/scope.ts';
import { until } from '../../../harness/scope/until.ts';
import { processesWith } from '../../command/processes.ts';
import { argsBehind, MAIN, type Sim, startLane, startSim } from '../../e2e/cli.ts';
import { needSshd, type Sshd, startSshd } from '../sshd.ts';

describe("a run over the system's ssh, through a real sshd in front of the simulated host", function () {
  this.timeout(180_000);
  let sim: Sim;
  let sshd: Sshd;

  beforeEach(async function () {
    needSshd(this);
    sim = await startSim();
    sshd = await startSshd([`ForceCommand ${process.execPath} ${MAIN} sim-exec --socket ${sim.execSocket}`]);
  });

  afterEach(async () => {
    await sshd?.close();
    await sim?.stop();
  });

  const args = () => [...argsBehind(sshd, sim), '--ssh-transport', 'openssh'];
  /** Programs of the run: they alone were given this key. */
  const left = () => processesWith(sshd.keyFile).filter(({ argv }) => argv[0]?.endsWith('ssh') === true);

  it('is green, and leaves no ssh', async () => {
    const running = await startLane(args());
    const { exitCode, stdout, report } = await running.ended();
    expect(exitCode, stdout).to.equal(0);
    expect(report.connection?.transport).to.equal('openssh');
    expect(left()).to.deep.equal([]);
  });

  it('heals when sshd is killed in the middle of a boot, and is green', async () => {
    const running = await startLane([...args(), '--verbose', '--require', 'sev']);
    await running.said('it runs on the node: begun');
    expect(left()).to.have.length(1);
    sshd.signalSessions('SIGKILL');
    const { exitCode, stdout, report } = await running.ended();
    expect(exitCode, stdout).to.equal(0);
    expect(report.connection?.cuts).to.equal(1);
    expect(left()).to.deep.equal([]);
  });

  it('leaves no ssh and no kubeconfig when it is killed, and none when it is stopped', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sevlane-killed-'));
    const killed = await startLane([...args(), '--verbose', '--require', 'sev'], { TMPDIR: folder });
    await killed.said('kubevirt: begun');
    expect(left()).to.have.length(1);
    expect(await readdir(folder)).to.have.length(1);
    killed.kill('SIGKILL');
    const limits = { scope: openScope(() => {}), withinMs: 20_000, everyMs: 50, blame: 'infra' } as const;
    await until('ssh and files to be gone', limits, async () => {
      const seen = left().length + (await readdir(folder)).length;
      return seen === 0 ? { done: true, value: undefined } : { done: false, saw: `${seen} left` };
    });
    const stopped = await startLane([...args(), '--verbose'], { TMPDIR: folder });
    await stopped.said('cluster: begun');
    stopped.kill('SIGTERM');
    const { exitCode, stdout } = await stopped.ended();
    expect(exitCode, stdout).to.equal(143);
    expect(left()).to.deep.equal([]);
    expect(await readdir(folder)).to.deep.equal([]);
    await rm(folder, { recursive: true });
    await rm(killed.artifacts, { recursive: true });
  });
});
