import { readFile } from 'node:fs/promises';
import type { Duplex } from 'node:stream';
import type ssh2 from 'ssh2';
import { InfraError } from '../errors/errors.ts';
import type { SshTarget } from '../model/host.ts';
import type { Ask } from '../provider/contract.ts';
import { credentials } from './credentials.ts';
import { dial } from './dial.ts';
import { handshake, type KnownHosts } from './handshake.ts';
import { knownHostEntries } from './known-hosts.ts';
import { LiveSession } from './live-session.ts';
import type { SshTransport } from './session.ts';

/** What the transport may use beside the target. */
export interface Ssh2Options {
  /** Absent without a terminal: an unknown host is refused then, although its policy says `ask`. */
  readonly ask?: Ask;
  /** Told what is worth knowing and stops nothing, e.g. that known_hosts could not be written. */
  readonly tell?: (message: string) => void;
  /** The library's own heartbeat, where nobody supervises the session; a frozen peer is noticed after four. */
  readonly keepaliveMs?: number;
}

/** The built-in transport. */
export function ssh2Transport(target: SshTarget, options: Ssh2Options = {}): SshTransport {
  const description = describeTarget(target);
  return {
    name: 'ssh2',
    description,
    async open(signal) {
      const socket = await dial(target, description, signal);
      const client = await greet(socket, target, { description, signal, options });
      return new LiveSession({ client, stream: socket, socket, description, release: () => {} });
    },
  };
}

interface Greeting {
  readonly description: string;
  readonly signal: AbortSignal;
  readonly options: Ssh2Options;
}

async function greet(
  stream: Duplex,
  target: SshTarget,
  { description, signal, options }: Greeting,
): Promise<ssh2.Client> {
  try {
    const auth = credentials(target, description);
    const known = await readKnownHosts(target, description);
    const heartbeatMs = options.keepaliveMs ?? 0;
    return await handshake({ stream, target, description, auth, known, signal, heartbeatMs });
  } catch (error) {
    stream.destroy();
    throw error;
  }
}

/** `user@host:port`, with the hosts in between. */
export function describeTarget(target: SshTarget): string {
  const name = ({ user, host, port }: SshTarget) => `${user}@${host.includes(':') ? `[${host}]` : host}:${port}`;
  const through = (target.jumps ?? []).map(name).join(', ');
  return through === '' ? name(target) : `${name(target)} (through ${through})`;
}

async function readKnownHosts(target: SshTarget, description: string): Promise<KnownHosts> {
  const files = target.hostKeys.knownHostsFiles;
  const read = await Promise.all(
    files.map(async (path) => {
      try {
        return [{ path, text: await readFile(path, 'utf8') }];
      } catch (cause) {
        if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return [];
        throw new InfraError(`ssh ${description}: cannot read known_hosts file ${path}`, {
          cause,
          hint: `make it readable: chmod u+r ${path}`,
        });
      }
    }),
  );
  return { entries: knownHostEntries(read.flat(), target), files };
}
