import type { ServerResponse } from 'node:http';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { InfraError } from '../../harness/errors/errors.ts';
import { KubeError } from '../../harness/kube/errors.ts';
import { type Feed, openFeed } from '../../harness/kube/feed.ts';
import { openKubeClient } from '../../harness/kube/open-client.ts';
import type { RunEvent } from '../../harness/model/events.ts';
import { type OwnedScope, openScope } from '../../harness/scope/scope.ts';
import { until } from '../../harness/scope/until.ts';
import { failure } from '../failure.ts';
import { type ApiServer, json, refuse, startApiServer } from './api-server.ts';

const PODS = '/api/v1/namespaces/lane/pods';

const pod = (name: string, version: number, phase = 'Running') => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'lane', resourceVersion: String(version) },
  status: { phase },
});
const event = (type: string, object: unknown) => `${JSON.stringify({ type, object })}\n`;

describe('a feed', () => {
  let server: ApiServer;
  let scope: OwnedScope;
  let events: RunEvent[];
  /** What the server lists, and how it answers the n-th watch. */
  let listed: readonly object[];
  let watches: ((answer: ServerResponse, from: string | null) => void)[];

  beforeEach(async () => {
    server = await startApiServer();
    events = [];
    scope = openScope((one) => void events.push(one));
    listed = [pod('a', 1)];
    watches = [];
    server.on(({ query }, answer) => {
      if (!query.has('watch')) {
        return json(answer, { apiVersion: 'v1', kind: 'PodList', metadata: { resourceVersion: '10' }, items: listed });
      }
      answer.writeHead(200, { 'Content-Type': 'application/json' });
      const next = watches.shift();
      if (next === undefined) answer.write('\n');
      else next(answer, query.get('resourceVersion'));
    });
  });
  afterEach(async () => {
    await scope.close();
    await server.close();
  });

  const open = (options = {}) =>
    openFeed(scope, openKubeClient(scope, server.opener, server.access), PODS, { labelSelector: 'run=1', ...options });
  const names = (feed: Feed) => [...feed.items.keys()].join(' ');
  const see = (feed: Feed, wanted: string) =>
    until(
      `the feed to show ${wanted}`,
      { scope, withinMs: 5000, everyMs: 5000, blame: 'infra', wake: feed.onChange },
      async () => (names(feed) === wanted ? { done: true, value: undefined } : { done: false, saw: names(feed) }),
    );

  it('lists once, then follows what is added, changed and deleted, wherever the chunks are cut', async () => {
    const text = Buffer.from(
      event('ADDED', pod('grün', 11)) + event('MODIFIED', pod('a', 12, 'Failed')) + event('DELETED', pod('grün', 13)),
    );
    watches.push((answer) => {
      for (const byte of text.subarray(0, 200)) answer.write(Buffer.of(byte));
      answer.write(text.subarray(200));
    });
    const feed = await open();
    expect(names(feed)).to.equal('lane/a');
    const seen: string[] = [];
    feed.onChange(() => void seen.push(names(feed)));
    await until(
      'the change',
      { scope, withinMs: 5000, everyMs: 5000, blame: 'infra', wake: feed.onChange },
      async () => (seen.length === 3 ? { done: true, value: undefined } : { done: false, saw: seen.join() }),
    );
    expect(seen).to.deep.equal(['lane/a lane/grün', 'lane/a lane/grün', 'lane/a']);
    expect(feed.items.get('lane/a')).to.deep.include({ status: { phase: 'Failed' } });
    expect(server.requests.map(({ query }) => query.get('labelSelector'))).to.deep.equal(['run=1', 'run=1']);
  });

  it('goes on from the last version when it is cut or ended, also by a bookmark', async () => {
    const froms: (string | null)[] = [];
    watches.push(
      (answer, from) => {
        froms.push(from);
        answer.write(event('ADDED', pod('b', 11)) + event('BOOKMARK', pod('', 20)));
        setImmediate(() => answer.destroy());
      },
      (answer, from) => {
        froms.push(from);
        answer.end(event('ADDED', pod('c', 21)));
      },
      (answer, from) => {
        froms.push(from);
        answer.write(event('ADDED', pod('d', 22)));
      },
    );
    await see(await open(), 'lane/a lane/b lane/c lane/d');
    expect(froms).to.deep.equal(['10', '20', '21']);
    expect(server.requests.filter(({ query }) => !query.has('watch'))).to.have.length(1);
  });

  it('lists again after 410, as an answer and as an event, and drops what vanished meanwhile', async () => {
    watches.push((answer) => {
      listed = [pod('b', 30)];
      answer.write(event('ERROR', { kind: 'Status', code: 410, reason: 'Expired', message: 'too old' }));
    });
    const feed = await open();
    await see(feed, 'lane/b');
    expect(server.requests.filter(({ query }) => !query.has('watch'))).to.have.length(2);
  });

  it('tells of a broken line and lives on', async () => {
    watches.push(
      (answer) => void answer.write(`${event('ADDED', pod('b', 11))}{"type":"MODIFIED","obj\n`),
      (answer) => void answer.write(event('ADDED', pod('c', 12))),
    );
    await see(await open(), 'lane/a lane/b lane/c');
    const told = events.flatMap((one) => (one.type === 'log' ? [one.message] : [])).join('\n');
    expect(told).to.include('a line of the watch is not JSON: {"type":"MODIFIED","obj');
  });

  it('waits as long as a busy server says', async () => {
    let refused = 0;
    server.on(({ query }, answer) => {
      if (!query.has('watch')) return json(answer, { apiVersion: 'v1', kind: 'PodList', metadata: {}, items: listed });
      if (refused++ === 0) {
        answer.setHeader('Retry-After', '0.02');
        return refuse(answer, 429, 'TooManyRequests', 'slow down');
      }
      answer.write(event('ADDED', pod('b', 11)));
    });
    await see(await open(), 'lane/a lane/b');
    expect(server.requests).to.have.length(3);
  });

  it('fails the waits that use it, at once and with the cause, when it may not go on', async () => {
    const feed = await open();
    const waiting = failure(see(feed, 'never'), KubeError);
    server.on((_seen, answer) => refuse(answer, 403, 'Forbidden', 'pods is forbidden'));
    server.cut();
    const error = await waiting;
    expect(error.message).to.equal('watch pods in namespace "lane": 403 Forbidden: pods is forbidden');
    expect(() => feed.items).to.throw(error.message);
  });

  it('gives up on a server that stays away, and says for how long it tried', async () => {
    const feed = await open({ giveUpMs: 300 });
    const waiting = failure(see(feed, 'never'), InfraError);
    server.on((_seen, answer) => void answer.socket?.destroy());
    server.cut();
    expect((await waiting).message).to.match(/given up after \d+ ms without success: /);
  });

  it('does not storm a server that ends every watch at once', async () => {
    const feed = await open({ giveUpMs: 700 });
    const waiting = failure(see(feed, 'never'), InfraError);
    server.on((_seen, answer) => void answer.writeHead(200).end());
    server.cut();
    await waiting;
    expect(server.requests.length).to.be.below(12);
  });

  it('ends with the scope and asks no more', async () => {
    const feed = await open();
    const reason = new InfraError('the connection is gone');
    scope.abort(reason);
    expect(await failure(see(feed, 'never'), InfraError)).to.equal(reason);
    await scope.close();
    expect(server.requests.length).to.be.at.most(2);
  });

  it('rejects when there is no such resource', async () => {
    server.on((_seen, answer) => refuse(answer, 404, 'NotFound', 'the server could not find the requested resource'));
    expect((await failure(open(), KubeError)).status).to.equal(404);
  });
});
