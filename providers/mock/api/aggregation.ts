import type { IncomingMessage } from 'node:http';
import type { Backend } from './backends.ts';
import { type Core, timestamp } from './core.ts';
import type { KubeObject, UserInfo } from './objects.ts';
import { type ApiResponse, at } from './request.ts';
import { ApiError, failure } from './status.ts';

const APISERVICES = 'apiservices.apiregistration.k8s.io';

interface ServiceReference {
  readonly namespace: string;
  readonly name: string;
}

/** The APIService that a group and version are delegated to, if they are not served here. */
export function delegatedTo(core: Core, group: string, version: string): KubeObject | undefined {
  const name = `${version}.${group}`;
  const found = core.store.get({ resource: APISERVICES, namespace: '', name });
  return found !== undefined && at(found, 'spec', 'service') !== undefined ? found : undefined;
}

/** Hands a request to whoever listens behind an APIService, with the asker in headers. @throws ApiError 503 when nobody does. */
export function delegate(core: Core, apiService: KubeObject, user: UserInfo, upgrade: boolean): ApiResponse {
  const backend = backendOf(core, apiService);
  const answer = upgrade ? backend?.upgrade : backend?.serve;
  if (backend === undefined || answer === undefined) throw unavailable();
  if (upgrade) return upgraded(backend, user);
  return {
    type: 'hand-over',
    serve: (request, response) => {
      setUser(request, user);
      backend.serve?.(request, response);
    },
  };
}

function upgraded(backend: Backend, user: UserInfo): ApiResponse {
  return {
    type: 'upgrade',
    status: 101,
    headers: {},
    otherwise: { type: 'object', status: 503, headers: {}, body: unavailable().body },
    accept: (request, socket, head) => {
      setUser(request, user);
      backend.upgrade?.(request, socket, head);
    },
  };
}

/** What listens behind an APIService. */
export function backendOf(core: Core, apiService: KubeObject): Backend | undefined {
  const service = at(apiService, 'spec', 'service') as ServiceReference | undefined;
  return service === undefined ? undefined : core.network.service(service.namespace, service.name);
}

function unavailable(): ApiError {
  return new ApiError(failure({ code: 503, reason: 'ServiceUnavailable', message: 'service unavailable' }));
}

const OWN_HEADERS = /^(?:authorization|x-remote-|impersonate-)/;

/** Takes the client's credentials out of the headers and says who it was found to be, in both forms that Node offers. */
function setUser(request: IncomingMessage, { username, uid, groups, extra = {} }: UserInfo): void {
  const kept = Object.entries(request.headersDistinct).filter(([name]) => !OWN_HEADERS.test(name));
  const extras = Object.entries(extra).map(([key, values]) => [
    `x-remote-extra-${encodeURIComponent(key).toLowerCase()}`,
    [...values],
  ]);
  const distinct: Record<string, string[]> = {
    ...Object.fromEntries(kept),
    'x-remote-user': [username],
    'x-remote-group': [...groups],
    ...(uid === undefined ? {} : { 'x-remote-uid': [uid] }),
    ...Object.fromEntries(extras),
  };
  const joined = Object.entries(distinct).map(([name, values]) => [name, values.join(', ')]);
  Object.assign(request, { headers: Object.fromEntries(joined), headersDistinct: distinct });
}

/** Keeps the Available condition of APIServices in step with who listens. */
export function refreshApiService(core: Core, apiService: KubeObject): void {
  const condition = availability(core, apiService);
  const old = ((at(apiService, 'status', 'conditions') ?? []) as readonly Condition[]).find(
    (one) => one.type === 'Available',
  );
  if (old?.status === condition.status && old.reason === condition.reason) return;
  const lastTransitionTime = old?.status === condition.status ? old.lastTransitionTime : timestamp(core);
  const { type, status, ...words } = condition;
  const conditions = [{ type, status, lastTransitionTime, ...words }];
  const key = { resource: APISERVICES, namespace: '', name: apiService.metadata.name ?? '' };
  core.store.update(key, { ...apiService, status: { conditions } });
}

interface Condition {
  readonly type: 'Available';
  readonly status: 'True' | 'False';
  readonly reason: string;
  readonly message: string;
  readonly lastTransitionTime?: string;
}

function availability(core: Core, apiService: KubeObject): Condition {
  const service = at(apiService, 'spec', 'service') as ServiceReference | undefined;
  if (service === undefined) {
    const message = 'Local APIServices are always available';
    return { type: 'Available', status: 'True', reason: 'Local', message };
  }
  const { namespace, name } = service;
  const place = `${JSON.stringify(name)} in ${JSON.stringify(namespace)}`;
  if (core.store.get({ resource: 'services', namespace, name }) === undefined) {
    return {
      type: 'Available',
      status: 'False',
      reason: 'ServiceNotFound',
      message: `service/${name} in ${JSON.stringify(namespace)} is not present`,
    };
  }
  if (core.network.service(namespace, name) === undefined) {
    const message = `endpoints for service/${place.replace(/^"|"(?= in)/g, '')} have no addresses with port name "https"`;
    return { type: 'Available', status: 'False', reason: 'MissingEndpoints', message };
  }
  return { type: 'Available', status: 'True', reason: 'Passed', message: 'all checks passed' };
}
