import { execFileSync, spawn } from 'node:child_process';
import { join } from 'node:path';

/** A real ssh-agent. */
export interface Agent {
  readonly socket: string;
  /** Hands it a private key file; `-c` lets it ask before each signature. */
  add(keyFile: string, ...options: readonly string[]): void;
  close(): void;
}

/** Starts one with its socket in the folder. */
export async function startAgent(folder: string, name = 'agent'): Promise<Agent> {
  const socket = join(folder, name);
  // Nobody can be asked for a confirmation, which is a refusal.
  const child = spawn('ssh-agent', ['-D', '-a', socket], {
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { PATH: process.env.PATH, SSH_ASKPASS: '/bin/false' },
  });
  await new Promise((resolve, reject) => child.stdout.once('data', resolve).once('error', reject));
  return {
    socket,
    add: (keyFile, ...options) =>
      void execFileSync('ssh-add', ['-q', ...options, keyFile], {
        env: { PATH: process.env.PATH, SSH_AUTH_SOCK: socket },
        stdio: 'ignore',
      }),
    close: () => void child.kill(),
  };
}

/** A new key pair; gives the private key's file. */
export function newKey(folder: string, name: string, type = 'ed25519'): string {
  const file = join(folder, name);
  execFileSync('ssh-keygen', ['-q', '-t', type, '-N', '', '-C', name, '-f', file]);
  return file;
}
