import type { IncomingMessage } from 'node:http';
import type { WebSocket } from 'ws';
import type { Fence } from './fence.ts';
import type { KubeList, KubeObject } from './objects.ts';

/** Bounds of a call. */
export interface CallOptions {
  /** In place of the signal of the scope that the client was opened in; an undo gives its own. */
  readonly signal?: AbortSignal;
  /** Default 30 s. Waiting for a server that says Retry-After counts too. */
  readonly timeoutMs?: number;
  readonly query?: Query;
}

/** Query parameters; a list repeats the parameter, undefined leaves it out. */
export type Query = Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>;

/** One request as it goes out. */
export interface KubeRequest extends CallOptions {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly body?: unknown;
  /** Of the body; default application/json. */
  readonly contentType?: string;
  readonly accept?: string;
}

/** An answer below 400. */
export interface KubeAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly text: string;
}

export interface ListOptions extends CallOptions {
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  /** Objects a page; default 500. */
  readonly pageSize?: number;
}

export interface WriteOptions extends CallOptions {
  /** `fieldValidation=Strict`: unknown and duplicate fields are refused, not dropped. */
  readonly strict?: boolean;
  readonly fieldManager?: string;
  readonly dryRun?: boolean;
}

export interface PatchOptions extends WriteOptions {
  readonly type: 'merge' | 'json' | 'strategic' | 'apply';
  /** Only with `apply`: takes fields over from other managers. */
  readonly force?: boolean;
}

export interface DeleteOptions extends CallOptions {
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string };
  readonly propagation?: 'Foreground' | 'Background' | 'Orphan';
  readonly gracePeriodSeconds?: number;
}

/**
 * The Kubernetes API through the SSH connection. Every call is bounded, obeys Retry-After a few times and says so.
 * @throws KubeError when the server refuses, InfraError when it cannot be reached or trusted, LostLease when it is to
 * change something and the fence is closed.
 */
export interface KubeClient {
  /** `https://127.0.0.1:6443 through root@node:22`. */
  readonly description: string;
  /** Aborts when the way to the server is gone for good. */
  readonly lost: AbortSignal;
  /** What every mutating request has to pass; undefined as long as no lease was taken. */
  readonly fence: Fence | undefined;
  /** The same client without a fence: only for the lease itself. */
  readonly unfenced: KubeClient;
  /** From now on every mutating request, websockets too, passes this first, and our objects carry its epoch. */
  raise(fence: Fence): void;
  request(request: KubeRequest): Promise<KubeAnswer>;
  get<T extends KubeObject = KubeObject>(path: string, options?: CallOptions): Promise<T>;
  /** Like get, but undefined when there is no such object. */
  find<T extends KubeObject = KubeObject>(path: string, options?: CallOptions): Promise<T | undefined>;
  /** The body as it is, e.g. a pod's log. */
  text(path: string, options?: CallOptions): Promise<string>;
  list<T extends KubeObject = KubeObject>(path: string, options?: ListOptions): Promise<KubeList<T>>;
  create<T extends KubeObject = KubeObject>(path: string, object: KubeObject, options?: WriteOptions): Promise<T>;
  replace<T extends KubeObject = KubeObject>(path: string, object: KubeObject, options?: WriteOptions): Promise<T>;
  patch<T extends KubeObject = KubeObject>(path: string, patch: unknown, options: PatchOptions): Promise<T>;
  /** Asks for deletion; finalizers may keep the object for a while. False when there was none. */
  delete(path: string, options?: DeleteOptions): Promise<boolean>;
  /** An answer of unknown length, e.g. a watch: resolves with the headers. The timeout covers only the way there. */
  stream(path: string, options?: CallOptions): Promise<IncomingMessage>;
  /** An open websocket. @throws KubeError with the server's words when it refuses the upgrade. */
  websocket(path: string, protocols: readonly string[], options?: CallOptions): Promise<WebSocket>;
}
