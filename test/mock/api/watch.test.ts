import { get } from 'node:https';
import { expect } from 'chai';
import { afterEach, describe, it } from 'mocha';
import { type Running, running } from './running-server.ts';

const CONFIGMAPS = '/api/v1/namespaces/default/configmaps';
const configMap = (name: string) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name } });

interface Line {
  readonly type: string;
  readonly object: {
    readonly metadata: { readonly name?: string; readonly annotations?: object };
    readonly reason?: string;
  };
}

/** Reads a watch to its end, or to so many lines. */
function lines({ server, admin }: Running, path: string, most = Number.POSITIVE_INFINITY): Promise<Line[]> {
  return new Promise((resolve, reject) => {
    const found: Line[] = [];
    let rest = '';
    const sent = get({ host: '127.0.0.1', port: server.port, path, ...admin }, (response) => {
      response.on('data', (part) => {
        const parts = `${rest}${part}`.split('\n');
        rest = parts.pop() ?? '';
        found.push(...parts.map((text) => JSON.parse(text) as Line));
        if (found.length >= most) sent.destroy();
      });
      response.once('close', () => resolve(found));
      response.once('error', () => resolve(found));
    });
    sent.once('error', reject);
  });
}

describe('a watch over HTTPS', () => {
  let host: Running | undefined;
  afterEach(async () => {
    await host?.stop();
    host = undefined;
  });

  it('tells the state first and then that it has told all of it', async () => {
    host = await running();
    await host.ask('POST', CONFIGMAPS, { body: configMap('a') });
    const query = 'watch=1&sendInitialEvents=true&allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan';
    const [state, end] = await lines(host, `${CONFIGMAPS}?${query}`, 2);
    expect([state?.type, state?.object.metadata.name]).to.deep.equal(['ADDED', 'a']);
    expect([end?.type, end?.object.metadata.annotations]).to.deep.equal([
      'BOOKMARK',
      { 'k8s.io/initial-events-end': 'true' },
    ]);
  });

  it('ends when its time is up', async () => {
    host = await running();
    await host.ask('POST', CONFIGMAPS, { body: configMap('a') });
    const seen = await lines(host, `${CONFIGMAPS}?watch=1&timeoutSeconds=1`);
    expect(seen.map(({ type }) => type)).to.deep.equal(['ADDED']);
  });

  it('can be made to expire and to break off by a scenario', async () => {
    const faults = [{ do: 'expire' } as const, { do: 'cut', afterBytes: 20 } as const];
    host = await running({ api: ({ verb }) => (verb === 'watch' ? faults.shift() : undefined) });
    await host.ask('POST', CONFIGMAPS, { body: configMap('a') });
    const [expired] = await lines(host, `${CONFIGMAPS}?watch=1`);
    expect([expired?.type, expired?.object.reason]).to.deep.equal(['ERROR', 'Expired']);
    expect(await lines(host, `${CONFIGMAPS}?watch=1`)).to.deep.equal([]);
    expect(await lines(host, `${CONFIGMAPS}?watch=1`, 1)).to.have.length(1);
  });
});
