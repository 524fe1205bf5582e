import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import type { Account, SshRequest, SshResolution, SshSurroundings } from '../../harness/ssh-config/request.ts';
import { resolveSshTarget } from '../../harness/ssh-config/resolve.ts';

/** A developer's desk: a folder with an ssh_config and keys, and everything else as on this machine. */
export interface Desk {
  readonly folder: string;
  at(name: string): string;
  write(name: string, text: string, mode?: number): string;
  /** Makes a key without a passphrase, or with this one. */
  key(name: string, passphrase?: string, ...options: readonly string[]): string;
  resolve(config: string, changes?: Partial<SshRequest>, around?: Partial<SshSurroundings>): Promise<SshResolution>;
  clear(): void;
}

/** Stands for a machine without ssh. */
export const NO_SSH: Partial<SshSurroundings> = { program: '/nonexistent/ssh' };

/** Sets a desk up. */
export function setDesk(): Desk {
  const folder = mkdtempSync(join(tmpdir(), 'sevlane-desk-'));
  const at = (name: string) => join(folder, name);
  const write = (name: string, text: string, mode = 0o600) => {
    mkdirSync(dirname(at(name)), { recursive: true });
    writeFileSync(at(name), text);
    chmodSync(at(name), mode);
    return at(name);
  };
  return {
    folder,
    at,
    write,
    key(name, passphrase = '', ...options) {
      const kind = options.length === 0 ? ['-t', 'ed25519'] : options;
      execFileSync('ssh-keygen', ['-q', '-N', passphrase, '-C', name, '-f', at(name), ...kind]);
      return at(name);
    },
    resolve(config, changes = {}, around = {}) {
      const request = { name: { host: 'amd1' }, transport: 'builtin' as const, configFile: write('config', config) };
      return resolveSshTarget({ ...request, ...changes }, surroundings(around));
    },
    clear: () => rmSync(folder, { recursive: true }),
  };
}

/** The machine's own ssh and user, and no agent. */
export function surroundings(around: Partial<SshSurroundings> = {}): SshSurroundings {
  const environment = { PATH: process.env.PATH ?? '', HOME: userInfo().homedir };
  return {
    signal: new AbortController().signal,
    own: { environment, kill: (pid, signal) => void process.kill(pid, signal) },
    ...around,
  };
}

/** The user of this machine, with another home. */
export function accountAt(home: string): Account {
  const { username, uid } = userInfo();
  return { name: username, home, uid };
}

/** What came of it, with key material left out: to compare and to show. */
export function brief(resolution: SshResolution): unknown {
  if ('problems' in resolution) return resolution.problems.map(({ place, problem }) => `${place}: ${problem}`);
  return JSON.parse(JSON.stringify(resolution.target, (key, value: unknown) => (key === 'privateKey' ? '...' : value)));
}
