import { EventEmitter } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import type { Report } from '../../harness/model/report.ts';
import { type JunitCase, readJunit } from './junit-reader.ts';

/** The compiled CLI. */
export const MAIN = fileURLToPath(new URL('../../harness/main.js', import.meta.url));

/** How a command of the real CLI ended, and what it left behind. */
export interface Outcome {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly report: Report;
  readonly cases: readonly JunitCase[];
  readonly phases: readonly JunitCase[];
}

/** A run of the real CLI that is under way. */
export interface Lane {
  kill(signal: NodeJS.Signals): void;
  readonly artifacts: string;
  /** Resolves when stderr has this line. */
  said(text: string | RegExp): Promise<void>;
  /** Calls back with every line of stderr from now on. */
  onLine(notify: (line: string) => void): void;
  ended(): Promise<Outcome>;
  /** The same, and leaves the artifacts to the test. */
  kept(): Promise<Outcome>;
}

/** The environment that a test gives the CLI: nothing of the caller's, so that CI and a laptop see the same. */
function cleanEnv(env: Readonly<Record<string, string>>): Record<string, string> {
  return { PATH: process.env.PATH ?? '', HOME: tmpdir(), ...env };
}

/** Starts `sevlane run` with a folder of its own for the artifacts, which the returned outcome has read. */
export async function startLane(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Lane> {
  const artifacts = await mkdtemp(join(tmpdir(), 'sevlane-e2e-'));
  const child = execa(process.execPath, [MAIN, 'run', '--artifacts', artifacts, ...args], {
    env: cleanEnv(env),
    extendEnv: false,
    reject: false,
    stdin: 'ignore',
    cwd: artifacts,
    // A run that was told to stop has minutes to undo everything: nobody kills it after five seconds.
    forceKillAfterDelay: false,
  });
  let heard = '';
  const waiting = new Set<() => void>();
  const lines = new EventEmitter();
  child.stderr.on('data', (chunk) => {
    const begun = heard.lastIndexOf('\n') + 1;
    heard += chunk;
    for (const line of heard.slice(begun).split('\n').slice(0, -1)) lines.emit('line', line);
    for (const look of [...waiting]) look();
  });
  const kept = async () => {
    const { exitCode = -1, stdout, stderr } = await child;
    return { exitCode, stdout, stderr, ...(await readArtifacts(artifacts)) };
  };
  return {
    kill: (signal) => void child.kill(signal),
    artifacts,
    onLine: (notify) => void lines.on('line', notify),
    said: (text) =>
      new Promise((resolve, reject) => {
        const look = () => {
          if (typeof text === 'string' ? !heard.includes(text) : !text.test(heard)) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
        void child.then(() => reject(new Error(`the run ended without saying ${text}:\n${heard}`)));
      }),
    async ended() {
      const outcome = await kept();
      await rm(artifacts, { recursive: true });
      return outcome;
    },
    kept,
  };
}

/** Runs `sevlane run` to its end. */
export async function lane(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Outcome> {
  return await (await startLane(args, env)).ended();
}

/** Reads what a run left, at whatever moment; fails when a file does not parse. */
export async function readArtifacts(folder: string): Promise<Pick<Outcome, 'report' | 'cases' | 'phases'>> {
  const text = async (name: string) => await readFile(join(folder, name), 'utf8');
  return {
    report: JSON.parse(await text('report.json')) as Report,
    cases: readJunit(await text('junit.functest.xml')),
    phases: readJunit(await text('junit.sevlane.xml')),
  };
}

/** Runs any other command of the CLI to its end. */
export async function sevlane(
  args: readonly string[],
  options: { readonly env?: Readonly<Record<string, string>>; readonly cwd?: string } = {},
) {
  const {
    exitCode = -1,
    stdout,
    stderr,
  } = await execa(process.execPath, [MAIN, ...args], {
    env: cleanEnv(options.env ?? {}),
    extendEnv: false,
    reject: false,
    stdin: 'ignore',
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
  return { exitCode, stdout, stderr };
}

/** What `sevlane sim --json` says about the simulated host. */
export interface SimAddress {
  readonly sshHost: string;
  readonly sshPort: number;
  readonly sshUser: string;
  readonly sshKey: string;
  readonly sshKnownHosts: string;
  readonly kubeconfig: string;
  readonly nodeKubeconfig: string;
  readonly manifestMirror: string;
  readonly execSocket: string;
  readonly pid: number;
}

/** The simulated host in a process of its own. */
export interface Sim extends SimAddress {
  /** Settings that make `run --provider external` use it. */
  readonly args: readonly string[];
  stop(): Promise<void>;
}

/** Starts `sevlane sim` and waits for its one line. */
export async function startSim(args: readonly string[] = []): Promise<Sim> {
  const child = execa(process.execPath, [MAIN, 'sim', '--json', ...args], {
    env: cleanEnv({}),
    extendEnv: false,
    reject: false,
    stdin: 'ignore',
  });
  const line = await firstLine(child.stdout);
  if (line === undefined) throw new Error(`sevlane sim ended without a word: ${(await child).stderr}`);
  const address = JSON.parse(line) as SimAddress;
  return {
    ...address,
    args: externalArgs(address, address),
    async stop() {
      child.kill('SIGTERM');
      await child;
    },
  };
}

/** The settings for `run --provider external`: the SSH server may be another one than the simulator's own. */
export function externalArgs(
  ssh: Pick<SimAddress, 'sshHost' | 'sshPort' | 'sshUser' | 'sshKey' | 'sshKnownHosts'>,
  cluster: Pick<SimAddress, 'nodeKubeconfig' | 'manifestMirror'>,
): readonly string[] {
  return [
    ...['--provider', 'external', '--ssh', `${ssh.sshUser}@${ssh.sshHost}:${ssh.sshPort}`],
    ...['--ssh-config', 'none', '--ssh-key', ssh.sshKey, '--ssh-known-hosts', ssh.sshKnownHosts],
    ...['--kubeconfig', cluster.nodeKubeconfig, '--kubevirt-mirror', cluster.manifestMirror],
  ];
}

/** The same for a simulated cluster behind a real sshd: forwarding is that sshd's own, to the API server's real address. */
export function argsBehind(
  sshd: { readonly port: number; readonly keyFile: string; readonly knownHosts: string },
  sim: Pick<SimAddress, 'kubeconfig' | 'manifestMirror'>,
): readonly string[] {
  const ssh = {
    sshHost: '127.0.0.1',
    sshPort: sshd.port,
    sshUser: userInfo().username,
    sshKey: sshd.keyFile,
    sshKnownHosts: sshd.knownHosts,
  };
  return externalArgs(ssh, { nodeKubeconfig: sim.kubeconfig, manifestMirror: sim.manifestMirror });
}

async function firstLine(stream: Readable): Promise<string | undefined> {
  let text = '';
  for await (const chunk of stream.iterator({ destroyOnReturn: false })) {
    text += chunk;
    if (text.includes('\n')) return text.slice(0, text.indexOf('\n'));
  }
  return undefined;
}
