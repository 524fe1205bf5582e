import { createServer, type Server, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { InfraError } from '../errors/errors.ts';
import type { HostPort } from '../model/host.ts';
import type { Scope } from '../scope/scope.ts';
import type { SshConnection } from '../ssh/connection.ts';

/** From a listener on this side to an address as the node sees it. */
interface Forward {
  /** Port 0 lets the system choose. */
  readonly from: HostPort;
  readonly to: HostPort;
  /** What it leads to, for messages. */
  readonly name: string;
}

/**
 * Listens until the scope closes; each connection becomes an SSH channel to the address. The port stays over reconnects
 * of the SSH connection: what comes during a cut waits for the next session.
 * @returns where it listens. @throws InfraError when the address is taken.
 */
export async function forwardLocally(scope: Scope, ssh: SshConnection, { from, to, name }: Forward): Promise<HostPort> {
  return await listenLocally(scope, from, (socket) => {
    carry(socket, () => ssh.openChannel(to)).catch((error: unknown) => {
      scope.log.info(
        `${name}: a connection came to nothing: ${error instanceof Error ? error.message : String(error)}`,
      );
    });
  });
}

/**
 * Listens on this side until the scope closes, and then drops every connection. Sockets come paused.
 * @throws InfraError when the address is taken or not ours.
 */
export async function listenLocally(
  scope: Scope,
  { host, port }: HostPort,
  serve: (socket: Socket) => void,
): Promise<HostPort> {
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    // Whoever carries it listens too; one that comes before or after must not end the process.
    socket.on('error', () => {});
    serve(socket);
  });
  scope.defer(`stop listening on ${host}:${port}`, 2000, async () => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    for (const socket of sockets) socket.destroy();
    await closed;
  });
  await listening(server, { host, port });
  const address = server.address();
  return { host, port: typeof address === 'object' && address !== null ? address.port : port };
}

async function listening(server: Server, { host, port }: HostPort): Promise<void> {
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen({ host, port, exclusive: true }, () => {
        server.off('error', reject).on('error', () => {});
        resolve();
      });
    });
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
    throw new InfraError(`cannot listen on ${host}:${port}: ${SEEN[code] ?? code}`, {
      cause,
      hint: 'choose another port, or 0 for any that is free',
    });
  }
}

const SEEN: Readonly<Record<string, string>> = {
  EADDRINUSE: 'the port is in use',
  EACCES: 'ports below 1024 are for root',
  EADDRNOTAVAIL: 'this machine has no such address',
  ENOTFOUND: 'no such host name',
};

/** Carries bytes both ways until both ends are through. @throws what opening the far end threw; the socket is reset then. */
export async function carry(socket: Socket, openFar: () => Promise<Duplex>): Promise<void> {
  const isGone = new Promise<'gone'>((resolve) => socket.once('close', () => resolve('gone')));
  const opening = openFar();
  let far: Duplex;
  try {
    far = await opening;
  } catch (error) {
    socket.resetAndDestroy();
    throw error;
  }
  join(socket, far);
  await isGone;
}

/** Each end's end is passed on by itself, for protocols that go on talking the other way. */
function join(socket: Socket, far: Duplex): void {
  if (socket.destroyed) {
    far.destroy();
    return;
  }
  far.on('error', () => socket.resetAndDestroy());
  far.once('close', () => socket.destroySoon());
  socket.on('error', () => far.destroy());
  socket.once('close', () => far.destroy());
  socket.pipe(far);
  far.pipe(socket);
}
