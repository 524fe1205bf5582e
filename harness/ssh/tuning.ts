import { createRequire } from 'node:module';
import type { Duplex } from 'node:stream';
import type ssh2 from 'ssh2';

/** The versions of ssh2 whose insides were read and measured; any other is left alone. */
const TESTED = ['1.17.0'];
/** The window that ssh2 gives each channel, and half of which it lets be used up before it gives more. */
const WINDOW_BYTES = 2 * 1024 * 1024;
/** Used up bytes after which more are given: a busy peer then never waits for room, over 20 ms as on loopback. */
const ADJUST_EVERY_BYTES = 128 * 1024;

/**
 * Lets what is written in one turn leave in one piece. A packet is several small writes for ssh2, each a system call
 * and a TCP segment of its own otherwise.
 */
export function corkWrites(stream: Duplex): void {
  const write = stream.write.bind(stream) as (...args: unknown[]) => boolean;
  let isCorked = false;
  const release = () => {
    isCorked = false;
    stream.uncork();
  };
  stream.write = (...args: unknown[]) => {
    if (!isCorked) {
      isCorked = true;
      stream.cork();
      queueMicrotask(release);
    }
    return write(...args);
  };
}

/**
 * Gives the peer of every channel new room after 128 KiB instead of 1 MiB. This reaches into ssh2, so only into a
 * version and a shape that were tested: false means that the client was left as it is, only slower.
 */
export function adjustWindowsSooner(client: ssh2.Client, version: string = installedVersion()): boolean {
  if (!TESTED.includes(version)) return false;
  const { _protocol: protocol, _chanMgr: channels } = client as unknown as Insides;
  const handlers = protocol?._handlers;
  const onData = handlers?.CHANNEL_DATA;
  if (handlers === undefined || typeof onData !== 'function') return false;
  if (typeof protocol?.channelWindowAdjust !== 'function' || typeof channels?.get !== 'function') return false;
  handlers.CHANNEL_DATA = (self, id, bytes) => {
    onData(self, id, bytes);
    const channel = channels.get(id);
    // One that nobody reads gets no more room: ssh2 waits for its reader then.
    if (typeof channel !== 'object' || channel === null || channel._waitChanDrain) return;
    const { incoming, outgoing } = channel;
    const used = WINDOW_BYTES - incoming.window;
    if (used < ADJUST_EVERY_BYTES || incoming.state !== 'open' || outgoing.state === 'closed') return;
    incoming.window += used;
    protocol.channelWindowAdjust(outgoing.id, used);
  };
  return true;
}

/** What is used of the insides of ssh2 1.17.0: lib/client.js, lib/Channel.js, lib/utils.js. */
interface Insides {
  readonly _protocol?: {
    readonly _handlers?: { CHANNEL_DATA?: (self: unknown, id: number, bytes: Buffer) => void };
    channelWindowAdjust(id: number, bytes: number): void;
  };
  readonly _chanMgr?: { get(id: number): Channel | ((...args: unknown[]) => void) | undefined };
}

interface Channel {
  readonly _waitChanDrain: boolean;
  readonly incoming: { window: number; readonly state: string };
  readonly outgoing: { readonly id: number; readonly state: string };
}

/** The version of ssh2 that runs; empty when it cannot be told. */
function installedVersion(): string {
  try {
    const description: unknown = createRequire(import.meta.url)('ssh2/package.json');
    const version = typeof description === 'object' && description !== null && 'version' in description;
    return version ? String(description.version) : '';
  } catch {
    return '';
  }
}
