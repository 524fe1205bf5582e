import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { type AddressInfo, createServer as createSocketServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkServerIdentity, connect, createServer } from 'node:tls';
import { expect } from 'chai';
import { execa } from 'execa';
import ssh2 from 'ssh2';
import { parse } from 'yaml';
import { makeRunKeys, type RunKeys } from '../../../providers/mock/keys.ts';
import { knownHostsText, kubeconfigText } from '../../../providers/mock/kubeconfig.ts';
import { makeRunFolder, SOCKET_NAME, sweepRunFolders } from '../../../providers/mock/run-folder.ts';
import { makeSshKeyPair } from '../../../providers/mock/ssh/openssh-key.ts';

describe('keys of a simulated host', () => {
  let keys: RunKeys;
  before(async () => {
    keys = await makeRunKeys({ nodeName: 'node01', nodeAddress: '192.0.2.10' });
  });

  it('are pairs that ssh2 reads, every time', () => {
    for (let round = 0; round < 500; round += 1) {
      const { privateKey, publicKey } = makeSshKeyPair('somebody@somewhere');
      const read = ssh2.utils.parseKey(privateKey);
      if (read instanceof Error) throw read;
      expect(read.getPublicSSH().toString('base64')).to.equal(publicKey.split(' ')[1]);
      expect(read.comment).to.equal('somebody@somewhere');
      const signature = read.sign(Buffer.from('text'));
      expect(read.verify(Buffer.from('text'), signature)).to.equal(true);
    }
  });

  it('are new in every run', async () => {
    const others = await makeRunKeys({ nodeName: 'node01', nodeAddress: '192.0.2.10' });
    expect(others.sshHost.publicKey).not.to.equal(keys.sshHost.publicKey);
    expect(others.sshPassword).not.to.equal(keys.sshPassword);
    expect(others.clusterCa.certificate).not.to.equal(keys.clusterCa.certificate);
  });

  it('let a TLS client verify the API server under each of its names, and no other', async () => {
    for (const name of ['kubernetes.default.svc', 'node01', 'localhost', '192.0.2.10', '127.0.0.1']) {
      expect(await handshake(keys, name), name).to.equal('verified');
    }
    expect(await handshake(keys, 'example.org')).to.equal('ERR_TLS_CERT_ALTNAME_INVALID');
  });

  it('make the administrator a member of system:masters under the cluster CA', () => {
    const admin = new X509Certificate(keys.admin.certificate);
    expect(admin.subject.split('\n')).to.have.members(['O=system:masters', 'CN=kubernetes-admin']);
    expect(admin.verify(new X509Certificate(keys.clusterCa.certificate).publicKey)).to.equal(true);
  });

  it('go into a kubeconfig and a known_hosts line', () => {
    const config = parse(kubeconfigText('https://192.0.2.10:6443', keys.clusterCa.certificate, keys.admin));
    expect(config.clusters[0].cluster.server).to.equal('https://192.0.2.10:6443');
    const key = Buffer.from(config.users[0].user['client-key-data'], 'base64').toString();
    expect(key).to.equal(keys.admin.key);
    const line = knownHostsText('127.0.0.1', 2222, keys.sshHost.publicKey);
    expect(line).to.match(/^\[127\.0\.0\.1\]:2222 ssh-ed25519 AAAA\S+\n$/);
  });
});

describe('the folder of a run', () => {
  it('is swept when its owner was killed, and not while somebody listens or it is being filled', async () => {
    const parent = await mkdtemp(join(tmpdir(), 'sevlane-test-'));
    const folders = ['alive', 'dead', 'new'].map((name) => join(parent, `sevlane-sim-${name}`));
    const [alive = '', dead = ''] = folders;
    for (const folder of folders) await mkdir(folder);
    const listener = createSocketServer().listen(join(alive, SOCKET_NAME));
    await once(listener, 'listening');
    // Node removes the socket of a server that it closes; one that was killed leaves it.
    const script = `require('net').createServer().listen(process.argv[1], () => process.kill(process.pid, 'SIGKILL'))`;
    await execa(process.execPath, ['-e', script, join(dead, SOCKET_NAME)], { reject: false });
    expect(await sweepRunFolders(parent)).to.deep.equal([dead]);
    expect(await readdir(parent)).to.have.members(['sevlane-sim-alive', 'sevlane-sim-new']);
    listener.close();
    await rm(parent, { recursive: true });
  });

  it('is readable by its owner only and gone after removal', async () => {
    const folder = await makeRunFolder();
    const file = await folder.write('secret', 'content');
    expect((await stat(folder.path)).mode & 0o777).to.equal(0o700);
    expect((await stat(file)).mode & 0o777).to.equal(0o600);
    await folder.remove();
    await folder.remove();
    expect(await stat(folder.path).catch((error: NodeJS.ErrnoException) => error.code)).to.equal('ENOENT');
  });
});

/** Connects under `name` with the administrator's certificate; both sides verify. */
async function handshake(keys: RunKeys, name: string): Promise<string> {
  const server = createServer({
    cert: keys.apiServer.certificate,
    key: keys.apiServer.key,
    ca: keys.clusterCa.certificate,
    requestCert: true,
    rejectUnauthorized: true,
  });
  server.on('tlsClientError', () => {});
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const { certificate: cert, key } = keys.admin;
  const socket = connect({
    host: '127.0.0.1',
    port,
    ca: keys.clusterCa.certificate,
    cert,
    key,
    checkServerIdentity: (_, peer) => checkServerIdentity(name, peer),
  });
  try {
    await once(socket, 'secureConnect');
    return 'verified';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  } finally {
    socket.destroy();
    server.close();
  }
}
