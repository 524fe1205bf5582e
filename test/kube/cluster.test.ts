import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { execa } from 'execa';
import { after, afterEach, before, beforeEach, describe, it } from 'mocha';
import { InfraError } from '../../harness/errors/errors.ts';
import { type Cluster, connectCluster } from '../../harness/kube/connect.ts';
import { openFeed } from '../../harness/kube/feed.ts';
import { acquireLease } from '../../harness/kube/lease/acquire.ts';
import type { KubeObject } from '../../harness/kube/objects.ts';
import { sweepOtherRuns } from '../../harness/kube/sweep.ts';
import { type OwnedScope, openScope } from '../../harness/scope/scope.ts';
import { until } from '../../harness/scope/until.ts';
import { connectSsh } from '../../harness/ssh/client.ts';
import type { SshConnection } from '../../harness/ssh/connection.ts';
import { NODE_KUBECONFIG, type SimulatedHost } from '../../providers/mock/simulated-host.ts';
import { failure } from '../failure.ts';
import { programPath } from '../programs.ts';
import { connectionTo, startHost } from '../simulated.ts';

describe('a cluster behind ssh', () => {
  let host: SimulatedHost;
  let runDir: string;
  let scope: OwnedScope;
  let ssh: SshConnection;

  before(async () => {
    host = await startHost();
    runDir = await mkdtemp(join(tmpdir(), 'sevlane-cluster-'));
  });
  after(async () => {
    await host.stop();
    await rm(runDir, { recursive: true });
  });
  beforeEach(async () => {
    scope = openScope(() => {});
    ssh = await connectSsh(scope, await connectionTo(host));
  });
  afterEach(async () => void (await scope.close()));
  const reach = (changes = {}): Promise<Cluster> =>
    connectCluster(scope, ssh, { kubeconfig: { kind: 'node', paths: [NODE_KUBECONFIG] }, runDir, ...changes });

  it('is reached by the kubeconfig that lies on the node', async () => {
    const cluster = await reach();
    expect(cluster.serverVersion).to.equal(host.kubernetes);
    expect(cluster.address).to.deep.equal({ host: '192.0.2.10', port: 6443 });
    expect(cluster.expiries.map(({ subject }) => subject)).to.have.members(['cluster CA', 'client certificate']);
    expect(cluster.client.description).to.equal(`https://192.0.2.10:6443 through ${ssh.description}`);
    const { items } = await cluster.client.list('/api/v1/nodes');
    expect(items.map(({ kind }) => kind)).to.deep.equal(['Node']);
  });

  it('leaves a private copy of the kubeconfig that kubectl understands, and takes it away', async () => {
    const { kubeconfigPath } = await reach();
    expect(((await stat(kubeconfigPath)).mode & 0o777).toString(8)).to.equal('600');
    expect(await readFile(kubeconfigPath, 'utf8')).to.include('server: https://192.0.2.10:6443');
    const kubectl = programPath('kubectl');
    if (kubectl !== undefined) {
      const view = [
        '--kubeconfig',
        kubeconfigPath,
        'config',
        'view',
        '--minify',
        '-o',
        'jsonpath={.clusters[0].cluster.server}',
      ];
      expect((await execa(kubectl, view)).stdout).to.equal('https://192.0.2.10:6443');
    }
    const own = await reach({ runDir: join(runDir, 'made', 'for-this') });
    await scope.close();
    expect(await failure(stat(kubeconfigPath), Error)).to.include({ code: 'ENOENT' });
    expect(await failure(stat(dirname(own.kubeconfigPath)), Error)).to.include({ code: 'ENOENT' });
    expect((await stat(runDir)).isDirectory()).to.equal(true);
  });

  it('says that a kubeconfig is not there, here or on the node', async () => {
    const there = await failure(reach({ kubeconfig: { kind: 'node', paths: ['/etc/none'] } }), InfraError);
    expect(there.message).to.match(/root@\S+: cannot read \/etc\/none: No such file/);
    const here = await failure(reach({ kubeconfig: { kind: 'file', path: '/etc/none' } }), InfraError);
    expect(here.message).to.equal('kubeconfig /etc/none: cannot be read: does not exist');
  });

  it('can be reached without the node, or says how not', async () => {
    const direct = await connectCluster(scope, undefined, {
      kubeconfig: { kind: 'file', path: host.kubeconfigFile },
      runDir,
    });
    expect(direct.serverVersion).to.equal(host.kubernetes);
    expect(direct.client.description).to.match(/^https:\/\/127\.0\.0\.1:\d+ through a direct connection$/);
    const closed = join(runDir, 'closed');
    const text = (await readFile(host.kubeconfigFile, 'utf8')).replace(/127\.0\.0\.1:\d+/, '127.0.0.1:1');
    await writeFile(closed, text);
    const error = await failure(
      connectCluster(scope, undefined, { kubeconfig: { kind: 'file', path: closed }, runDir }),
      InfraError,
    );
    expect(error.message).to.include('cannot connect to 127.0.0.1 port 1: connection refused');
    expect(error.hint).to.include('give --ssh when it is only reachable from its node');
  });

  it('has a lease that one run holds and gives back', async () => {
    const { client } = await reach();
    const run = { namespace: 'kube-system', holder: 'a', runId: 'a', durationMs: 60_000, waitMs: 0 };
    const { epoch } = await acquireLease(scope, client, run);
    await failure(acquireLease(scope, client, { ...run, holder: 'b', runId: 'b' }), InfraError);
    await scope.close();
    const again = openScope(() => {});
    const other = await connectCluster(again, await connectSsh(again, await connectionTo(host)), {
      kubeconfig: { kind: 'node', paths: [NODE_KUBECONFIG] },
      runDir,
    });
    expect(await acquireLease(again, other.client, { ...run, holder: 'b', runId: 'b' })).to.deep.equal({
      epoch: epoch + 1,
    });
    await again.close();
  });

  it('is followed by a feed', async () => {
    const { client } = await reach();
    const path = '/api/v1/namespaces/default/configmaps';
    const feed = await openFeed(scope, client, path, { labelSelector: 'follow=me' });
    const wanted = (name: string, there: boolean) =>
      until(
        `${name} ${there}`,
        { scope, withinMs: 5000, everyMs: 5000, blame: 'infra', wake: feed.onChange },
        async () =>
          feed.items.has(`default/${name}`) === there
            ? { done: true, value: undefined }
            : { done: false, saw: [...feed.items.keys()].join() },
      );
    await client.create(path, configMap('seen', { follow: 'me' }));
    await wanted('seen', true);
    await client.patch(`${path}/seen`, { metadata: { labels: { follow: null } } }, { type: 'merge' });
    await wanted('seen', false);
  });

  it('is swept of what other runs left, and of nothing else', async () => {
    const { client } = await reach();
    const put = async (path: string, object: KubeObject) => await client.create(path, object);
    const namespace = (name: string, labels: Record<string, string>) => ({
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name, labels },
    });
    await put('/api/v1/namespaces', namespace('left-over', { 'sevlane/run': 'old' }));
    await put('/api/v1/namespaces', namespace('ours', { 'sevlane/run': 'now' }));
    await put('/api/v1/namespaces', namespace('foreign', {}));
    await put('/api/v1/namespaces/left-over/configmaps', configMap('inside', {}));
    await put('/api/v1/namespaces/foreign/configmaps', configMap('theirs', {}));
    await put('/api/v1/namespaces/foreign/configmaps', configMap('old', { 'sevlane/run': 'older' }));
    await put('/apis/rbac.authorization.k8s.io/v1/clusterroles', {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: { name: 'left-role', labels: { 'sevlane/run': 'old' } },
      rules: [],
    });
    const swept = await sweepOtherRuns(scope, client, { runId: 'now', stepWithinMs: 10_000 });
    expect(swept.map(({ kind, key, runId }) => `${kind} ${key} ${runId}`)).to.have.members([
      'namespaces left-over old',
      'configmaps foreign/old older',
      'clusterroles left-role old',
    ]);
    expect(await client.find('/api/v1/namespaces/left-over')).to.equal(undefined);
    expect(await client.find('/api/v1/namespaces/ours')).to.not.equal(undefined);
    expect(await client.find('/api/v1/namespaces/foreign/configmaps/theirs')).to.not.equal(undefined);
    expect(await sweepOtherRuns(scope, client, { runId: 'now' })).to.deep.equal([]);
  });

  it('that does not let go loses the finalizers that somebody else has put there, and only those', async () => {
    const { client } = await reach();
    const path = '/api/v1/namespaces/default/configmaps';
    const held = configMap('held', { 'sevlane/run': 'old' });
    const finalizers = ['example.com/hold', 'kubernetes.io/hold'];
    await client.create(path, { ...held, metadata: { ...held.metadata, finalizers } });
    const error = await failure(sweepOtherRuns(scope, client, { runId: 'now', stepWithinMs: 3000 }), InfraError);
    expect(error.message).to.include('configmaps "default/held" (finalizers kubernetes.io/hold)');
    await client.patch(`${path}/held`, { metadata: { finalizers: null } }, { type: 'merge' });
    expect(await client.find(`${path}/held`)).to.equal(undefined);
  });
});

function configMap(name: string, labels: Readonly<Record<string, string>>): KubeObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, labels } };
}
