import { Duplex } from 'node:stream';
import type ssh2 from 'ssh2';
import { InfraError } from '../errors/errors.ts';
import { deadline } from '../scope/deadline.ts';
import { settle } from '../scope/settle.ts';

const CHANNEL_WITHIN_MS = 15_000;

/** How a channel is asked for, and what is made of it in the moment when it opens. */
export interface Opening<T> {
  readonly ask: (done: (error: Error | undefined, channel: ssh2.ClientChannel) => void) => void;
  readonly take: (channel: ssh2.ClientChannel) => T;
}

/** A channel that the server refused to open. */
export class ChannelRefused extends InfraError {
  /** RFC 4254, section 5.1: 1 prohibited, 2 connect failed, 3 unknown type, 4 resource shortage; undefined when it gave none. */
  readonly reason: number | undefined;
  constructor(
    message: string,
    details: { readonly cause: unknown; readonly hint?: string },
    reason: number | undefined,
  ) {
    super(message, details);
    this.reason = reason;
  }
}

/**
 * Opens a channel, and takes it in the very moment when it opens: what the peer sends with it would be missed otherwise.
 * @throws ChannelRefused; InfraError when no answer comes within 15 s; the signal's reason.
 */
export async function openChannelOf<T>(what: string, signal: AbortSignal, { ask, take }: Opening<T>): Promise<T> {
  signal.throwIfAborted();
  const late = () =>
    new InfraError(`${what}: no answer within ${CHANNEL_WITHIN_MS} ms`, {
      hint: 'the server took the request and says nothing: look at its load and its log',
    });
  using bound = deadline(CHANNEL_WITHIN_MS, signal, late);
  const opened = new Promise<T>((resolve, reject) => {
    const done = (error: Error | undefined, channel: ssh2.ClientChannel) => {
      if (error) return reject(explainRefusal(what, error));
      if (!bound.signal.aborted) return resolve(take(channel));
      // Nobody waits for it any more.
      channel.on('error', () => {}).destroy();
    };
    try {
      ask(done);
    } catch (error) {
      // The socket is gone, and the client has not heard of it yet.
      reject(explainRefusal(what, error instanceof Error ? error : new Error(String(error))));
    }
  });
  return await settle(opened, bound.signal);
}

/** ssh2's own destroy() says goodbye and nothing more: no error, no `close` until the peer answers. */
export function destroyForReal(channel: Duplex): void {
  const sayGoodbye = channel.destroy.bind(channel);
  channel.destroy = (error) => {
    if (channel.destroyed) return channel;
    sayGoodbye();
    return Duplex.prototype.destroy.call(channel, error);
  };
}

/** What to do where the node itself could not connect. */
export const NOTHING_ANSWERS =
  'check on the node with ss -ltn that something listens at that address, as the node sees it (for the API server: the server of the kubeconfig)';

const HINTS: Readonly<Record<number, string>> = {
  1: 'the node forbids it: look at AllowTcpForwarding, PermitOpen, DisableForwarding and restrictions in authorized_keys',
  2: NOTHING_ANSWERS,
};

function explainRefusal(what: string, error: Error & { reason?: unknown }): InfraError {
  const seen = error.message
    .replace(/^\(SSH\) Channel open failure: /, '')
    .replace(/^open failed$/, 'the node refused');
  const reason = typeof error.reason === 'number' ? error.reason : undefined;
  const hint = reason === undefined ? undefined : HINTS[reason];
  return new ChannelRefused(`${what}: ${seen}`, { cause: error, ...(hint === undefined ? {} : { hint }) }, reason);
}
