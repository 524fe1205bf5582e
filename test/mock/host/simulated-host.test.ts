import { readdir, readFile, stat } from 'node:fs/promises';
import { Agent, get } from 'node:https';
import type { Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';
import { expect } from 'chai';
import ssh2 from 'ssh2';
import { parse } from 'yaml';
import { HOST_PROFILES } from '../../../providers/mock/physics/profiles/profiles.ts';
import { loadScenario } from '../../../providers/mock/scenario/named.ts';
import {
  NODE_KUBECONFIG,
  type SimulatedHost,
  type SimulatedHostOptions,
  startSimulatedHost,
} from '../../../providers/mock/simulated-host.ts';
import { exec } from '../ssh/simulated-ssh.ts';

describe('a simulated host', () => {
  let host: SimulatedHost;
  let client: ssh2.Client;
  before(async () => {
    host = await start();
    client = await connect(host);
  });
  after(async () => {
    client.end();
    await host.stop();
  });

  it('leads from the kubeconfig on the node through SSH to a verified API server', async () => {
    const { stdout } = await exec(client, `cat ${NODE_KUBECONFIG}`);
    expect(stdout).to.equal(await readFile(host.nodeKubeconfigFile, 'utf8'));
    const { cluster, user } = credentials(stdout);
    const { hostname, port } = new URL(cluster.server);
    const channel = await forwarded(client, hostname, Number(port));
    const version = await getJson('/version', { hostname, channel, ...pems(cluster, user) });
    expect(version).to.have.property('gitVersion', host.kubernetes);
  });

  it('lets tools of this machine reach the same API server directly', async () => {
    const { cluster, user } = credentials(await readFile(host.kubeconfigFile, 'utf8'));
    expect(cluster.server).to.match(/^https:\/\/127\.0\.0\.1:\d+$/);
    const nodes = await getJson('/api/v1/nodes', {
      hostname: '127.0.0.1',
      url: cluster.server,
      ...pems(cluster, user),
    });
    const names = (nodes as { items: { metadata: { name: string } }[] }).items.map(({ metadata }) => metadata.name);
    expect(names).to.deep.equal([HOST_PROFILES.milan.hostname]);
  });

  it('names itself the same in SSH and in Kubernetes, and suits the KubeVirt', async () => {
    expect((await exec(client, 'uname -n')).stdout).to.equal(`${HOST_PROFILES.milan.hostname}\n`);
    expect(host.kubernetes).to.match(/^v1\.\d+\.\d+$/);
    expect(await readdir(host.manifestMirror)).to.include.members(['v1.6.6', 'v1.7.4', 'v1.9.0']);
  });

  it('takes a scenario: SEV-SNP off in the BIOS shows where a probe looks', async () => {
    const lacking = await start('host-lacks-snp');
    const other = await connect(lacking);
    const probe = 'cat /sys/module/kvm_amd/parameters/sev_snp; dmesg | grep -c "SEV-SNP enabled"';
    expect((await exec(other, probe)).stdout).to.equal('N\n0\n');
    other.end();
    await lacking.stop();
  });

  it('leaves nothing behind: no file, no listener', async () => {
    const short = await start();
    const { server } = credentials(await readFile(short.kubeconfigFile, 'utf8')).cluster;
    const folder = short.manifestMirror;
    await Promise.all([short.stop(), short.stop()]);
    expect(await stat(folder).catch((error: NodeJS.ErrnoException) => error.code)).to.equal('ENOENT');
    expect(await connect(short).catch((error: NodeJS.ErrnoException) => error.code)).to.equal('ECONNREFUSED');
    const refusal = await getJson('/version', { hostname: '127.0.0.1', url: server, ca: '', cert: '', key: '' }).catch(
      (error: NodeJS.ErrnoException) => error.code,
    );
    expect(refusal).to.equal('ECONNREFUSED');
    expect(short.failures).to.deep.equal([]);
  });
});

async function start(scenarioName = 'healthy'): Promise<SimulatedHost> {
  const loaded = loadScenario(scenarioName);
  if ('problems' in loaded) throw new Error(JSON.stringify(loaded.problems));
  const options: SimulatedHostOptions = {
    profile: HOST_PROFILES.milan,
    scenario: loaded.scenario,
    pace: 500,
    seed: 1,
  };
  return await startSimulatedHost(options);
}

async function connect({ ssh }: SimulatedHost): Promise<ssh2.Client> {
  const client = new ssh2.Client();
  await new Promise<void>((resolve, reject) => {
    client.once('ready', resolve);
    client.on('error', reject);
    client.connect({ host: ssh.host, port: ssh.port, username: ssh.user, privateKey: ssh.privateKey });
  });
  return client;
}

interface Kubeconfig {
  readonly cluster: { readonly server: string; readonly 'certificate-authority-data': string };
  readonly user: { readonly 'client-certificate-data': string; readonly 'client-key-data': string };
}

function credentials(text: string): Kubeconfig {
  const { clusters, users } = parse(text) as {
    clusters: { cluster: Kubeconfig['cluster'] }[];
    users: { user: Kubeconfig['user'] }[];
  };
  const [cluster] = clusters;
  const [user] = users;
  if (cluster === undefined || user === undefined) throw new Error('no cluster or user');
  return { ...cluster, ...user };
}

function pems(cluster: Kubeconfig['cluster'], user: Kubeconfig['user']) {
  const text = (base64: string) => Buffer.from(base64, 'base64').toString();
  return {
    ca: text(cluster['certificate-authority-data']),
    cert: text(user['client-certificate-data']),
    key: text(user['client-key-data']),
  };
}

function forwarded(client: ssh2.Client, host: string, port: number): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    client.forwardOut('127.0.0.1', 0, host, port, (error, channel) =>
      error === undefined ? resolve(channel) : reject(error),
    );
  });
}

interface Target {
  readonly hostname: string;
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
  readonly url?: string;
  readonly channel?: Duplex;
}

/** Asks over HTTPS, verified under the host name, directly or inside a channel. */
function getJson(path: string, { hostname, url, channel, ...tls }: Target): Promise<unknown> {
  const agent = new Agent({ keepAlive: false, ...tls });
  if (channel !== undefined) {
    agent.createConnection = () => connectTls({ socket: channel, host: hostname, ...tls });
  }
  return new Promise((resolve, reject) => {
    const request = get(`${url ?? `https://${hostname}`}${path}`, { agent }, async (response) => {
      let text = '';
      for await (const chunk of response) text += chunk;
      resolve(JSON.parse(text));
    });
    request.once('error', reject);
  });
}
