import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { CertifiedKey } from './keys.ts';

/** The port on which a kubelet serves: what it does for the API server goes another way, so strangers find a closed door. */
export interface KubeletPort {
  readonly port: number;
  close(): Promise<void>;
}

/** Listens with the kubelet's serving certificate and answers as it does to whoever it does not know. */
export async function openKubeletPort({ certificate: cert, key }: CertifiedKey): Promise<KubeletPort> {
  const server = createServer({ cert, key }, (_, response) => {
    response.writeHead(401, { 'content-type': 'text/plain; charset=utf-8' }).end('Unauthorized');
  });
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy()).once('close', () => sockets.delete(socket));
  });
  server.on('tlsClientError', () => {});
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
