import { randomUUID } from 'node:crypto';
import type { AuditSink, AuditStage, ObjectRef } from './audit-event.ts';
import { authenticate } from './auth/authenticate.ts';
import type { Core } from './core.ts';
import type { UserInfo } from './objects.ts';
import {
  type ApiRequest,
  type ApiResponse,
  at,
  CONTROL_PATH,
  header,
  type RequestInfo,
  requestInfo,
} from './request.ts';

/** One request over the wire, from its head on. */
export interface AuditedRequest {
  /** Shown in the answer's header `Audit-ID`. */
  readonly id: string;
  /** What it is answered with, before that is written. */
  answered(response: ApiResponse): void;
  /** Its handling was broken off: there is no answer. */
  broken(): void;
  /** The answer's end; the code, where somebody else than the server has given it. */
  ended(code?: number): void;
}

/** Tells that a request has come, whatever becomes of it; undefined when nobody listens, or it is for the simulator. */
export function received(core: Core, request: ApiRequest): AuditedRequest | undefined {
  const info = requestInfo(request.method, request.path);
  const { audit: sink } = core;
  return sink === undefined || info.path.startsWith(CONTROL_PATH) ? undefined : audited(core, request, { info, sink });
}

function audited(core: Core, request: ApiRequest, { info, sink }: Audit): AuditedRequest {
  const id = header(request, 'audit-id') ?? randomUUID();
  const receivedAt = microTime(core);
  const head = headOf(core, request, info);
  let code = 0;
  let objectRef = refOf(info);
  let isOver = false;
  const tell = (stage: AuditStage) => {
    const status = stage === 'RequestReceived' ? {} : { responseStatus: { metadata: {}, code } };
    const ref = objectRef === undefined ? {} : { objectRef };
    const times = { requestReceivedTimestamp: receivedAt, stageTimestamp: microTime(core) };
    sink({ ...KIND, auditID: id, stage, ...head, ...ref, ...status, ...times });
  };
  const end = (stage: AuditStage) => {
    if (!isOver) tell(stage);
    isOver = true;
  };
  tell('RequestReceived');
  return {
    id,
    answered(response) {
      code = codeOf(response);
      objectRef = objectRef && named(objectRef, response);
      if (isLongRunning(info)) tell('ResponseStarted');
    },
    broken() {
      code = 500;
      end('Panic');
    },
    ended(given) {
      code = given ?? code;
      end('ResponseComplete');
    },
  };
}

interface Audit {
  readonly info: RequestInfo;
  readonly sink: AuditSink;
}

const KIND = { kind: 'Event', apiVersion: 'audit.k8s.io/v1', level: 'Metadata' } as const;

function headOf(core: Core, request: ApiRequest, info: RequestInfo) {
  const userAgent = header(request, 'user-agent');
  const other = header(request, 'impersonate-user');
  return {
    requestURI: request.path,
    verb: info.verb,
    user: userOf(core, request),
    ...(other === undefined ? {} : { impersonatedUser: { username: other } }),
    // The wire is loopback.
    sourceIPs: ['127.0.0.1'],
    ...(userAgent === undefined ? {} : { userAgent }),
  };
}

function userOf(core: Core, request: ApiRequest): Partial<UserInfo> {
  try {
    return authenticate(core, request);
  } catch {
    return {};
  }
}

function refOf(info: RequestInfo): ObjectRef | undefined {
  if (!info.resourceRequest) return undefined;
  const { resource, namespace, name, group, version, subresource } = info;
  const all = { resource, namespace, name, apiGroup: group, apiVersion: version, subresource };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== ''));
}

/** A creation names its object in the body only; a refusal of it tells the name in its details. */
function named(ref: ObjectRef, response: ApiResponse): ObjectRef {
  if (ref.name !== undefined || response.type !== 'object') return ref;
  const { body } = response;
  const name = at(body, 'kind') === 'Status' ? at(body, 'details', 'name') : at(body, 'metadata', 'name');
  return typeof name === 'string' && name !== '' ? { ...ref, name } : ref;
}

function codeOf(response: ApiResponse): number {
  if (response.type === 'hand-over') return 0;
  return response.type === 'upgrade' ? 101 : response.status;
}

const LONG_RUNNING = new Set(['log', 'exec', 'attach', 'portforward', 'proxy']);

function isLongRunning({ verb, subresource }: RequestInfo): boolean {
  return verb === 'watch' || LONG_RUNNING.has(subresource);
}

/** The wall's time with microseconds, as `metav1.MicroTime` is written. */
function microTime({ clock }: Core): string {
  return clock.now().toISOString().replace('Z', '000Z');
}
