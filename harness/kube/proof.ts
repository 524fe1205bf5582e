import type { RequestOptions } from 'node:https';
import type { Impersonation, KubeAccess } from './access.ts';

/** What every request and websocket to a cluster shows: certificates, a token or a password, and in whose name it asks. */
export type Proof = Pick<RequestOptions, 'ca' | 'cert' | 'key' | 'servername' | 'auth'> & {
  readonly headers: Readonly<Record<string, string | string[]>>;
};

/** What an access proves by itself, before a credential that changes. Source: rest.Config of client-go. */
export function proofOf(access: KubeAccess): Proof {
  const { ca, clientCertificate, token, basicAuth, impersonate } = access;
  return {
    ...(access.serverName === access.server.host ? {} : { servername: access.serverName }),
    ...(ca === undefined ? {} : { ca }),
    ...clientCertificate,
    ...(basicAuth === undefined ? {} : { auth: `${basicAuth.username}:${basicAuth.password}` }),
    headers: {
      ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
      ...(impersonate === undefined ? {} : impersonationHeaders(impersonate)),
    },
  };
}

function impersonationHeaders({
  user,
  uid,
  groups,
  extra = {},
}: Impersonation): Readonly<Record<string, string | string[]>> {
  return {
    'Impersonate-User': user,
    ...(uid === undefined ? {} : { 'Impersonate-Uid': uid }),
    ...(groups.length === 0 ? {} : { 'Impersonate-Group': [...groups] }),
    ...Object.fromEntries(
      Object.entries(extra).map(([key, values]) => [`Impersonate-Extra-${encodeURIComponent(key)}`, [...values]]),
    ),
  };
}
