import { readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { type BoskosServer, startBoskos } from '../external/boskos-server.ts';
import { needSshd, type Sshd, startSshd } from '../ssh/sshd.ts';
import { lane, MAIN, type Sim, startLane, startSim } from './cli.ts';

describe('a run on a host of a fleet', function () {
  this.timeout(120_000);
  let boskos: BoskosServer;
  let sim: Sim;
  let sshd: Sshd;

  beforeEach(async function () {
    needSshd(this);
    [boskos, sim] = await Promise.all([startBoskos(), startSim()]);
    sshd = await startSshd([`ForceCommand ${process.execPath} ${MAIN} sim-exec --socket ${sim.execSocket}`]);
    boskos.add({
      type: 'sev-milan',
      name: 'milan-1',
      userdata: {
        ssh: `${userInfo().username}@127.0.0.1:${sshd.port}`,
        'ssh-known-hosts': readFileSync(sshd.knownHosts, 'utf8'),
        kubeconfig: sim.kubeconfig,
      },
    });
  });
  afterEach(async () => {
    await sshd?.close();
    await sim?.stop();
    await boskos?.close();
  });

  const args = () => [
    ...['--boskos', boskos.url, '--boskos-type', 'sev-milan', '--ssh-config', 'none', '--ssh-key', sshd.keyFile],
    ...['--kubevirt-mirror', sim.manifestMirror, '--require', 'sev', '--focus', 'kernel names'],
  ];
  const prow = { CI: 'true', PROW_JOB_ID: 'aa-bb', BUILD_ID: '77', JOB_NAME: 'sev-lane', JOB_TYPE: 'periodic' };

  it('waits for one, is green on it, and gives it back as free when all else is undone', async () => {
    const [entry] = boskos.resources;
    Object.assign(entry ?? {}, { state: 'busy', owner: 'prow other-lane x/1' });
    const running = await startLane([...args(), '--verbose'], prow);
    await running.said('held by prow other-lane x/1');
    Object.assign(entry ?? {}, { state: 'free', owner: '' });
    await running.said('Boskos lends host "milan-1" of type sev-milan to ');
    const { owner } = entry ?? {};
    const { exitCode, stdout, stderr, report } = await running.ended();
    expect(exitCode, stdout).to.equal(0);
    expect(owner).to.match(/aa-bb\/77/);
    expect(report.subject).to.include({ provider: 'external', node: `${userInfo().username}@127.0.0.1:${sshd.port}` });
    const said = stderr.split('\n');
    const at = (text: string) => said.findIndex((line) => line.includes(text));
    expect(at('connection closed')).to.be.above(0).and.below(at('host "milan-1" of Boskos is given back as free'));
    expect(entry).to.include({ state: 'free', owner: '' });
  });

  it('gives back as dirty what it could not leave as it was, and says whose node it lost', async () => {
    const running = await startLane([...args(), '--verbose', '--connection-budget', '1s'], prow);
    await running.said(/kernel names.*: begun/);
    await sshd.close();
    const { exitCode, stdout } = await running.ended();
    expect(exitCode, stdout).to.equal(3);
    expect(boskos.resources[0]).to.include({ state: 'dirty', owner: '' });
  });

  it('ends before anything is opened when there is no such type', async () => {
    const { exitCode, stdout } = await lane([...args(), '--boskos-type', 'sev-turin'], prow);
    expect(exitCode).to.equal(3);
    expect(stdout.split('\n')[0]).to.match(/^infra: open: Boskos http:\S+ knows no resource of type "sev-turin"$/);
    expect(boskos.resources[0]).to.include({ state: 'free', owner: '' });
  });
});
