import type { KubeObject } from '../api/objects.ts';
import type { KubeApi, KubeRequest } from './seam.ts';

/** The API server said no, or something in between did. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly status: number;
  readonly reason: string;
  /** The Status object, where one was sent. */
  readonly body: unknown;

  constructor(request: KubeRequest, status: number, body: unknown) {
    const { message, reason } = (typeof body === 'object' && body !== null ? body : {}) as Record<string, unknown>;
    super(typeof message === 'string' ? message : `${request.method} ${request.path}: HTTP ${status}`);
    this.status = status;
    this.reason = typeof reason === 'string' ? reason : '';
    this.body = body;
  }
}

/** A list answer. */
export interface ListOf<T> {
  readonly items: readonly T[];
  readonly resourceVersion: string;
  readonly continueToken: string;
}

export interface DeleteOptions {
  readonly gracePeriodSeconds?: number;
  readonly propagationPolicy?: 'Foreground' | 'Background' | 'Orphan';
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string };
}

export type PatchType = 'json' | 'merge' | 'strategic' | 'apply';

/** Verbs of the API over the seam. Everything but `find` and `remove` throws a {@link Refusal} for any answer that is not 2xx. */
export interface Rest {
  get<T extends KubeObject>(path: string): Promise<T>;
  /** Undefined when the object is absent. */
  find<T extends KubeObject>(path: string): Promise<T | undefined>;
  list<T extends KubeObject>(path: string): Promise<ListOf<T>>;
  create<T extends KubeObject>(path: string, body: unknown): Promise<T>;
  replace<T extends KubeObject>(path: string, body: KubeObject): Promise<T>;
  patch<T extends KubeObject>(path: string, type: PatchType, body: unknown): Promise<T>;
  /** An object that is gone already, or was replaced by another one, counts as removed. */
  remove(path: string, options?: DeleteOptions): Promise<void>;
}

/** Puts the verbs on top of one identity's client. */
export function restOver(api: KubeApi): Rest {
  const ask = async (request: KubeRequest) => {
    const answer = await api.request(request);
    if (answer.status < 200 || answer.status > 299) throw new Refusal(request, answer.status, answer.body);
    return answer.body;
  };
  return {
    get: async <T>(path: string) => (await ask({ method: 'GET', path })) as T,
    find: async <T>(path: string) =>
      (await ask({ method: 'GET', path }).catch((error: unknown) => {
        if (error instanceof Refusal && error.status === 404) return undefined;
        throw error;
      })) as T | undefined,
    list: async <T>(path: string) => toList<T>(await ask({ method: 'GET', path })),
    create: async <T>(path: string, body: unknown) => (await ask({ method: 'POST', path, body })) as T,
    replace: async <T>(path: string, body: KubeObject) => (await ask({ method: 'PUT', path, body })) as T,
    patch: async <T>(path: string, type: PatchType, body: unknown) =>
      (await ask({ method: 'PATCH', path, body, contentType: PATCH_TYPES[type] })) as T,
    remove: async (path, options) => {
      const body = { apiVersion: 'v1', kind: 'DeleteOptions', ...options };
      await ask({ method: 'DELETE', path, body }).catch((error: unknown) => {
        const replaced = options?.preconditions !== undefined && error instanceof Refusal && error.status === 409;
        if (replaced || (error instanceof Refusal && error.status === 404)) return;
        throw error;
      });
    },
  };
}

const PATCH_TYPES: Readonly<Record<PatchType, string>> = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  apply: 'application/apply-patch+yaml',
};

function toList<T>(body: unknown): ListOf<T> {
  const list = body as {
    readonly apiVersion?: string;
    readonly kind?: string;
    readonly items?: readonly T[];
    readonly metadata?: { readonly resourceVersion?: string; readonly continue?: string };
  };
  // Items of built-in lists come without apiVersion and kind.
  const type = { apiVersion: list.apiVersion, kind: list.kind?.replace(/List$/, '') };
  return {
    items: (list.items ?? []).map((item) => ({ ...type, ...item })),
    resourceVersion: list.metadata?.resourceVersion ?? '0',
    continueToken: list.metadata?.continue ?? '',
  };
}
