import { createHash } from 'node:crypto';
import { formOf } from './accept.ts';
import type { Core } from './core.ts';
import { delegatedGroups, delegatedItems } from './delegated-discovery.ts';
import { aggregatedDiscovery, apiGroup, apiGroupList, apiResourceList, apiVersions, rootPaths } from './discovery.ts';
import { healthAnswer, pageNotFound } from './health.ts';
import { openapiDocument, openapiIndex } from './openapi.ts';
import { type ApiRequest, type ApiResponse, header, type RequestInfo } from './request.ts';

const AGGREGATED = /^apidiscovery\.k8s\.io\/(v2|v2beta1)$/;

/** Answers everything that is no resource: discovery, OpenAPI, health, version. */
export function answerPath(core: Core, request: ApiRequest, info: RequestInfo): ApiResponse {
  const health = healthAnswer(info.path, info.query);
  if (health !== undefined) return health;
  const path = info.path.length > 1 ? info.path.replace(/\/+$/, '') : info.path;
  const { registry } = core;
  if (path === '/version') return whole(versionDocument(core));
  if (path === '/') return whole(rootPaths(registry.types));
  if (path === '/api' || path === '/apis') return discovery(core, request, path);
  if (path === '/openapi/v3')
    return document(openapiIndex(registry.types), { 'content-type': 'text/plain; charset=utf-8' });
  if (path.startsWith('/openapi/v3/')) return openApi(core, path.slice('/openapi/v3/'.length));
  if (path === '/metrics') return { type: 'text', status: 200, headers: METRICS, text: '# EOF\n' };
  const parts = path.split('/').slice(1);
  if (parts[0] === 'apis' && parts.length === 2) return found(groupDocument(core, parts[1] ?? ''));
  if (parts[0] === 'apis' && parts.length === 3)
    return found(apiResourceList(registry.types, parts[1] ?? '', parts[2] ?? ''));
  if (parts[0] === 'api' && parts.length === 2) return found(apiResourceList(registry.types, '', parts[1] ?? ''));
  return pageNotFound();
}

const METRICS = { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' };

function whole(body: unknown): ApiResponse {
  return { type: 'object', status: 200, headers: {}, body };
}

function found(body: unknown): ApiResponse {
  return body === undefined ? pageNotFound() : whole(body);
}

function document(body: unknown, headers: Readonly<Record<string, string>>): ApiResponse {
  return {
    type: 'object',
    status: 200,
    headers: { 'last-modified': new Date().toUTCString(), ...headers },
    body,
    sized: true,
  };
}

function discovery(core: Core, request: ApiRequest, path: string): ApiResponse {
  const form = formOf(request, ({ as, asVersion }) => as === 'APIGroupDiscoveryList' && AGGREGATED.test(asVersion));
  if (form.as === '') return whole(path === '/api' ? apiVersions(serverAddress(request)) : groupList(core));
  const version = form.asVersion.endsWith('v2beta1') ? 'v2beta1' : 'v2';
  const body = aggregatedDocument(core, path === '/api' ? 'api' : 'apis', version);
  const headers = {
    'content-type': `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`,
    'cache-control': 'public',
    vary: 'Accept',
    etag: `"${createHash('sha512').update(JSON.stringify(body)).digest('hex').toUpperCase()}"`,
  };
  if (header(request, 'if-none-match') === headers.etag) return { type: 'text', status: 304, headers, text: '' };
  return { type: 'object', status: 200, headers, body };
}

function groupList({ registry, delegated }: Core) {
  const own = apiGroupList(registry.types);
  return { ...own, groups: [...own.groups, ...delegatedGroups([...delegated.values()])] };
}

function groupDocument({ registry, delegated }: Core, name: string): unknown {
  const own = apiGroup(registry.types, name);
  if (own !== undefined) return own;
  const found = delegatedGroups([...delegated.values()]).find((group) => group.name === name);
  return found === undefined ? undefined : { kind: 'APIGroup', apiVersion: 'v1', ...found };
}

function aggregatedDocument({ registry, delegated }: Core, root: 'api' | 'apis', version: 'v2' | 'v2beta1') {
  const own = aggregatedDiscovery(registry.types, { root, version });
  return root === 'api' ? own : { ...own, items: [...own.items, ...delegatedItems([...delegated.values()])] };
}

function serverAddress(request: ApiRequest): string {
  const host = request.headers.host;
  return typeof host === 'string' ? host : '127.0.0.1:6443';
}

function openApi({ registry }: Core, path: string): ApiResponse {
  const [root, ...rest] = path.split('/');
  const [group = '', version = ''] = root === 'api' ? ['', ...rest] : rest;
  const body = openapiDocument(registry.types, group, version);
  if (body === undefined) return pageNotFound();
  return document(body, { vary: 'Accept', etag: `"${registry.revision.toString(16).toUpperCase()}-${path.length}"` });
}

function versionDocument({ version }: Core) {
  const [, major = '1', minor = '0'] = /^v(\d+)\.(\d+)/.exec(version) ?? [];
  return {
    major,
    minor,
    ...emulation(major, Number(minor)),
    gitVersion: version,
    gitCommit: '$Format:%H$',
    gitTreeState: '',
    buildDate: '1970-01-01T00:00:00Z',
    goVersion: GO_VERSION,
    compiler: 'gc',
    platform: 'linux/amd64',
  };
}

// Told since 1.33 only.
function emulation(major: string, minor: number) {
  if (minor < 33) return {};
  return {
    emulationMajor: major,
    emulationMinor: String(minor),
    minCompatibilityMajor: major,
    minCompatibilityMinor: String(minor - 1),
  };
}

const GO_VERSION = 'go1.24.6';
