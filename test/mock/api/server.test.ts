import { once } from 'node:events';
import { PassThrough, Readable } from 'node:stream';
import { expect } from 'chai';
import { afterEach, describe, it } from 'mocha';
import WebSocket from 'ws';
import type { AdmissionReview, Kubelet } from '../../../providers/mock/api/backends.ts';
import type { KubeApi } from '../../../providers/mock/controllers/seam.ts';
import { type Running, running } from './running-server.ts';

const CONFIGMAPS = '/api/v1/namespaces/default/configmaps';
const configMap = (name: string) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { a: '1' } });

describe('the API server over HTTPS', () => {
  let host: Running | undefined;
  const start = async (...args: Parameters<typeof running>) => {
    host = await running(...args);
    return host;
  };
  afterEach(async () => {
    await host?.stop();
    host = undefined;
  });

  it('knows users by their certificates and refuses them until a role is bound', async () => {
    const { ask } = await start();
    const refused = await ask('GET', CONFIGMAPS, { as: 'alice' });
    expect(refused.status).to.equal(403);
    expect(refused.body.message).to.contain('User "alice" cannot list resource "configmaps"');
    const rbac = '/apis/rbac.authorization.k8s.io/v1/namespaces/default/rolebindings';
    const body = {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      metadata: { name: 'viewers' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' },
      subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: 'devs' }],
    };
    expect((await ask('POST', rbac, { body })).status).to.equal(201);
    expect((await ask('GET', CONFIGMAPS, { as: 'alice' })).status).to.equal(200);
    expect((await ask('POST', CONFIGMAPS, { as: 'alice', body: configMap('a') })).status).to.equal(403);
  });

  it('takes a service account token until the account is gone', async () => {
    const { ask } = await start();
    const accounts = '/api/v1/namespaces/default/serviceaccounts';
    await ask('POST', accounts, { body: { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'bot' } } });
    const issued = await ask('POST', `${accounts}/bot/token`, {
      body: { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} },
    });
    const { token } = issued.body.status as { token: string };
    const whoAmI = () =>
      ask('POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', {
        as: 'anonymous',
        body: { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' },
        headers: { authorization: `Bearer ${token}` },
      });
    expect((await whoAmI()).body).to.have.nested.property(
      'status.userInfo.username',
      'system:serviceaccount:default:bot',
    );
    await ask('DELETE', `${accounts}/bot`);
    expect((await whoAmI()).status).to.equal(401);
  });

  it('lets an administrator act as somebody else, with groups', async () => {
    const { ask } = await start();
    const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' };
    const headers = {
      'impersonate-user': 'bob',
      'impersonate-group': ['a, b', 'c'],
      'impersonate-extra-team%2fname': 'x',
    };
    const review = () => ask('POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', { body, headers });
    expect((await review()).body)
      .to.have.nested.property('status.userInfo')
      .that.deep.equals({
        username: 'bob',
        groups: ['a, b', 'c', 'system:authenticated'],
        extra: { 'team/name': ['x'] },
      });
  });

  it('refuses a body that is too large', async () => {
    const { ask } = await start();
    const body = { ...configMap('big'), data: { a: 'x'.repeat(3_200_000) } };
    expect((await ask('POST', CONFIGMAPS, { body })).status).to.equal(413);
  });

  it('plays a scenario’s faults to clients and never to controllers', async () => {
    let left = 2;
    const { ask, system } = await start({
      api: ({ resource }) =>
        resource === 'configmaps' && left-- > 0 ? { do: 'status', status: 429, retryAfterSeconds: 3 } : undefined,
    });
    expect((await system.request({ method: 'GET', path: CONFIGMAPS })).status).to.equal(200);
    const throttled = await ask('GET', CONFIGMAPS);
    expect([throttled.status, throttled.headers['retry-after']]).to.deep.equal([429, '3']);
    await ask('GET', CONFIGMAPS);
    expect((await ask('GET', CONFIGMAPS)).status).to.equal(200);
  });

  it('shows an older state when a scenario lets reads go stale', async () => {
    let stale = false;
    const { ask } = await start({ api: () => (stale ? { do: 'stale', byVersions: 1 } : undefined) });
    await ask('POST', CONFIGMAPS, { body: configMap('old') });
    await ask('POST', CONFIGMAPS, { body: configMap('new') });
    stale = true;
    const names = ((await ask('GET', CONFIGMAPS)).body.items as { metadata: { name: string } }[]).map(
      (one) => one.metadata.name,
    );
    expect(names).to.deep.equal(['old']);
    expect((await ask('GET', `${CONFIGMAPS}/new`)).status).to.equal(404);
  });

  it('cuts a connection in the middle of an answer when told so', async () => {
    const { ask } = await start({ api: ({ verb }) => (verb === 'list' ? { do: 'cut', afterBytes: 10 } : undefined) });
    const error = await ask('GET', CONFIGMAPS).catch((problem: NodeJS.ErrnoException) => problem.code);
    expect(error).to.equal('ECONNRESET');
  });

  it('counts who asked what, for administrators only', async () => {
    const { ask } = await start();
    await ask('GET', CONFIGMAPS);
    const log = await ask('GET', '/sevlane-sim/requests');
    const [first] = log.body.requests as { verb: string; resource: string; user: string; remotePort: number }[];
    expect(first).to.include({ verb: 'list', resource: 'configmaps', user: 'root', status: 200 });
    expect(first?.remotePort).to.be.greaterThan(0);
    expect((await ask('GET', '/sevlane-sim/requests', { as: 'alice' })).status).to.equal(403);
  });

  it('asks mutating webhooks, then validating ones, and passes their words on', async () => {
    const { ask, network } = await start();
    await ask('POST', '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations', {
      body: webhookConfiguration('MutatingWebhookConfiguration', 'm', '/mutate'),
    });
    await ask('POST', '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations', {
      body: webhookConfiguration('ValidatingWebhookConfiguration', 'v', '/validate'),
    });
    const unreachable = await ask('POST', CONFIGMAPS, { body: configMap('a') });
    expect(unreachable.status).to.equal(500);
    expect(unreachable.body.message).to.contain('failed calling webhook "hook.example.com"');
    network.listenService('default', 'hooks', { admit: (path, review) => Promise.resolve(judge(path, review)) });
    const made = await ask('POST', CONFIGMAPS, { body: configMap('a') });
    expect(made.body).to.have.nested.property('data.seen', 'yes');
    expect(made.headers.warning).to.equal('299 - "be careful"');
    const refused = await ask('POST', CONFIGMAPS, { body: { ...configMap('b'), data: { bad: 'x' } } });
    expect([refused.status, refused.body.message]).to.deep.equal([
      422,
      'admission webhook "hook.example.com" denied the request: no bad ones',
    ]);
  });

  it('delegates an API group to whoever listens behind its service', async () => {
    const { ask, network, system } = await start();
    const service = {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'extension' },
      spec: { ports: [{ port: 443 }] },
    };
    await ask('POST', '/api/v1/namespaces/default/services', { body: service });
    const spec = {
      group: 'sub.example.com',
      version: 'v1',
      service: { namespace: 'default', name: 'extension' },
      groupPriorityMinimum: 100,
      versionPriority: 10,
    };
    const body = {
      apiVersion: 'apiregistration.k8s.io/v1',
      kind: 'APIService',
      metadata: { name: 'v1.sub.example.com' },
      spec,
    };
    await ask('POST', '/apis/apiregistration.k8s.io/v1/apiservices', { body });
    expect((await ask('PUT', '/apis/sub.example.com/v1/x')).status).to.equal(503);
    network.listenService('default', 'extension', {
      serve: (request, response) => {
        if (request.url === '/apis/sub.example.com/v1') return void response.end(JSON.stringify(EXTENSION_RESOURCES));
        const user = request.headers['x-remote-user'];
        request
          .pipe(new PassThrough())
          .toArray()
          .then((parts) => response.end(`${user} ${request.url} ${Buffer.concat(parts)}`));
      },
    });
    expect((await ask('PUT', '/apis/sub.example.com/v1/x?a=1', { body: { b: 2 } })).text).to.equal(
      'root /apis/sub.example.com/v1/x?a=1 {"b":2}',
    );
    const accept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';
    await untilAvailable(system, 'v1.sub.example.com');
    expect((await ask('GET', '/apis', { headers: { accept } })).text).to.contain('"resource":"things"');
    expect((await ask('GET', '/apis/sub.example.com')).body).to.have.nested.property('preferredVersion.version', 'v1');
  });

  it('serves a custom resource as soon as it is defined, and takes its objects along when it goes', async () => {
    const { ask } = await start();
    const crds = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
    const gadgets = '/apis/example.com/v1/namespaces/default/gadgets';
    expect((await ask('POST', crds, { body: gadgetDefinition() })).status).to.equal(201);
    const gadget = { apiVersion: 'example.com/v1', kind: 'Gadget', metadata: { name: 'g' }, spec: { size: 1 } };
    expect((await ask('POST', gadgets, { body: gadget })).status).to.equal(201);
    await ask('DELETE', `${crds}/gadgets.example.com`);
    expect((await ask('GET', gadgets)).status).to.equal(404);
    await ask('POST', crds, { body: gadgetDefinition() });
    expect((await ask('GET', gadgets)).body.items).to.deep.equal([]);
  });

  it('runs a command in a container over a websocket and tells its exit code', async () => {
    const { ask, network, server, admin } = await start();
    await podOnNode(ask);
    network.listenKubelet('n1', echoingKubelet());
    const url = `wss://127.0.0.1:${server.port}/api/v1/namespaces/default/pods/p/exec?command=cat&stdin=true&stdout=true&stderr=true`;
    const socket = new WebSocket(url, ['v5.channel.k8s.io'], admin);
    const frames: Buffer[] = [];
    socket.on('message', (data) => frames.push(data as Buffer));
    await once(socket, 'open');
    socket.send(Buffer.from('\u0000hello'));
    socket.send(Buffer.from([255, 0]));
    await once(socket, 'close');
    const on = (channel: number) =>
      Buffer.concat(frames.filter((frame) => frame[0] === channel).map((frame) => frame.subarray(1))).toString();
    expect(on(1)).to.equal('hello');
    expect(JSON.parse(on(3))).to.deep.include({
      status: 'Failure',
      reason: 'NonZeroExitCode',
      details: { causes: [{ reason: 'ExitCode', message: '3' }] },
    });
  });

  it('cuts a websocket after so many bytes when told so', async () => {
    const { ask, network, server, admin } = await start({
      api: ({ subresource }) => (subresource === 'exec' ? { do: 'cut', afterBytes: 400 } : undefined),
    });
    await podOnNode(ask);
    network.listenKubelet('n1', echoingKubelet());
    const url = `wss://127.0.0.1:${server.port}/api/v1/namespaces/default/pods/p/exec?command=cat&stdin=true&stdout=true`;
    const socket = new WebSocket(url, ['v5.channel.k8s.io'], admin);
    await once(socket, 'open');
    socket.send(Buffer.concat([Buffer.from([0]), Buffer.alloc(1000, 'x')]));
    const [code] = (await once(socket, 'close')) as [number];
    expect(code).to.equal(1006);
  });

  it('shows the log of a container, and asks for its name where there are several', async () => {
    const { ask, network } = await start();
    await podOnNode(ask, ['one', 'two']);
    network.listenKubelet('n1', echoingKubelet());
    const log = '/api/v1/namespaces/default/pods/p/log';
    expect((await ask('GET', `${log}?container=two&tailLines=1`)).text).to.equal('second of two\n');
    expect((await ask('GET', log)).body.message).to.equal(
      'a container name must be specified for pod p, choose one of: [one two]',
    );
  });
});

const EXTENSION_RESOURCES = {
  kind: 'APIResourceList',
  groupVersion: 'sub.example.com/v1',
  resources: [{ name: 'things', singularName: 'thing', namespaced: true, kind: 'Thing', verbs: ['get'] }],
};

async function untilAvailable(api: KubeApi, name: string): Promise<void> {
  for await (const { object } of api.watch('/apis/apiregistration.k8s.io/v1/apiservices', AbortSignal.timeout(1500))) {
    const { conditions = [] } = (object.status ?? {}) as { conditions?: { type: string; status: string }[] };
    if (object.metadata.name === name && conditions.some(({ status }) => status === 'True')) return;
  }
  throw new Error(`${name} did not become available`);
}

function webhookConfiguration(kind: string, name: string, path: string) {
  const rules = [{ operations: ['CREATE'], apiGroups: [''], apiVersions: ['v1'], resources: ['configmaps'] }];
  const clientConfig = { service: { namespace: 'default', name: 'hooks', path } };
  const webhook = {
    name: 'hook.example.com',
    clientConfig,
    rules,
    sideEffects: 'None',
    admissionReviewVersions: ['v1'],
  };
  return { apiVersion: 'admissionregistration.k8s.io/v1', kind, metadata: { name }, webhooks: [webhook] };
}

function judge(path: string, { request, ...review }: AdmissionReview): AdmissionReview {
  const { uid, object } = request as { uid: string; object: { data: Record<string, string> } };
  if (path === '/validate') {
    const allowed = object.data.bad === undefined && object.data.seen === 'yes';
    const status = { code: 422, message: 'no bad ones' };
    return { ...review, response: { uid, allowed, ...(allowed ? { warnings: ['be careful'] } : { status }) } };
  }
  const patch = Buffer.from(JSON.stringify([{ op: 'add', path: '/data/seen', value: 'yes' }])).toString('base64');
  return { ...review, response: { uid, allowed: true, patch, patchType: 'JSONPatch' } };
}

function gadgetDefinition() {
  const schema = {
    openAPIV3Schema: {
      type: 'object',
      properties: { spec: { type: 'object', properties: { size: { type: 'integer' } } } },
    },
  };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'gadgets.example.com' },
    spec: {
      group: 'example.com',
      scope: 'Namespaced',
      names: { plural: 'gadgets', kind: 'Gadget' },
      versions: [{ name: 'v1', served: true, storage: true, schema }],
    },
  };
}

async function podOnNode(ask: Running['ask'], containers: readonly string[] = ['c']): Promise<void> {
  const status = { addresses: [{ type: 'InternalIP', address: '10.0.0.1' }] };
  await ask('POST', '/api/v1/nodes', { body: { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n1' }, status } });
  await ask('POST', '/api/v1/namespaces/default/serviceaccounts', {
    body: { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default' } },
  });
  const spec = { nodeName: 'n1', containers: containers.map((name) => ({ name, image: 'x' })) };
  const made = await ask('POST', '/api/v1/namespaces/default/pods', {
    body: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' }, spec },
  });
  expect(made.status, made.text).to.equal(201);
}

function echoingKubelet(): Kubelet {
  return {
    logs: (_pod, container) => Readable.from([`first of ${container}\n`, `second of ${container}\n`]),
    exec: () => {
      const stdin = new PassThrough();
      const stdout = stdin.pipe(new PassThrough());
      const exitCode = once(stdout, 'end').then(() => 3);
      return { stdin, stdout, stderr: Readable.from([]), exitCode, kill: () => stdin.destroy() };
    },
  };
}
