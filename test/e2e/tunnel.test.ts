import { once } from 'node:events';
import { access, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { userInfo } from 'node:os';
import { expect } from 'chai';
import { execa } from 'execa';
import { after, afterEach, before, beforeEach, describe, it } from 'mocha';
import type { TunnelAddress } from '../../harness/tools/tunnel.ts';
import { failure } from '../failure.ts';
import { needKubectl, needProgram } from '../programs.ts';
import { needSshd, type Sshd, startSshd } from '../ssh/sshd.ts';
import { MAIN, type Sim, startSim } from './cli.ts';
import { eventually, openToolRoom, type ToolRoom } from './tool.ts';

describe('sevlane tunnel through a real sshd', function () {
  this.timeout(120_000);
  let sim: Sim;
  let sshd: Sshd;
  let room: ToolRoom;

  before(async function () {
    needSshd(this);
    sim = await startSim();
    sshd = await startSshd([`ForceCommand ${process.execPath} ${MAIN} sim-exec --socket ${sim.execSocket}`]);
  });
  after(async () => {
    await sshd?.close();
    await sim?.stop();
  });
  beforeEach(async () => {
    room = await openToolRoom();
  });
  afterEach(async () => await room.remove());

  const way = () => [
    ...['--provider', 'external', '--ssh', `${userInfo().username}@127.0.0.1:${sshd.port}`, '--ssh-config', 'none'],
    ...['--ssh-key', sshd.keyFile, '--ssh-known-hosts', sshd.knownHosts, '--kubeconfig', sim.kubeconfig],
  ];
  const open = async (args: readonly string[] = [], env: Readonly<Record<string, string>> = {}) => {
    const tool = await room.start(['tunnel', '--json', ...way(), ...args], env);
    return { ...tool, address: JSON.parse(tool.firstLine) as TunnelAddress };
  };
  const kubectl = async (context: Mocha.Context, kubeconfig: string, ...args: readonly string[]) => {
    const program = await needKubectl(context);
    const env = { ...room.env, KUBECONFIG: kubeconfig };
    return await execa(program, args, { env, extendEnv: false, reject: false });
  };
  const serverOf = ({ server }: TunnelAddress) => {
    const { hostname, port } = new URL(server);
    return { host: hostname, port: Number(port) };
  };

  it('serves real kubectl, and leaves nothing after SIGTERM', async function () {
    const { address, kill, ended } = await open();
    expect(address).to.include({ node: `${userInfo().username}@127.0.0.1:${sshd.port}` });
    expect(((await stat(address.kubeconfig)).mode & 0o777).toString(8)).to.equal('600');
    const nodes = await kubectl(this, address.kubeconfig, 'get', 'nodes', '-o', 'name');
    expect(nodes.stdout, nodes.stderr).to.equal('node/sev-milan-1');
    const watch = await kubectl(
      this,
      address.kubeconfig,
      'wait',
      'node/sev-milan-1',
      '--for=condition=Ready',
      '--timeout=20s',
    );
    expect(watch.stdout).to.include('condition met');
    kill('SIGTERM');
    expect(await ended()).to.include({ exitCode: 0 });
    expect(await room.left()).to.deep.equal([]);
    expect(await failure(once(connect(serverOf(address)), 'connect'), Error)).to.include({ code: 'ECONNREFUSED' });
  });

  it('keeps its port and serves on when every session of sshd is killed', async function () {
    const { address, kill, ended } = await open();
    sshd.signalSessions('SIGKILL');
    const nodes = await kubectl(this, address.kubeconfig, 'get', 'nodes', '-o', 'name', '--request-timeout=30s');
    expect(nodes.stdout, nodes.stderr).to.equal('node/sev-milan-1');
    kill('SIGINT');
    const { exitCode, stderr } = await ended();
    expect(exitCode).to.equal(0);
    expect(stderr).to.match(/reconnected|healed|again/i);
  });

  it('ends as infra when the connection is lost for good, and leaves nothing', async () => {
    const own = await startSshd();
    const args = ['--ssh', `${userInfo().username}@127.0.0.1:${own.port}`, '--ssh-key', own.keyFile];
    const { ended } = await open([...args, '--ssh-known-hosts', own.knownHosts, '--connection-budget', '1s']);
    await own.close();
    const { exitCode, stderr } = await ended();
    expect(exitCode, stderr).to.equal(3);
    expect(stderr).to.match(/^infra: ssh /m);
    expect(await room.left()).to.deep.equal([]);
  });

  it('leaves nothing when it is killed: the watcher sees to that', async () => {
    const { address, kill, ended } = await open(['--write-kubeconfig', 'kubeconfig']);
    expect(address.kubeconfig).to.equal(`${room.folder}/kubeconfig`);
    kill('SIGKILL');
    await ended();
    await eventually('nothing left', async () => (await room.left()).length === 0);
    expect(await failure(access(address.kubeconfig), Error)).to.include({ code: 'ENOENT' });
  });

  it('leaves nothing when it cannot be opened', async () => {
    const wrong = await room.run(['tunnel', ...way(), '--kube-context', 'nobody']);
    expect(wrong.exitCode).to.equal(3);
    expect(wrong.stderr).to.include('contexts has no entry named "nobody"');
    const taken = await room.run(['tunnel', ...way(), '--socks', String(sshd.port)]);
    expect(taken.exitCode).to.equal(3);
    expect(taken.stderr).to.include(`cannot listen on 127.0.0.1:${sshd.port}: the port is in use`);
    expect(await room.left()).to.deep.equal([]);
  });

  it('opens the networks of the node to others, on loopback', async function () {
    const curl = needProgram(this, 'curl');
    const api = new URL(/server: (\S+)/.exec(await readFile(sim.kubeconfig, 'utf8'))?.[1] ?? '');
    const { address, kill, ended } = await open(['--socks', '0', '--forward', `0:127.0.0.1:${api.port}`]);
    const get = async (...args: readonly string[]) =>
      (await execa(curl, ['-sSk', '--noproxy', '', ...args], { env: room.env, extendEnv: false })).stdout;
    expect(await get('--proxy', `socks5h://${address.socks}`, `${api.origin}/version`)).to.include('gitVersion');
    expect(await get(`https://${address.forwards[0]?.from}/version`)).to.include('gitVersion');
    expect(`${address.socks} ${address.forwards[0]?.from}`).to.match(/^127\.0\.0\.1:\d+ 127\.0\.0\.1:\d+$/);
    kill('SIGTERM');
    await ended();
  });

  it('needs no node where the API can be reached from here', async function () {
    const args = ['tunnel', '--json', '--provider', 'external', '--kubeconfig', sim.kubeconfig];
    const tool = await room.start(args);
    const address = JSON.parse(tool.firstLine) as TunnelAddress;
    expect(address).to.not.have.property('node');
    const nodes = await kubectl(this, address.kubeconfig, 'get', 'nodes', '-o', 'name');
    expect(nodes.stdout, nodes.stderr).to.equal('node/sev-milan-1');
    tool.kill('SIGTERM');
    await tool.ended();
    const socks = await room.run([...args, '--socks', '0']);
    expect(socks).to.include({ exitCode: 2 });
    expect(socks.stderr).to.include('--socks needs a node to go through');
    expect(await room.left()).to.deep.equal([]);
  });

  it('is not given a simulated cluster by mistake, nor words that mean nothing', async () => {
    const ci = await room.run(['tunnel'], { CI: 'true' });
    expect(ci.exitCode).to.equal(2);
    expect(ci.stderr).to.include('no provider is named');
    for (const words of [['tunnel'], ['kubectl', 'get', 'nodes'], ['exec', '--', 'true'], ['provider', 'up']]) {
      const { exitCode, stdout, stderr } = await room.run(words, { KUBECONFIG: sim.kubeconfig });
      expect({ exitCode, stdout }, words.join(' ')).to.deep.equal({ exitCode: 2, stdout: '' });
      expect(stderr).to.include('other programs would not say that the cluster is a simulated one');
      expect(stderr).to.include('--kubeconfig FILE');
    }
    const flag = await room.run(['tunnel', '--sock', '1080']);
    expect(flag.exitCode).to.equal(2);
    expect(flag.stderr).to.include('did you mean --socks?');
  });

  it('prints lines that can be copied into a shell, also where a path has blanks', async function () {
    const bash = needProgram(this, 'bash');
    await needKubectl(this);
    await mkdir(`${room.folder}/it's mine`);
    const tool = await room.start(['tunnel', ...way(), '--write-kubeconfig', "it's mine/kubeconfig"]);
    await eventually('kubeconfig there', async () => (await stat(`${room.folder}/it's mine/kubeconfig`)).isFile());
    const lines = `  export KUBECONFIG='${room.folder}/it'\\''s mine/kubeconfig'\n  kubectl get nodes\n`;
    const { stdout } = await execa(bash, ['-c', lines], { env: room.env, extendEnv: false });
    expect(stdout).to.include('sev-milan-1');
    tool.kill('SIGTERM');
    expect((await tool.ended()).stdout).to.include(lines);
  });

  it('goes the way of another tunnel with the copy that this one wrote, and not through the node', async function () {
    const { address, kill, ended } = await open();
    const again = await open(['--kubeconfig', address.kubeconfig]);
    expect(again.address.server).to.equal(address.server);
    const nodes = await kubectl(this, again.address.kubeconfig, 'get', 'nodes', '-o', 'name');
    expect(nodes.stdout, nodes.stderr).to.equal('node/sev-milan-1');
    again.kill('SIGTERM');
    expect((await again.ended()).stderr).to.include('the API is reached through the sevlane that wrote it');
    kill('SIGTERM');
    await ended();
  });

  it("leaves somebody's file alone, before anything is opened", async () => {
    const theirs = `${room.folder}/config`;
    await writeFile(theirs, 'apiVersion: v1\nkind: Config\n');
    const nowhere = ['--ssh', 'nobody@127.0.0.1:1', '--write-kubeconfig', 'config'];
    const { exitCode, stderr } = await room.run(['tunnel', ...way(), ...nowhere]);
    expect({ exitCode, stderr }).to.deep.equal({
      exitCode: 2,
      stderr:
        `usage: ${theirs} is there already and was not written by sevlane: it is left alone\n` +
        'choose another path, or remove it if nobody needs it',
    });
    expect(await readFile(theirs, 'utf8')).to.equal('apiVersion: v1\nkind: Config\n');
    await rm(theirs);
  });
});
