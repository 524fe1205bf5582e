import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { execa } from 'execa';
import { after, afterEach, before, describe, it } from 'mocha';
import { openScope } from '../../harness/scope/scope.ts';
import { until } from '../../harness/scope/until.ts';
import { processesWith } from '../command/processes.ts';
import { needProgram } from '../programs.ts';
import { needSshd, type Sshd, startSshd } from '../ssh/sshd.ts';
import { MAIN, type Sim, startSim } from './cli.ts';
import { type Listener, listenersOf, stillThere } from './open-sockets.ts';
import { openToolRoom, type ToolRoom } from './tool.ts';

/** The watcher promises two seconds; the rest is for a machine that has other things to do. */
const GONE_WITHIN_MS = 2000 + 10_000;

/** A command of the real CLI, in a room of its own. */
interface Command {
  readonly name: string;
  readonly args: readonly string[];
  /** Once it has said this, it is in the middle of its work. */
  readonly amidst: RegExp;
}

/** One that is under way, and what it holds. */
interface Underway {
  readonly name: string;
  readonly room: ToolRoom;
  readonly listeners: readonly Listener[];
  readonly pid: number;
  /** Itself: whom it has started may still hold its output. */
  readonly dead: Promise<unknown>;
  readonly ended: Promise<{ readonly exitCode: number | undefined; readonly told: string }>;
}

describe('no process, socket or file is left', function () {
  this.timeout(180_000);
  let sim: Sim;
  let sshd: Sshd;
  const rooms: ToolRoom[] = [];

  before(async function () {
    needSshd(this);
    needProgram(this, 'ssh');
    needProgram(this, 'kubectl');
    sim = await startSim();
    sshd = await startSshd([
      `ForceCommand test "$SSH_ORIGINAL_COMMAND" = true || exec ${process.execPath} ${MAIN} sim-exec --socket ${sim.execSocket}`,
    ]);
  });
  after(async () => {
    await sshd?.close();
    await sim?.stop();
  });
  afterEach(async () => {
    for (const room of rooms.splice(0)) {
      for (const { pid } of processesWith(room.temporary)) send(pid, 'SIGKILL');
      await room.remove();
    }
  });

  const way = (...more: readonly string[]) => [
    ...['--provider', 'external', '--ssh', `${userInfo().username}@127.0.0.1:${sshd.port}`, '--ssh-config', 'none'],
    ...['--ssh-key', sshd.keyFile, '--ssh-known-hosts', sshd.knownHosts, '--kubeconfig', sim.kubeconfig],
    ...['--kubevirt-mirror', sim.manifestMirror, ...more],
  ];
  const openssh = ['--ssh-transport', 'openssh'];
  /** The command that a user runs has a child of its own, deaf to whatever asks it to end. */
  const family = 'sh -c "trap : TERM INT; while :; do sleep 1000; done" & echo the family is there; wait';
  const run = (name: string, ...more: readonly string[]): Command => ({
    name,
    args: ['run', '--verbose', '--artifacts', 'out', ...way(...more)],
    amidst: /connect: done/,
  });
  const doctor = (...more: readonly string[]): Command => ({
    name: 'doctor',
    args: ['doctor', '--verbose', ...way(...more)],
    amidst: /SSH connection: ok|the node can be reached|ok: /,
  });
  const tunnel = (name: string, ...more: readonly string[]): Command => ({
    name,
    args: ['tunnel', '--socks', '0', ...way(...more)],
    amidst: /export KUBECONFIG/,
  });
  const exec = (...more: readonly string[]): Command => ({
    name: 'exec',
    args: ['exec', ...way(...more), '--', 'sh', '-c', family],
    amidst: /the family is there/,
  });
  const kubectl = (): Command => ({
    name: 'kubectl',
    args: ['kubectl', ...way(), '--', 'get', 'nodes', '--watch'],
    amidst: /sev-milan-1/,
  });

  const room = async () => {
    const opened = await openToolRoom();
    rooms.push(opened);
    return opened;
  };
  const begin = async ({ name, args, amidst }: Command): Promise<Underway> => {
    const own = await room();
    const child = execa(process.execPath, [MAIN, ...args], {
      env: own.env,
      extendEnv: false,
      cwd: own.folder,
      reject: false,
      stdin: 'ignore',
      all: true,
    });
    let told = '';
    const dead = once(child, 'exit');
    const ended = child.then(({ exitCode }) => ({ exitCode, told }));
    await new Promise<void>((resolve, reject) => {
      child.all.on('data', (chunk) => {
        told += chunk;
        if (amidst.test(told)) resolve();
      });
      void ended.then(() => reject(new Error(`${name} ended too early:\n${told}`)));
    });
    const { pid = -1 } = child;
    const listeners = listenersOf([pid, ...processesWith(own.temporary).map((each) => each.pid)]);
    return { name, room: own, listeners, pid, dead, ended };
  };
  const remains = async ({ room: own, listeners }: Pick<Underway, 'room' | 'listeners'>) => [
    ...(await own.left()),
    ...stillThere(listeners, own.temporary),
  ];
  const gone = async (each: Pick<Underway, 'name' | 'room' | 'listeners'>) => {
    const limits = { scope: openScope(() => {}), withinMs: GONE_WITHIN_MS, everyMs: 50, blame: 'infra' as const };
    await until(`nothing left of ${each.name}`, limits, async () => {
      const left = await remains(each);
      return left.length === 0 ? { done: true, value: undefined } : { done: false, saw: left.join(', ') };
    });
  };

  it('of commands that succeed or fail', async () => {
    const one = await room();
    const bare = { room: one, listeners: [] };
    const ends = [
      { args: ['doctor', ...way(...openssh)], exitCode: 0 },
      { args: ['exec', ...way(), '--', 'sh', '-c', 'sleep 1000 & exit 41'], exitCode: 41 },
      { args: ['kubectl', ...way(...openssh), '--', 'get', 'unicorns'], exitCode: 1 },
      { args: ['run', ...way('--connect-timeout', '20s', '--kube-context', 'nobody')], exitCode: 3 },
      { args: ['tunnel', ...way('--forward', `${sshd.port}:127.0.0.1:1`)], exitCode: 3 },
    ];
    for (const { args, exitCode } of ends) {
      const end = await one.run(args);
      expect(end.exitCode, `${args[0]}: ${end.stderr.slice(-2000)}`).to.equal(exitCode);
      expect(await remains(bare), args[0]).to.deep.equal([]);
    }
    const up = await one.run(['provider', 'up', '--json', ...way(...openssh)]);
    expect(up.exitCode, up.stderr).to.equal(0);
    const listeners = listenersOf(processesWith(one.temporary).map(({ pid }) => pid));
    expect(listeners.length, 'the API and the control socket').to.be.at.least(2);
    expect((await one.run(['provider', 'down'])).exitCode).to.equal(0);
    expect(await remains({ room: one, listeners })).to.deep.equal([]);
    expect(existsSync(join(one.folder, '_ci-configs/external'))).to.equal(false);
  });

  it('of commands that are interrupted or ended', async () => {
    const commands = [run('run', '--lease-wait', '1m'), doctor(), tunnel('tunnel', ...openssh), exec(), kubectl()];
    const underway = await Promise.all(commands.map(begin));
    for (const [at, { pid }] of underway.entries()) send(pid, at % 2 === 0 ? 'SIGINT' : 'SIGTERM');
    for (const each of underway) {
      const { told, exitCode } = await each.ended;
      // kubectl itself ends a watch that is interrupted with 1.
      const kept = each.name === 'kubectl' ? [1] : [];
      expect(exitCode, `${each.name}: ${told.slice(-2000)}`).to.be.oneOf([0, 130, 143, ...kept]);
      // It gives everything back itself, and does not end before.
      expect(await remains(each), each.name).to.deep.equal([]);
    }
  });

  it('of commands that are killed: the watcher ends their children and removes their files', async () => {
    const commands = [
      run('run over builtin'),
      run('run over openssh', ...openssh),
      doctor(...openssh),
      tunnel('tunnel over builtin'),
      tunnel('tunnel over openssh', ...openssh),
      exec(...openssh),
      kubectl(),
    ];
    const underway = await Promise.all(commands.map(begin));
    for (const each of underway) expect((await remains(each)).length, each.name).to.be.at.least(2);
    for (const { pid } of underway) send(pid, 'SIGKILL');
    await Promise.all(underway.map(({ dead }) => dead));
    await Promise.all(underway.map(gone));
  });

  it('of a tunnel that provider up left in the background, when that is killed, but for what down removes', async () => {
    const one = await room();
    const up = await one.run(['provider', 'up', '--json', ...way(...openssh)]);
    expect(up.exitCode, up.stderr).to.equal(0);
    const { pid, kubeconfig } = JSON.parse(up.stdout) as { readonly pid: number; readonly kubeconfig: string };
    const listeners = listenersOf(processesWith(one.temporary).map((each) => each.pid));
    send(pid, 'SIGKILL');
    await gone({ name: 'the tunnel', room: one, listeners });
    expect(existsSync(kubeconfig), 'its kubeconfig').to.equal(false);
    expect((await one.run(['provider', 'down'])).exitCode).to.equal(0);
    expect(readdirSync(one.folder).filter((name) => name !== '_ci-configs')).to.deep.equal([]);
    expect(existsSync(join(one.folder, '_ci-configs/external'))).to.equal(false);
  });

  it('after the next start, when the watchers are killed too', async () => {
    const underway = await Promise.all([tunnel('tunnel', ...openssh), exec()].map(begin));
    for (const { room: own, pid } of underway) {
      const watchers = processesWith(own.temporary).filter(({ argv }) => argv.includes('sevlane-watcher'));
      expect(watchers).to.have.length(1);
      for (const watcher of watchers) send(watcher.pid, 'SIGKILL');
      send(pid, 'SIGKILL');
    }
    for (const each of underway) {
      await each.dead;
      expect(await each.room.left(), `${each.name}: somebody has to be left`).to.not.deep.equal([]);
      // Any command that could need such a folder will do.
      await each.room.run(['provider', 'kubeconfig']);
      await gone(each);
    }
  });
});

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended by itself.
  }
}
