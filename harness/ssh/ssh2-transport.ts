import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { ConnectionCut, InfraError } from '../errors/errors.ts';
import type { SshTarget } from '../model/host.ts';
import type { Ask } from '../provider/contract.ts';
import type { LongWait } from '../scope/long-wait.ts';
import { settle } from '../scope/settle.ts';
import { gatherCredentials } from './credentials.ts';
import { dial } from './dial.ts';
import { handshake } from './handshake.ts';
import { describeTarget, type Hop, nameOf, route } from './hop.ts';
import { HostKeyCheck, NotPinned } from './host-key-check.ts';
import { LiveSession } from './live-session.ts';
import { ChannelRefused } from './open-channel.ts';
import { patience } from './patience.ts';
import type { SshTransport } from './session.ts';

/** What the transport may use beside the target. */
export interface Ssh2Options {
  /** Absent without a terminal: an unknown host is refused then, although its policy says `ask`. */
  readonly ask?: Ask;
  /** Told what is worth knowing and stops nothing, e.g. that a host key was written down. */
  readonly tell?: (message: string) => void;
  /** Starts telling of a wait for a host on the way, whenever that takes long. */
  readonly tellWait?: (wait: LongWait) => Disposable;
}

/** The built-in transport: our own SSH, without any program of the system. */
export function ssh2Transport(target: SshTarget, options: Ssh2Options = {}): SshTransport {
  const hops = route(target).map((hop) => ({ hop, check: new HostKeyCheck(hop) }));
  return {
    name: 'ssh2',
    description: describeTarget(target),
    async open(signal) {
      let via: Reached | undefined;
      for (const { hop, check } of hops) via = await reach(hop, { check, via, signal, options });
      // A route has at least the node itself.
      if (via === undefined) throw new InfraError(`ssh ${describeTarget(target)}: no way there`);
      return via.session;
    },
  };
}

/** For each host on the way, from the first packet to the login; a person may think longer. */
const CONNECT_WITHIN_MS = 15_000;
/** RFC 4254, section 5.1. */
const PROHIBITED = 1;

interface Reached {
  readonly session: LiveSession;
  readonly socket: Socket;
}

interface Step {
  readonly check: HostKeyCheck;
  /** The hop before; it ends when this one cannot be reached. */
  readonly via: Reached | undefined;
  readonly signal: AbortSignal;
  readonly options: Ssh2Options;
}

/** Opens a session on one hop, through the one before. Whatever was opened is closed again when it fails. */
async function reach(hop: Hop, { check, via, signal, options }: Step): Promise<Reached> {
  const { target, what } = hop;
  const withinMs = target.connectWithinMs ?? CONNECT_WITHIN_MS;
  const place = `${target.host}:${target.port}`;
  let saw = `no connection to ${place} yet`;
  let isSilent = false;
  const late = () =>
    new ConnectionCut(`${what}: ${isSilent ? saw : `not connected within ${withinMs / 1000} s`}`, {
      hint: `${isSilent ? 'check the port, and the load of the host' : 'check that the address is right and a firewall lets it through'}; ConnectTimeout in ssh_config gives more time`,
    });
  using _wait = options.tellWait?.({ goal: what, saw: () => saw, withinMs });
  using bound = patience(withinMs, signal, { ask: options.ask, late });
  try {
    const credentials = await gatherCredentials(hop, bound);
    return await withPinnedKind(check, async () => {
      const hostKey = await check.read();
      const { stream, socket } = await lineTo(hop, via, bound.signal);
      const listeners = { ...bound, tell: options.tell };
      isSilent = true;
      saw = `nothing was said on the connection to ${place}: no SSH server, or one that is overloaded`;
      const greeting = handshake({ stream, hop, credentials, hostKey, listeners });
      // After the library, which is to have every byte.
      stream.once('data', () => {
        isSilent = false;
        saw = `${place} has answered, and let nobody in yet`;
      });
      const client = await greeting;
      const session = new LiveSession({ client, stream, socket, what, ...(via && { via: via.session }) });
      return { session, socket };
    });
  } catch (error) {
    via?.session.cut(new ConnectionCut(`${what}: given up`, { cause: error }));
    throw error;
  }
}

/** A server shows one of its keys at a time, of the kind that it is asked for: the pinned one may be any of them. */
async function withPinnedKind(check: HostKeyCheck, greet: () => Promise<Reached>): Promise<Reached> {
  let notPinned: NotPinned | undefined;
  for (;;) {
    try {
      return await greet();
    } catch (error) {
      // A server without a key of any kind that is left has shown them all.
      if (!(error instanceof NotPinned)) {
        if (notPinned === undefined || !(error instanceof InfraError)) throw error;
        check.askForAllKinds();
        throw notPinned;
      }
      notPinned = error;
      if (!check.hasOtherKinds) {
        check.askForAllKinds();
        throw error;
      }
    }
  }
}

async function lineTo(
  hop: Hop,
  via: Reached | undefined,
  signal: AbortSignal,
): Promise<{ stream: Duplex; socket: Socket }> {
  const { target, what, through } = hop;
  if (via === undefined) {
    const socket = await dial(target, what, signal);
    return { stream: socket, socket };
  }
  via.session.quicken();
  try {
    return { stream: await settle(via.session.openChannel(target), signal), socket: via.socket };
  } catch (error) {
    if (!(error instanceof ChannelRefused)) throw error;
    const gate = nameOf(through.at(-1) ?? target);
    const seen = error.message.slice(error.message.lastIndexOf(': ') + 2);
    const message = `${what}: ${gate} cannot connect to ${target.host} port ${target.port}: ${seen}`;
    if (error.reason === PROHIBITED) {
      throw new InfraError(message, {
        cause: error,
        hint: `${gate} forbids it: look at AllowTcpForwarding and PermitOpen there`,
      });
    }
    throw new ConnectionCut(message, { cause: error, hint: `check from ${gate} that an ssh server answers there` });
  }
}
