import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import type { SshTarget } from '../../harness/model/host.ts';
import { needProgram, programPath, skipBecause } from '../programs.ts';

/** Skips the suite, with a word why, where a real sshd cannot be started. */
export function needSshd(context: Mocha.Context): void {
  needProgram(context, 'sshd');
  if (userInfo().uid === 0) return;
  skipBecause(context, 'sshd is only started as root');
}

/** A real OpenSSH server, with keys and files of its own. */
export interface Sshd {
  readonly port: number;
  readonly folder: string;
  /** Private key that the server accepts. */
  readonly keyFile: string;
  readonly knownHosts: string;
  /** Public host key files by type. */
  readonly hostKeys: Readonly<Record<'ed25519' | 'ecdsa' | 'rsa', string>>;
  target(changes?: Partial<SshTarget>): SshTarget;
  log(): string;
  /** Processes that serve a connection now. */
  sessions(): number;
  signalSessions(name: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): void;
  close(): Promise<void>;
}

/** Starts one sshd process per connection, as inetd would, so that the port can be left to the system. */
export async function startSshd(config: readonly string[] = [], host = '127.0.0.1'): Promise<Sshd> {
  const program = programPath('sshd') ?? 'sshd';
  const folder = mkdtempSync(join(tmpdir(), 'sevlane-sshd-'));
  mkdirSync('/run/sshd', { recursive: true, mode: 0o755 });
  const hostKeys = { ed25519: keygen(folder, 'ed25519'), ecdsa: keygen(folder, 'ecdsa'), rsa: keygen(folder, 'rsa') };
  const keyFile = join(folder, 'id');
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', keyFile]);
  writeFileSync(join(folder, 'authorized_keys'), readFileSync(`${keyFile}.pub`), { mode: 0o600 });
  const configFile = join(folder, 'sshd_config');
  writeFileSync(configFile, serverConfig(folder, config));
  const logFile = join(folder, 'log');
  writeFileSync(logFile, '');

  const pids = new Set<number>();
  const signal = (name: NodeJS.Signals) => {
    for (const pid of pids) kill(pid, name);
  };
  const server = createServer({ pauseOnConnect: true }, (socket: Socket) => {
    const child = spawn(program, ['-i', '-f', configFile, '-E', logFile], {
      stdio: [socket, socket, 'ignore'],
      detached: true,
    });
    const { pid } = child;
    if (pid !== undefined) pids.add(pid);
    child.once('exit', () => pid !== undefined && pids.delete(pid));
    socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  const { port } = server.address() as AddressInfo;
  const knownHosts = join(folder, 'known_hosts');
  writeFileSync(knownHosts, `[${host}]:${port} ${readFileSync(hostKeys.ed25519, 'utf8')}`);
  return {
    port,
    folder,
    keyFile,
    knownHosts,
    hostKeys,
    target: (changes) => ({
      host,
      port,
      user: userInfo().username,
      auth: [{ kind: 'key', path: keyFile, privateKey: readFileSync(keyFile) }],
      hostKeys: { knownHostsFiles: [knownHosts] },
      ...changes,
    }),
    log: () => readFileSync(logFile, 'utf8'),
    sessions: () => pids.size,
    signalSessions: signal,
    async close() {
      signal('SIGKILL');
      await new Promise((resolve) => server.close(resolve));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function keygen(folder: string, type: string): string {
  const file = join(folder, `host_${type}`);
  execFileSync('ssh-keygen', ['-q', '-t', type, '-N', '', '-C', '', '-f', file]);
  return `${file}.pub`;
}

function serverConfig(folder: string, extra: readonly string[]): string {
  return [
    ...extra,
    ...['ed25519', 'ecdsa', 'rsa'].map((type) => `HostKey ${join(folder, `host_${type}`)}`),
    `AuthorizedKeysFile ${join(folder, 'authorized_keys')}`,
    'StrictModes no',
    'UsePAM no',
    'PermitRootLogin yes',
    'PasswordAuthentication no',
    'PrintMotd no',
    // bash reads ~/.bashrc for sshd's commands unless it runs in another shell: that of a developer has no part in this.
    'SetEnv SHLVL=2',
    'LogLevel VERBOSE',
    '',
  ].join('\n');
}

/** The whole process group: sshd's monitor and its child. */
function kill(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(-pid, name);
  } catch {
    // It has ended by itself.
  }
}
