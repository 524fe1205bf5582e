import { expect } from 'chai';
import { describe, it } from 'mocha';
import { openApi } from '../../../providers/mock/api/api.ts';
import { inProcess } from '../../../providers/mock/api/in-process.ts';
import { networkSwitch } from '../../../providers/mock/api/switch.ts';
import { clockAt } from '../../../providers/mock/clock.ts';
import type { KubeApi, WatchEvent } from '../../../providers/mock/controllers/seam.ts';
import { quietDirector } from '../quiet-director.ts';

const CONFIGMAPS = '/api/v1/namespaces/default/configmaps';

function freshApi(historyWindow = 1000): KubeApi {
  const options = { clock: clockAt(1000), director: quietDirector(), network: networkSwitch(), version: 'v1.34.4' };
  return inProcess(openApi({ ...options, historyWindow }))('system:apiserver');
}

function configMap(name: string, labels: Record<string, string> = {}) {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, labels }, data: { a: '1' } };
}

async function make(api: KubeApi, name: string, labels?: Record<string, string>): Promise<string> {
  const { status, body } = await api.request({ method: 'POST', path: CONFIGMAPS, body: configMap(name, labels) });
  expect(status, JSON.stringify(body)).to.equal(201);
  return (body as { metadata: { resourceVersion: string } }).metadata.resourceVersion;
}

async function seen(api: KubeApi, path: string, count: number): Promise<string[]> {
  const ending = new AbortController();
  const events: WatchEvent[] = [];
  for await (const event of api.watch(path, ending.signal)) {
    events.push(event);
    if (events.length === count) ending.abort();
  }
  return events.map(({ type, object }) => `${type} ${object.metadata?.name ?? object.reason}`);
}

describe('the in-process API', () => {
  it('gives back what was created, and refuses the same name again', async () => {
    const api = freshApi();
    await make(api, 'a');
    const read = await api.request({ method: 'GET', path: `${CONFIGMAPS}/a` });
    expect(read.body).to.have.property('data').that.deep.equals({ a: '1' });
    const again = await api.request({ method: 'POST', path: CONFIGMAPS, body: configMap('a') });
    expect(again.status).to.equal(409);
  });

  it('lets one of two writers with the same version win', async () => {
    const api = freshApi();
    const version = await make(api, 'a');
    const write = (value: string) =>
      api.request({
        method: 'PUT',
        path: `${CONFIGMAPS}/a`,
        body: { ...configMap('a'), metadata: { name: 'a', resourceVersion: version }, data: { a: value } },
      });
    const answers = await Promise.all([write('2'), write('3')]);
    expect(answers.map(({ status }) => status).sort()).to.deep.equal([200, 409]);
  });

  it('tells a watcher of a selection what enters and leaves it', async () => {
    const api = freshApi();
    const watching = seen(api, `${CONFIGMAPS}?labelSelector=w%3D1`, 4);
    await make(api, 'in', { w: '1' });
    await make(api, 'out', { w: '2' });
    const relabel = (name: string, w: string) =>
      api.request({
        method: 'PATCH',
        path: `${CONFIGMAPS}/${name}`,
        body: { metadata: { labels: { w } } },
        contentType: 'application/merge-patch+json',
      });
    await relabel('out', '1');
    await relabel('in', '2');
    await api.request({ method: 'DELETE', path: `${CONFIGMAPS}/out` });
    expect(await watching).to.deep.equal(['ADDED in', 'ADDED out', 'DELETED in', 'DELETED out']);
  });

  it('lets a watch go on from a version, and expires versions beyond the window', async () => {
    const api = freshApi(3);
    const old = await make(api, 'a');
    await make(api, 'b');
    expect(await seen(api, `${CONFIGMAPS}?resourceVersion=${old}`, 1)).to.deep.equal(['ADDED b']);
    for (const name of ['c', 'd', 'e', 'f', 'g', 'h']) await make(api, name);
    expect(await seen(api, `${CONFIGMAPS}?resourceVersion=${old}`, 1)).to.deep.equal(['ERROR Expired']);
  });

  it('keeps an object with finalizers until the last one is taken off', async () => {
    const api = freshApi();
    const body = { ...configMap('held'), metadata: { name: 'held', finalizers: ['example.com/hold'] } };
    await api.request({ method: 'POST', path: CONFIGMAPS, body });
    await api.request({ method: 'DELETE', path: `${CONFIGMAPS}/held` });
    const pending = await api.request({ method: 'GET', path: `${CONFIGMAPS}/held` });
    expect(pending.body).to.have.nested.property('metadata.deletionTimestamp');
    await api.request({
      method: 'PATCH',
      path: `${CONFIGMAPS}/held`,
      body: { metadata: { finalizers: null } },
      contentType: 'application/merge-patch+json',
    });
    expect((await api.request({ method: 'GET', path: `${CONFIGMAPS}/held` })).status).to.equal(404);
  });

  it('pages a list consistently, whatever is written meanwhile', async () => {
    const api = freshApi();
    for (const name of ['a', 'b', 'c']) await make(api, name);
    const first = await api.request({ method: 'GET', path: `${CONFIGMAPS}?limit=2` });
    const { metadata } = first.body as { metadata: { continue: string; remainingItemCount: number } };
    expect(metadata.remainingItemCount).to.equal(1);
    await make(api, 'bb');
    await make(api, 'd');
    const rest = await api.request({ method: 'GET', path: `${CONFIGMAPS}?limit=2&continue=${metadata.continue}` });
    const names = (rest.body as { items: { metadata: { name: string } }[] }).items.map((item) => item.metadata.name);
    expect(names).to.deep.equal(['c']);
  });

  it('tells changes in their order, also those that the server makes because of a change', async () => {
    const api = freshApi();
    const crds = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
    await api.request({ method: 'POST', path: crds, body: definition('first') });
    const ending = new AbortController();
    const told: string[] = [];
    for await (const { type, object } of api.watch(crds, ending.signal)) {
      told.push(`${type} ${object.metadata.name}`);
      // The state has been told, so the watch hears everything from here on as it happens.
      if (told.length === 1) await api.request({ method: 'POST', path: crds, body: definition('second') });
      if (told.length === 3) ending.abort();
    }
    expect(told.slice(1)).to.deep.equal(['ADDED seconds.example.com', 'MODIFIED seconds.example.com']);
  });
});

function definition(name: string) {
  const versions = [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }];
  const names = { plural: `${name}s`, kind: `${name.slice(0, 1).toUpperCase()}${name.slice(1)}` };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${name}s.example.com` },
    spec: { group: 'example.com', scope: 'Cluster', names, versions },
  };
}
