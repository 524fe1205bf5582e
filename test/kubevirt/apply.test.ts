import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { InfraError, UsageError } from '../../harness/errors/errors.ts';
import { discover } from '../../harness/kube/discovery.ts';
import type { KubeObject } from '../../harness/kube/objects.ts';
import { type Api, applyObject, inOrder, refuseTaken } from '../../harness/kubevirt/apply.ts';
import { prepareGround } from '../../harness/kubevirt/ground.ts';
import { applyRelease, install } from '../../harness/kubevirt/install.ts';
import { parsePatches } from '../../harness/kubevirt/patches/read.ts';
import { openRelease, type ReleaseWish } from '../../harness/kubevirt/release.ts';
import type { Made } from '../../harness/kubevirt/uninstall.ts';
import { failure } from '../failure.ts';
import { openSimulatedCluster, type SimulatedCluster } from '../traces/simulated-cluster.ts';

const OPERATOR = '/apis/apps/v1/namespaces/kubevirt/deployments/virt-operator';
const CLUSTER_ROLE = '/apis/rbac.authorization.k8s.io/v1/clusterroles/kubevirt-operator';
const NAMESPACE = '/api/v1/namespaces/kubevirt';
const DEFINITION = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/kubevirts.kubevirt.io';

describe('a KubeVirt that is applied', function () {
  this.timeout(120_000);
  let cluster: SimulatedCluster;
  let folder = '';
  beforeEach(async () => {
    cluster = await openSimulatedCluster();
    folder = await mkdtemp(join(tmpdir(), 'build-'));
  });
  afterEach(async () => {
    await cluster.close();
    await rm(folder, { recursive: true });
  });

  const wish = (more: Partial<ReleaseWish> = {}): ReleaseWish => ({
    source: { kind: 'version', version: 'v1.9.0' },
    mirror: cluster.host.manifestMirror,
    cache: 'none',
    environment: {},
    images: { imageRegistry: undefined, imageTag: undefined, imagePullPolicy: undefined },
    patches: [],
    labels: { 'sevlane/run': 'r1' },
    nodes: 1,
    ...more,
  });
  const apiOf = (made: Made[] = []): Api => {
    const { client, scope } = cluster;
    return { client, discovery: discover(client), signal: scope.signal, made };
  };
  const said = () => JSON.stringify(cluster.events);
  /** The same as the simulated release, as a developer builds it. */
  const writeBuild = async (change: (text: string) => string) => {
    const release = join(folder, '_out', 'manifests', 'release');
    await mkdir(release, { recursive: true });
    for (const file of ['kubevirt-operator.yaml', 'kubevirt-cr.yaml']) {
      const text = await readFile(join(cluster.host.manifestMirror, 'v1.9.0', file), 'utf8');
      await writeFile(join(release, file), change(text));
    }
  };

  it("is a developer's own build, whose version is learnt once it is up, and nothing of it stays", async () => {
    await writeBuild((text) =>
      text.replaceAll('quay.io/kubevirt/', 'registry:5000/dev/').replaceAll('v1.9.0', 'devel'),
    );
    const patches = parsePatches(
      `- target: {kind: Deployment, name: virt-operator}
  json: [{op: replace, path: /spec/replicas, value: 1}]`,
      'p.yaml',
    );
    const { scope, client } = cluster;
    const run = scope.child();
    const { nodes: _, ...rest } = wish({ source: { kind: 'path', path: folder }, patches });
    const node = { name: undefined, hostname: undefined };
    const { kubevirt } = await prepareGround(run, client, { ...rest, budgetMs: 120_000, node });
    expect(kubevirt).to.include({ reports: 'devel', namespace: 'kubevirt' });
    expect(kubevirt.version.text).to.equal('v1.9.0');
    expect(kubevirt.guestDisk).to.match(/^registry:5000\/dev\/.*:devel$/);
    expect(said())
      .to.include('KubeVirt calls itself \\"devel\\": taken for v1.9.0')
      .and.include('"kubevirt":"devel (v1.9.0)"');
    expect(said()).to.match(/"kubevirtManifests":\[\{"place":"[^"]*kubevirt-operator.yaml","sha256":"[0-9a-f]{64}"/);
    const operator = await client.get(OPERATOR);
    expect(operator.spec).to.have.property('replicas', 1);
    const managers = (operator.metadata.managedFields as readonly { manager: string; operation: string }[]).map(
      ({ manager, operation }) => `${manager} ${operation}`,
    );
    expect(managers).to.include('sevlane Apply');
    expect(await run.close()).to.deep.equal([]);
    for (const path of [OPERATOR, CLUSTER_ROLE, NAMESPACE, DEFINITION])
      expect(await client.find(path), path).to.equal(undefined);
  });

  it('does not begin where something of it would be taken over from somebody else, and tells whose that is', async () => {
    const { scope, client } = cluster;
    const role = {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: { name: 'kubevirt-operator' },
      rules: [],
    };
    await client.patch(CLUSTER_ROLE, role, { type: 'apply', fieldManager: 'kubectl' });
    const release = await openRelease(scope, wish());
    const error = await failure(install(scope, client, release), InfraError);
    expect(error.message).to.match(
      /^the cluster already has ClusterRole kubevirt-operator, which is not of this run: made by "kubectl" at \S+; \.rules belongs to "kubectl"$/,
    );
    expect(await client.find(NAMESPACE)).to.equal(undefined);
    expect((await client.get(CLUSTER_ROLE)).rules).to.deep.equal([]);
  });

  it('leaves a namespace alone that somebody has prepared', async () => {
    const { scope, client } = cluster;
    await client.create('/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'kubevirt' } });
    const run = scope.child();
    const release = await openRelease(scope, wish());
    await refuseTaken(apiOf(), release.objects);
    await install(run, client, release);
    expect((await client.get(NAMESPACE)).metadata.labels).to.not.have.property('sevlane/run');
    await run.close();
    expect(await client.find(OPERATOR)).to.equal(undefined);
    expect((await client.find(NAMESPACE))?.metadata.deletionTimestamp).to.equal(undefined);
    expect(await client.find(NAMESPACE)).to.not.equal(undefined);
  });

  it('is not forced over what somebody has changed in it since: drift is told with field and owner', async () => {
    const { scope, client } = cluster;
    const made: Made[] = [];
    const api = apiOf(made);
    const release = await openRelease(scope, wish());
    await applyRelease(scope, api, release);
    const uids = made.map(({ uid }) => uid);
    expect(uids)
      .to.have.length(release.objects.length + 1)
      .and.to.not.include(undefined);
    await applyRelease(scope, api, release);
    expect(made.map(({ uid }) => uid)).to.deep.equal(uids);
    const theirs = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'virt-operator' },
      spec: { replicas: 5 },
    };
    await client.patch(OPERATOR, theirs, { type: 'apply', fieldManager: 'autoscaler', force: true });
    const error = await failure(applyRelease(scope, api, release), InfraError);
    expect(error.message).to.equal(
      'Deployment kubevirt/virt-operator has drifted, and is not applied: .spec.replicas belongs to "autoscaler"',
    );
    expect((await client.get(OPERATOR)).spec).to.have.property('replicas', 5);
    expect(made.map(({ uid }) => uid)).to.deep.equal(uids);
  });

  it('knows its own object again after a lost answer, also when a controller was at it meanwhile', async () => {
    const { scope, client } = cluster;
    const ours = {
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name: 'mine', namespace: 'default', labels: { 'sevlane/run': 'r1' } },
    };
    const path = '/api/v1/namespaces/default/serviceaccounts/mine';
    await applyObject(scope, apiOf([]), ours);
    const noted = { metadata: { annotations: { 'deployment.kubernetes.io/revision': '1' } } };
    await client.patch(path, noted, { type: 'merge', fieldManager: 'kube-controller-manager' });
    const made: Made[] = [];
    await applyObject(scope, apiOf(made), ours);
    const live = await client.get(path);
    expect(made).to.deep.equal([{ object: ours, uid: live.metadata.uid }]);
    expect(live.metadata.labels).to.include({ 'sevlane/run': 'r1' });
  });

  it('gives back what somebody else made in the same moment', async () => {
    const { scope, client } = cluster;
    const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'a', namespace: 'default' } };
    await client.create('/api/v1/namespaces/default/serviceaccounts', account, { fieldManager: 'helm' });
    const made: Made[] = [];
    const ours = { ...account, metadata: { ...account.metadata, labels: { 'sevlane/run': 'r1' } } };
    const error = await failure(applyObject(scope, apiOf(made), ours), InfraError);
    expect(error.message).to.match(
      /^ServiceAccount default\/a was made by somebody else in the same moment: made by "helm"/,
    );
    const live = await client.get('/api/v1/namespaces/default/serviceaccounts/a');
    expect(live.metadata.labels ?? {}).to.not.have.property('sevlane/run');
    expect(made).to.deep.equal([]);
  });

  it('with a field that its definition does not know is refused before anything is sent', async () => {
    const { scope, client } = cluster;
    const [patch] = parsePatches(
      '- {target: {kind: KubeVirt, name: kubevirt}, merge: {spec: {infra: {replica: 1}}}}',
      'p',
    );
    const error = await failure(openRelease(scope, wish({ patches: patch === undefined ? [] : [patch] })), UsageError);
    expect(error.message).to.include('spec.infra.replica');
    expect(await client.find(NAMESPACE)).to.equal(undefined);
  });

  it('with a field that the server does not know is refused, not thinned out', async () => {
    const { scope, client } = cluster;
    const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'odd', namespace: 'default' } };
    const error = await failure(applyObject(scope, apiOf([]), { ...account, secret: 'no list' }), InfraError);
    expect(error.message).to.include('secret');
    expect(await client.find('/api/v1/namespaces/default/serviceaccounts/odd')).to.equal(undefined);
  });

  it('is not begun with a manifest that is not what its name says', async () => {
    const { scope, client } = cluster;
    await writeFile(join(folder, 'kubevirt-operator.yaml'), '<!doctype html><title>Sign in</title>');
    const error = await failure(openRelease(scope, wish({ source: { kind: 'path', path: folder } })), InfraError);
    expect(error.message).to.include('it is a web page, not YAML');
    expect(await client.find(NAMESPACE)).to.equal(undefined);
  });

  it('is the stable one when that is wanted, and a single file gets a KubeVirt object composed', async () => {
    const { scope, host } = cluster;
    expect((await openRelease(scope, wish({ source: { kind: 'stable' } }))).reports).to.equal('v1.9.0');
    const path = join(host.manifestMirror, 'v1.8.4', 'kubevirt-operator.yaml');
    const release = await openRelease(scope, wish({ source: { kind: 'path', path } }));
    expect(release).to.deep.include({ reports: 'v1.8.4' });
    expect(release.resource).to.deep.include({
      kind: 'KubeVirt',
      metadata: { name: 'kubevirt', namespace: 'kubevirt', labels: { 'sevlane/run': 'r1' } },
    });
    expect(said()).to.include('one is composed');
  });

  it('comes with names, kinds and rights first, and with what runs last', () => {
    const kinds = ['Deployment', 'ClusterRoleBinding', 'CustomResourceDefinition', 'APIService', 'Namespace', 'Role'];
    const objects = kinds.map((kind): KubeObject & { metadata: { name: string } } => ({
      ...{ apiVersion: 'v1', kind, metadata: { name: 'a' } },
    }));
    expect(inOrder(objects).map(({ kind }) => kind)).to.deep.equal([
      ...['Namespace', 'CustomResourceDefinition', 'Role', 'ClusterRoleBinding', 'Deployment', 'APIService'],
    ]);
  });
});
