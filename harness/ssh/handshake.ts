import type { Duplex } from 'node:stream';
import ssh2 from 'ssh2';
import { ConnectionCut, InfraError, type LaneError } from '../errors/errors.ts';
import { libraryAlgorithms, nothingInCommon, type Offered, offeredAlgorithms } from './algorithms.ts';
import type { Credentials } from './credentials.ts';
import { type Greeting, listenIn } from './greeting.ts';
import type { Hop } from './hop.ts';
import type { Listeners, SessionCheck } from './host-key-check.ts';
import { Login } from './login.ts';
import { adjustWindowsSooner, corkWrites } from './tuning.ts';

/** What a handshake needs. */
export interface Handshake {
  /** Fresh; closed when the handshake fails. */
  readonly stream: Duplex;
  readonly hop: Hop;
  readonly credentials: Credentials;
  readonly hostKey: SessionCheck;
  /** Whom to ask and tell; their signal bounds the handshake. */
  readonly listeners: Listeners;
}

/**
 * Greets the server: verifies its key, then proves who we are. Resolves with a client that is ready.
 * @throws ConnectionCut when the server broke off, InfraError when it or we refused.
 */
export async function handshake(setup: Handshake): Promise<ssh2.Client> {
  const { stream, hop, listeners } = setup;
  const algorithms = offeredAlgorithms(hop.target.algorithms, setup.hostKey.algorithms);
  if ('problem' in algorithms) {
    stream.destroy();
    throw new InfraError(`${hop.what}: ${algorithms.problem}`, { hint: OTHER_TRANSPORT });
  }
  const client = new ssh2.Client();
  try {
    return await greet(client, setup, algorithms.offered);
  } catch (error) {
    stream.destroy();
    // A late error of a client that nobody holds any more must not end the process.
    client.removeAllListeners().on('error', () => {});
    listeners.signal.throwIfAborted();
    throw error;
  }
}

const OTHER_TRANSPORT = "let the system's ssh do it: --ssh-transport openssh";

function greet(client: ssh2.Client, setup: Handshake, offered: Offered): Promise<ssh2.Client> {
  const { stream, hop, credentials, hostKey, listeners } = setup;
  const { signal } = listeners;
  const login = new Login(hop, credentials);
  let refusal: InfraError | undefined;
  const verify = (key: Buffer, verified: (isTaken: boolean) => void) => {
    const conclude = (verdict: InfraError | undefined) => {
      refusal = verdict;
      verified(verdict === undefined);
    };
    const judgement = hostKey.judge(key, listeners);
    // At once where it can be: the library mixes up old and new keys when a later exchange of keys has to wait for it.
    if (!(judgement instanceof Promise)) conclude(judgement);
    // Whoever was asked gave no answer; the signal says why.
    else judgement.then(conclude, () => verified(false));
  };
  return new Promise<ssh2.Client>((resolve, reject) => {
    const stop = () => reject(signal.reason);
    if (signal.aborted) return stop();
    signal.addEventListener('abort', stop, { once: true });
    corkWrites(stream);
    let heard: () => Greeting = () => ({ words: '' });
    const fail = (error: Error & { level?: string }) => {
      // The next way to log in is tried when an agent fails.
      if (error.level !== 'agent') reject(refusal ?? explain(error, { hop, login, offered, greeting: heard() }));
    };
    client
      .on('ready', () => {
        signal.removeEventListener('abort', stop);
        adjustWindowsSooner(client);
        resolve(client);
      })
      .on('error', fail)
      .on('close', () => fail(new Error('it closed the connection')));
    try {
      client.connect({
        sock: stream,
        username: hop.target.user,
        hostVerifier: verify,
        // The type of the library does not know that `false` ends the trying.
        authHandler: (accepts, isPartial, next) => next(login.next(accepts, isPartial) as ssh2.AnyAuthMethod),
        // Bounded by the signal.
        readyTimeout: 0,
        algorithms: libraryAlgorithms(offered),
      });
      client.setNoDelay(true);
      heard = listenIn(stream);
    } catch (error) {
      // The library throws when this build of Node lacks an algorithm.
      fail(error instanceof Error ? error : new Error(String(error)));
    }
  });
}

interface Circumstances {
  readonly hop: Hop;
  readonly login: Login;
  readonly offered: Offered;
  readonly greeting: Greeting;
}

/** Reason 2 of RFC 4253 section 11.1 is all that sshd gives when it has had enough of our logins. */
const TOO_MANY = /too many authentication failures/i;

function explain(
  error: Error & { level?: string; code?: unknown },
  { hop: { what, name }, login, offered, greeting }: Circumstances,
): LaneError {
  if (error.level === 'client-authentication') return login.refusal(error);
  if (TOO_MANY.test(error.message)) return login.tooMany(error);
  if (/no matching|Unsupported algorithm/i.test(error.message)) {
    const both = greeting.offer === undefined ? undefined : nothingInCommon(offered, greeting.offer);
    return new InfraError(
      `${what}: no common algorithm with ${name === 'the node' ? 'the server' : name}: ${both ?? error.message}`,
      {
        hint: `${OTHER_TRANSPORT}, or let the server also offer curve25519-sha256 and an ssh-ed25519, ecdsa or rsa-sha2 host key`,
        cause: error,
      },
    );
  }
  const said = greeting.words === '' ? '' : `; it said "${greeting.words}"`;
  if (/MaxStartups|not allowed at this time/i.test(greeting.words)) {
    return new ConnectionCut(`${what}: ${name} takes no more logins at the moment (MaxStartups)${said}`, {
      cause: error,
      hint: 'others are logging in, or failing to; wait, or raise MaxStartups in its sshd_config',
    });
  }
  if (greeting.identification === undefined && said !== '') {
    return new InfraError(`${what}: handshake failed: what answers there is no ssh server${said}`, {
      cause: error,
      hint: 'check the port',
    });
  }
  return new ConnectionCut(`${what}: handshake failed: ${error.message}`, { cause: error });
}
