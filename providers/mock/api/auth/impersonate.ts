import type { UserInfo } from '../objects.ts';
import { type ApiRequest, header } from '../request.ts';
import { badRequest } from '../status.ts';
import { type Access, type Authorizer, forbiddenTo } from './authorize.ts';

const EXTRA_PREFIX = 'impersonate-extra-';

/** The user as whom a request wants to act, if this user may. @throws ApiError 400 or 403. */
export function impersonated(authorizer: Authorizer, user: UserInfo, request: ApiRequest): UserInfo {
  const username = header(request, 'impersonate-user');
  const uid = header(request, 'impersonate-uid');
  const groups = listOf(request.headers['impersonate-group']);
  const extra = extraOf(request);
  if (username === undefined) {
    if (groups.length + Object.keys(extra).length === 0 && uid === undefined) return user;
    throw badRequest('requested [] without impersonating a user');
  }
  for (const access of wanted({ username, uid, groups, extra })) {
    const { allowed, reason } = authorizer.decide(user, access);
    if (!allowed) throw forbiddenTo(user, access, reason);
  }
  return actingUser({ username, uid, groups, extra });
}

interface Wanted {
  readonly username: string;
  readonly uid: string | undefined;
  readonly groups: readonly string[];
  readonly extra: Readonly<Record<string, readonly string[]>>;
}

function wanted({ username, uid, groups, extra }: Wanted): readonly Access[] {
  const one = (resource: string, name: string, more: Partial<Access> = {}): Access => ({
    verb: 'impersonate',
    group: '',
    version: 'v1',
    namespace: '',
    resource,
    subresource: '',
    name,
    ...more,
  });
  const account = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(username);
  const authentication = { group: 'authentication.k8s.io' };
  return [
    account === null
      ? one('users', username)
      : one('serviceaccounts', account[2] ?? '', { namespace: account[1] ?? '' }),
    ...groups.map((group) => one('groups', group)),
    ...Object.entries(extra).flatMap(([key, values]) =>
      values.map((value) => one('userextras', value, { ...authentication, subresource: key })),
    ),
    ...(uid === undefined ? [] : [one('uids', uid, authentication)]),
  ];
}

function actingUser({ username, uid, groups, extra }: Wanted): UserInfo {
  const account = /^system:serviceaccount:([^:]+):[^:]+$/.exec(username);
  const implied =
    account !== null && groups.length === 0
      ? ['system:serviceaccounts', `system:serviceaccounts:${account[1]}`]
      : groups;
  const everybody = username === 'system:anonymous' ? 'system:unauthenticated' : 'system:authenticated';
  return {
    username,
    ...(uid === undefined ? {} : { uid }),
    groups: implied.includes(everybody) ? implied : [...implied, everybody],
    ...(Object.keys(extra).length === 0 ? {} : { extra }),
  };
}

function extraOf(request: ApiRequest): Readonly<Record<string, readonly string[]>> {
  const found = Object.keys(request.headers).filter((name) => name.startsWith(EXTRA_PREFIX));
  return Object.fromEntries(
    found.map((name) => [decodeURIComponent(name.slice(EXTRA_PREFIX.length)), listOf(request.headers[name])]),
  );
}

function listOf(value: string | readonly string[] | undefined): readonly string[] {
  if (value === undefined) return [];
  return typeof value === 'string' ? [value] : value;
}
