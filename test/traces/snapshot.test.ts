import { expect } from 'chai';
import { after, before, describe, it } from 'mocha';
import { openScope } from '../../harness/scope/scope.ts';
import { compare, notCompared } from '../../harness/traces/compare.ts';
import { type Snapshot, takeSnapshot } from '../../harness/traces/snapshot.ts';
import { inProcess } from '../../providers/mock/api/in-process.ts';
import type { KubeApi, KubeRequest } from '../../providers/mock/controllers/seam.ts';
import { installKubevirt, openSimulatedCluster, type SimulatedCluster } from './simulated-cluster.ts';

const RUN = { runId: 'run-1', hasInstalled: false };
const CRDS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const WIDGETS = '/apis/example.org/v1/namespaces/default/widgets';

describe('what is otherwise in a cluster than before', function () {
  this.timeout(60_000);
  let cluster: SimulatedCluster;
  let stranger: KubeApi;
  let found: Snapshot;

  const look = () => takeSnapshot(cluster.client, { signal: cluster.scope.signal });
  const ask = async (method: KubeRequest['method'], path: string, body?: object, contentType?: string) => {
    const more = { ...(body === undefined ? {} : { body }), ...(contentType === undefined ? {} : { contentType }) };
    const answer = await stranger.request({ method, path, ...more });
    expect(answer.status, `${method} ${path}: ${JSON.stringify(answer.body)}`).to.be.below(300);
  };
  const merge = (path: string, patch: object) => ask('PATCH', path, patch, 'application/merge-patch+json');
  const told = async () => compare(found, await look(), RUN);
  const map = (name: string) => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace: 'default' },
    data: { color: 'red' },
  });

  before(async () => {
    cluster = await openSimulatedCluster();
    stranger = inProcess(cluster.host.api)('kubernetes-admin');
    await ask('POST', '/api/v1/namespaces/default/configmaps', map('settings'));
    await ask('POST', '/api/v1/namespaces/default/secrets', {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'key', namespace: 'default' },
      data: { password: 'aHVudGVyMg==' },
    });
    await ask('POST', '/api/v1/namespaces/default/services', {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'web', namespace: 'default' },
      spec: { ports: [{ port: 80 }] },
    });
    await ask('POST', CRDS, widgetDefinition());
    await ask('POST', WIDGETS, widget('old'));
  });
  after(() => cluster.close());

  const changes: readonly {
    readonly of: string;
    readonly make: () => Promise<void>;
    readonly undo: () => Promise<void>;
    readonly what: string;
    readonly how: 'added' | 'removed' | 'changed';
    readonly fields: readonly string[];
  }[] = [
    {
      of: 'an object that is new',
      make: () => ask('POST', '/api/v1/namespaces/default/configmaps', map('new')),
      undo: () => ask('DELETE', '/api/v1/namespaces/default/configmaps/new'),
      ...{ how: 'added', what: 'configmaps "default/new"', fields: [] },
    },
    {
      of: 'an object that is gone',
      make: () => ask('DELETE', '/api/v1/namespaces/default/configmaps/settings'),
      undo: () => ask('POST', '/api/v1/namespaces/default/configmaps', map('settings')),
      ...{ how: 'removed', what: 'configmaps "default/settings"', fields: [] },
    },
    {
      of: 'a spec',
      make: () => merge('/api/v1/namespaces/default/services/web', { spec: { sessionAffinity: 'ClientIP' } }),
      undo: () =>
        merge('/api/v1/namespaces/default/services/web', {
          spec: { sessionAffinity: 'None', sessionAffinityConfig: null },
        }),
      ...{ how: 'changed', what: 'services "default/web"' },
      fields: ['spec.sessionAffinity changed', 'spec.sessionAffinityConfig added'],
    },
    {
      of: 'the data of a Secret, without a word of what it holds',
      make: () => merge('/api/v1/namespaces/default/secrets/key', { data: { password: 'aHVudGVyMw==' } }),
      undo: () => merge('/api/v1/namespaces/default/secrets/key', { data: { password: 'aHVudGVyMg==' } }),
      ...{ how: 'changed', what: 'secrets "default/key"', fields: ['data.password changed'] },
    },
    {
      of: 'a label',
      make: () => merge('/api/v1/namespaces/default', { metadata: { labels: { team: 'blue' } } }),
      undo: () => merge('/api/v1/namespaces/default', { metadata: { labels: { team: null } } }),
      ...{ how: 'changed', what: 'namespaces "default"', fields: ['label team added, "blue"'] },
    },
    {
      of: 'an annotation, whose words are not told',
      make: () => merge('/api/v1/namespaces/default', { metadata: { annotations: { note: 'hidden' } } }),
      undo: () => merge('/api/v1/namespaces/default', { metadata: { annotations: { note: null } } }),
      ...{ how: 'changed', what: 'namespaces "default"', fields: ['annotation note added'] },
    },
    {
      of: 'a label of a node',
      make: () => merge('/api/v1/nodes/sev-milan-1', { metadata: { labels: { 'kubernetes.io/os': 'plan9' } } }),
      undo: () => merge('/api/v1/nodes/sev-milan-1', { metadata: { labels: { 'kubernetes.io/os': 'linux' } } }),
      ...{ how: 'changed', what: 'nodes "sev-milan-1"' },
      fields: ['label kubernetes.io/os changed from "linux" to "plan9"'],
    },
    {
      of: 'a taint',
      make: () =>
        merge('/api/v1/nodes/sev-milan-1', { spec: { taints: [{ key: 'busy', value: 'yes', effect: 'NoSchedule' }] } }),
      undo: () => merge('/api/v1/nodes/sev-milan-1', { spec: { taints: null } }),
      ...{ how: 'changed', what: 'nodes "sev-milan-1"', fields: ['taint busy:NoSchedule added, "yes"'] },
    },
    {
      of: 'an object of a kind that nobody knew',
      make: () => ask('POST', WIDGETS, widget('new')),
      undo: () => ask('DELETE', `${WIDGETS}/new`),
      ...{ how: 'added', what: 'widgets.example.org "default/new"', fields: [] },
    },
    {
      of: 'what such an object holds',
      make: () => merge(`${WIDGETS}/old`, { spec: { size: 2 } }),
      undo: () => merge(`${WIDGETS}/old`, { spec: { size: 1 } }),
      ...{ how: 'changed', what: 'widgets.example.org "default/old"', fields: ['spec.size changed from "1" to "2"'] },
    },
    {
      of: 'a cluster role',
      make: () =>
        ask('POST', '/apis/rbac.authorization.k8s.io/v1/clusterroles', {
          apiVersion: 'rbac.authorization.k8s.io/v1',
          kind: 'ClusterRole',
          metadata: { name: 'everything' },
          rules: [],
        }),
      undo: () => ask('DELETE', '/apis/rbac.authorization.k8s.io/v1/clusterroles/everything'),
      ...{ how: 'added', what: 'clusterroles.rbac.authorization.k8s.io "everything"', fields: [] },
    },
  ];

  it('is nothing while nobody does anything', async () => {
    found = await look();
    expect(found.objects.size, 'objects').to.be.greaterThan(50);
    expect(await told()).to.deep.equal([]);
  });

  for (const { of, make, undo, how, what, fields } of changes) {
    it(`is told of ${of}, as of somebody else's doing, and not any more when that is undone`, async () => {
      await make();
      expect(await told()).to.deep.equal([{ how, what, fields, whose: "others'" }]);
      await undo();
      expect(await told()).to.deep.equal([]);
    });
  }

  it('is an object of the run: it is ours', async () => {
    const ours = { ...map('ours'), metadata: { ...map('ours').metadata, labels: { 'sevlane/run': RUN.runId } } };
    await ask('POST', '/api/v1/namespaces/default/configmaps', ours);
    expect(await told()).to.deep.equal([
      { how: 'added', what: 'configmaps "default/ours"', fields: [], whose: 'ours' },
    ]);
    await ask('DELETE', '/api/v1/namespaces/default/configmaps/ours');
  });

  it('reads lists page by page', async () => {
    const paged = await takeSnapshot(cluster.client, { signal: cluster.scope.signal, pageSize: 3 });
    expect([...paged.objects.keys()].sort()).to.deep.equal([...found.objects.keys()].sort());
  });

  it('is told as not compared where a kind could be listed only once', async () => {
    const now = await look();
    const half = {
      objects: new Map([...now.objects].filter(([, { resource }]) => resource !== 'widgets.example.org')),
      unread: new Map([['widgets.example.org', 'widgets.example.org: 403 Forbidden']]),
    };
    expect(compare(half, now, RUN)).to.deep.equal([]);
    expect(notCompared(half, now)).to.deep.equal(['widgets.example.org: 403 Forbidden']);
  });

  it('is all that KubeVirt made while it is installed, and every bit of that is known for ours', async () => {
    const own = openScope(() => {});
    await installKubevirt(own, cluster, RUN);
    const now = compare(found, await look(), { ...RUN, hasInstalled: true });
    await own.close();
    // These collect the rules of whatever ClusterRole has the right label: they follow by themselves.
    const strange = now.filter(({ whose, what }) => whose !== 'ours' && !/"(admin|edit|view)"$/.test(what));
    expect(strange).to.deep.equal([]);
    expect(now.length).to.be.greaterThan(100);
  });
});

function widgetDefinition() {
  const size = { type: 'object', properties: { size: { type: 'integer' } } };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'widgets.example.org' },
    spec: {
      group: 'example.org',
      scope: 'Namespaced',
      names: { plural: 'widgets', singular: 'widget', kind: 'Widget', listKind: 'WidgetList' },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          schema: { openAPIV3Schema: { type: 'object', properties: { spec: size } } },
        },
      ],
    },
  };
}

function widget(name: string) {
  return { apiVersion: 'example.org/v1', kind: 'Widget', metadata: { name, namespace: 'default' }, spec: { size: 1 } };
}
