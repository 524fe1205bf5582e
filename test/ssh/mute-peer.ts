import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ssh2 from 'ssh2';
import type { SshTarget } from '../../harness/model/host.ts';

/** A peer that lets everybody in, accepts every channel and then says nothing. */
export interface MutePeer {
  readonly target: SshTarget;
  /** Channels that it has accepted. */
  readonly channels: number;
  close(): Promise<void>;
}

/** Starts one on loopback; unless told otherwise it answers global requests, as every server must. */
export async function startMutePeer({ answersRequests = true } = {}): Promise<MutePeer> {
  const folder = mkdtempSync(join(tmpdir(), 'sevlane-mute-'));
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const hostKey = privateKey.export({ type: 'pkcs1', format: 'pem' });
  const clients = new Set<ssh2.Connection>();
  let channels = 0;
  const server = new ssh2.Server({ hostKeys: [hostKey] }, (client) => {
    clients.add(client);
    client.on('authentication', (context) => context.accept());
    client.on('request', (_accept, reject) => {
      if (answersRequests) reject?.();
    });
    client.on('session', (accept) => {
      channels += 1;
      // Nobody listens for what is asked of it.
      accept().on('exec', () => {});
    });
    client.on('tcpip', (accept) => {
      channels += 1;
      accept().resume();
    });
    client.on('error', () => {});
    client.on('close', () => clients.delete(client));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const key = ssh2.utils.parseKey(hostKey);
  if (key instanceof Error) throw key;
  const knownHosts = join(folder, 'known_hosts');
  writeFileSync(knownHosts, `[127.0.0.1]:${port} ssh-rsa ${key.getPublicSSH().toString('base64')}\n`);
  return {
    target: {
      host: '127.0.0.1',
      port,
      user: 'root',
      auth: [{ kind: 'password', password: 'any' }],
      hostKeys: { knownHostsFiles: [knownHosts] },
    },
    get channels() {
      return channels;
    },
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const client of clients) client.end();
      await closed;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
