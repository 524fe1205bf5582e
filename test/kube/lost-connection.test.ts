import { expect } from 'chai';
import { afterEach, before, beforeEach, describe, it } from 'mocha';
import { InfraError } from '../../harness/errors/errors.ts';
import type { KubeClient } from '../../harness/kube/client.ts';
import { openConsole } from '../../harness/kube/console.ts';
import { execInPod } from '../../harness/kube/exec.ts';
import { openFeed } from '../../harness/kube/feed.ts';
import { openKubeClient } from '../../harness/kube/open-client.ts';
import { type OwnedScope, openScope } from '../../harness/scope/scope.ts';
import { until } from '../../harness/scope/until.ts';
import { connectSsh } from '../../harness/ssh/client.ts';
import type { SshConnection } from '../../harness/ssh/connection.ts';
import { failure } from '../failure.ts';
import { needSshd, type Sshd, startSshd } from '../ssh/sshd.ts';
import { type ApiServer, json, startApiServer } from './api-server.ts';

const PODS = '/api/v1/pods';

describe('work on a cluster whose ssh connection is lost', () => {
  let sshd: Sshd;
  let server: ApiServer;
  let scope: OwnedScope;
  let ssh: SshConnection;
  let client: KubeClient;

  before(function () {
    needSshd(this);
  });
  beforeEach(async () => {
    [sshd, server] = await Promise.all([startSshd(), startApiServer()]);
    scope = openScope(() => {});
    ssh = await connectSsh(scope, sshd.target(), { budgetMs: 0 });
    client = openKubeClient(scope, ssh, server.access);
  });
  afterEach(async () => {
    await scope?.close();
    await server?.close();
    await sshd?.close();
  });

  for (const [how, name] of [
    ['ends', 'SIGKILL'],
    ['freezes', 'SIGSTOP'],
  ] as const) {
    it(`fails with the reason of the loss, all of it and within seconds, when the session ${how}`, async () => {
      server.onWebSocket(() => {});
      server.on(({ query, path }, answer) => {
        if (path === '/never') return;
        if (query.has('watch')) return void answer.writeHead(200).flushHeaders();
        json(answer, { apiVersion: 'v1', kind: 'PodList', metadata: { resourceVersion: '1' }, items: [] });
      });
      const feed = await openFeed(scope, client, PODS);
      const screen = await openConsole(scope, client, { namespace: 'lane', name: 'guest' });
      // Under signals of their own: the loss itself has to reach them, not only the end of the scope.
      const own = new AbortController().signal;
      const work = [
        client.get('/never', { signal: own }),
        execInPod(scope, client, { namespace: 'lane', pod: 'p', container: 'c', command: ['true'], withinMs: 60_000 }),
        screen.expect(['login:'], { withinMs: 60_000 }),
        until('a pod', { scope, withinMs: 60_000, everyMs: 60_000, blame: 'infra', wake: feed.onChange }, async () =>
          feed.items.size > 0 ? { done: true, value: undefined } : { done: false, saw: 'none' },
        ),
      ].map((one) => failure(one, InfraError));
      await until('all of it to be under way', { scope, withinMs: 5000, everyMs: 10, blame: 'infra' }, async () =>
        server.requests.length === 5
          ? { done: true, value: undefined }
          : { done: false, saw: `${server.requests.length}` },
      );
      sshd.signalSessions(name);
      const reasons = await Promise.all(work);
      for (const reason of reasons) expect(reason).to.equal(ssh.lost.reason);
      expect(await failure(client.get(PODS, { signal: own }), InfraError)).to.equal(ssh.lost.reason);
      expect(() => feed.items).to.throw(ssh.lost.reason.message);
      expect(await scope.close()).to.deep.equal([]);
    });
  }
});
