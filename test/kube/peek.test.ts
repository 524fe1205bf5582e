import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { expect } from 'chai';
import { ConnectionCut, InfraError } from '../../harness/errors/errors.ts';
import { peekCertificate } from '../../harness/kube/peek.ts';
import type { HostPort } from '../../harness/model/host.ts';
import { openScope } from '../../harness/scope/scope.ts';
import { failure } from '../failure.ts';
import { type ApiServer, startApiServer } from './api-server.ts';
import { openLine } from './line.ts';

describe('a look at the certificate that a server presents', () => {
  const { signal } = new AbortController();
  let server: ApiServer;

  afterEach(async () => await server.close());

  it('tells the end of one that has expired, which nobody trusts, and sends nothing', async () => {
    const validTo = new Date('2026-01-02T03:04:05Z');
    server = await startApiServer({
      certificate: (authority) =>
        authority.issue('kube-apiserver', {
          names: ['127.0.0.1'],
          from: new Date('2025-01-02T03:04:05Z'),
          until: validTo,
        }),
    });
    const presented = await peekCertificate(server.opener, server.access.server, signal);
    expect(presented.validTo).to.deep.equal(validTo);
    expect(presented.subject).to.equal('CN=kube-apiserver');
    expect(server.requests).to.deep.equal([]);
  });

  it('says where nobody speaks TLS', async () => {
    server = await startApiServer();
    const plain = createServer((socket) => socket.on('error', () => {}).end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    plain.listen(0, '127.0.0.1');
    await once(plain, 'listening');
    const { port } = plain.address() as AddressInfo;
    const error = await failure(peekCertificate(server.opener, { host: '127.0.0.1', port }, signal), InfraError);
    expect(error.message).to.match(/^127\.0\.0\.1:\d+ does not speak TLS: /);
    plain.close();
  });

  it('tells a cut of the connection from a server that does not speak TLS', async () => {
    server = await startApiServer();
    const silent = createServer(() => {}).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    const scope = openScope(() => {});
    const way = { ...server.opener, openChannel: async (to: HostPort) => connect(to) };
    const line = openLine(scope, way);
    const looking = failure(peekCertificate(line, { host: '127.0.0.1', port }, signal), ConnectionCut);
    await once(silent, 'connection');
    line.cut();
    await looking;
    silent.close();
    await scope.close();
  });
});
