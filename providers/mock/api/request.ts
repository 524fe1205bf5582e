import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex, Readable } from 'node:stream';
import { isObject } from './json.ts';
import type { KubeObject, UserInfo } from './objects.ts';

/** A request, over the wire or in process. */
export interface ApiRequest {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** Raw bytes from the wire, or a value in process. */
  readonly body?: Buffer | { readonly value: unknown };
  readonly identity: Identity;
  /** Ends watches and logs when the client has gone. */
  readonly signal: AbortSignal;
  /** By which the audit trail knows it. */
  readonly auditId?: string;
  /** Of the client's end; undefined in process. */
  readonly remotePort?: number;
}

/** What the connection itself says about who asks; `trusted` callers are in process and need no credentials. */
export type Identity =
  | { readonly by: 'trusted'; readonly user: UserInfo }
  | { readonly by: 'wire'; readonly certificate?: Certificate; readonly refused?: boolean };

/** A client certificate that the server's authority has signed. With another signer the identity is `refused`. */
export interface Certificate {
  readonly user: string;
  readonly groups: readonly string[];
  /** Of the DER form, hexadecimal. */
  readonly sha256: string;
}

export type ResponseHeaders = Readonly<Record<string, string | readonly string[]>>;

/** An answer before it is written in bytes. `stream` goes on, `hand-over` leaves the wire to somebody else. */
export type ApiResponse =
  /** `sized` answers always tell their length. */
  | (Head & { readonly type: 'object'; readonly body: unknown; readonly sized?: boolean })
  | (Head & { readonly type: 'text'; readonly text: string })
  | (Head & { readonly type: 'watch'; readonly events: WatchSource })
  | (Head & { readonly type: 'stream'; readonly stream: Readable })
  | {
      readonly type: 'hand-over';
      readonly cutAfterBytes?: number;
      readonly serve: (request: IncomingMessage, response: ServerResponse) => void;
    }
  | (Head & {
      readonly type: 'upgrade';
      readonly accept: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
      /** For a request that turns out not to be one for an upgrade. */
      readonly otherwise: Head & { readonly type: 'object'; readonly body: unknown };
    });

interface Head {
  readonly status: number;
  readonly headers: ResponseHeaders;
  /** A scenario closes the connection after so many bytes of the body; 0 is before any. */
  readonly cutAfterBytes?: number;
}

/** Events of a watch; `object` may be a Table or a Status too. */
export interface WireEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  readonly object: unknown;
}

/** A running watch: hears `event` at once, `end` when the server closes it. Returns how to stop. */
export type WatchSource = (listener: { event(event: WireEvent): void; end(): void }) => () => void;

/** What a path and a method ask for. */
export interface RequestInfo {
  readonly resourceRequest: boolean;
  /** Without the query. */
  readonly path: string;
  /** A Kubernetes verb, or for other paths the method in lower case. */
  readonly verb: string;
  readonly group: string;
  readonly version: string;
  readonly namespace: string;
  readonly resource: string;
  readonly subresource: string;
  readonly name: string;
  /** Whatever follows the subresource, for proxies. */
  readonly rest: string;
  readonly query: URLSearchParams;
}

const VERBS: Readonly<Record<string, string>> = {
  GET: 'get',
  HEAD: 'get',
  POST: 'create',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
};

// These hang below a namespace object itself, so `/namespaces/x/status` is not a resource in namespace x.
const NAMESPACE_SUBRESOURCES = new Set(['status', 'finalize']);

/** Below it the simulator is looked at and led; no paths of Kubernetes. Members of system:masters may use them. */
export const CONTROL_PATH = '/sevlane-sim/';

/** Reads a path the way the real server's RequestInfo resolver does. */
export function requestInfo(method: string, pathAndQuery: string): RequestInfo {
  const url = new URL(pathAndQuery, 'https://server');
  const query = url.searchParams;
  const parts = url.pathname
    .split('/')
    .filter((part) => part !== '')
    .map(decode);
  const plain: RequestInfo = {
    resourceRequest: false,
    path: url.pathname,
    verb: method.toLowerCase(),
    group: '',
    version: '',
    namespace: '',
    resource: '',
    subresource: '',
    name: '',
    rest: '',
    query,
  };
  const [prefix] = parts;
  if (prefix !== 'api' && prefix !== 'apis') return plain;
  const head = prefix === 'api' ? 2 : 3;
  if (parts.length <= head) return plain;
  const group = prefix === 'api' ? '' : (parts[1] ?? '');
  const version = parts[head - 1] ?? '';
  const { verb, tail } = verbOf(method, parts.slice(head));
  if (tail.length === 0) return plain;
  return withListVerbs({ ...plain, resourceRequest: true, group, version, verb, ...placed(tail) });
}

function verbOf(method: string, tail: readonly string[]) {
  const verb = VERBS[method] ?? method.toLowerCase();
  if (tail[0] === 'watch') return { verb: 'watch', tail: tail.slice(1) };
  if (tail[0] === 'proxy') return { verb: 'proxy', tail: tail.slice(1) };
  return { verb, tail };
}

function placed(tail: readonly string[]) {
  let namespace = '';
  let rest = tail;
  if (tail[0] === 'namespaces' && tail[1] !== undefined) {
    namespace = tail[1];
    if (tail[2] !== undefined && !NAMESPACE_SUBRESOURCES.has(tail[2])) rest = tail.slice(2);
  }
  const [resource = '', name = '', subresource = ''] = rest;
  return { namespace, resource, name, subresource, rest: rest.slice(3).join('/') };
}

function withListVerbs(info: RequestInfo): RequestInfo {
  if (info.name !== '') return info.verb === 'watch' ? info : info;
  const verb = { get: isTrue(info.query.get('watch')) ? 'watch' : 'list', delete: 'deletecollection' }[info.verb];
  const listing = verb === 'list' || verb === 'watch' || info.verb === 'watch';
  const named = listing
    ? /(?:^|,)metadata\.name==?([^,]+)/.exec(info.query.get('fieldSelector') ?? '')?.[1]
    : undefined;
  return { ...info, verb: verb ?? info.verb, name: named ?? '' };
}

/** Reads a boolean of the query as the real server does: present and neither `false` nor `0`. */
export function isTrue(text: string | null): boolean {
  return text !== null && text !== 'false' && text !== '0';
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** The single value of a header. */
export function header(request: ApiRequest, name: string): string | undefined {
  const value = request.headers[name];
  return typeof value === 'string' ? value : value?.[0];
}

/** The part of an object at a path of keys, or undefined. */
export function at(value: unknown, ...keys: readonly string[]): unknown {
  let found = value;
  for (const key of keys) found = isObject(found) ? found[key] : undefined;
  return found;
}

/** The labels of any object. */
export function labelsOf(object: KubeObject): Readonly<Record<string, string>> {
  return object.metadata.labels ?? {};
}
