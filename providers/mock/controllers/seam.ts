import type { KubeObject } from '../api/objects.ts';

/** One request as a controller makes it. `path` has its query, e.g. `/api/v1/nodes?limit=5`. */
export interface KubeRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly body?: unknown;
  /** Of the body; default application/json. Patches: `application/json-patch+json`, `application/merge-patch+json`, `application/strategic-merge-patch+json`, `application/apply-patch+yaml`. */
  readonly contentType?: string;
}

export interface KubeAnswer {
  readonly status: number;
  readonly body: unknown;
}

export interface WatchEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  readonly object: KubeObject;
}

/**
 * All that a simulated controller may use of Kubernetes: requests under an identity of its own. Inside the simulator
 * it is answered by the simulated API server in process, elsewhere by a real one over HTTPS.
 */
export interface KubeApi {
  request(request: KubeRequest): Promise<KubeAnswer>;
  /** Ends when the server closes the watch or the signal aborts. */
  watch(path: string, signal: AbortSignal): AsyncIterable<WatchEvent>;
}

/** Gives a client that acts as this user, e.g. `system:serviceaccount:kubevirt:kubevirt-controller`. */
export type KubeApiAs = (username: string, extra?: Readonly<Record<string, readonly string[]>>) => KubeApi;
