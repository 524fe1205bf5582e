import { once } from 'node:events';
import { isIP } from 'node:net';
import { connect, type PeerCertificate, type TLSSocket } from 'node:tls';
import { ConnectionCut, InfraError } from '../errors/errors.ts';
import type { HostPort } from '../model/host.ts';
import { settle } from '../scope/settle.ts';
import type { ChannelOpener } from './agent.ts';

/** A certificate as a server presents it. */
export interface PresentedCertificate {
  /** e.g. `CN=kube-apiserver`. */
  readonly subject: string;
  readonly issuer: string;
  readonly validFrom: Date;
  readonly validTo: Date;
}

/**
 * Looks at the certificate that a TLS server presents, trusted or not: only so an expired one can be told by its end.
 * Nothing is sent after the handshake, and nobody is to trust this server for having been looked at.
 * @throws InfraError when nobody listens there or it does not speak TLS; ConnectionCut.
 */
export async function peekCertificate(
  opener: ChannelOpener,
  to: HostPort & { readonly serverName?: string },
  signal: AbortSignal,
): Promise<PresentedCertificate> {
  const channel = await settle(opener.openChannel(to), signal);
  const { serverName = to.host } = to;
  const socket = connect({
    socket: channel,
    rejectUnauthorized: false,
    ...(isIP(serverName) ? {} : { servername: serverName }),
  });
  try {
    return await settle(presented(socket, to), signal);
  } catch (error) {
    // TLS says only that its stream ended; the stream knows why.
    throw channel.errored instanceof ConnectionCut ? channel.errored : error;
  } finally {
    socket.on('error', () => {}).destroy();
    channel.on('error', () => {}).destroy();
  }
}

async function presented(socket: TLSSocket, { host, port }: HostPort): Promise<PresentedCertificate> {
  const where = `${host}:${port}`;
  const ended = once(socket, 'close').then(() => {
    throw new Error('the connection was closed');
  });
  try {
    // A server that wants a certificate of ours tells so after the handshake: its own was seen by then.
    await Promise.race([once(socket, 'secureConnect'), ended]);
  } catch (cause) {
    const seen = cause instanceof Error ? cause.message : String(cause);
    throw new InfraError(`${where} does not speak TLS: ${seen}`, { cause });
  } finally {
    ended.catch(() => {});
  }
  const { subject, issuer, valid_from, valid_to } = socket.getPeerCertificate();
  const [validFrom, validTo] = [new Date(valid_from), new Date(valid_to)];
  if (Number.isNaN(validFrom.getTime()) || Number.isNaN(validTo.getTime()))
    throw new InfraError(`${where} presents no certificate`);
  return { subject: named(subject), issuer: named(issuer), validFrom, validTo };
}

function named(name: PeerCertificate['subject'] | undefined): string {
  return name?.CN === undefined ? 'no name' : `CN=${name.CN}`;
}
