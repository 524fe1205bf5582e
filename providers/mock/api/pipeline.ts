import type { ApiCall } from '../scenario/director.ts';
import type { Holding } from '../scenario/holds.ts';
import { delegate, delegatedTo } from './aggregation.ts';
import { authenticate } from './auth/authenticate.ts';
import { accessOf, forbiddenTo } from './auth/authorize.ts';
import { impersonated } from './auth/impersonate.ts';
import { answerControl } from './control.ts';
import type { Caller, Core } from './core.ts';
import { answerResource } from './handle.ts';
import { pageNotFound } from './health.ts';
import type { UserInfo } from './objects.ts';
import { answerPath } from './paths.ts';
import {
  type ApiRequest,
  type ApiResponse,
  CONTROL_PATH,
  header,
  type RequestInfo,
  type ResponseHeaders,
  requestInfo,
} from './request.ts';
import type { RequestLog } from './request-log.ts';
import { ApiError, expired, failure, internalError, noSuchResource } from './status.ts';

/** Takes a request through authentication, impersonation, authorization and the scenario to its handler. Never rejects. */
export async function handle(core: Core, requests: RequestLog, request: ApiRequest): Promise<ApiResponse> {
  const info = requestInfo(request.method, request.path);
  const trail: Trail = { user: undefined, fair: false, warnings: [] };
  const response = await guarded(() => answer(core, requests, request, { info, trail }));
  if (request.identity.by === 'wire') log(core, requests, request, { info, trail, response });
  return withHeaders(response, request, { info, trail });
}

interface Trail {
  user: UserInfo | undefined;
  /** Past priority and fairness, which marks its answers. */
  fair: boolean;
  readonly warnings: string[];
}

interface Progress {
  readonly info: RequestInfo;
  readonly trail: Trail;
}

async function guarded(work: () => Promise<ApiResponse>): Promise<ApiResponse> {
  try {
    return await work();
  } catch (error) {
    const refusal =
      error instanceof ApiError ? error : internalError(error instanceof Error ? error.message : String(error));
    return { type: 'object', status: refusal.status, headers: refusal.headers, body: refusal.body };
  }
}

async function answer(
  core: Core,
  requests: RequestLog,
  request: ApiRequest,
  { info, trail }: Progress,
): Promise<ApiResponse> {
  const user = authenticate(core, request);
  trail.user = user;
  const acting = request.identity.by === 'trusted' ? user : impersonated(core.authorizer, user, request);
  trail.user = acting;
  const isControl = info.path.startsWith(CONTROL_PATH);
  const call = callOf(request, info, acting);
  const isSpared = request.identity.by === 'trusted' || isControl;
  const fault = isSpared ? NO_FAULT : await faultOf(core, call, request.signal);
  if (fault.response !== undefined) return fault.response;
  trail.fair = !isLongRunning(info);
  const access = accessOf(info);
  const { allowed, reason } = core.authorizer.decide(acting, access);
  if (!allowed) throw forbiddenTo(acting, access, reason);
  const caller: Caller = {
    user: acting,
    userAgent: header(request, 'user-agent') ?? '',
    warn: (text) => void trail.warnings.push(text),
    signal: request.signal,
  };
  if (isControl) return await answerControl(core, requests, request, info);
  const response = await routed(core, caller, request, { info, staleBy: fault.staleBy });
  if (fault.heldAfter !== undefined) await core.holds.hold(call, { ...fault.heldAfter, signal: request.signal });
  return fault.cutAfterBytes === undefined ? response : cut(response, fault.cutAfterBytes);
}

function callOf(request: ApiRequest, info: RequestInfo, { username }: UserInfo): ApiCall {
  const { verb, group, resource, subresource, namespace, name } = info;
  const userAgent = header(request, 'user-agent') ?? '';
  return { verb, group, resource, subresource, namespace, name, username, userAgent };
}

const LONG_RUNNING = new Set(['log', 'exec', 'attach', 'portforward', 'proxy']);

// Watches are long-running too, but priority and fairness still looks at how they begin.
function isLongRunning({ subresource }: RequestInfo): boolean {
  return LONG_RUNNING.has(subresource);
}

async function routed(
  core: Core,
  caller: Caller,
  request: ApiRequest,
  { info, staleBy }: { readonly info: RequestInfo; readonly staleBy: number },
): Promise<ApiResponse> {
  const apiService = aggregated(core, info);
  if (apiService !== undefined)
    return delegate(core, apiService, caller.user, header(request, 'upgrade') !== undefined);
  if (!info.resourceRequest) return answerPath(core, request, info);
  const type = core.registry.find(info.group, info.version, info.resource);
  if (type !== undefined) return answerResource({ core, caller, request, info, type, staleBy });
  // Built-in groups answer by themselves, unknown ones fall through to the last handler.
  const builtin = info.group === '' || core.registry.types.some((one) => one.group === info.group && !one.custom);
  if (builtin) throw noSuchResource();
  return pageNotFound();
}

function aggregated(core: Core, info: RequestInfo) {
  const [first, group = '', version = ''] = info.path.split('/').slice(1);
  return first === 'apis' && version !== '' ? delegatedTo(core, group, version) : undefined;
}

interface Fault {
  readonly response?: ApiResponse;
  readonly staleBy: number;
  readonly cutAfterBytes?: number;
  readonly heldAfter?: Omit<Holding, 'signal'>;
}

const NO_FAULT: Fault = { staleBy: 0 };

async function faultOf(core: Core, call: ApiCall, signal: AbortSignal): Promise<Fault> {
  const fault = core.director.api(call);
  switch (fault?.do) {
    case undefined:
      return NO_FAULT;
    case 'status':
      return { staleBy: 0, response: refusal(fault) };
    case 'delay':
      // On the wall's clock, whatever the pace: it is the client's patience that is tried.
      await core.clock.sleep(fault.ms * core.clock.pace, signal);
      return NO_FAULT;
    case 'cut':
      // At once means before anything is done; with a number the request is served and its answer lost.
      if (fault.afterBytes === undefined) return { staleBy: 0, response: cut(pageNotFound(), 0) };
      return { staleBy: 0, cutAfterBytes: fault.afterBytes };
    case 'hold': {
      const { side, forMs } = fault;
      const holding = { side, ...(forMs === undefined ? {} : { forMs }) };
      if (side === 'after') return { staleBy: 0, heldAfter: holding };
      // Whoever has gone meanwhile wants nothing any more.
      const end = await core.holds.hold(call, { ...holding, signal });
      return end === 'gone' ? { staleBy: 0, response: cut(pageNotFound(), 0) } : NO_FAULT;
    }
    case 'stale':
      return { staleBy: fault.byVersions };
    case 'expire':
      return { staleBy: 0, response: expiry(call.verb) };
  }
}

const REASONS: Readonly<Record<number, readonly [string, string]>> = {
  401: ['Unauthorized', 'Unauthorized'],
  403: ['Forbidden', 'forbidden'],
  404: ['NotFound', 'the server could not find the requested resource'],
  409: ['Conflict', 'the server reported a conflict'],
  410: ['Expired', 'The resourceVersion for the provided list is too old.'],
  429: ['TooManyRequests', 'the server has received too many requests and has asked us to try again later'],
  500: ['InternalError', 'Internal error occurred: the server has been instructed to fail'],
  503: ['ServiceUnavailable', 'the server is currently unable to handle the request'],
  504: ['Timeout', 'the server was unable to return a response in the time allotted'],
};

interface StatusFault {
  readonly status: number;
  readonly reason?: string;
  readonly message?: string;
  readonly retryAfterSeconds?: number;
}

function refusal({ status, reason, message, retryAfterSeconds }: StatusFault): ApiResponse {
  const [usualReason, usualMessage] = REASONS[status] ?? ['', `the server answered with status ${status}`];
  const details = retryAfterSeconds === undefined ? undefined : { retryAfterSeconds };
  const body = failure({ code: status, reason: reason ?? usualReason, message: message ?? usualMessage, details });
  const headers: ResponseHeaders = retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) };
  return { type: 'object', status, headers, body };
}

function expiry(verb: string): ApiResponse {
  const { body } = expired(`The resourceVersion for the provided ${verb === 'watch' ? 'watch' : 'list'} is too old.`);
  if (verb !== 'watch') return { type: 'object', status: 410, headers: {}, body };
  const events: Extract<ApiResponse, { type: 'watch' }>['events'] = (listener) => {
    listener.event({ type: 'ERROR', object: body });
    listener.end();
    return () => {};
  };
  return { type: 'watch', status: 200, headers: {}, events };
}

function cut(response: ApiResponse, cutAfterBytes: number): ApiResponse {
  return { ...response, cutAfterBytes };
}

// One server is one instance of priority and fairness.
const FLOW = {
  'x-kubernetes-pf-flowschema-uid': crypto.randomUUID(),
  'x-kubernetes-pf-prioritylevel-uid': crypto.randomUUID(),
};

function withHeaders(response: ApiResponse, request: ApiRequest, { info, trail }: Progress): ApiResponse {
  if (response.type === 'hand-over') return response;
  const warnings = trail.warnings.map((text) => `299 - ${JSON.stringify(text)}`);
  const headers = {
    'audit-id': request.auditId ?? crypto.randomUUID(),
    'cache-control': 'no-cache, private',
    ...(trail.fair && trail.user !== undefined && !isLongRunning(info) ? FLOW : {}),
    ...(warnings.length === 0 ? {} : { warning: warnings }),
    ...response.headers,
  };
  return { ...response, headers };
}

function log(
  core: Core,
  requests: RequestLog,
  request: ApiRequest,
  { info, trail, response }: Progress & { response: ApiResponse },
): void {
  const { verb, group, resource, subresource, namespace, name } = info;
  requests.add({
    at: core.clock.now().toISOString(),
    verb,
    group,
    resource,
    subresource,
    namespace,
    name,
    path: request.path,
    user: trail.user?.username ?? '',
    userAgent: header(request, 'user-agent') ?? '',
    status: response.type === 'hand-over' ? 0 : response.status,
    remotePort: request.remotePort,
  });
}
