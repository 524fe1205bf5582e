import { stringify } from 'yaml';
import type { CertifiedKey } from './keys.ts';

/** A kubeconfig for the administrator of one cluster, in kubeadm's words. `server` is a URL. */
export function kubeconfigText(server: string, ca: string, admin: CertifiedKey): string {
  const base64 = (text: string) => Buffer.from(text).toString('base64');
  const context = 'kubernetes-admin@kubernetes';
  return stringify(
    {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'kubernetes', cluster: { 'certificate-authority-data': base64(ca), server } }],
      contexts: [{ name: context, context: { cluster: 'kubernetes', user: 'kubernetes-admin' } }],
      'current-context': context,
      preferences: {},
      users: [
        {
          name: 'kubernetes-admin',
          user: {
            'client-certificate-data': base64(admin.certificate),
            'client-key-data': base64(admin.key),
          },
        },
      ],
    },
    { lineWidth: 0 },
  );
}

/** One line of known_hosts for a server on any port. `publicKey` is `type base64 comment`. */
export function knownHostsText(host: string, port: number, publicKey: string): string {
  const [type, blob] = publicKey.split(' ');
  const name = port === 22 ? host : `[${host}]:${port}`;
  return `${name} ${type} ${blob}\n`;
}
