import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import { InfraError } from '../errors/errors.ts';
import type { HostPort } from '../model/host.ts';
import type { ChannelOpener } from './agent.ts';

const DIAL_WITHIN_MS = 15_000;

/** Reaches the API server from here, without a node in between: for a host that is not lent over SSH. */
export const DIRECT: ChannelOpener = { description: 'a direct connection', openChannel: dial };

async function dial({ host, port }: HostPort): Promise<Duplex> {
  const socket = connect({ host, port, noDelay: true, autoSelectFamily: true, timeout: DIAL_WITHIN_MS });
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve).once('error', reject);
      socket.once('timeout', () => reject(Object.assign(new Error('no answer'), { code: 'ETIMEDOUT' })));
    });
    socket.setTimeout(0);
    return socket;
  } catch (cause) {
    socket.on('error', () => {}).destroy();
    throw new InfraError(`cannot connect to ${host} port ${port}: ${seen(cause)}`, {
      cause,
      hint: 'check the server of the kubeconfig; give --ssh when it is only reachable from its node',
    });
  }
}

const SEEN: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ENOTFOUND: 'no such host name',
  EAI_AGAIN: 'the name server does not answer',
  EHOSTUNREACH: 'no route to the host',
  ENETUNREACH: 'no route to the network',
  ETIMEDOUT: 'no answer',
};

/** With several addresses Node throws an AggregateError; its members carry the code. */
function seen(error: unknown): string {
  const first: unknown = error instanceof AggregateError ? error.errors[0] : error;
  const code = first instanceof Error && 'code' in first ? String(first.code) : '';
  return SEEN[code] ?? (first instanceof Error ? first.message : String(first));
}
