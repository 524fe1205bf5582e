import { access, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { execa } from 'execa';
import { after, afterEach, before, beforeEach, describe, it } from 'mocha';
import { isAlive } from '../../harness/command/process-state.ts';
import { OWN } from '../command/own.ts';
import { processesWith } from '../command/processes.ts';
import { failure } from '../failure.ts';
import { needKubectl, needProgram } from '../programs.ts';
import { type Sim, startSim } from './cli.ts';
import { eventually, openToolRoom, type ToolRoom } from './tool.ts';

describe('sevlane provider', function () {
  this.timeout(120_000);
  let sim: Sim;
  let room: ToolRoom;

  before(async () => {
    sim = await startSim();
  });
  after(async () => await sim?.stop());
  beforeEach(async () => {
    room = await openToolRoom();
  });
  afterEach(async () => {
    await room.run(['provider', 'down']);
    await room.remove();
  });

  const way = () => [
    ...['--provider', 'external', '--ssh', `${sim.sshUser}@${sim.sshHost}:${sim.sshPort}`, '--ssh-config', 'none'],
    ...['--ssh-key', sim.sshKey, '--ssh-known-hosts', sim.sshKnownHosts],
  ];
  const inFolder = (name: string) => join(room.folder, '_ci-configs/external', name);
  const up = async (args: readonly string[] = [], env: Readonly<Record<string, string>> = {}) => {
    const { exitCode, stdout, stderr } = await room.run(['provider', 'up', '--json', ...way(), ...args], {
      KUBECONFIG: sim.nodeKubeconfig,
      ...env,
    });
    expect(exitCode, stderr).to.equal(0);
    return JSON.parse(stdout) as { readonly pid: number; readonly kubeconfig: string; readonly script: string };
  };
  const isGone = async (path: string) => (await failure(access(path), Error).catch(() => undefined)) !== undefined;

  it('leaves what KubeVirt sources, with a kubectl that works, until down', async function () {
    const [bash] = [needProgram(this, 'bash'), await needKubectl(this)];
    const { script, kubeconfig, pid } = await up();
    expect([script, kubeconfig]).to.deep.equal([inFolder('config-provider-external.sh'), inFolder('.kubeconfig')]);
    const use =
      'set -eu; . "$1"; "$kubectl" --kubeconfig="$kubeconfig" get nodes -o name; echo "[$docker_tag] $image_pull_policy"';
    const env = { ...room.env, DOCKER_TAG: 'sev' };
    const { stdout } = await execa(bash, ['-c', use, 'bash', script], { env, extendEnv: false });
    expect(stdout).to.equal('node/sev-milan-1\n[sev] Always');
    expect(await room.run(['provider', 'kubeconfig'])).to.include({ exitCode: 0, stdout: kubeconfig });
    const down = await room.run(['provider', 'down']);
    expect(down).to.include({ exitCode: 0, stdout: `down: the tunnel of process ${pid} has ended` });
    expect(await isGone(join(room.folder, '_ci-configs'))).to.equal(true);
    expect(await room.left()).to.deep.equal([]);
    expect(await room.run(['provider', 'down'])).to.include({ exitCode: 0, stdout: 'down: no tunnel was up' });
    expect(await room.run(['provider', 'kubeconfig'])).to.include({ exitCode: 3 });
  });

  it('keeps what is secret in the kubeconfig alone: not in arguments, environment, record or log', async () => {
    const { kubeconfig, pid } = await up(['--verbose']);
    const secret = /client-key-data: (\S+)/.exec(await readFile(kubeconfig, 'utf8'))?.[1] ?? '';
    const words = [
      secret,
      Buffer.from(secret, 'base64').toString().split('\n')[1] ?? '',
      (await readFile(sim.sshKey, 'utf8')).split('\n')[1] ?? '',
    ];
    for (const word of words) {
      expect(word.length).to.be.greaterThan(30);
      expect(processesWith(word)).to.deep.equal([]);
      for (const name of await readdir(inFolder(''))) {
        const holds = (await readFile(inFolder(name), 'utf8')).includes(word);
        expect(holds, name).to.equal(name === '.kubeconfig' && word === secret);
      }
    }
    expect(processesWith(room.temporary).map((each) => each.pid)).to.include(pid);
    for (const name of ['.kubeconfig', '.sevlane-tunnel.json', '.sevlane-tunnel.log'])
      expect((await stat(inFolder(name))).mode & 0o777, name).to.equal(0o600);
  });

  it('takes the kubeconfig from the node when none is at hand', async function () {
    const kubectl = await needKubectl(this);
    const { kubeconfig } = await up([], { KUBECONFIG: '' });
    const args = ['--kubeconfig', kubeconfig, 'get', 'nodes', '-o', 'name'];
    expect((await execa(kubectl, args, { env: room.env, extendEnv: false })).stdout).to.equal('node/sev-milan-1');
  });

  it('leaves a tunnel alone that leads to the same place, also when asked with its own kubeconfig', async () => {
    const first = await up();
    expect((await up()).pid).to.equal(first.pid);
    expect((await up([], { KUBECONFIG: first.kubeconfig })).pid).to.equal(first.pid);
  });

  it('replaces a tunnel that is dead, with the kubeconfig that it was made of', async () => {
    const first = await up();
    process.kill(first.pid, 'SIGKILL');
    await eventually('kubeconfig gone', async () => isGone(first.kubeconfig));
    const second = await up([], { KUBECONFIG: first.kubeconfig });
    expect(second.pid).to.not.equal(first.pid);
    expect(await readFile(second.kubeconfig, 'utf8')).to.include('server: https://127.0.0.1:');
  });

  it('replaces a tunnel that leads elsewhere', async () => {
    const first = await up();
    const second = await up(['--kube-context', 'kubernetes-admin@kubernetes']);
    expect(second.pid).to.not.equal(first.pid);
    expect(isAlive({ pid: first.pid }, OWN)).to.equal(false);
  });

  it('takes a process of the same number for what it is: somebody else', async () => {
    await up();
    const standing = JSON.parse(await readFile(inFolder('.sevlane-tunnel.json'), 'utf8'));
    await writeFile(inFolder('.sevlane-tunnel.json'), JSON.stringify({ ...standing, pid: process.pid }));
    expect(await room.run(['provider', 'down'])).to.include({ stdout: 'down: no tunnel was up' });
    process.kill(standing.pid, 'SIGTERM');
    await eventually('tunnel ended', async () => !isAlive({ pid: standing.pid }, OWN));
  });

  it('tells what stands in the way, and leaves nothing', async () => {
    const wrong = await room.run(['provider', 'up', ...way(), '--kubeconfig', sim.sshKey]);
    expect(wrong.exitCode).to.equal(3);
    expect(wrong.stderr).to.include('is a key or a certificate, not a kubeconfig');
    const mistaken = await room.run(['provider', 'up', '--provider', 'external']);
    expect(mistaken.exitCode).to.equal(2);
    expect(mistaken.stderr).to.include('mistake').and.to.include('--ssh');
    const flag = await room.run(['provider', 'up', '--sssh', 'x']);
    expect(flag.exitCode).to.equal(2);
    const word = await room.run(['provider', 'upp']);
    expect(word.exitCode).to.equal(2);
    expect(word.stderr).to.include('"upp" is not known');
    expect(await isGone(inFolder(''))).to.equal(true);
    expect(await room.left()).to.deep.equal([]);
  });

  it('leaves no tunnel behind when it is stopped before that is up', async () => {
    const starting = room.run(['provider', 'up', ...way()], { KUBECONFIG: sim.nodeKubeconfig });
    await eventually('tunnel begun', async () => !(await isGone(inFolder('.sevlane-tunnel.json'))));
    const { pid } = JSON.parse(await readFile(inFolder('.sevlane-tunnel.json'), 'utf8'));
    process.kill(pid, 'SIGTERM');
    expect((await starting).exitCode).to.not.equal(0);
    await eventually('nothing left', async () => (await room.left()).length === 0);
    expect(await isGone(inFolder('.kubeconfig'))).to.equal(true);
  });

  it('takes away the folders that it made, after a replacement too, and none that was there before', async () => {
    const before = join(room.folder, 'before');
    await mkdir(before);
    const KUBEVIRTCI_CONFIG_PATH = join(before, 'made/configs');
    await up([], { KUBEVIRTCI_CONFIG_PATH });
    await up(['--kube-context', 'kubernetes-admin@kubernetes'], { KUBEVIRTCI_CONFIG_PATH });
    await room.run(['provider', 'down'], { KUBEVIRTCI_CONFIG_PATH });
    expect(await readdir(before)).to.deep.equal([]);
  });

  it("writes into kubevirtci's folder, and leaves what is not its own", async () => {
    const folder = join(room.folder, 'elsewhere');
    const { script } = await up([], { KUBEVIRTCI_CONFIG_PATH: folder });
    expect(script).to.equal(join(folder, 'external/config-provider-external.sh'));
    await writeFile(script, `kubeconfig=\${KUBECONFIG}\n`);
    await room.run(['provider', 'down'], { KUBEVIRTCI_CONFIG_PATH: folder });
    expect(await readFile(script, 'utf8')).to.include('KUBECONFIG');
  });

  it("changes nothing where somebody's files stand, and down leaves them", async () => {
    const [script, kubeconfig] = [inFolder('config-provider-external.sh'), inFolder('.kubeconfig')];
    await mkdir(inFolder(''), { recursive: true });
    for (const path of [script, kubeconfig]) await writeFile(path, 'mine\n');
    const refused = await room.run(['provider', 'up', '--ssh', 'nobody@127.0.0.1:1']);
    expect(refused.exitCode).to.equal(2);
    expect(refused.stderr).to.include(`${kubeconfig} and ${script} were not written by sevlane provider up`);
    expect(await room.run(['provider', 'down'])).to.include({ exitCode: 0 });
    for (const path of [script, kubeconfig]) expect(await readFile(path, 'utf8')).to.equal('mine\n');
    expect((await readdir(inFolder(''))).length).to.equal(2);
  });
});
