import { once } from 'node:events';
import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { execa } from 'execa';
import { after, afterEach, beforeEach, describe, it } from 'mocha';
import { openScope } from '../../harness/scope/scope.ts';
import { until } from '../../harness/scope/until.ts';
import { processesWith } from '../command/processes.ts';
import { argsBehind, MAIN, type Sim, sevlane, startSim } from '../e2e/cli.ts';
import { needKubectl } from '../programs.ts';
import { needSshd, type Sshd, startSshd } from '../ssh/sshd.ts';
import { needTerminal, sitDownAt } from '../terminal.ts';

describe('sevlane exec', function () {
  this.timeout(90_000);
  let sim: Sim | undefined;
  let sshd: Sshd;
  let folder: string;

  beforeEach(async function () {
    needSshd(this);
    folder = await mkdtemp(join(tmpdir(), 'sevlane-exec-'));
    sim ??= await startSim();
    sshd = await startSshd([`ForceCommand ${process.execPath} ${MAIN} sim-exec --socket ${sim.execSocket}`]);
  });

  afterEach(async () => {
    expect(processesWith(folder), 'left behind').to.deep.equal([]);
    const left = (await readdir(folder)).filter((name) => name.startsWith('sevlane-'));
    expect(left).to.deep.equal([]);
    await sshd?.close();
    await rm(folder, { recursive: true });
  });

  after(async () => {
    await sim?.stop();
  });

  const settings = (...more: readonly string[]) => [
    ...argsBehind(sshd, { kubeconfig: sim?.kubeconfig ?? '', manifestMirror: sim?.manifestMirror ?? '' }),
    ...more,
  ];
  const env = () => ({ TMPDIR: folder });
  const run = (words: readonly string[], more: Readonly<Record<string, string>> = {}) =>
    sevlane(['exec', ...settings(), '--', ...words], { env: { ...env(), ...more } });
  const script = async (text: string) => {
    const path = join(folder, 'job.sh');
    await writeFile(path, `#!/bin/sh\n${text}\n`);
    await chmod(path, 0o755);
    return path;
  };
  /** Runs it until its script has said `ready`. */
  const start = async (text: string, ...more: readonly string[]) => {
    const words = [MAIN, 'exec', ...settings(...more), '--', await script(text)];
    const child = execa(process.execPath, words, {
      env: { PATH: process.env.PATH ?? '', HOME: folder, ...env() },
      extendEnv: false,
      reject: false,
      stdin: 'ignore',
    });
    await new Promise<void>((resolve, reject) => {
      child.stdout.on('data', (chunk) => String(chunk).includes('ready') && resolve());
      void child.then(({ stderr }) => reject(new Error(`it ended without a word: ${stderr}`)));
    });
    return { child };
  };
  const told = async (name: string) => (await readFile(join(folder, name), 'utf8')).trim().split('\n');

  it('leads real kubectl to the cluster, keeps the exit code and takes nothing of the output', async function () {
    await needKubectl(this);
    const { exitCode, stdout, stderr } = await run(['sh', '-c', 'kubectl get nodes -o name; echo aside >&2; exit 7']);
    expect(exitCode).to.equal(7);
    expect(stdout).to.equal('node/sev-milan-1');
    expect(stderr).to.equal('aside');
  });

  it('has a short form for kubectl', async function () {
    await needKubectl(this);
    const { exitCode, stdout } = await sevlane(['kubectl', ...settings(), '--', 'get', 'nodes', '-o', 'name'], {
      env: env(),
    });
    expect([exitCode, stdout]).to.deep.equal([0, 'node/sev-milan-1']);
  });

  it("sets what KubeVirt's scripts read, leaves the rest of the environment alone and keeps our secrets out", async () => {
    const { stdout } = await sevlane(['exec', ...settings('--image-registry', 'quay.io/me'), '--', 'env'], {
      env: {
        ...env(),
        OWN: 'two words',
        DOCKER_TAG: 'a-tag',
        KUBECONFIG: '/elsewhere',
        KUBEVIRT_PROVIDER: 'external',
        SEVLANE_GUEST_PASSWORD: 'hidden-1234',
        SEVLANE_FOCUS: 'kept',
      },
    });
    const seen = new Map(stdout.split('\n').map((line) => [line.replace(/=.*/, ''), line.replace(/^[^=]*=/, '')]));
    expect(seen.get('KUBECONFIG')).to.match(/^.*\/sevlane-[^/]+\/kubeconfig$/);
    expect(Object.fromEntries(seen)).to.include({
      KUBEVIRT_PROVIDER: 'external',
      DOCKER_PREFIX: 'quay.io/me',
      DOCKER_TAG: 'a-tag',
      OWN: 'two words',
      SEVLANE_FOCUS: 'kept',
    });
    expect(stdout).to.not.contain('hidden-1234');
  });

  it('counts a command that a signal ended as a shell would', async () => {
    expect((await run(['sh', '-c', 'kill -SEGV $$'])).exitCode).to.equal(139);
  });

  it('leaves nothing of what the command has started in its group', async () => {
    const { exitCode } = await run([await script(`sleep 300 & exit 4`)]);
    expect(exitCode).to.equal(4);
  });

  it('passes signals on once, and lets the command take back what it did while the cluster can still be reached', async function () {
    await needKubectl(this);
    const { child } = await start(
      [
        `cd ${folder}`,
        `trap 'echo a signal >> signals; kubectl get nodes -o name > after; exit 9' INT TERM`,
        'echo ready',
        'while :; do sleep 300 & wait; done',
      ].join('\n'),
    );
    // As Prow stops a job: both at once, and both are one request.
    child.kill('SIGTERM');
    child.kill('SIGINT');
    const { exitCode, stderr } = await child;
    expect(exitCode, stderr).to.equal(9);
    expect(await told('signals')).to.deep.equal(['a signal']);
    expect(await told('after')).to.deep.equal(['node/sev-milan-1']);
  });

  for (const name of ['SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2'] as const) {
    it(`passes ${name} on and lives on for the command's sake`, async () => {
      const { child } = await start(
        `trap 'echo told; exit 9' ${name.slice(3)}\necho ready\nwhile :; do sleep 0.1; done`,
      );
      child.kill(name);
      const { exitCode, stdout, stderr } = await child;
      expect(exitCode, stderr).to.equal(9);
      expect(stdout).to.equal('ready\ntold');
      // Node's own answer to SIGUSR1 is a debugger that anybody on this machine may use.
      expect(stderr).to.not.match(/debugger/i);
    });
  }

  it('lets the command ask a person on the terminal also when its input is a pipe', async function () {
    needTerminal(this);
    const words = `printf 'first?'; read answer < /dev/tty; cat; echo "answered $answer"`;
    const line = [process.execPath, MAIN, 'exec', ...settings(), '--', await script(words)].join(' ');
    const sitting = await sitDownAt(`echo piped | ${line}`, env());
    await sitting.shows('first?');
    sitting.type('yes\n');
    await sitting.shows(/piped\s+answered yes/);
    expect(await sitting.ended()).to.equal(0);
  });

  it('serves another sevlane in there, which is named the same node', async function () {
    await needKubectl(this);
    const inner = [process.execPath, MAIN, 'kubectl', 'get', 'nodes', '-o', 'name'];
    const named = Object.fromEntries(
      [
        ['SSH', `${userInfo().username}@127.0.0.1:${sshd.port}`],
        ['SSH_KEY', sshd.keyFile],
        ['SSH_KNOWN_HOSTS', sshd.knownHosts],
        ['SSH_CONFIG', 'none'],
      ].map(([key, value]) => [`SEVLANE_${key}`, value ?? '']),
    );
    const { exitCode, stdout, stderr } = await run(inner, named);
    expect(exitCode, stderr).to.equal(0);
    expect(stdout).to.equal('node/sev-milan-1');
  });

  it('ends as the command does that a signal simply ends', async () => {
    for (const [name, code] of [
      ['SIGTERM', 143],
      ['SIGINT', 130],
    ] as const) {
      const { child } = await start('echo ready\nexec sleep 300');
      child.kill(name);
      expect((await child).exitCode).to.equal(code);
    }
  });

  it('stops the command when the connection is lost for good, and says so', async () => {
    const { child } = await start(`echo ready\nexec sleep 300`, '--connection-budget', '1s');
    await sshd.close();
    const { exitCode, stderr } = await child;
    expect(exitCode, stderr).to.equal(3);
    expect(stderr).to.match(/job\.sh is stopped: there is no way to the cluster any more/);
    expect(stderr).to.match(/^infra: ssh .*connection lost/m);
  });

  it('heals a cut without a word to the command', async function () {
    await needKubectl(this);
    const { child } = await start(
      ['echo ready', `while [ ! -e ${folder}/cut ]; do sleep 0.1; done`, 'kubectl get nodes -o name'].join('\n'),
    );
    sshd.signalSessions('SIGKILL');
    await writeFile(join(folder, 'cut'), '');
    const { exitCode, stderr } = await child;
    expect(exitCode, stderr).to.equal(0);
    expect(stderr).to.contain('reconnected');
  });

  for (const transport of ['builtin', 'openssh']) {
    it(`leaves no process, socket or file when it is killed (${transport})`, async () => {
      const { child } = await start(`sleep 300 &\necho ready\nsleep 300`, '--ssh-transport', transport);
      expect(await readdir(folder)).to.have.length(2);
      expect(processesWith(folder).filter(({ argv }) => argv[0]?.endsWith('ssh') === true)).to.have.length(
        transport === 'openssh' ? 1 : 0,
      );
      child.kill('SIGKILL');
      await child;
      const limits = { scope: openScope(() => {}), withinMs: 20_000, everyMs: 50, blame: 'infra' } as const;
      await until('everything to be gone', limits, async () => {
        const left = [...processesWith(folder).map(({ argv }) => argv.join(' ')), ...(await readdir(folder)).slice(1)];
        return left.length === 0 ? { done: true, value: undefined } : { done: false, saw: left.join(', ') };
      });
    });
  }

  it('leaves what only the next start can clean up when its watcher is killed too', async () => {
    const { child } = await start(`echo ready\nexec sleep 300`);
    for (const { pid, argv } of processesWith(folder))
      if (argv.includes('sevlane-watcher')) process.kill(pid, 'SIGKILL');
    // What goes on holds the output open.
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
    expect(processesWith(folder).map(({ argv }) => argv[0])).to.deep.equal(['sleep']);
    expect((await run(['true'])).exitCode).to.equal(0);
  });

  it('says before anything is opened when there is nothing to run', async () => {
    for (const [words, message] of [
      [['--'], /^usage: sevlane exec: no command follows the --/],
      [['ls'], /^usage: sevlane exec: no -- stands before the command to run/],
      [['--', 'no-such-program'], /^usage: there is no program no-such-program on PATH/],
      [['--', '/etc/passwd'], /^usage: \/etc\/passwd may not be executed/],
      [['--', '/etc'], /^usage: \/etc is no file/],
    ] as const) {
      const { exitCode, stderr } = await sevlane(['exec', ...settings(), ...words], { env: env() });
      expect(stderr).to.match(message);
      expect(exitCode).to.equal(2);
    }
    expect(sshd.log()).to.equal('');
  });
});
