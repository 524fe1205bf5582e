import { once } from 'node:events';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { ProductFailure } from '../../harness/errors/errors.ts';
import { BrokenCall, wasCut } from '../../harness/kube/broken-call.ts';
import type { KubeClient } from '../../harness/kube/client.ts';
import { openConsole } from '../../harness/kube/console.ts';
import { execInPod } from '../../harness/kube/exec.ts';
import { openFeed } from '../../harness/kube/feed.ts';
import { acquireLease } from '../../harness/kube/lease/acquire.ts';
import type { KubeObject } from '../../harness/kube/objects.ts';
import { openKubeClient } from '../../harness/kube/open-client.ts';
import { deadline } from '../../harness/scope/deadline.ts';
import { type OwnedScope, openScope } from '../../harness/scope/scope.ts';
import { until } from '../../harness/scope/until.ts';
import { failure } from '../failure.ts';
import { type ApiServer, json, type Seen, startApiServer } from './api-server.ts';
import { LeaseStore } from './lease-store.ts';
import { type Line, openLine } from './line.ts';

const PODS = '/api/v1/pods';
const SUCCESS = Buffer.from('\x03{"status":"Success"}');

describe('what stays open over a line that is cut', () => {
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

  const outage = async (ms: number) => {
    using bound = deadline(ms, undefined, () => new Error('over'));
    await once(bound.signal, 'abort');
  };
  const command = { namespace: 'lane', pod: 'p', container: 'c', command: ['virsh', 'dumpxml', 'x'] };

  describe('a command in a pod', () => {
    it('that only reads is run again from its beginning: nothing of the broken output is kept', async () => {
      let runs = 0;
      server.onWebSocket((socket) => {
        runs++;
        socket.send(Buffer.from(`\x01run ${runs}\n`));
        if (runs === 3) return socket.send(SUCCESS);
        line.cut();
        line.heal();
      });
      expect(await execInPod(scope, client, { ...command, isRepeatable: true })).to.deep.equal({
        code: 0,
        stdout: 'run 3\n',
        stderr: '',
      });
    });

    for (const [what, changes] of [
      ['that may do something', {}],
      ['that is fed', { isRepeatable: true as const, stdin: 'text' }],
    ] as const) {
      it(`${what} is run once, and blames the cut`, async () => {
        server.onWebSocket(() => {
          line.cut();
          line.heal();
        });
        const error = await failure(execInPod(scope, client, { ...command, ...changes }), BrokenCall);
        expect(error).to.include({ blame: 'infra', isCut: true });
        expect(error.message).to.match(/^(exec "virsh|connect to pods\/exec "p").* the connection was cut: /);
        expect(server.requests).to.have.length(1);
      });
    }
  });

  describe('a console', () => {
    const target = { namespace: 'lane', name: 'sev' };

    it('ends with the cut, which is not the silence of the guest, and a new one hears nothing of the old', async () => {
      const told = ['old words', 'new words login: '];
      server.onWebSocket((socket) => socket.send(Buffer.from(told.shift() ?? '')));
      const first = await openConsole(scope, client, target);
      await first.expect(['words'], { withinMs: 5000 });
      line.cut();
      const error = await failure(first.expect(['login:'], { withinMs: 5000 }), BrokenCall);
      expect(wasCut(error)).to.equal(true);
      expect(error.message).to.include('the guest last said "old words"');
      line.heal();
      const second = await openConsole(scope, client, target);
      await second.expect(['login:'], { withinMs: 5000 });
      expect(second.transcript).to.equal('new words login: ');
    });

    it('is waited for through an outage that is longer than its own time', async () => {
      server.onWebSocket((socket) => socket.send(Buffer.from('login: ')));
      line.cut();
      const opening = openConsole(scope, client, { ...target, withinMs: 100 });
      await outage(400);
      line.heal();
      await (await opening).expect(['login:'], { withinMs: 5000 });
    });

    it('still blames the product for a guest that is silent although the line stands', async () => {
      server.onWebSocket(() => {});
      const screen = await openConsole(scope, client, target);
      await failure(screen.expect(['login:'], { withinMs: 50 }), ProductFailure);
    });
  });

  describe('a feed', () => {
    const pod = (name: string, resourceVersion: string): KubeObject => ({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, namespace: 'lane', resourceVersion },
    });

    it('goes on from the last version it heard, without a new list and without giving up the server', async () => {
      const isWatch = ({ query }: Seen) => query.has('watch');
      server.on((seen, answer) => {
        if (!isWatch(seen)) {
          const metadata = { resourceVersion: '10' };
          return json(answer, { apiVersion: 'v1', kind: 'PodList', metadata, items: [pod('a', '9')] });
        }
        answer.writeHead(200).flushHeaders();
        const from = Number(seen.query.get('resourceVersion'));
        answer.write(`${JSON.stringify({ type: 'ADDED', object: pod(`after-${from}`, String(from + 5)) })}\n`);
        // Half an event is on its way when the line is cut.
        answer.write('{"type":"ADDED","obj');
      });
      const feed = await openFeed(scope, client, PODS, { giveUpMs: 300 });
      const see = async (key: string) =>
        await until(key, { scope, withinMs: 5000, everyMs: 5000, blame: 'infra', wake: feed.onChange }, async () =>
          feed.items.has(key) ? { done: true, value: key } : { done: false, saw: `${[...feed.items.keys()]}` },
        );
      await see('lane/after-10');
      line.cut();
      await outage(600);
      line.heal();
      await see('lane/after-15');
      expect(server.requests.filter((seen) => !isWatch(seen))).to.have.length(1);
      expect(server.requests.filter(isWatch).map(({ query }) => query.get('resourceVersion'))).to.deep.equal([
        '10',
        '15',
      ]);
    });
  });

  describe('the lease', () => {
    const options = { namespace: 'lane', holder: 'job/1', runId: 'r1', waitMs: 0 };
    let store: LeaseStore;
    beforeEach(() => {
      store = new LeaseStore();
      server.on(store.handle);
    });

    it('is renewed again after a cut that is shorter than it', async () => {
      await acquireLease(scope, client, { ...options, durationMs: 6000 });
      line.cut();
      await outage(2000);
      const before = store.version;
      line.heal();
      await until('a renewal', { scope, withinMs: 5000, everyMs: 20, blame: 'infra' }, async () =>
        store.version > before ? { done: true, value: undefined } : { done: false, saw: `${store.version}` },
      );
      expect(scope.signal.aborted).to.equal(false);
    });

    it('ends the run when the cut outlives it, and says that it was the cut', async () => {
      await acquireLease(scope, client, { ...options, durationMs: 1000 });
      line.cut();
      await once(scope.signal, 'abort');
      expect(scope.signal.reason.message).to.match(
        /^lease "sevlane" in namespace "lane": lost: not renewed within \d+ ms, because the connection to the node was cut; /,
      );
      expect(scope.signal.reason.hint).to.include('--lease-duration');
      line.heal();
    });
  });
});
