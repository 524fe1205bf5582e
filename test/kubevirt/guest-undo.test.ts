import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { openFeed } from '../../harness/kube/feed.ts';
import { openKubeClient } from '../../harness/kube/open-client.ts';
import { makeGuest } from '../../harness/kubevirt/guest.ts';
import type { Dialogue } from '../../harness/kubevirt/login.ts';
import type { KubevirtResource, Node, Pod, Vmi } from '../../harness/kubevirt/objects.ts';
import { GUESTS } from '../../harness/model/guests.ts';
import { type OwnedScope, openScope } from '../../harness/scope/scope.ts';
import { type ApiServer, json, refuse, startApiServer } from '../kube/api-server.ts';

const VMIS = '/apis/kubevirt.io/v1/namespaces/lane/virtualmachineinstances';
/** Nobody logs in. */
const DIALOGUE = { prompts: [] } as unknown as Dialogue;

describe('the undo of a guest', () => {
  let server: ApiServer;
  let scope: OwnedScope;
  let stopping: AbortController;
  let guest: object | undefined;

  beforeEach(async () => {
    server = await startApiServer();
    stopping = new AbortController();
    scope = openScope(() => {}, stopping.signal);
    guest = undefined;
    server.on(({ method, path, query, body }, answer) => {
      if (query.has('watch')) return void answer.writeHead(200, { 'Content-Type': 'application/json' }).write('\n');
      if (method === 'POST') {
        const sent = JSON.parse(body) as Vmi;
        guest = { ...sent, metadata: { ...sent.metadata, uid: 'uid-1', resourceVersion: '11' } };
        return json(answer, guest, 201);
      }
      if (path.split('/').at(-1) === 'sev') {
        const found = guest;
        if (method === 'DELETE') guest = undefined;
        return found === undefined ? refuse(answer, 404, 'NotFound', 'no such guest') : json(answer, found);
      }
      json(answer, { apiVersion: 'v1', kind: 'List', metadata: { resourceVersion: '10' }, items: [] });
    });
  });
  afterEach(async () => {
    await scope.close();
    await server.close();
  });

  it('takes it away when the run was stopped, although what followed it ended with the run', async () => {
    const client = openKubeClient(scope, server.opener, server.access);
    const feeds = {
      vmis: await openFeed<Vmi>(scope, client, VMIS),
      pods: await openFeed<Pod>(scope, client, '/api/v1/namespaces/lane/pods'),
      nodes: await openFeed<Node>(scope, client, '/api/v1/nodes'),
      kubevirts: await openFeed<KubevirtResource>(scope, client, '/apis/kubevirt.io/v1/kubevirts'),
    };
    const own = scope.child();
    const made = makeGuest(GUESTS.sev, {
      ...{ scope: own, client, feeds, namespace: 'lane', nodeName: 'node', runLabels: {}, bootMs: 60_000 },
      image: { image: 'quay.io/a/disk:v1', memory: '1Gi' },
      dialogue: DIALOGUE,
    });
    await made.created(scope.signal);
    const ended = new Promise<void>((resolve) => {
      feeds.vmis.onChange(resolve);
    });
    stopping.abort(new Error('stopped by SIGTERM'));
    await ended;
    expect(await own.close(10_000)).to.deep.equal([]);
    expect(guest).to.equal(undefined);
  });
});
