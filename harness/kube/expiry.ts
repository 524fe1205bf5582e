import { X509Certificate } from 'node:crypto';
import type { Expiry } from './access.ts';

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
