import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { InfraError } from '../../harness/errors/errors.ts';
import type { KubeClient } from '../../harness/kube/client.ts';
import { KubeError } from '../../harness/kube/errors.ts';
import type { KubeObject } from '../../harness/kube/objects.ts';
import { openKubeClient } from '../../harness/kube/open-client.ts';
import { deadline } from '../../harness/scope/deadline.ts';
import { type OwnedScope, openScope } from '../../harness/scope/scope.ts';
import { failure } from '../failure.ts';
import { type ApiServer, json, refuse, startApiServer } from './api-server.ts';
import { type Line, openLine } from './line.ts';

const PODS = '/api/v1/namespaces/lane/pods';
const POD: KubeObject = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p', namespace: 'lane' } };
const LIST = { apiVersion: 'v1', kind: 'PodList', metadata: { resourceVersion: '1' }, items: [] };

describe('reading from a cluster over a line that is cut', () => {
  let server: ApiServer;
  let scope: OwnedScope;
  let line: Line;
  let client: KubeClient;
  beforeEach(async () => {
    server = await startApiServer();
    scope = openScope(() => {});
    line = openLine(scope, server.opener);
    client = openKubeClient(scope, line, server.access);
  });
  afterEach(async () => {
    await scope.close();
    await server.close();
  });

  it('asks again when the answer did not come', async () => {
    server.on((_seen, answer) => {
      if (server.requests.length > 1) return json(answer, POD);
      line.cut();
      line.heal();
    });
    expect(await client.get(`${PODS}/p`)).to.deep.equal(POD);
    expect(server.requests).to.have.length(2);
  });

  it('asks again when the answer broke off in its middle, and never gives a shorter one', async () => {
    const text = JSON.stringify(LIST);
    server.on(async (_seen, answer) => {
      if (server.requests.length > 3) return json(answer, LIST);
      answer.writeHead(200, { 'Content-Length': text.length }).write(text.slice(0, 20));
      await new Promise((resolve) => setImmediate(resolve));
      line.cut();
      line.heal();
    });
    expect((await client.list(PODS)).resourceVersion).to.equal('1');
    expect(server.requests).to.have.length(4);
  });

  it('outlives an outage that is longer than what a call may take', async () => {
    server.on((_seen, answer) => json(answer, LIST));
    await client.list(PODS);
    line.cut();
    const reading = client.list(PODS, { timeoutMs: 100 });
    using outage = deadline(500, undefined, () => new Error('over'));
    await once(outage.signal, 'abort');
    line.heal();
    expect((await reading).items).to.deep.equal([]);
  });

  it('ends with the reason of the loss when the line does not come back', async () => {
    server.on((_seen, answer) => json(answer, LIST));
    await client.list(PODS);
    line.cut();
    const reading = failure(client.list(PODS), InfraError);
    line.lose();
    expect((await reading).message).to.equal('ssh root@test:22: lost for 5 s');
  });

  it('gives up a server that closes every connection although the line stands', async () => {
    server.on((_seen, answer) => void answer.socket?.destroy());
    const error = await failure(client.get(`${PODS}/p`), InfraError);
    expect(error.message).to.match(/^get pods "p" in namespace "lane": the connection to the api server broke: /);
    expect(server.requests).to.have.length(4);
  });
});

/** A store of one object that loses answers on demand. */
class Store {
  object: KubeObject | undefined;
  version = 1;
  /** What was carried out, in order. */
  readonly done: string[] = [];

  put(object: KubeObject | undefined, verb: string): void {
    this.done.push(verb);
    this.version++;
    this.object =
      object === undefined
        ? undefined
        : { ...object, metadata: { uid: 'u-1', ...object.metadata, resourceVersion: String(this.version) } };
  }
}

describe('writing to a cluster when the answer is lost', () => {
  let server: ApiServer;
  let scope: OwnedScope;
  let line: Line;
  let client: KubeClient;
  let store: Store;
  /** How many of the next writes lose their answer, and whether they are carried out before. */
  let losses: ('after' | 'before')[];

  const lose = (answer: ServerResponse) => {
    line.cut();
    line.heal();
    answer.destroy();
  };

  beforeEach(async () => {
    server = await startApiServer();
    scope = openScope(() => {});
    line = openLine(scope, server.opener);
    client = openKubeClient(scope, line, server.access);
    store = new Store();
    losses = ['after'];
    server.on(({ method, path, body, query }, answer) => {
      if (method === 'GET')
        return store.object ? json(answer, store.object) : refuse(answer, 404, 'NotFound', 'no pod');
      const loss = losses.shift();
      if (loss === 'before') return lose(answer);
      const refusal = carryOut(method, path, { body: JSON.parse(body || '{}'), dryRun: query.has('dryRun') });
      if (loss === 'after') return lose(answer);
      if (refusal !== undefined) return refuse(answer, refusal, refusal === 404 ? 'NotFound' : 'Conflict', 'no');
      json(answer, store.object ?? {});
    });
  });
  afterEach(async () => {
    await scope.close();
    await server.close();
  });

  interface Wanted {
    readonly body: KubeObject & { readonly preconditions?: { readonly uid?: string } };
    readonly dryRun: boolean;
  }

  /** The rules of a real server that matter here. Gives the status of a refusal. */
  function carryOut(method: string, path: string, { body, dryRun }: Wanted): number | undefined {
    const { object } = store;
    if (dryRun) return void store.done.push('dry run');
    if (method === 'POST' && !path.endsWith('/pods'))
      return void store.done.push(path.slice(path.lastIndexOf('/') + 1));
    if (method === 'POST') return object ? 409 : void store.put(body, 'create');
    if (path.includes('subresources.kubevirt.io')) return act(path.slice(path.lastIndexOf('/') + 1));
    if (object === undefined) return 404;
    const { resourceVersion } = body.metadata ?? {};
    if (resourceVersion !== undefined && resourceVersion !== object.metadata.resourceVersion) return 409;
    if (method === 'DELETE') {
      if ((body.preconditions?.uid ?? object.metadata.uid) !== object.metadata.uid) return 409;
      return void store.put(undefined, 'delete');
    }
    if (method === 'PUT') return void store.put(body, 'replace');
    if (Array.isArray(body)) return void store.put({ ...object, spec: { list: [1] } }, 'patch');
    store.put({ ...object, ...body, metadata: { ...object.metadata, ...body.metadata } }, 'patch');
    return undefined;
  }

  function act(action: string): number | undefined {
    const { object } = store;
    const paused = object?.status !== undefined;
    if (action === 'pause' && paused) return 409;
    if (action === 'unpause' && !paused) return 409;
    const { status: _, ...bare }: KubeObject = object ?? POD;
    const conditions = [{ type: 'Paused', status: 'True' }];
    store.put(action === 'pause' ? { ...bare, status: { conditions } } : (bare as KubeObject), action);
    return undefined;
  }

  for (const loss of ['after', 'before'] as const) {
    describe(`${loss === 'after' ? 'after it was carried out' : 'before it came there'}, has exactly one effect of`, () => {
      beforeEach(() => {
        losses = [loss];
      });

      it('a creation', async () => {
        const made = await client.create(PODS, POD);
        expect(made.metadata).to.include({ name: 'p', uid: 'u-1' });
        expect(store.done).to.deep.equal(['create']);
      });

      it('a creation that leaves the name to the server', async () => {
        const made = await client.create(PODS, { ...POD, metadata: { generateName: 'p-' } });
        expect(made.metadata.name).to.match(/^p-[0-9a-f]{8}$/);
        expect(store.done).to.deep.equal(['create']);
      });

      it('a replacement', async () => {
        store.put(POD, 'given');
        const now = { ...(store.object ?? POD), spec: { nodeName: 'n1' } };
        expect(await client.replace(`${PODS}/p`, now)).to.deep.include({ spec: { nodeName: 'n1' } });
        expect(store.done).to.deep.equal(['given', 'replace']);
      });

      it('a merge patch', async () => {
        store.put(POD, 'given');
        await client.patch(`${PODS}/p`, { spec: { nodeName: 'n1', empty: null } }, { type: 'merge' });
        expect(store.done).to.deep.equal(['given', 'patch']);
      });

      it('a deletion', async () => {
        store.put(POD, 'given');
        expect(await client.delete(`${PODS}/p`, { preconditions: { uid: 'u-1' } })).to.equal(true);
        expect(store.done).to.deep.equal(['given', 'delete']);
      });

      it('a pause and an unpause of a guest', async () => {
        const guest = '/apis/subresources.kubevirt.io/v1/namespaces/lane/virtualmachineinstances/sev';
        store.put(POD, 'given');
        await client.request({ method: 'PUT', path: `${guest}/pause`, body: {} });
        losses = [loss];
        await client.request({ method: 'PUT', path: `${guest}/unpause`, body: {} });
        expect(store.done).to.deep.equal(['given', 'pause', 'unpause']);
      });
    });
  }

  it('sends a creation again as often as it got nowhere', async () => {
    losses = ['before', 'before', 'after'];
    await client.create(PODS, POD);
    expect(store.done).to.deep.equal(['create']);
  });

  it('takes nobody else’s object for its own, whatever it holds', async () => {
    store.put(POD, 'given');
    losses = ['before'];
    expect((await failure(client.create(PODS, POD), KubeError)).status).to.equal(409);
    expect(store.done).to.deep.equal(['given']);
  });

  it('takes nobody else’s change for its own', async () => {
    store.put(POD, 'given');
    const stale = { ...(store.object ?? POD), spec: { nodeName: 'n1' } };
    store.put({ ...POD, spec: { nodeName: 'n2' } }, 'other');
    losses = ['before'];
    expect((await failure(client.replace(`${PODS}/p`, stale), KubeError)).status).to.equal(409);
    expect(store.done).to.deep.equal(['given', 'other']);
  });

  it('leaves another object of that name alone that came after the one to delete', async () => {
    store.put({ ...POD, metadata: { ...POD.metadata, uid: 'u-2' } }, 'other');
    losses = ['before'];
    expect(await client.delete(`${PODS}/p`, { preconditions: { uid: 'u-1' } })).to.equal(true);
    expect(store.done).to.deep.equal(['other']);
  });

  it('finds a creation out that was carried out only after it was looked for', async () => {
    server.on(({ method, body }, answer) => {
      if (method === 'GET' && server.requests.length > 2) return json(answer, store.object ?? {});
      if (method === 'GET') return refuse(answer, 404, 'NotFound', 'no pod');
      if (store.object) return refuse(answer, 409, 'AlreadyExists', 'pod exists');
      store.put(JSON.parse(body), 'create');
      lose(answer);
    });
    expect((await client.create(PODS, POD)).metadata.uid).to.equal('u-1');
    expect(server.requests.map(({ method }) => method)).to.deep.equal(['POST', 'GET', 'POST', 'GET']);
  });

  for (const [what, path] of [
    ['a token', '/api/v1/namespaces/lane/serviceaccounts/lane/token'],
    ['a restart', '/apis/subresources.kubevirt.io/v1/namespaces/lane/virtualmachines/vm/restart'],
    [
      'a launch secret',
      '/apis/subresources.kubevirt.io/v1/namespaces/lane/virtualmachineinstances/sev/sev/injectlaunchsecret',
    ],
  ] as const) {
    it(`never asks twice for ${what}, and says that it is not known`, async () => {
      const error = await failure(client.request({ method: 'POST', path, body: {} }), InfraError);
      expect(error.message).to.match(/: the connection broke before the answer came: nothing tells whether /);
      expect(error.hint).to.include('look at the object');
      expect(server.requests).to.have.length(1);
    });
  }

  it('asks questions again that are kept nowhere', async () => {
    await client.request({
      method: 'POST',
      path: '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
      body: { kind: 'SelfSubjectAccessReview' },
    });
    expect(server.requests).to.have.length(2);
  });

  it('gives up a JSON patch of a list', async () => {
    store.put(POD, 'given');
    const patch = [{ op: 'add', path: '/spec/list/-', value: 1 }];
    const error = await failure(client.patch(`${PODS}/p`, patch, { type: 'json' }), InfraError);
    expect(error.message).to.include('a JSON patch of a list may not be applied twice');
    expect(store.done).to.deep.equal(['given', 'patch']);
  });
});
