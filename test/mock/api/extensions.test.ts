import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { PassThrough } from 'node:stream';
import { expect } from 'chai';
import { afterEach, describe, it } from 'mocha';
import type { AdmissionReview } from '../../../providers/mock/api/backends.ts';
import type { KubeApi } from '../../../providers/mock/controllers/seam.ts';
import { type Running, running } from './running-server.ts';

const CONFIGMAPS = '/api/v1/namespaces/default/configmaps';
const configMap = (name: string) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { a: '1' } });

describe('what extends the API server', () => {
  let host: Running | undefined;
  const start = async (...args: Parameters<typeof running>) => {
    host = await running(...args);
    return host;
  };
  afterEach(async () => {
    await host?.stop();
    host = undefined;
  });

  it('asks a webhook at its URL, and says why it could not', async () => {
    const { ask, pki } = await start();
    const outside = createServer({ cert: pki.serving.certificate, key: pki.serving.key }, (request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const review = JSON.parse(Buffer.concat(chunks).toString('utf8')) as AdmissionReview;
        response.end(JSON.stringify(judge('/validate', review)));
      });
    });
    await new Promise<void>((resolve) => outside.listen(0, '127.0.0.1', resolve));
    const { port } = outside.address() as AddressInfo;
    const configuration = webhookConfiguration('ValidatingWebhookConfiguration', 'v', '/validate');
    const caBundle = Buffer.from(pki.ca).toString('base64');
    const at = (clientConfig: object) => ({
      ...configuration,
      webhooks: configuration.webhooks.map((webhook) => ({ ...webhook, clientConfig })),
    });
    const path = '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations';
    const url = `https://127.0.0.1:${port}/validate`;
    await ask('POST', path, { body: at({ url, caBundle }) });
    const refused = await ask('POST', CONFIGMAPS, { body: { ...configMap('b'), data: { bad: 'x' } } });
    expect(refused.body.message).to.equal('admission webhook "hook.example.com" denied the request: no bad ones');
    expect((await ask('POST', CONFIGMAPS, { body: { ...configMap('a'), data: { seen: 'yes' } } })).status).to.equal(
      201,
    );
    await new Promise((resolve) => outside.close(resolve));
    const unreachable = await ask('POST', CONFIGMAPS, { body: configMap('c') });
    expect([unreachable.status, unreachable.body.message]).to.deep.equal([
      500,
      `Internal error occurred: failed calling webhook "hook.example.com": failed to call webhook: Post "${url}?timeout=10s": dial tcp 127.0.0.1:${port}: connect: connection refused`,
    ]);
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
