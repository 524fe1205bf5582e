import type { HostPort } from '../model/host.ts';
import type { Query } from './client.ts';

/** Something that ends by itself, and when. */
export interface Expiry {
  /** e.g. `client certificate`, `cluster CA`, `token`. */
  readonly subject: string;
  readonly at: Date;
}

/** A certificate and its key, in PEM. */
export interface ClientCertificate {
  readonly cert: string;
  readonly key: string;
}

/** What is shown to the server to prove who asks. */
export interface Credential {
  readonly token?: string;
  readonly clientCertificate?: ClientCertificate;
}

/** A credential that changes while a run goes on: a token file that is rotated, or a program that issues them. */
export interface CredentialSource {
  /** What to show now; what has run out is fetched anew. @throws InfraError when that fails. */
  current(signal: AbortSignal): Promise<Credential>;
  /** The server did not accept this one. True when asking again gives another one. */
  refused(credential: Credential): boolean;
}

/** A program that issues credentials, as `exec` of a kubeconfig has it (client.authentication.k8s.io). */
export interface ExecPlugin {
  readonly apiVersion: 'client.authentication.k8s.io/v1' | 'client.authentication.k8s.io/v1beta1';
  /** A name to be found on PATH, or an absolute path. */
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly interactiveMode: 'Never' | 'IfAvailable' | 'Always';
  readonly provideClusterInfo: boolean;
  readonly installHint?: string;
  /** What the cluster's extension `client.authentication.k8s.io/exec` holds, for the plugin alone. */
  readonly clusterConfig?: unknown;
}

/** How to reach one cluster as one user, with every credential in memory. */
export interface KubeAccess {
  /** The kubeconfig it was read from, for messages. */
  readonly place: string;
  readonly context: string;
  /** The API server as the node sees it. */
  readonly server: HostPort;
  /** What stands before `/api`; empty nearly everywhere. */
  readonly basePath: string;
  /** The name that the server's certificate must be valid for. */
  readonly serverName: string;
  /** Trusted authorities in PEM; absent means those that Node trusts. */
  readonly ca?: string;
  readonly clientCertificate?: ClientCertificate;
  readonly token?: string;
  /** The file that `token` was read from; it may be rotated. */
  readonly tokenFile?: { readonly path: string; readonly side: 'here' | 'node' };
  readonly execPlugin?: ExecPlugin;
  readonly basicAuth?: { readonly username: string; readonly password: string };
  readonly impersonate?: Impersonation;
  readonly namespace?: string;
  /** True for a copy that sevlane made for programs on this side: its server is a listener of that process. */
  readonly isLocalCopy?: true;
  readonly expiries: readonly Expiry[];
}

/** In whose name the user asks. */
export interface Impersonation {
  readonly user: string;
  readonly uid?: string;
  readonly groups: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

/** `https://host:port` with the base path. */
export function serverUrl({ server, basePath }: Pick<KubeAccess, 'server' | 'basePath'>): string {
  const host = server.host.includes(':') ? `[${server.host}]` : server.host;
  return `https://${host}:${server.port}${basePath}`;
}

/** The address of a call. A list repeats its parameter, undefined leaves it out. */
export function callUrl(access: Pick<KubeAccess, 'server' | 'basePath'>, path: string, query: Query = {}): string {
  const url = new URL(`${serverUrl(access)}${path}`);
  for (const [key, value] of Object.entries(query)) {
    if (value === undefined) continue;
    for (const one of Array.isArray(value) ? value : [value]) url.searchParams.append(key, String(one));
  }
  return url.href;
}
