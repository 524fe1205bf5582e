import type { HostPort } from '../model/host.ts';
import type { Query } from './client.ts';

/** Something that ends by itself, and when. */
export interface Expiry {
  /** e.g. `client certificate`, `cluster CA`, `token`. */
  readonly subject: string;
  readonly at: Date;
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
  readonly clientCertificate?: { readonly cert: string; readonly key: string };
  readonly token?: string;
  readonly basicAuth?: { readonly username: string; readonly password: string };
  readonly impersonate?: { readonly user: string; readonly groups: readonly string[] };
  readonly namespace?: string;
  readonly expiries: readonly Expiry[];
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
