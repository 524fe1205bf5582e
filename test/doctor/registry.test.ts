import { expect } from 'chai';
import { type ImageAnswer, lookUpImage, parseImage } from '../../harness/doctor/cluster/registry.ts';
import { ConnectionCut } from '../../harness/errors/errors.ts';
import { openScope } from '../../harness/scope/scope.ts';
import { failure } from '../failure.ts';
import { type ApiServer, json, startApiServer } from '../kube/api-server.ts';
import { openLine } from '../kube/line.ts';

describe('the name of an image', () => {
  for (const [name, registry, repository, reference] of [
    ['quay.io/kubevirt/virt-operator:v1.9.0', 'quay.io', 'kubevirt/virt-operator', 'v1.9.0'],
    ['localhost:5000/virt-operator', 'localhost:5000', 'virt-operator', 'latest'],
    ['fedora', 'registry-1.docker.io', 'library/fedora', 'latest'],
    ['kubevirt/virt-api:1', 'registry-1.docker.io', 'kubevirt/virt-api', '1'],
    ['r.example/a/b@sha256:abc123', 'r.example', 'a/b', 'sha256:abc123'],
  ] as const) {
    it(`${name} is ${repository} at ${registry}, ${reference}`, () => {
      expect(parseImage(name)).to.deep.equal({ registry, repository, reference });
    });
  }
});

describe('a look into a registry from the node', function () {
  this.timeout(20_000);

  let registry: ApiServer;

  before(async () => {
    registry = await startApiServer();
  });

  after(async () => await registry.close());

  const { signal } = new AbortController();
  const lookedUp = async (changes: { readonly ca?: string } = { ca: registry.authority.ca }): Promise<ImageAnswer> =>
    await lookUpImage(registry.opener, `127.0.0.1:${registry.access.server.port}/kubevirt/virt-operator:v1.9.0`, {
      signal,
      ...changes,
    });

  it('fetches the token that the registry asks for, then finds the manifest', async () => {
    const { port } = registry.access.server;
    registry.on(({ path, query, headers }, answer) => {
      if (path === '/token') {
        expect([query.get('service'), query.get('scope')]).to.deep.equal([
          'r',
          'repository:kubevirt/virt-operator:pull',
        ]);
        return json(answer, { token: 'anonymous' });
      }
      expect(path).to.equal('/v2/kubevirt/virt-operator/manifests/v1.9.0');
      if (headers.authorization === 'Bearer anonymous') return void answer.writeHead(200).end();
      const realm = `https://127.0.0.1:${port}/token`;
      const challenge = `Bearer realm="${realm}",service="r",scope="repository:kubevirt/virt-operator:pull"`;
      answer.writeHead(401, { 'WWW-Authenticate': challenge }).end();
    });
    expect(await lookedUp()).to.have.property('state', 'in the registry');
  });

  it('tells what is not there from what it may not see', async () => {
    registry.on((_, answer) => void answer.writeHead(404).end());
    expect(await lookedUp()).to.have.property('state', 'not in the registry');
    registry.on((_, answer) => void answer.writeHead(403).end());
    expect(await lookedUp()).to.include({
      state: 'refused',
      why: `127.0.0.1:${registry.access.server.port} answers 403`,
    });
    registry.on((_, answer) => void answer.writeHead(401).end());
    expect(await lookedUp()).to.have.property('state', 'refused');
  });

  it('sends no token to a realm that is not reached over TLS', async () => {
    registry.on((_, answer) => void answer.writeHead(401, { 'WWW-Authenticate': 'Bearer realm="http://r/"' }).end());
    expect(await lookedUp()).to.include({ state: 'unreachable', why: 'the registry sends for a token to http://r' });
  });

  it('trusts no registry that nobody vouches for', async () => {
    expect(await lookedUp({})).to.have.property('state', 'unreachable');
  });

  it('is no answer about the registry when the connection is cut under it', async () => {
    const scope = openScope(() => {});
    const line = openLine(scope, registry.opener);
    registry.on(() => line.cut());
    const image = `127.0.0.1:${registry.access.server.port}/kubevirt/virt-operator:v1.9.0`;
    await failure(lookUpImage(line, image, { signal, ca: registry.authority.ca }), ConnectionCut);
    line.heal();
    await scope.close();
  });
});
