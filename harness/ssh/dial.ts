import { connect, type Socket } from 'node:net';
import { ConnectionCut } from '../errors/errors.ts';
import type { HostPort } from '../model/host.ts';

/**
 * Opens a TCP connection without Nagle's delay. `what` begins the errors.
 * @throws ConnectionCut, since each may heal, telling refusal, silence and unknown names apart.
 */
export async function dial(to: HostPort, what: string, signal: AbortSignal): Promise<Socket> {
  const socket = connect({ host: to.host, port: to.port, noDelay: true, autoSelectFamily: true });
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve).once('error', reject);
      if (signal.aborted) reject(signal.reason);
      else signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    });
    return socket;
  } catch (error) {
    socket.destroy();
    if (signal.aborted) throw signal.reason;
    throw explain(error, to, what);
  }
}

/** HOST stands for the machine that was dialled: with jump hosts in between that is the first of them, not the node. */
const EXPLANATIONS: Readonly<Record<string, readonly [seen: string, hint: string]>> = {
  ECONNREFUSED: ['connection refused', 'check the port, and that sshd runs on HOST'],
  ENOTFOUND: ['no such host name', 'check the spelling of the host, or give its IP address'],
  EAI_AGAIN: ['the name server does not answer', 'check DNS on this side, or give the IP address'],
  EHOSTUNREACH: ['no route to the host', 'check the network (VPN, firewall) between here and HOST'],
  ENETUNREACH: ['no route to the network', 'check the network (VPN, firewall) between here and HOST'],
  ETIMEDOUT: ['no answer', 'check the address and the firewalls in between'],
  ECONNRESET: ['connection reset', 'check that sshd listens there, and its MaxStartups'],
};

function explain(error: unknown, to: HostPort, what: string): ConnectionCut {
  const code = codeOf(error);
  const [seen, hint] = EXPLANATIONS[code] ?? [error instanceof Error ? error.message : String(error), undefined];
  const details = { cause: error, ...(hint === undefined ? {} : { hint: hint.replace('HOST', () => to.host) }) };
  const message = `${what}: cannot connect to ${to.host} port ${to.port}: ${seen}`;
  return new ConnectionCut(message, details);
}

/** With several addresses Node throws an AggregateError; its members carry the code. */
function codeOf(error: unknown): string {
  const first = error instanceof AggregateError ? error.errors[0] : error;
  return first instanceof Error && 'code' in first && typeof first.code === 'string' ? first.code : '';
}
