import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { InfraError } from '../../harness/errors/errors.ts';
import { cacheFolder, openCache } from '../../harness/kubevirt/source/cache.ts';
import { findFiles, type Judge, type KubevirtSource, type SourceFile } from '../../harness/kubevirt/source/find.ts';
import { openScope } from '../../harness/scope/scope.ts';
import { failure } from '../failure.ts';
import { serveWeb, type WebServer } from './web-server.ts';

describe('the manifests of KubeVirt', () => {
  let folder = '';
  let served: Record<string, string> = {};
  let server: WebServer | undefined;
  const told: string[] = [];
  const scope = openScope((event) => void told.push(JSON.stringify(event)));
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'find-'));
    told.length = 0;
  });
  afterEach(async () => {
    await rm(folder, { recursive: true });
    await server?.close();
    server = undefined;
  });

  interface Wish {
    readonly mirror?: string;
    readonly cache?: string;
    readonly judge?: Judge;
  }
  const find = async (source: KubevirtSource, { mirror, cache, judge = () => {} }: Wish = {}) =>
    await findFiles(scope, source, {
      ways: { mirror, environment: {}, cache: openCache(scope, cache) },
      judge,
    });
  const serve = async (files: Record<string, string>) => {
    served = files;
    server = await serveWeb((request, answer) => {
      const text = served[new URL(request.url ?? '', 'http://x').pathname];
      if (text === undefined) answer.writeHead(404).end();
      else answer.end(text);
    });
    return server;
  };
  const put = async (path: string, text = path) => {
    const place = join(folder, path);
    await mkdir(join(place, '..'), { recursive: true });
    await writeFile(place, text);
    return place;
  };
  const shown = ({ operator, custom }: { operator: SourceFile; custom: SourceFile | undefined }) => [
    operator.text,
    custom?.text,
  ];

  describe('in a folder', () => {
    it('are those that make manifests leaves, also when the source tree is named', async () => {
      const operator = await put('_out/manifests/release/kubevirt-operator.yaml', 'operator');
      await put('_out/manifests/release/kubevirt-cr.yaml', 'cr');
      for (const path of [folder, join(folder, '_out/manifests/release')]) {
        const found = await find({ kind: 'path', path });
        expect(shown(found)).to.deep.equal(['operator', 'cr']);
        expect(found.operator.place).to.equal(operator);
        expect(found.operator.sha256).to.equal(createHash('sha256').update('operator').digest('hex'));
        expect(found.version).to.equal(undefined);
      }
    });

    it('may come without the custom resource, or be one file', async () => {
      const alone = await put('kubevirt-operator.yaml', 'operator');
      expect(shown(await find({ kind: 'path', path: folder }))).to.deep.equal(['operator', undefined]);
      await put('kubevirt-cr.yaml', 'cr');
      expect(shown(await find({ kind: 'path', path: alone }))).to.deep.equal(['operator', undefined]);
    });

    it('that has none is told with what it has', async () => {
      await put('README.md');
      const error = await failure(find({ kind: 'path', path: folder }), InfraError);
      expect(error.message).to.equal(`${folder}: holds no kubevirt-operator.yaml, but README.md`);
      expect(error.hint).to.include('make manifests');
      const gone = await failure(find({ kind: 'path', path: join(folder, 'x') }), InfraError);
      expect(gone.message).to.equal(`${join(folder, 'x')}: is not there`);
    });
  });

  describe('behind a URL', () => {
    it('are a folder with or without a custom resource, or the operator alone', async () => {
      const { url } = await serve({
        '/b/kubevirt-operator.yaml': 'operator',
        '/b/kubevirt-cr.yaml': 'cr',
        '/o.yaml': 'o',
      });
      expect(shown(await find({ kind: 'url', url: `${url}/b/` }))).to.deep.equal(['operator', 'cr']);
      expect(shown(await find({ kind: 'url', url: `${url}/o.yaml?token=s3cret` }))).to.deep.equal(['o', undefined]);
      delete served['/b/kubevirt-cr.yaml'];
      expect(shown(await find({ kind: 'url', url: `${url}/b` }))).to.deep.equal(['operator', undefined]);
      const error = await failure(find({ kind: 'url', url: `${url}/none` }), InfraError);
      expect(error.message).to.equal(`${url}/none/kubevirt-operator.yaml: the server answered 404`);
    });
  });

  describe('of the stable release', () => {
    it('are those that stable.txt names, which is said', async () => {
      const { url } = await serve({
        ...{
          '/stable.txt': 'v1.8.4\n',
          '/v1.8.4/kubevirt-operator.yaml': 'operator',
          '/v1.8.4/kubevirt-cr.yaml': 'cr',
        },
      });
      const found = await find({ kind: 'stable' }, { mirror: url });
      expect(found.version?.text).to.equal('v1.8.4');
      expect(told.join('\n')).to.include('the stable KubeVirt is v1.8.4');
      await put('stable.txt', 'v1.7.4');
      await put('v1.7.4/kubevirt-operator.yaml', 'operator');
      await put('v1.7.4/kubevirt-cr.yaml', 'cr');
      expect((await find({ kind: 'stable' }, { mirror: folder })).version?.text).to.equal('v1.7.4');
    });

    it('are none where stable.txt is no version', async () => {
      await put('stable.txt', '<html>sign in</html>');
      const error = await failure(find({ kind: 'stable' }, { mirror: folder }), InfraError);
      expect(error.message).to.include('stable.txt names no version of KubeVirt, but "<html>sign in</html>"');
      await rm(join(folder, 'stable.txt'));
      const none = await failure(find({ kind: 'stable' }, { mirror: folder }), InfraError);
      expect(none.hint).to.include('name a version');
    });
  });

  describe('of a release', () => {
    const release = { '/v1.9.0/kubevirt-operator.yaml': 'operator', '/v1.9.0/kubevirt-cr.yaml': 'cr' };
    const v190: KubevirtSource = { kind: 'version', version: 'v1.9.0' };
    const keptFiles = async () =>
      (await readdir(folder, { recursive: true })).filter((name) => /yaml/.test(name)).sort();

    it('are downloaded once, and kept under their URL and SHA-256', async () => {
      const { url, requests } = await serve(release);
      const first = await find(v190, { mirror: url, cache: folder });
      const again = await find(v190, { mirror: url, cache: folder });
      expect(requests).to.have.length(2);
      expect(again.operator.text).to.equal('operator');
      expect(again.operator.sha256).to.equal(first.operator.sha256);
      expect(again.operator.place).to.match(
        new RegExp(`/v1\\.9\\.0/kubevirt-operator\\.yaml\\.${first.operator.sha256}$`),
      );
      expect(await keptFiles()).to.have.length(2);
    });

    it('are not kept when they are not what their names say', async () => {
      const { url } = await serve({ ...release, '/v1.9.0/kubevirt-operator.yaml': '<html>' });
      const judge: Judge = ({ text, place }) => {
        if (text === '<html>') throw new InfraError(`${place} is a web page`);
      };
      await failure(find(v190, { mirror: url, cache: folder, judge }), InfraError);
      expect(await keptFiles()).to.deep.equal([]);
    });

    it('are downloaded anew when what was kept is damaged', async () => {
      const { url, requests } = await serve(release);
      await find(v190, { mirror: url, cache: folder });
      for (const name of await keptFiles()) await writeFile(join(folder, name), 'oper');
      expect(shown(await find(v190, { mirror: url, cache: folder }))).to.deep.equal(['operator', 'cr']);
      expect(told.join('\n')).to.include('was damaged since it was kept');
      expect(requests).to.have.length(4);
      expect(await readFile(join(folder, (await keptFiles())[1] ?? ''), 'utf8')).to.equal('operator');
    });

    it('of one server are never taken for those of another', async () => {
      const { url } = await serve(release);
      await find(v190, { mirror: `${url}`, cache: folder });
      const other = await serveWeb((_, answer) => answer.end('theirs'));
      try {
        expect(shown(await find(v190, { mirror: other.url, cache: folder }))).to.deep.equal(['theirs', 'theirs']);
      } finally {
        await other.close();
      }
    });

    it('are whole for runs side by side, and the newest counts', async () => {
      const { url } = await serve(release);
      const runs = Array.from({ length: 8 }, () => find(v190, { mirror: url, cache: folder }));
      for (const found of await Promise.all(runs)) expect(shown(found)).to.deep.equal(['operator', 'cr']);
      expect(await keptFiles()).to.have.length(2);
      const [, operator = ''] = await keptFiles();
      const renewed = createHash('sha256').update('renewed').digest('hex');
      await utimes(join(folder, operator), 1, 1);
      await writeFile(join(folder, operator.replace(/[0-9a-f]{64}$/, renewed)), 'renewed');
      expect((await find(v190, { mirror: url, cache: folder })).operator.text).to.equal('renewed');
    });

    it('are used all the same when they cannot be kept', async () => {
      const { url } = await serve(release);
      const file = await put('a-file');
      expect(shown(await find(v190, { mirror: url, cache: file }))).to.deep.equal(['operator', 'cr']);
      expect(told.join('\n')).to.include('not kept for later runs');
    });
  });

  it('are kept where programs keep such things, unless nobody knows where that is', () => {
    expect(cacheFolder(undefined, { XDG_CACHE_HOME: '/c', HOME: '/h' })).to.equal('/c/sevlane');
    expect(cacheFolder(undefined, { XDG_CACHE_HOME: 'c', HOME: '/h' })).to.equal('/h/.cache/sevlane');
    expect(cacheFolder(undefined, {})).to.equal(undefined);
    expect(cacheFolder('none', { HOME: '/h' })).to.equal(undefined);
    expect(cacheFolder('/mine', { HOME: '/h' })).to.equal('/mine');
  });
});
