import type { Socket } from 'node:net';
import ssh2 from 'ssh2';
import type { RunKeys } from '../keys.ts';
import type { ConnectionFault, Director } from '../scenario/director.ts';
import type { AddressBook } from './address-book.ts';
import { authenticate } from './authenticate.ts';
import { Door } from './door.ts';
import { FaultySocket } from './faulty-socket.ts';
import { forward } from './forward.ts';
import type { HostShell } from './host-shell.ts';
import { serveSession } from './session.ts';

/** What an SSH server of a simulated host is made of. */
export interface SshServerSetup {
  readonly keys: Pick<RunKeys, 'sshHost' | 'sshImpostor' | 'sshClient' | 'sshPassword'>;
  readonly user: string;
  readonly hostname: string;
  readonly shell: HostShell;
  readonly addresses: AddressBook;
  readonly director: Director;
}

/** A running SSH server on loopback. */
export interface SshServer {
  readonly host: string;
  readonly port: number;
  /** Cuts every connection and stops to listen. */
  close(): Promise<void>;
}

/** Starts a real SSH server: keys and password, exec, shell, direct-tcpip; and whatever the director does to it. */
export async function startSshServer(setup: SshServerSetup): Promise<SshServer> {
  const { director, keys } = setup;
  const genuine = protocolServer(setup, keys.sshHost.privateKey);
  const impostor = protocolServer(setup, keys.sshImpostor.privateKey);
  const live = new Set<FaultySocket>();
  const door = new Door((socket) => {
    socket.setNoDelay(true);
    const fault = director.onConnect();
    const connection = new FaultySocket(socket);
    live.add(connection);
    socket.once('close', () => live.delete(connection));
    welcome(fault, { socket, connection, serve: () => genuine.injectSocket(socket), impostor });
  });
  const port = await door.open();
  const unsubscribe = director.connection((fault) => strikeAll(fault, live, door));
  return {
    host: '127.0.0.1',
    port,
    async close() {
      unsubscribe();
      await door.close();
    },
  };
}

interface Arrival {
  readonly socket: Socket;
  readonly connection: FaultySocket;
  readonly serve: () => void;
  readonly impostor: ssh2.Server;
}

function welcome(fault: ConnectionFault | undefined, { socket, connection, serve, impostor }: Arrival): void {
  if (fault === undefined) serve();
  else if (fault.do === 'refuse') socket.resetAndDestroy();
  else if (fault.do === 'wrong-key') impostor.injectSocket(socket);
  else if (fault.do === 'freeze' && (fault.afterBytes ?? 0) === 0) freezeAtTheDoor(socket, fault.forMs, serve);
  else {
    serve();
    connection.strike(fault);
  }
}

/** The client's TCP connection stands, but no SSH banner comes. */
function freezeAtTheDoor(socket: Socket, forMs = Number.POSITIVE_INFINITY, serve: () => void): void {
  socket.pause();
  if (!Number.isFinite(forMs)) return;
  const thaw = setTimeout(serve, forMs);
  socket.once('close', () => clearTimeout(thaw));
}

function strikeAll(fault: ConnectionFault, live: ReadonlySet<FaultySocket>, door: Door): void {
  // A wrong key is shown in the handshake, by onConnect.
  if (fault.do === 'wrong-key') return;
  if (fault.do === 'refuse') door.shut(fault.forMs ?? Number.POSITIVE_INFINITY);
  else {
    if (fault.do === 'cut' && fault.forMs !== undefined) door.shut(fault.forMs);
    for (const connection of live) connection.strike(fault);
  }
}

function protocolServer(setup: SshServerSetup, hostKey: string): ssh2.Server {
  const { keys, user, addresses, director } = setup;
  const credentials = { user, password: keys.sshPassword, publicKey: keys.sshClient.publicKey };
  const config: ssh2.ServerConfig = {
    hostKeys: [hostKey],
    ident: 'OpenSSH_9.9',
    // sshd has no patience to lose by default; ssh2 would end a silent client after 45 s.
    keepaliveCountMax: Number.MAX_SAFE_INTEGER,
  };
  return new ssh2.Server(config, (client) => {
    director.happened('ssh connected');
    client.on('error', () => {});
    client.on('authentication', (attempt) => authenticate(attempt, credentials));
    client.on('ready', () => director.happened('ssh authenticated'));
    client.on('session', (accept) => serveSession(accept(), setup));
    client.on('tcpip', (accept, reject, { destIP, destPort }) => {
      director.happened(`ssh forward ${destIP}:${destPort}`);
      forward(addresses(destIP, destPort), accept, reject);
    });
  });
}
