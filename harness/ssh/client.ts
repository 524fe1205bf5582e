import { readFile } from 'node:fs/promises';
import type ssh2 from 'ssh2';
import { InfraError } from '../errors/errors.ts';
import type { SshAuth, SshTarget } from '../model/host.ts';
import type { Scope } from '../scope/scope.ts';
import { within } from '../scope/until.ts';
import type { SshConnection } from './connection.ts';
import { dial } from './dial.ts';
import { handshake, type KnownHosts } from './handshake.ts';
import { knownHostEntries } from './known-hosts.ts';
import { LiveConnection } from './live-connection.ts';
import { readPrivateKey } from './private-key.ts';

/** Bounds of a connection. */
export interface SshOptions {
  /** From the first packet to the first session; default 15 s. */
  readonly withinMs?: number;
  /** A frozen peer is noticed after four of these; default 1 s. */
  readonly heartbeatMs?: number;
}

const CONNECT_WITHIN_MS = 15_000;
const HEARTBEAT_MS = 1000;

/**
 * Connects to the node and keeps the connection until the scope closes. The host key is verified before any
 * credential is sent; a connection lost later aborts the scope.
 * @throws InfraError naming what was tried, what was seen and the fix.
 */
export async function connectSsh(
  scope: Scope,
  target: SshTarget,
  { withinMs = CONNECT_WITHIN_MS, heartbeatMs = HEARTBEAT_MS }: SshOptions = {},
): Promise<SshConnection> {
  const description = `${target.user}@${target.host.includes(':') ? `[${target.host}]` : target.host}:${target.port}`;
  const auth = authMethods(target, description);
  const known = await readKnownHosts(target, description);
  return await within(
    `ssh ${description}: connect`,
    {
      scope,
      withinMs,
      blame: 'infra',
      hint: 'check that the address is right and a firewall lets it through',
    },
    async (signal) => {
      const socket = await dial(target, description, signal);
      const client = await handshake({ socket, target, description, auth, known, signal, heartbeatMs });
      const connection = new LiveConnection(client, socket, description, (reason) => scope.abort(reason));
      scope.defer(`close ssh ${description}`, 5000, () => connection.close());
      await quicken(connection, scope, signal);
      scope.log.detail(`ssh ${description}: connected`);
      return connection;
    },
  );
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

function authMethods(target: SshTarget, description: string): ssh2.AnyAuthMethod[] {
  if (target.auth.length === 0) {
    throw new InfraError(`ssh ${description}: no key and no password given`, { hint: 'give a key: --ssh-key FILE' });
  }
  return target.auth.flatMap((auth) => authMethod(auth, target.user, description));
}

function authMethod(auth: SshAuth, username: string, description: string): ssh2.AnyAuthMethod[] {
  if (auth.kind === 'key') {
    const reading = readPrivateKey(auth.privateKey, auth.path, auth.passphrase);
    if ('problem' in reading) throw new InfraError(`ssh ${description}: ${reading.problem}`, { hint: reading.fix });
    return [{ type: 'publickey', username, key: reading.key }];
  }
  if (auth.kind === 'agent') return [{ type: 'agent', username, agent: auth.socket }];
  const { password } = auth;
  return [
    { type: 'password', username, password },
    // Servers with PAM often take a password only through a dialogue.
    {
      type: 'keyboard-interactive',
      username,
      prompt: (_name, _instructions, _lang, prompts, finish) => finish(prompts.map(() => password)),
    },
  ];
}

/**
 * sshd leaves Nagle's algorithm on for a connection that only forwards ports, which delays small watch events by
 * 14 ms and more; the first session channel makes it set TCP_NODELAY for good. Without one it is only slower.
 */
async function quicken(connection: SshConnection, scope: Scope, signal: AbortSignal): Promise<void> {
  try {
    await connection.exec('true', { signal });
  } catch (error) {
    signal.throwIfAborted();
    connection.lost.throwIfAborted();
    scope.log.detail(`ssh ${connection.description}: no session to quicken the connection: ${String(error)}`);
  }
}
