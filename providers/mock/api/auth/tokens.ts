import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import type { Clock } from '../../clock.ts';
import type { UserInfo } from '../objects.ts';
import type { Store } from '../store.ts';

/** Issues and checks service account tokens: JWTs signed with ES256 under the run's own key. */
export interface Tokens {
  readonly issuer: string;
  issue(claims: Claims): string;
  /** The user behind a bearer token that is meant for one of these audiences; a text says why not. */
  check(token: string, audiences: readonly string[]): Checked | string;
}

export interface Claims {
  readonly namespace: string;
  readonly account: { readonly name: string; readonly uid: string };
  readonly audiences: readonly string[];
  readonly expiresAt: Date;
  readonly pod?: { readonly name: string; readonly uid: string } | undefined;
  readonly node?: { readonly name: string; readonly uid: string } | undefined;
}

export interface Checked {
  readonly user: UserInfo;
  readonly audiences: readonly string[];
}

/** A bearer token of a static table, as `--token-auth-file` has them. */
export interface StaticToken {
  readonly token: string;
  readonly user: UserInfo;
}

const ISSUER = 'https://kubernetes.default.svc.cluster.local';

/** Opens the issuer over a PEM key (P-256). Accounts and pods are looked up in the store at every check. */
export function openTokens(
  store: Store,
  clock: Clock,
  { key, statics }: { readonly key: string; readonly statics: readonly StaticToken[] },
): Tokens {
  const privateKey = createPrivateKey(key);
  const publicKey = createPublicKey(privateKey);
  return {
    issuer: ISSUER,
    issue: (claims) => signed(privateKey, payloadOf(claims, clock.now())),
    check(token, audiences) {
      const known = statics.find((one) => one.token === token);
      if (known !== undefined) return { user: known.user, audiences: [ISSUER] };
      const payload = verified(publicKey, token);
      return payload === undefined ? 'invalid bearer token' : accepted(store, clock, payload, audiences);
    },
  };
}

interface Payload {
  readonly iss: string;
  readonly sub: string;
  readonly aud: readonly string[];
  readonly exp: number;
  readonly iat: number;
  readonly nbf: number;
  readonly jti: string;
  readonly 'kubernetes.io': {
    readonly namespace: string;
    readonly serviceaccount: { readonly name: string; readonly uid: string };
    readonly pod?: { readonly name: string; readonly uid: string };
    readonly node?: { readonly name: string; readonly uid: string };
  };
}

function payloadOf({ namespace, account, audiences, expiresAt, pod, node }: Claims, now: Date): Payload {
  const seconds = Math.floor(now.getTime() / 1000);
  return {
    aud: audiences,
    exp: Math.floor(expiresAt.getTime() / 1000),
    iat: seconds,
    iss: ISSUER,
    jti: crypto.randomUUID(),
    'kubernetes.io': {
      namespace,
      ...(node === undefined ? {} : { node }),
      ...(pod === undefined ? {} : { pod }),
      serviceaccount: account,
    },
    nbf: seconds,
    sub: `system:serviceaccount:${namespace}:${account.name}`,
  };
}

function signed(key: KeyObject, payload: Payload): string {
  const text = [{ alg: 'ES256', kid: 'sevlane-sim' }, payload]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.');
  const signature = sign('sha256', Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' });
  return `${text}.${signature.toString('base64url')}`;
}

function verified(key: KeyObject, token: string): Payload | undefined {
  const [head = '', body = '', signature = ''] = token.split('.');
  try {
    const text = Buffer.from(`${head}.${body}`);
    const given = Buffer.from(signature, 'base64url');
    if (!verify('sha256', text, { key, dsaEncoding: 'ieee-p1363' }, given)) return undefined;
    return JSON.parse(Buffer.from(body, 'base64url').toString('utf8')) as Payload;
  } catch {
    return undefined;
  }
}

function accepted(store: Store, clock: Clock, payload: Payload, audiences: readonly string[]): Checked | string {
  const { namespace, serviceaccount, pod } = payload['kubernetes.io'];
  if (payload.exp * 1000 <= clock.now().getTime()) return 'service account token has expired';
  const shared = payload.aud.filter((audience) => audiences.includes(audience));
  if (shared.length === 0) {
    return `token audiences ${JSON.stringify(payload.aud)} is invalid for the target audiences ${JSON.stringify(audiences)}`;
  }
  const account = store.get({ resource: 'serviceaccounts', namespace, name: serviceaccount.name });
  if (account?.metadata.uid !== serviceaccount.uid) return 'service account token has been invalidated';
  if (pod !== undefined && store.get({ resource: 'pods', namespace, name: pod.name })?.metadata.uid !== pod.uid) {
    return 'service account token has been invalidated';
  }
  return { user: userOf(payload), audiences: shared };
}

function userOf({ sub, jti, 'kubernetes.io': { namespace, serviceaccount, pod, node } }: Payload): UserInfo {
  const prefix = 'authentication.kubernetes.io';
  return {
    username: sub,
    uid: serviceaccount.uid,
    groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'],
    extra: {
      [`${prefix}/credential-id`]: [`JTI=${jti}`],
      ...(node === undefined ? {} : { [`${prefix}/node-name`]: [node.name], [`${prefix}/node-uid`]: [node.uid] }),
      ...(pod === undefined ? {} : { [`${prefix}/pod-name`]: [pod.name], [`${prefix}/pod-uid`]: [pod.uid] }),
    },
  };
}
