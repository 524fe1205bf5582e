import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { afterEach, describe, it } from 'mocha';
import { InfraError } from '../../harness/errors/errors.ts';
import { shownUrl } from '../../harness/kubevirt/source/shown-url.ts';
import { download, NotThere } from '../../harness/kubevirt/source/web.ts';
import type { RunEvent } from '../../harness/model/events.ts';
import { openScope } from '../../harness/scope/scope.ts';
import { failure } from '../failure.ts';
import { makeAuthority } from '../kube/certificates.ts';
import { serveProxy, serveWeb, type WebServer } from './web-server.ts';

describe('a download', () => {
  const open: { close(): Promise<void> }[] = [];
  const kept = <T extends WebServer>(server: T): T => {
    open.push(server);
    return server;
  };
  afterEach(async () => {
    for (const server of open.splice(0)) await server.close();
  });
  const get = async (url: string, more: Partial<Parameters<typeof download>[2]> = {}, sink = (_: RunEvent) => {}) => {
    const wish = { environment: {}, hint: 'do this', ...more };
    return (await download(openScope(sink), url, wish)).toString();
  };

  it('follows redirects, to other hosts too, and does not say the query of the one that is signed', async () => {
    const store = kept(await serveWeb((_, answer) => answer.end('the file')));
    const page = kept(
      await serveWeb((_, answer) => answer.writeHead(302, { location: `${store.url}/a?signature=s3cret` }).end()),
    );
    expect(await get(`${page.url}/releases/a`)).to.equal('the file');
    expect(store.requests).to.deep.equal(['GET /a?signature=s3cret']);
    expect(shownUrl(`${store.url}/a?signature=s3cret`)).to.equal(`${store.url}/a`);
  });

  it('does not go round in circles, nor to where nothing is proven', async () => {
    const round = kept(await serveWeb((_, answer) => answer.writeHead(301, { location: '/again' }).end()));
    expect((await failure(get(round.url), InfraError)).message).to.include('redirected more than 5 times');
    const strange = kept(
      await serveWeb((_, answer) => answer.writeHead(302, { location: 'file:///etc/passwd' }).end()),
    );
    expect((await failure(get(strange.url), InfraError)).message).to.include('is no web address');
  });

  it('tells at once what is not there, and tries again what may pass', async () => {
    const none = kept(await serveWeb((_, answer) => answer.writeHead(404).end()));
    const missing = await failure(get(`${none.url}/x`), NotThere);
    expect(missing.message).to.equal(`${none.url}/x: the server answered 404`);
    expect(missing.hint).to.equal('do this');
    expect(none.requests).to.have.length(1);
    let left = 2;
    const busy = kept(await serveWeb((_, answer) => answer.writeHead(left-- > 0 ? 503 : 200).end('at last')));
    expect(await get(busy.url)).to.equal('at last');
    const down = kept(await serveWeb((_, answer) => answer.writeHead(500).end()));
    expect((await failure(get(down.url), InfraError)).message).to.include('the server answered 500');
    expect(down.requests).to.have.length(3);
  });

  it('takes no part for the whole, and nothing that is too large', async () => {
    const cut = kept(
      await serveWeb((_, answer) => {
        answer.writeHead(200, { 'content-length': 1000 });
        answer.write('only this', () => answer.destroy());
      }),
    );
    await failure(get(cut.url), InfraError);
    expect(cut.requests).to.have.length(3);
    const large = kept(await serveWeb((_, answer) => answer.end('x'.repeat(5000))));
    const error = await failure(get(large.url, { maxBytes: 4096 }), InfraError);
    expect(error.message).to.include('is larger than');
    expect(large.requests).to.have.length(1);
  });

  it('says how far it is', async () => {
    const slow = kept(
      await serveWeb((_, answer) => {
        answer.writeHead(200, { 'content-length': 2 * 1024 * 1024 });
        answer.write('x'.repeat(1024 * 1024), () => answer.end('x'.repeat(1024 * 1024)));
      }),
    );
    const told: string[] = [];
    await get(slow.url, { newsEveryMs: 0 }, (event) => void told.push(JSON.stringify(event)));
    expect(told.join()).to.match(/downloading .*: \d\.\d MiB of 2\.0 MiB/);
  });

  describe('with a proxy in the environment', () => {
    it('asks it for plain files, but not for hosts of NO_PROXY', async () => {
      const proxy = kept(await serveProxy());
      const site = kept(await serveWeb((_, answer) => answer.end('directly')));
      const environment = { HTTP_PROXY: proxy.url, NO_PROXY: 'other.example,127.0.0.1' };
      expect(await get('http://files.example/a', { environment })).to.equal(
        'through the proxy: http://files.example/a',
      );
      expect(await get(`${site.url}/a`, { environment })).to.equal('directly');
      expect(await get(`${site.url}/b`, { environment: { ...environment, no_proxy: '*' } })).to.equal('directly');
      expect(proxy.requests).to.deep.equal(['GET http://files.example/a']);
    });

    it('goes through it to a server of TLS, whose certificate is looked at all the same', async () => {
      const authority = await makeAuthority();
      const site = kept(
        await serveWeb((_, answer) => answer.end('trusted'), await authority.issue('s', { names: ['files.example'] })),
      );
      const proxy = kept(await serveProxy({ tlsPort: site.port, credentials: 'me:hunter22' }));
      const environment = {
        https_proxy: `http://me:hunter22@127.0.0.1:${proxy.port}`,
        HTTP_PROXY: 'http://127.0.0.1:9',
      };
      const url = 'https://files.example/a';
      const error = await failure(get(url, { environment }), InfraError);
      expect(error.message).to.match(/\(HTTPS_PROXY is 127\.0\.0\.1:\d+\): .*certificate/);
      expect(error.message).to.not.include('hunter22');
      expect(error.hint).to.include('NODE_EXTRA_CA_CERTS');
      expect(proxy.requests).to.have.length(1);
      expect(site.requests).to.deep.equal([]);
      // Only a new process reads NODE_EXTRA_CA_CERTS.
      expect(await inNewProcess(url, { environment, ca: authority.ca })).to.equal('trusted');
      expect(new Set(proxy.requests)).to.deep.equal(new Set(['CONNECT files.example:443']));
    });

    it('tells that the proxy refuses, and which one', async () => {
      const proxy = kept(await serveProxy({ credentials: 'me:right' }));
      const at = `127.0.0.1:${proxy.port}`;
      const https = { HTTPS_PROXY: `http://me:wrong@${at}` };
      const error = await failure(get('https://files.example/a', { environment: https }), InfraError);
      expect(error.message).to.include(`(HTTPS_PROXY is ${at})`).and.include('407').and.not.include('wrong');
      const plain = await failure(get('http://files.example/a', { environment: { HTTP_PROXY: at } }), InfraError);
      expect(plain.message).to.match(/^http:\/\/files\.example\/a: .*\(HTTP_PROXY is 127\.0\.0\.1:\d+\): .*407/);
    });

    it('goes directly by https where only a proxy for http is named', async () => {
      const authority = await makeAuthority();
      const site = kept(await serveWeb((_, answer) => answer.end(), await authority.issue('s')));
      const proxy = kept(await serveProxy());
      await failure(get(site.url, { environment: { HTTP_PROXY: proxy.url } }), InfraError);
      expect(proxy.requests).to.deep.equal([]);
      const wrong = failure(get(site.url, { environment: { HTTPS_PROXY: 'socks5://127.0.0.1:1' } }), InfraError);
      expect((await wrong).message).to.include('is no http address');
    });
  });
});

async function inNewProcess(
  url: string,
  { environment, ca }: { readonly environment: object; readonly ca: string },
): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'ca-'));
  try {
    await writeFile(join(folder, 'ca.pem'), ca);
    const [web, scope] = ['../../harness/kubevirt/source/web.js', '../../harness/scope/scope.js'].map(
      (path) => new URL(path, import.meta.url).href,
    );
    const script = `
      const { download } = await import(${JSON.stringify(web)});
      const { openScope } = await import(${JSON.stringify(scope)});
      const wish = { environment: ${JSON.stringify(environment)}, hint: '' };
      console.log((await download(openScope(() => {}), ${JSON.stringify(url)}, wish)).toString());`;
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], {
      env: { NODE_EXTRA_CA_CERTS: join(folder, 'ca.pem') },
      timeout: 60_000,
    });
    return stdout.trim();
  } finally {
    await rm(folder, { recursive: true });
  }
}
