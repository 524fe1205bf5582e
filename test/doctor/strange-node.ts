import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ssh2 from 'ssh2';
import type { SshTarget } from '../../harness/model/host.ts';

/** What a command gets for an answer. */
export interface StrangeAnswer {
  readonly stdout?: string | Buffer;
  readonly stderr?: string;
  readonly code: number;
}

/** A real SSH server that lets everybody in, forwards to loopback, and answers every command alike. */
export interface StrangeNode {
  readonly target: SshTarget;
  close(): Promise<void>;
}

/** Starts it; a known_hosts file of its own vouches for it. */
export async function startStrangeNode(answer: (command: string) => StrangeAnswer): Promise<StrangeNode> {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const key = pem(privateKey);
  const sockets = new Set<Socket>();
  const server = new ssh2.Server({ hostKeys: [key] }, (client) => {
    client.on('error', () => {});
    client.on('authentication', (attempt) => attempt.accept());
    client.on('session', (accept) => {
      accept().on('exec', (acceptExec, _reject, { command }) => {
        const channel = acceptExec();
        const { stdout = '', stderr = '', code } = answer(command);
        channel.on('error', () => {}).resume();
        channel.stderr.write(stderr);
        channel.write(stdout, () => {
          channel.exit(code);
          channel.end();
        });
      });
    });
    client.on('tcpip', (accept, reject, { destPort }) => {
      const socket = connect(destPort, '127.0.0.1');
      socket.once('error', () => reject());
      socket.once('connect', () => {
        const channel = accept();
        channel.on('error', () => {});
        socket.on('error', () => {});
        socket.pipe(channel).pipe(socket);
        channel.once('close', () => socket.destroy());
      });
    });
  });
  const door = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {}).once('close', () => sockets.delete(socket));
    server.injectSocket(socket);
  }).listen(0, '127.0.0.1');
  await once(door, 'listening');
  const { port } = door.address() as AddressInfo;
  const folder = await mkdtemp(join(tmpdir(), 'sevlane-strange-'));
  const knownHosts = join(folder, 'known_hosts');
  await writeFile(knownHosts, `[127.0.0.1]:${port} ssh-rsa ${blobOf(key)}\n`);
  return {
    target: {
      host: '127.0.0.1',
      port,
      user: 'root',
      auth: [{ kind: 'password', password: 'whatever it is' }],
      hostKeys: { knownHostsFiles: [knownHosts] },
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      door.close();
      await once(door, 'close');
      await rm(folder, { recursive: true });
    },
  };
}

function pem(key: KeyObject): string {
  return key.export({ type: 'pkcs1', format: 'pem' }).toString();
}

function blobOf(key: string): string {
  const parsed = ssh2.utils.parseKey(key);
  if (parsed instanceof Error) throw parsed;
  return parsed.getPublicSSH().toString('base64');
}
