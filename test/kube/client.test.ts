import { text } from 'node:stream/consumers';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { InfraError } from '../../harness/errors/errors.ts';
import type { KubeClient } from '../../harness/kube/client.ts';
import { openConsole } from '../../harness/kube/console.ts';
import { KubeError } from '../../harness/kube/errors.ts';
import { execInPod } from '../../harness/kube/exec.ts';
import { openKubeClient } from '../../harness/kube/open-client.ts';
import type { RunEvent } from '../../harness/model/events.ts';
import { type OwnedScope, openScope } from '../../harness/scope/scope.ts';
import { failure } from '../failure.ts';
import { type ApiServer, json, refuse, startApiServer } from './api-server.ts';

const POD = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p', namespace: 'lane' } };
const PODS = '/api/v1/namespaces/lane/pods';

describe('the kubernetes client', () => {
  let server: ApiServer;
  let scope: OwnedScope;
  let client: KubeClient;
  let events: RunEvent[];

  beforeEach(async () => {
    server = await startApiServer();
    events = [];
    scope = openScope((event) => void events.push(event));
    client = openKubeClient(scope, server.opener, server.access);
  });
  afterEach(async () => {
    await scope.close();
    await server.close();
  });

  it('sends all calls through one connection', async () => {
    server.on((_seen, answer) => json(answer, POD));
    for (let n = 0; n < 20; n++) expect(await client.get(`${PODS}/p`)).to.deep.equal(POD);
    expect(server.requests).to.have.length(20);
    expect(server.channels()).to.equal(1);
  });

  it('has lists, watches, exec and console share what is kept: only an open websocket has a connection of its own', async () => {
    server.on(({ query }, answer) =>
      query.has('watch')
        ? void answer.end('{}\n')
        : json(answer, { apiVersion: 'v1', kind: 'PodList', metadata: {}, items: [] }),
    );
    server.onWebSocket((socket, { path }) => {
      if (path.endsWith('/exec')) socket.send(Buffer.from('\x03{"status":"Success"}'));
    });
    const after: number[] = [];
    const work = [
      () => client.list(PODS),
      async () => void (await text(await client.stream(PODS, { query: { watch: true } }))),
      () => client.list(PODS),
      () => openConsole(scope, client, { namespace: 'lane', name: 'guest' }),
      () => client.list(PODS),
      () => execInPod(scope, client, { namespace: 'lane', pod: 'p', container: 'c', command: ['true'] }),
    ];
    for (const step of work) {
      await step();
      after.push(server.channels());
    }
    expect(server.requests).to.have.length(work.length);
    expect(after).to.deep.equal([1, 1, 1, 1, 2, 2]);
  });

  it('names verb, object and the words of the server in a refusal', async () => {
    server.on((_seen, answer) => refuse(answer, 403, 'Forbidden', 'pods is forbidden'));
    const error = await failure(client.create(PODS, POD), KubeError);
    expect(error).to.include({ status: 403, reason: 'Forbidden', said: 'pods is forbidden', blame: 'infra' });
    expect(error.message).to.equal('create pods "p" in namespace "lane": 403 Forbidden: pods is forbidden');
    expect(error.hint).to.include('cluster-admin');
  });

  it('keeps the causes of a refusal', async () => {
    const causes = [{ reason: 'FieldValueInvalid', message: 'Invalid value', field: 'spec.x' }];
    server.on((_seen, answer) =>
      json(answer, { kind: 'Status', message: 'no', reason: 'Invalid', details: { causes } }, 422),
    );
    expect((await failure(client.create(PODS, POD), KubeError)).causes).to.deep.equal(causes);
  });

  it('shows what came when it is no answer of an API server', async () => {
    server.on((_seen, answer) => void answer.writeHead(502).end('<html>\n<h1>Bad gateway</h1>'));
    expect((await failure(client.get(PODS), KubeError)).message).to.include('502: <html> <h1>Bad gateway</h1>');
    server.on((_seen, answer) => void answer.end('<html>Login</html>'));
    expect((await failure(client.get(PODS), InfraError)).message).to.include('is not JSON: <html>Login</html>');
  });

  it('takes a missing object for undefined where that is asked, and for nothing to delete', async () => {
    server.on((_seen, answer) => refuse(answer, 404, 'NotFound', 'pods "p" not found'));
    expect(await client.find(`${PODS}/p`)).to.equal(undefined);
    expect(await client.delete(`${PODS}/p`)).to.equal(false);
    expect((await failure(client.get(`${PODS}/p`), KubeError)).status).to.equal(404);
  });

  it('reads all pages of a list, and gives each item its kind back', async () => {
    server.on(({ query }, answer) => {
      const page = Number(query.get('continue') ?? '0');
      const metadata = { resourceVersion: '7', ...(page < 2 ? { continue: String(page + 1) } : {}) };
      json(answer, { apiVersion: 'v1', kind: 'PodList', metadata, items: [{ metadata: { name: `p${page}` } }] });
    });
    const list = await client.list(PODS, { labelSelector: 'a=b', pageSize: 1 });
    expect(list.resourceVersion).to.equal('7');
    expect(list.items.map(({ kind, apiVersion, metadata }) => `${apiVersion} ${kind} ${metadata.name}`)).to.deep.equal([
      'v1 Pod p0',
      'v1 Pod p1',
      'v1 Pod p2',
    ]);
    expect(server.requests.map(({ query }) => `${query.get('labelSelector')} ${query.get('limit')}`)).to.deep.equal(
      Array.from({ length: 3 }, () => 'a=b 1'),
    );
  });

  it('starts a list over when its pages have expired, keeping the selector', async () => {
    server.on(({ query }, answer) => {
      if (query.has('continue')) return refuse(answer, 410, 'Expired', 'too old');
      const more = query.has('limit') ? { continue: 'x' } : {};
      json(answer, { apiVersion: 'v1', kind: 'PodList', metadata: { ...more }, items: [{ metadata: { name: 'p' } }] });
    });
    expect((await client.list(PODS, { labelSelector: 'a=b' })).items).to.have.length(1);
    expect(server.requests.at(-1)?.query.toString()).to.equal('labelSelector=a%3Db');
  });

  it('does not take an object for a list', async () => {
    server.on((_seen, answer) => json(answer, POD));
    expect((await failure(client.list(PODS), InfraError)).message).to.include('no list but Pod');
  });

  it('says how it wants objects written', async () => {
    server.on((_seen, answer) => json(answer, POD));
    await client.create(PODS, POD, { strict: true, dryRun: true });
    await client.patch(`${PODS}/p`, POD, { type: 'apply', force: true, fieldManager: 'lane' });
    await client.patch(`${PODS}/p`, { a: null }, { type: 'merge' });
    await client.patch(`${PODS}/p`, [], { type: 'json' });
    expect(
      server.requests.map(({ method, query, headers }) => [method, `${query}`, headers['content-type']]),
    ).to.deep.equal([
      ['POST', 'fieldManager=sevlane&fieldValidation=Strict&dryRun=All', 'application/json'],
      ['PATCH', 'force=true&fieldManager=lane', 'application/apply-patch+yaml'],
      ['PATCH', 'fieldManager=sevlane', 'application/merge-patch+json'],
      ['PATCH', 'fieldManager=sevlane', 'application/json-patch+json'],
    ]);
  });

  it('sends the options of a deletion with their length', async () => {
    server.on((_seen, answer) => json(answer, POD));
    expect(await client.delete(`${PODS}/p`, { preconditions: { uid: 'u' }, gracePeriodSeconds: 0 })).to.equal(true);
    const { body, headers } = server.requests[0] ?? { body: '', headers: {} };
    expect(headers['content-length']).to.equal(String(body.length));
    expect(headers['transfer-encoding']).to.equal(undefined);
    expect(JSON.parse(body)).to.deep.include({ preconditions: { uid: 'u' }, gracePeriodSeconds: 0 });
  });

  it('follows no redirection, which would make a reading out of a writing', async () => {
    server.on(({ path }, answer) => {
      if (path === '/login') return json(answer, POD);
      answer.writeHead(302, { Location: '/login' }).end('<a href="/login">Found</a>');
    });
    const error = await failure(client.create(PODS, POD), InfraError);
    expect(error.message).to.equal(
      'create pods "p" in namespace "lane": the answer is not JSON: <a href="/login">Found</a>',
    );
    expect(server.requests).to.have.length(1);
  });

  it('obeys a server that asks to wait, and says so', async () => {
    server.on((_seen, answer) => {
      if (server.requests.length === 3) return json(answer, POD);
      answer.setHeader('Retry-After', '0.05');
      refuse(answer, server.requests.length === 1 ? 429 : 503, 'TooManyRequests', 'slow down');
    });
    await client.create(PODS, POD);
    expect(server.requests).to.have.length(3);
    const told = events.flatMap((event) => (event.type === 'log' && event.level === 'info' ? [event.message] : []));
    expect(told).to.have.length(2);
    expect(told[0]).to.match(/^waiting: create pods "p" .*429 TooManyRequests: slow down; asked again in 50 ms/);
  });

  it('gives up on a server that is busy for ever, and at once on one that asks for longer than there is time', async () => {
    server.on((_seen, answer) => {
      answer.setHeader('Retry-After', '0');
      refuse(answer, 429, 'TooManyRequests', 'slow down');
    });
    expect((await failure(client.get(PODS), KubeError)).status).to.equal(429);
    expect(server.requests).to.have.length(6);
    server.on((_seen, answer) => {
      answer.setHeader('Retry-After', '3600');
      refuse(answer, 429, 'TooManyRequests', 'slow down');
    });
    expect((await failure(client.get(PODS), KubeError)).status).to.equal(429);
    expect(server.requests).to.have.length(7);
  });

  it('does not repeat what a server without Retry-After refused', async () => {
    server.on((_seen, answer) => refuse(answer, 503, 'ServiceUnavailable', 'no'));
    await failure(client.get(PODS), KubeError);
    expect(server.requests).to.have.length(1);
  });

  it('ends a call without answer by its own time, naming it, and by the signal of the scope', async () => {
    server.on(() => {});
    const slow = await failure(client.get(`${PODS}/p`, { timeoutMs: 50 }), InfraError);
    expect(slow.message).to.equal('get pods "p" in namespace "lane": no answer within 50 ms');
    const pending = failure(client.get(`${PODS}/p`), Error);
    const reason = new InfraError('the connection is gone');
    scope.abort(reason);
    expect(await pending).to.equal(reason);
  });

  it('works for an undo after the scope was aborted, under a signal of its own', async () => {
    server.on((_seen, answer) => json(answer, POD));
    scope.abort(new Error('stopped'));
    await failure(client.get(PODS), Error);
    expect(await client.get(PODS, { signal: new AbortController().signal })).to.deep.equal(POD);
  });

  it('never takes half a body for a whole one', async () => {
    server.on((_seen, answer) => {
      answer.writeHead(200, { 'Content-Length': '1000' });
      answer.write('{"kind":"Pod"');
      setImmediate(() => answer.destroy());
    });
    const error = await failure(client.text(PODS), InfraError);
    expect(error.message).to.include('the connection to the api server broke');
  });

  it('reads again when the server had closed the kept connection, but never writes twice', async () => {
    server.on((_seen, answer) => json(answer, POD));
    await client.get(PODS);
    server.on((_seen, answer) => {
      if (server.requests.length > 2) return json(answer, POD);
      answer.socket?.destroy();
    });
    await client.get(PODS);
    expect(server.requests).to.have.length(3);
    server.on((_seen, answer) => void answer.socket?.destroy());
    await failure(client.create(PODS, POD), InfraError);
    expect(server.requests.filter(({ method }) => method === 'POST')).to.have.length(1);
  });

  it('proves itself by token and speaks as another where the kubeconfig says so', async () => {
    const { clientCertificate: _, ...bare } = server.access;
    const extra = { 'example.org/scopes': ['a', 'b'] };
    const impersonate = { user: 'alice', uid: 'u-1', groups: ['devs', 'ops'], extra };
    const other = openKubeClient(scope, server.opener, { ...bare, token: 'secret-token', impersonate });
    server.on((_seen, answer) => json(answer, POD));
    await other.get(PODS);
    server.onWebSocket(() => {});
    await other.websocket(PODS, []);
    expect(server.requests).to.have.length(2);
    for (const seen of server.requests) {
      expect(seen.lines('authorization')).to.deep.equal(['Bearer secret-token']);
      expect(seen.lines('impersonate-user')).to.deep.equal(['alice']);
      // An API server takes one line for the name of one group, commas and all.
      expect(seen.lines('impersonate-group')).to.deep.equal(['devs', 'ops']);
      expect(seen.lines('impersonate-uid')).to.deep.equal(['u-1']);
      expect(seen.lines('impersonate-extra-example.org%2fscopes')).to.deep.equal(['a', 'b']);
      expect(seen.certificate).to.equal(undefined);
    }
  });

  it('proves itself by name and password where the kubeconfig says so, but by token first', async () => {
    server.on((_seen, answer) => json(answer, POD));
    server.onWebSocket(() => {});
    const basicAuth = { username: 'admin', password: 'grün:1' };
    for (const access of [
      { ...server.access, basicAuth },
      { ...server.access, basicAuth, token: 't' },
    ]) {
      const other = openKubeClient(scope, server.opener, access);
      await other.get(PODS);
      await other.websocket(PODS, []);
    }
    const basic = `Basic ${Buffer.from('admin:grün:1').toString('base64')}`;
    expect(server.requests.map((seen) => seen.lines('authorization').join())).to.deep.equal([
      basic,
      basic,
      'Bearer t',
      'Bearer t',
    ]);
  });

  it('shows its certificate on requests, watches and websockets alike', async () => {
    server.on((_seen, answer) => json(answer, POD));
    server.onWebSocket(() => {});
    await client.get(PODS);
    await (await client.stream(PODS)).resume();
    await client.websocket(PODS, []);
    expect(server.requests.map(({ certificate }) => certificate)).to.deep.equal(['admin', 'admin', 'admin']);
  });

  it('passes the words of a lost channel on', async () => {
    const reason = new InfraError('ssh root@node: connection lost');
    const opener = { description: 'x', openChannel: () => Promise.reject(reason) };
    expect(await failure(openKubeClient(scope, opener, server.access).get(PODS), InfraError)).to.equal(reason);
  });
});
