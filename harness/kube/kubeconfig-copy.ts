import { stringify } from 'yaml';
import { type KubeAccess, serverUrl } from './access.ts';

/** The same access as a kubeconfig that needs no other file. It holds secrets: write it with mode 0600 only. */
export function kubeconfigCopy(access: KubeAccess): string {
  const { ca, clientCertificate, token, basicAuth, impersonate, namespace } = access;
  const cluster = {
    server: serverUrl(access),
    ...(ca === undefined ? {} : { 'certificate-authority-data': base64(ca) }),
    ...(access.serverName === access.server.host ? {} : { 'tls-server-name': access.serverName }),
  };
  const user = {
    ...(clientCertificate === undefined
      ? {}
      : {
          'client-certificate-data': base64(clientCertificate.cert),
          'client-key-data': base64(clientCertificate.key),
        }),
    ...(token === undefined ? {} : { token }),
    ...(basicAuth ?? {}),
    ...(impersonate === undefined ? {} : { as: impersonate.user, 'as-groups': impersonate.groups }),
  };
  const names = { cluster: 'cluster', user: 'user' };
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': access.context,
    clusters: [{ name: names.cluster, cluster }],
    users: [{ name: names.user, user }],
    contexts: [{ name: access.context, context: { ...names, ...(namespace === undefined ? {} : { namespace }) } }],
  });
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
