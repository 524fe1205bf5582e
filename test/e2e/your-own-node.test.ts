import { execFileSync, spawn } from 'node:child_process';
import { appendFileSync, chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { expect } from 'chai';
import { execa } from 'execa';
import { after, before, describe, it } from 'mocha';
import { needKubectl, needProgram, programPath } from '../programs.ts';
import { needSshd, type Sshd, startSshd } from '../ssh/sshd.ts';
import { MAIN, type Sim, startSim } from './cli.ts';

const PAGE = join(import.meta.dirname, '../../../docs/your-own-node.md');
const PASSPHRASE = 'open sesame, please';

/** A command of the page and what stands below it, or what it says for sevlane.yaml. */
interface Step {
  readonly line: number;
  readonly language: string;
  readonly command: string;
  readonly prints: string | undefined;
}

describe('docs/your-own-node.md', function () {
  this.timeout(300_000);
  let sim: Sim;
  let gate: Sshd;
  let node: Sshd;
  let home: string;
  let env: Record<string, string>;
  let agent: { kill(): void } | undefined;
  let page: string;

  before(async function () {
    needSshd(this);
    for (const name of ['ssh', 'ssh-add', 'ssh-agent', 'ssh-keygen', 'bash', 'sed']) needProgram(this, name);
    await needKubectl(this);
    page = await readFile(PAGE, 'utf8');
    home = await mkdtemp(join(tmpdir(), 'sevlane-home-'));
    for (const folder of ['.ssh', 'bin', 'work', 'tmp']) mkdirSync(join(home, folder), { mode: 0o700 });
    sim = await startSim();
    [gate, node] = [await startSshd(), await startSshd([`ForceCommand ${nodeShell(home, sim)}`])];
    writeKey();
    writeFileSync(join(home, '.ssh/config'), configOf(page), { mode: 0o600 });
    writeFileSync(join(home, 'work/passphrase'), `${PASSPHRASE}\n`, { mode: 0o600 });
    writePrograms();
    const socket = join(home, 'agent');
    env = {
      PATH: `${join(home, 'bin')}:${process.env.PATH}`,
      HOME: home,
      TMPDIR: join(home, 'tmp'),
      SSH_AUTH_SOCK: socket,
      SSH_ASKPASS: join(home, 'bin/askpass'),
      SSH_ASKPASS_REQUIRE: 'force',
      // The release pages are not asked by a test.
      SEVLANE_KUBEVIRT_MIRROR: sim.manifestMirror,
    };
    const daemon = spawn('ssh-agent', ['-D', '-a', socket], { stdio: ['ignore', 'pipe', 'ignore'] });
    agent = { kill: () => void daemon.kill() };
    await new Promise((resolve) => daemon.stdout.once('data', resolve));
  });

  after(async () => {
    agent?.kill();
    await gate?.close();
    await node?.close();
    await sim?.stop();
    if (home !== undefined) await rm(home, { recursive: true });
  });

  /** The user's key, encrypted, which both hosts accept. */
  function writeKey(): void {
    const file = join(home, '.ssh/id_ed25519');
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', PASSPHRASE, '-f', file]);
    for (const { folder } of [gate, node])
      writeFileSync(join(folder, 'authorized_keys'), readFileSync(`${file}.pub`), { mode: 0o600 });
  }

  /** The page's ssh_config, for servers that listen elsewhere; OpenSSH takes ~ from the password database. */
  function configOf(text: string): string {
    const config = blocksOf(text, 'ssh_config')[0]?.text ?? '';
    const me = userInfo().username;
    const at = ({ port }: Sshd) => `HostName 127.0.0.1\n    Port ${port}`;
    return config
      .replace('HostName gate.example.org', at(gate))
      .replace('HostName amd1.lab.example.org', at(node))
      .replace(/User \w+/g, `User ${me}`)
      .replaceAll('~', home);
  }

  function writePrograms(): void {
    // A user's ssh finds these two by itself, in the home that the password database knows.
    const [config, known] = [join(home, '.ssh/config'), join(home, '.ssh/known_hosts')];
    program('ssh', `exec -a ssh ${programPath('ssh')} -F ${config} -o UserKnownHostsFile=${known} "$@"`);
    program('sevlane', `exec ${process.execPath} ${MAIN} "$@"`);
    // The person who compares the fingerprint with the mail, and who knows the passphrase.
    const mailed = [gate, node].map(({ hostKeys }) => fingerprintOf(hostKeys.ed25519));
    program(
      'askpass',
      [
        `case $1 in`,
        `*${mailed[0]}* | *${mailed[1]}*) echo yes ;;`,
        `*passphrase*) echo '${PASSPHRASE}' ;;`,
        `*) echo no ;;`,
        'esac',
      ].join('\n'),
    );
  }

  function begin(command: string) {
    const options = { env, extendEnv: false, cwd: join(home, 'work'), reject: false, stdin: 'ignore' } as const;
    return execa('bash', ['-euo', 'pipefail', '-c', command], options);
  }

  function program(name: string, text: string): void {
    const file = join(home, 'bin', name);
    writeFileSync(file, `#!/bin/bash\n${text}\n`);
    chmodSync(file, 0o755);
  }

  it('has commands that do what it says, one after the other', async () => {
    let open: ReturnType<typeof begin> | undefined;
    for (const step of stepsOf(page)) {
      const where = `line ${step.line}: ${step.command}`;
      if (step.language === 'yaml') {
        writeFileSync(join(home, 'work/sevlane.yaml'), step.command);
        continue;
      }
      if (step.command.includes('until Ctrl-C')) {
        // In bash's place, as a terminal's Ctrl-C reaches it.
        open = begin(`exec ${step.command}`);
        expect(await heard(open, patternOf(step.prints ?? '')), where).to.match(patternOf(step.prints ?? ''));
        continue;
      }
      const { exitCode, stdout, stderr } = await begin(step.command);
      expect(exitCode, `${where}\n${stdout}\n${stderr}`).to.equal(0);
      const shown = stdout === '' ? stderr : stdout;
      if (step.prints !== undefined) expect(`${shown}\n`, `${where}\n${shown}`).to.match(patternOf(step.prints));
      if (step.command.includes('another terminal')) {
        open?.kill('SIGINT');
        expect((await open)?.exitCode, 'Ctrl-C').to.equal(0);
      }
    }
  });

  it('leaves nothing of sevlane behind on this side but the artifacts', async () => {
    expect(await readdir(join(home, 'tmp'))).to.deep.equal([]);
    expect((await readdir(join(home, 'work'))).sort()).to.deep.equal([
      'early-warning',
      'out',
      'passphrase',
      'sevlane.yaml',
    ]);
  });

  it('promises files in out/ and of the early warning that are there', async () => {
    const names = ['junit.functest.xml', 'junit.sevlane.xml', 'junit.doctor.xml', 'report.json'];
    expect(await readdir(join(home, 'work/out'))).to.include.members(names);
    expect(await readdir(join(home, 'work/early-warning'))).to.include('junit.doctor.xml');
  });

  it('would be caught with a line that is not printed', () => {
    expect('passed: all\nmore\n1 passed\n').to.match(patternOf('passed: …\n…\n1 passed'));
    expect('passed: all\nmore\n2 passed\n').not.to.match(patternOf('passed: …\n…\n1 passed'));
    expect(stepsOf('# a\n```sh\nls\n```\n\n```text\nb\n```\n')).to.deep.equal([
      { line: 2, language: 'sh', command: 'ls', prints: 'b' },
    ]);
  });
});

/**
 * The node's login shell. Its own kubeconfig names an address of the simulation; sshd reaches the API where it listens.
 */
function nodeShell(home: string, sim: Sim): string {
  const file = join(home, 'node-shell');
  const server = /server: (https:\S+)/;
  const [inside, outside] = [sim.nodeKubeconfig, sim.kubeconfig].map(
    (path) => server.exec(readFileSync(path, 'utf8'))?.[1],
  );
  writeFileSync(file, '#!/bin/bash\nset -o pipefail\n');
  appendFileSync(
    file,
    `${process.execPath} ${MAIN} sim-exec --socket ${sim.execSocket} | LC_ALL=C sed -u 's#${inside}#${outside}#'\n`,
  );
  chmodSync(file, 0o755);
  return file;
}

function fingerprintOf(publicKey: string): string {
  return execFileSync('ssh-keygen', ['-lf', publicKey], { encoding: 'utf8' }).split(' ')[1] ?? '';
}

/** Resolves with what was printed when it is as expected, or when the program has ended. */
async function heard(child: PromiseLike<unknown> & { readonly stdout: Readable }, pattern: RegExp): Promise<string> {
  let text = '';
  await new Promise<void>((resolve) => {
    child.stdout.on('data', (chunk) => {
      text += chunk;
      if (pattern.test(text)) resolve();
    });
    child.then(() => resolve());
  });
  return text;
}

interface Block {
  readonly line: number;
  readonly language: string;
  readonly text: string;
}

function blocksOf(text: string, language?: string): readonly Block[] {
  const blocks = [...text.matchAll(/^```(\w+)\n([\s\S]*?)\n```$/gm)].map(({ index, 1: name = '', 2: body = '' }) => ({
    line: text.slice(0, index).split('\n').length,
    language: name,
    text: body,
  }));
  return blocks.filter((block) => language === undefined || block.language === language);
}

/** A block of output belongs to the block of commands right before it. */
function stepsOf(text: string): readonly Step[] {
  const blocks = blocksOf(text);
  return blocks.flatMap(({ line, language, text: command }, index) => {
    if (language !== 'sh' && language !== 'yaml') return [];
    const next = blocks[index + 1];
    return [{ line, language, command, prints: next?.language === 'text' ? next.text : undefined }];
  });
}

/** `…` stands for anything: for whole lines when it is alone on its own. */
function patternOf(prints: string): RegExp {
  const lines = prints.split('\n').map((line) =>
    line === '…'
      ? '(?:.*\\n)*?'
      : `${line
          .split('…')
          .map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'))
          .join('.*')}\\n`,
  );
  return new RegExp(`^${lines.join('')}`);
}
