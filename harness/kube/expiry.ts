import { X509Certificate } from 'node:crypto';
import { InfraError } from '../errors/errors.ts';
import type { Expiry, KubeAccess } from './access.ts';

/** When each certificate in the PEM text ends, in its order; blocks that cannot be read are passed over. */
export function certificateExpiries(pem: string, subject: string): readonly Expiry[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g) ?? [];
  return blocks.flatMap((block) => {
    try {
      return [{ subject, at: new Date(new X509Certificate(block).validTo) }];
    } catch {
      return [];
    }
  });
}

/** When a JWT ends by its own `exp`; none for other tokens. The signature is the server's business. */
export function tokenExpiry(token: string): readonly Expiry[] {
  const payload = token.split('.')[1];
  if (payload === undefined) return [];
  try {
    const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString());
    const exp = typeof claims === 'object' && claims !== null && 'exp' in claims ? claims.exp : undefined;
    return typeof exp === 'number' ? [{ subject: 'token', at: new Date(exp * 1000) }] : [];
  } catch {
    return [];
  }
}

/** The expiries that lie before `now`. */
export function expired(expiries: readonly Expiry[], now: Date): readonly Expiry[] {
  return expiries.filter(({ at }) => at.getTime() <= now.getTime());
}

/** @throws InfraError when a credential or the CA of this access has ended: nobody needs to be asked then. */
export function refuseExpired({ place, expiries }: Pick<KubeAccess, 'place' | 'expiries'>, now: Date): void {
  const over = expired(expiries, now);
  if (over.length === 0) return;
  const told = over.map(({ subject, at }) => `${subject} expired at ${at.toISOString()}`).join(', ');
  throw new InfraError(`kubeconfig ${place}: ${told}`, {
    hint: 'renew it on the node (kubeadm certs renew all, or kubectl create token) and take the new kubeconfig; check the clock here too',
  });
}
