import { stringify } from 'yaml';
import type { CertifiedKey } from './keys.ts';

/** A kubeconfig for one user of one cluster, in kubeadm's words: a certificate, or a token. `server` is a URL. */
export function kubeconfigText(server: string, ca: string, user: CertifiedKey | string): string {
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
          user:
            typeof user === 'string'
              ? { token: user }
              : { 'client-certificate-data': base64(user.certificate), 'client-key-data': base64(user.key) },
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
