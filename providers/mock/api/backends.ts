import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex, Readable } from 'node:stream';
import type { KubeObject } from './objects.ts';

/** What stands behind a Service: answers webhooks, and HTTP of an aggregated API. Requests carry X-Remote-User, -Group, -Extra-. */
export interface Backend {
  /** `review` is an `admission.k8s.io/v1` AdmissionReview with a request; the answer is one with a response. */
  admit?(path: string, review: AdmissionReview): Promise<AdmissionReview>;
  serve?(request: IncomingMessage, response: ServerResponse): void;
  upgrade?(request: IncomingMessage, socket: Duplex, head: Buffer): void;
}

export interface AdmissionReview {
  readonly apiVersion: 'admission.k8s.io/v1';
  readonly kind: 'AdmissionReview';
  readonly request?: Readonly<Record<string, unknown>>;
  readonly response?: {
    readonly uid: string;
    readonly allowed: boolean;
    readonly status?: Readonly<Record<string, unknown>>;
    readonly patch?: string;
    readonly patchType?: 'JSONPatch';
    readonly warnings?: readonly string[];
  };
}

/** One running exec in a container. `exitCode` settles when the command has ended. */
export interface ExecSession {
  readonly stdin: NodeJS.WritableStream;
  readonly stdout: Readable;
  readonly stderr: Readable;
  readonly exitCode: Promise<number>;
  kill(): void;
}

/** What of a log, and how. */
export interface LogOptions {
  readonly follow: boolean;
  readonly previous: boolean;
  /** Each line behind the time at which it was written. */
  readonly timestamps?: boolean;
  /** Only lines written since then, in milliseconds since the epoch. */
  readonly since?: number | undefined;
}

/** What the API server asks a node's kubelet for. */
export interface Kubelet {
  /** Log text of a container; with `follow` it goes on until the container ends or the stream is destroyed. */
  logs(pod: KubeObject, container: string, options: LogOptions): Readable;
  /** Starts a command in a container. @throws Error when the container is not running. */
  exec(
    pod: KubeObject,
    container: string,
    command: readonly string[],
    options: { readonly tty: boolean; readonly stdin: boolean },
  ): ExecSession;
}

/** The way from the API server to what runs on the nodes: by Service for webhooks and aggregated APIs, by node for kubelets. */
export interface Network {
  /** Undefined: nobody listens, connection refused. */
  service(namespace: string, name: string): Backend | undefined;
  kubelet(nodeName: string): Kubelet | undefined;
}

/** The same way from the other side: who listens. Each returns how to stop listening. */
export interface NetworkSwitch extends Network {
  listenService(namespace: string, name: string, backend: Backend): () => void;
  listenKubelet(nodeName: string, kubelet: Kubelet): () => void;
}
