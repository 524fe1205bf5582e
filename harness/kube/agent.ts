import { Agent, type RequestOptions } from 'node:https';
import { isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import { type ConnectionOptions, connect, type PeerCertificate, type TLSSocket } from 'node:tls';
import { ConnectionCut } from '../errors/errors.ts';
import type { HostPort } from '../model/host.ts';
import type { KubeAccess } from './access.ts';
import { BrokenCall } from './broken-call.ts';
import { isReset } from './https-transport.ts';
import { explainTrust } from './trust.ts';

/** Opens a byte stream to an address as the node sees it: an SSH connection does. */
export interface ChannelOpener {
  readonly description: string;
  /** Aborts when no stream can be opened any more. */
  readonly lost?: AbortSignal;
  openChannel(to: HostPort): Promise<Duplex>;
}

/** Every feed holds one of them; the rest are for requests, which queue beyond that. */
const MAX_SOCKETS = 32;
/** A connection without use is dropped before servers do it, so that no request is sent into a closing one. */
const IDLE_MS = 30_000;

/**
 * Keeps verified TLS connections to one API server, each in a channel of its own. Lists, watches, exec and console
 * share it. A server that cannot be trusted gets no request.
 */
export class ClusterAgent extends Agent {
  readonly #opener: ChannelOpener;
  readonly #access: KubeAccess;

  constructor(opener: ChannelOpener, access: KubeAccess) {
    super({ keepAlive: true, maxSockets: MAX_SOCKETS, maxFreeSockets: MAX_SOCKETS, timeout: IDLE_MS });
    this.#opener = opener;
    this.#access = access;
  }

  override createConnection(
    options: RequestOptions,
    callback?: (error: Error | null, stream: Duplex) => void,
  ): undefined {
    this.#connect(options).then(
      (socket) => callback?.(null, socket),
      // Node ignores the second argument when there is an error.
      (error: Error) => callback?.(error, undefined as unknown as Duplex),
    );
    return undefined;
  }

  async #connect(options: RequestOptions): Promise<TLSSocket> {
    const channel = await this.#opener.openChannel(this.#access.server);
    return await secure(tlsOptions(channel, options, this.#access), this.#access);
  }
}

async function secure(options: SecureOptions, access: KubeAccess): Promise<TLSSocket> {
  const socket = connect(options);
  return await new Promise((resolve, reject) => {
    let peer: PeerCertificate | undefined;
    // Node tells of it before it judges the certificate; afterwards that is gone.
    socket.prependOnceListener('secure' as string, () => {
      peer = socket.getPeerCertificate();
    });
    const fail = (error: Error) => {
      // TLS says only that its stream ended; the stream knows why.
      const seen = options.socket.errored instanceof ConnectionCut ? options.socket.errored : error;
      options.socket.destroy();
      socket.destroy();
      const told = explainTrust(seen, peer ?? {}, access);
      reject(isReset(seen) ? new BrokenCall(told.message, { cause: seen, isSent: false }) : told);
    };
    const closed = () =>
      fail(Object.assign(new Error('the connection was closed during the TLS handshake'), { code: 'ECONNRESET' }));
    socket.once('error', fail);
    socket.once('close', closed);
    socket.once('secureConnect', () => {
      socket.off('error', fail).off('close', closed);
      // Its user hears of errors by listening too; one that comes while nobody uses it must not end the process.
      socket.on('error', () => {});
      resolve(socket);
    });
  });
}

type SecureOptions = ConnectionOptions & { readonly socket: Duplex };

/** Certificates come with the request; that the server is verified, and by which name, is no request's choice. */
function tlsOptions(channel: Duplex, { ca, cert, key }: RequestOptions, { serverName }: KubeAccess): SecureOptions {
  return {
    socket: channel,
    // The certificate is checked against `host`; an IP address may not be sent as the server name.
    host: serverName,
    ...(isIP(serverName) ? {} : { servername: serverName }),
    ca,
    cert,
    key,
    ALPNProtocols: ['http/1.1'],
    minVersion: 'TLSv1.2',
  };
}
