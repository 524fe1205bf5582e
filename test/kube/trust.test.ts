import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { InfraError } from '../../harness/errors/errors.ts';
import type { KubeAccess } from '../../harness/kube/access.ts';
import { openKubeClient } from '../../harness/kube/open-client.ts';
import { explainTrust } from '../../harness/kube/trust.ts';
import { type OwnedScope, openScope } from '../../harness/scope/scope.ts';
import { failure } from '../failure.ts';
import { type ApiServer, json, startApiServer } from './api-server.ts';
import { type Authority, makeAuthority } from './certificates.ts';

const YESTERDAY = new Date('2026-01-02T03:04:05Z');
const NAMES = ['127.0.0.1'];

describe('trust in the api server', () => {
  let server: ApiServer | undefined;
  let scope: OwnedScope;
  beforeEach(() => {
    scope = openScope(() => {});
  });
  afterEach(async () => {
    await scope.close();
    await server?.close();
  });

  async function ask(wish: Parameters<typeof startApiServer>[0], access: Partial<KubeAccess> = {}): Promise<string> {
    server = await startApiServer(wish);
    server.on((_seen, answer) => json(answer, { kind: 'Pod' }));
    const client = openKubeClient(scope, server.opener, { ...server.access, ...access });
    await client.get('/api/v1/pods');
    return 'trusted';
  }

  it('is there for a name in the certificate that is not the address', async () => {
    const certificate = (authority: Authority) => authority.issue('api', { names: ['api.lane.example'] });
    expect(await ask({ certificate }, { serverName: 'api.lane.example' })).to.equal('trusted');
  });

  it('is refused to an expired certificate, with its end', async () => {
    const certificate = (authority: Authority) =>
      authority.issue('api', { names: NAMES, from: new Date('2026-01-01T00:00:00Z'), until: YESTERDAY });
    const error = await failure(ask({ certificate }), InfraError);
    expect(error.message).to.include('its certificate has expired (2026-01-02T03:04:05.000Z)');
    expect(error.hint).to.include('kubeadm certs renew');
    expect(server?.requests).to.deep.equal([]);
  });

  it('is refused to a certificate from the future, with a word about clocks', async () => {
    const from = new Date(Date.now() + 3_600_000);
    const certificate = (authority: Authority) => authority.issue('api', { names: NAMES, from });
    const error = await failure(ask({ certificate }), InfraError);
    expect(error.message).to.include('not valid yet').and.to.include(from.toISOString().slice(0, 16));
    expect(error.hint).to.include('clock');
  });

  it('is refused to a certificate for other names, which are told', async () => {
    const certificate = (authority: Authority) => authority.issue('api', { names: ['api.lane.example', '10.0.0.1'] });
    const error = await failure(ask({ certificate }), InfraError);
    expect(error.message).to.include('is not for "127.0.0.1" but for DNS:api.lane.example, IP Address:10.0.0.1');
    expect(error.hint).to.include('tls-server-name').and.to.include('test kubeconfig');
  });

  it('is refused to a certificate of another authority', async () => {
    const { ca } = await makeAuthority();
    const error = await failure(ask({}, { ca }), InfraError);
    expect(error.message).to.include('signed by an authority that the kubeconfig does not name');
    expect(error.hint).to.include('belongs to another one');
  });

  it('tells what the server has against our certificate', async () => {
    server = await startApiServer();
    const { access } = server;
    // As OpenSSL words the alerts of a Go server.
    const alert = (text: string) =>
      explainTrust(new Error(`error:0A000000:SSL routines::${text}:SSL alert`), {}, access);
    expect(alert('sslv3 alert certificate expired').message).to.include('our client certificate has expired');
    expect(alert('tlsv1 alert unknown ca').message).to.include('does not accept our client certificate');
    expect(alert('sslv3 alert bad certificate').hint).to.include('fresh kubeconfig in place of test kubeconfig');
  });

  it('says so when the server does not speak TLS', async () => {
    const { createServer } = await import('node:http');
    const plain = createServer((_request, answer) => void answer.end('hello'));
    await new Promise<void>((resolve) => plain.listen(0, '127.0.0.1', resolve));
    const address = plain.address();
    const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
    const error = await failure(ask({}, { server: { host: '127.0.0.1', port } }), InfraError);
    expect(error.message).to.include(`https://127.0.0.1:${port}: it does not speak TLS there`);
    plain.close();
  });
});
