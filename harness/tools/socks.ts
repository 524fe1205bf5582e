import type { Socket } from 'node:net';
import { InfraError } from '../errors/errors.ts';
import type { HostPort } from '../model/host.ts';
import { deadline } from '../scope/deadline.ts';
import type { Scope } from '../scope/scope.ts';
import { settle } from '../scope/settle.ts';
import type { SshConnection } from '../ssh/connection.ts';
import { carry, listenLocally } from './forward.ts';

/**
 * A SOCKS5 proxy whose connections start at the node: names are resolved there too. It speaks RFC 1928 as far as an SSH
 * channel can serve it: CONNECT without authentication. The libraries for it dial by themselves, so that what they
 * would save is these few bytes.
 * @returns where it listens. @throws InfraError when the address is taken.
 */
export async function serveSocks(scope: Scope, ssh: SshConnection, from: HostPort): Promise<HostPort> {
  return await listenLocally(scope, from, (socket) => {
    serve(socket, ssh).catch((error: unknown) => {
      socket.destroy();
      scope.log.detail(`socks: ${error instanceof Error ? error.message : String(error)}`);
    });
  });
}

const VERSION = 5;
const NO_AUTHENTICATION = 0;
const NO_METHOD = 0xff;
const CONNECT = 1;
/** Replies of RFC 1928, section 6. */
const REPLY = { granted: 0, failure: 1, refused: 5, command: 7, addressType: 8 } as const;
const GREETING_WITHIN_MS = 15_000;

async function serve(socket: Socket, ssh: SshConnection): Promise<void> {
  const to = await negotiate(socket);
  if (typeof to === 'number') {
    socket.end(reply(to));
    return;
  }
  await carry(socket, async () => {
    try {
      const far = await ssh.openChannel(to);
      socket.write(reply(REPLY.granted));
      return far;
    } catch (error) {
      // The client learns that the address could not be reached, and is hung up on by whoever carries it.
      await new Promise<void>((done) => socket.write(reply(REPLY.refused), () => done()));
      throw error;
    }
  });
}

/** Reads greeting and request. @returns the address, or the reply that refuses. @throws InfraError for another protocol. */
async function negotiate(socket: Socket): Promise<HostPort | number> {
  const late = () => new InfraError(`a client said nothing for ${GREETING_WITHIN_MS / 1000} s`);
  using bound = deadline(GREETING_WITHIN_MS, undefined, late);
  const take = (bytes: number) => settle(taken(socket, bytes), bound.signal);
  const [version, methodCount = 0] = await take(2);
  if (version !== VERSION) throw new InfraError('a client speaks another protocol than SOCKS5');
  const methods = await take(methodCount);
  if (!methods.includes(NO_AUTHENTICATION)) {
    socket.write(Buffer.from([VERSION, NO_METHOD]));
    throw new InfraError('a client wants to authenticate itself');
  }
  socket.write(Buffer.from([VERSION, NO_AUTHENTICATION]));
  const [requestVersion, command, , addressType] = await take(4);
  if (requestVersion !== VERSION) throw new InfraError('a client lost the thread of SOCKS5');
  const host = await readAddress(addressType ?? 0, take);
  if (host === undefined) return REPLY.addressType;
  const port = (await take(2)).readUInt16BE();
  return command === CONNECT ? { host, port } : REPLY.command;
}

async function readAddress(type: number, take: (bytes: number) => Promise<Buffer>): Promise<string | undefined> {
  if (type === 1) return [...(await take(4))].join('.');
  if (type === 3) return (await take((await take(1))[0] ?? 0)).toString('latin1');
  if (type !== 4) return undefined;
  const words = await take(16);
  return Array.from({ length: 8 }, (_, index) => words.readUInt16BE(index * 2).toString(16)).join(':');
}

/** Exactly so many bytes; what comes after them stays in the socket. */
function taken(socket: Socket, bytes: number): Promise<Buffer> {
  if (bytes === 0) return Promise.resolve(Buffer.alloc(0));
  return new Promise((resolve, reject) => {
    const stop = () => socket.off('readable', look).off('end', lost).off('close', lost);
    const look = () => {
      const chunk: Buffer | null = socket.read(bytes);
      if (chunk === null) return;
      stop();
      // The last bytes before the end come in a shorter chunk.
      if (chunk.length < bytes) reject(new InfraError('a client hung up in the middle of a request'));
      else resolve(chunk);
    };
    const lost = () => {
      stop();
      reject(new InfraError('a client hung up in the middle of a request'));
    };
    socket.on('readable', look).once('end', lost).once('close', lost);
    look();
  });
}

function reply(code: number): Buffer {
  // Where the connection starts from is the node's business: all zeros, as ssh -D says.
  return Buffer.from([VERSION, code, 0, 1, 0, 0, 0, 0, 0, 0]);
}
