import { readFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import ssh2 from 'ssh2';
import { InfraError } from '../errors/errors.ts';
import type { SshAuth, SshTarget } from '../model/host.ts';
import type { Scope } from '../scope/scope.ts';
import { within } from '../scope/until.ts';
import type { SshConnection } from './connection.ts';
import { dial } from './dial.ts';
import { hostKeyRefusal } from './host-key-refusal.ts';
import { hostKeyAlgorithms, judgeHostKey, type KnownHostEntry, knownHostEntries } from './known-hosts.ts';
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
const MISSED_HEARTBEATS = 3;

/** AES-GCM first: chacha20-poly1305 costs 15 to 25 % of the throughput on CPUs with AES instructions. */
const CIPHERS: ssh2.CipherAlgorithm[] = [
  'aes128-gcm@openssh.com',
  'aes256-gcm@openssh.com',
  'chacha20-poly1305@openssh.com',
  'aes128-ctr',
  'aes192-ctr',
  'aes256-ctr',
];

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

interface KnownHosts {
  readonly entries: readonly KnownHostEntry[];
  readonly files: readonly string[];
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

interface Handshake {
  readonly socket: Socket;
  readonly target: SshTarget;
  readonly description: string;
  readonly auth: readonly ssh2.AnyAuthMethod[];
  readonly known: KnownHosts;
  readonly signal: AbortSignal;
  readonly heartbeatMs: number;
}

async function handshake({
  socket,
  target,
  description,
  auth,
  known,
  signal,
  heartbeatMs,
}: Handshake): Promise<ssh2.Client> {
  const client = new ssh2.Client();
  let refusal: InfraError | undefined;
  const verify = (key: Buffer): boolean => {
    const verdict = judgeHostKey(known.entries, key);
    if (verdict.kind === 'known') return true;
    refusal = hostKeyRefusal(verdict, { host: target, key, files: known.files });
    return false;
  };
  try {
    return await new Promise<ssh2.Client>((resolve, reject) => {
      const stop = () => reject(signal.reason);
      signal.addEventListener('abort', stop, { once: true });
      client
        .on('ready', () => resolve(client))
        .on('error', (error) => reject(refusal ?? explain(error, description, target)))
        .on('close', () =>
          reject(
            refusal ?? new InfraError(`ssh ${description}: the server closed the connection during the handshake`),
          ),
        );
      client.connect({
        sock: socket,
        username: target.user,
        hostVerifier: verify,
        authHandler: [...auth],
        // Bounded by the signal.
        readyTimeout: 0,
        keepaliveInterval: heartbeatMs,
        keepaliveCountMax: MISSED_HEARTBEATS,
        algorithms: {
          cipher: CIPHERS,
          serverHostKey: hostKeyAlgorithms(known.entries) as ssh2.ServerHostKeyAlgorithm[],
        },
      });
    });
  } catch (error) {
    socket.destroy();
    // A late error of a client that nobody holds any more must not end the process.
    client.removeAllListeners().on('error', () => {});
    throw error;
  }
}

function explain(error: Error & { level?: string }, description: string, target: SshTarget): InfraError {
  if (error.level === 'client-authentication') {
    const tried = target.auth.map((auth) => (auth.kind === 'key' ? `key ${auth.path}` : 'password')).join(', ');
    return new InfraError(`ssh ${description}: the node does not accept us; tried ${tried}`, {
      hint: `check the user name, and that the public key stands in ~${target.user}/.ssh/authorized_keys on the node`,
      cause: error,
    });
  }
  if (/no matching/i.test(error.message)) {
    return new InfraError(`ssh ${description}: no common algorithm with the server: ${error.message}`, {
      hint: 'let the server also offer curve25519-sha256 and an ssh-ed25519, ecdsa or rsa-sha2 host key',
      cause: error,
    });
  }
  return new InfraError(`ssh ${description}: handshake failed: ${error.message}`, { cause: error });
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
