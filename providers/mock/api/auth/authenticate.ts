import type { Core } from '../core.ts';
import type { UserInfo } from '../objects.ts';
import { type ApiRequest, header } from '../request.ts';
import { unauthorized } from '../status.ts';

export const ANONYMOUS: UserInfo = { username: 'system:anonymous', groups: ['system:unauthenticated'] };

/** Makes out who asks: a client certificate, else a bearer token, else anonymous. @throws ApiError 401 for a bad token. */
export function authenticate(core: Core, request: ApiRequest): UserInfo {
  const { identity } = request;
  if (identity.by === 'trusted') return identity.user;
  if (identity.refused === true) throw unauthorized();
  if (identity.certificate !== undefined) {
    const { user, groups, sha256 } = identity.certificate;
    const extra = { 'authentication.kubernetes.io/credential-id': [`X509SHA256=${sha256}`] };
    return { username: user, groups: [...groups, 'system:authenticated'], extra };
  }
  const token = bearerOf(request);
  if (token === undefined) return ANONYMOUS;
  const checked = core.tokens.check(token, [core.tokens.issuer]);
  if (typeof checked === 'string') throw unauthorized();
  const { groups } = checked.user;
  const all = groups.includes('system:authenticated') ? groups : [...groups, 'system:authenticated'];
  return { ...checked.user, groups: all };
}

// Browsers cannot set headers on a websocket, so the token may come as a subprotocol.
function bearerOf(request: ApiRequest): string | undefined {
  const found = /^Bearer +(.+)$/i.exec(header(request, 'authorization') ?? '');
  if (found !== null) return found[1]?.trim();
  const protocol = /base64url\.bearer\.authorization\.k8s\.io\.([\w-]+)/.exec(
    header(request, 'sec-websocket-protocol') ?? '',
  );
  return protocol === null ? undefined : Buffer.from(protocol[1] ?? '', 'base64url').toString('utf8');
}
