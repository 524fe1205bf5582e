import type { Duplex } from 'node:stream';
import ssh2 from 'ssh2';
import { ConnectionCut, InfraError, LaneError } from '../errors/errors.ts';
import type { SshTarget } from '../model/host.ts';
import { hostKeyRefusal } from './host-key-refusal.ts';
import { hostKeyAlgorithms, judgeHostKey, type KnownHostEntry } from './known-hosts.ts';
import { adjustWindowsSooner, corkWrites } from './tuning.ts';

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

/** What known_hosts says of the node, and the files that were looked at. */
export interface KnownHosts {
  readonly entries: readonly KnownHostEntry[];
  readonly files: readonly string[];
}

/** What a handshake needs. */
export interface Handshake {
  readonly stream: Duplex;
  readonly target: SshTarget;
  readonly description: string;
  readonly auth: readonly ssh2.AnyAuthMethod[];
  readonly known: KnownHosts;
  readonly signal: AbortSignal;
  readonly heartbeatMs: number;
}

/**
 * Greets the server on a fresh stream: verifies its key, then proves who we are. Resolves with a client that is ready.
 * @throws InfraError, or a ConnectionCut where a new try may do; the stream is closed then.
 */
export async function handshake({
  stream,
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
        .on('ready', () => {
          adjustWindowsSooner(client);
          resolve(client);
        })
        .on('error', (error) => reject(refusal ?? explain(error, description, target)))
        .on('close', () =>
          reject(
            refusal ?? new ConnectionCut(`ssh ${description}: the server closed the connection during the handshake`),
          ),
        );
      corkWrites(stream);
      client.connect({
        sock: stream,
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
    stream.destroy();
    // A late error of a client that nobody holds any more must not end the process.
    client.removeAllListeners().on('error', () => {});
    signal.throwIfAborted();
    // The library throws when this build of Node lacks an algorithm.
    throw error instanceof LaneError ? error : explain(error as Error, description, target);
  }
}

function explain(error: Error & { level?: string }, description: string, target: SshTarget): LaneError {
  if (error.level === 'client-authentication') {
    const tried = target.auth.map((auth) => (auth.kind === 'key' ? `key ${auth.path}` : auth.kind)).join(', ');
    return new InfraError(`ssh ${description}: the node does not accept us; tried ${tried}`, {
      hint: target.auth.some(({ kind }) => kind === 'key')
        ? `check the user name, and that the public key stands in ~${target.user}/.ssh/authorized_keys on the node`
        : 'check the user name and the password, and that the node allows PasswordAuthentication',
      cause: error,
    });
  }
  if (/no matching/i.test(error.message)) {
    return new InfraError(`ssh ${description}: no common algorithm with the server: ${error.message}`, {
      hint: 'let the server also offer curve25519-sha256 and an ssh-ed25519, ecdsa or rsa-sha2 host key',
      cause: error,
    });
  }
  return new ConnectionCut(`ssh ${description}: handshake failed: ${error.message}`, { cause: error });
}
