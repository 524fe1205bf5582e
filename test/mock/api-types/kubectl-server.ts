import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { aggregatedDiscovery, apiGroupList, apiVersions } from '../../../providers/mock/api/discovery.ts';
import { openapiDocument, openapiIndex } from '../../../providers/mock/api/openapi.ts';
import type { ResourceType } from '../../../providers/mock/api/resource-type.ts';

/** A request that kubectl made to change something. */
export interface SentBody {
  readonly method: string;
  readonly path: string;
  readonly contentType: string;
  readonly body: Buffer;
}

/** kubectl against a server that only knows the documents about types. */
export interface DocumentServer extends AsyncDisposable {
  readonly sent: SentBody[];
  kubectl(...args: readonly string[]): Promise<{ readonly stdout: string; readonly stderr: string }>;
}

/** Serves discovery and OpenAPI of these types on loopback, answers everything else with 404. */
export async function serveDocuments(types: readonly ResourceType[]): Promise<DocumentServer> {
  const sent: SentBody[] = [];
  const home = mkdtempSync(join(tmpdir(), 'kubectl-'));
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { pathname } = new URL(request.url ?? '/', 'http://x');
    if (request.method !== 'GET') {
      const contentType = request.headers['content-type'] ?? '';
      sent.push({ method: request.method ?? '', path: pathname, contentType, body: Buffer.concat(chunks) });
    }
    const found = documentAt(types, pathname, request.headers.accept ?? '');
    response.statusCode = found === undefined ? 404 : 200;
    response.setHeader('content-type', found?.type ?? 'application/json');
    response.end(JSON.stringify(found?.body ?? { kind: 'Status', apiVersion: 'v1', status: 'Failure', code: 404 }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const base = ['--kubeconfig', '/dev/null', '--server', `http://127.0.0.1:${port}`, '--cache-dir', home];
  return {
    sent,
    kubectl: async (...args) => {
      const options = { reject: false, env: { HOME: home }, timeout: 20_000 } as const;
      const { stdout, stderr } = await execa('kubectl', [...base, ...args], options);
      return { stdout, stderr };
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      rmSync(home, { recursive: true, force: true });
    },
  };
}

const AGGREGATED = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';

function documentAt(types: readonly ResourceType[], path: string, accept: string) {
  const json = (body: unknown) => (body === undefined ? undefined : { type: 'application/json', body });
  if (path === '/api' || path === '/apis') {
    const root = path === '/api' ? 'api' : 'apis';
    if (accept.includes(AGGREGATED))
      return { type: AGGREGATED, body: aggregatedDiscovery(types, { root, version: 'v2' }) };
    return json(root === 'api' ? apiVersions('127.0.0.1') : apiGroupList(types));
  }
  if (path === '/version') return json({ major: '1', minor: '34', gitVersion: 'v1.34.4' });
  if (path === '/openapi/v3') return json(openapiIndex(types));
  const [, group = '', version = ''] = /^\/openapi\/v3\/(?:api|apis\/([^/]+))\/([^/]+)$/.exec(path) ?? [];
  return version === '' ? undefined : json(openapiDocument(types, group, version));
}
