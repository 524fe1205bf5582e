import type { StatusBody, UserInfo } from '../objects.ts';
import type { RequestInfo } from '../request.ts';
import { ApiError, failure, forbidden } from '../status.ts';
import type { Store } from '../store.ts';
import { openRules, type PolicyRule } from './rules.ts';

/** What somebody wants to do: to a resource, or to a path. */
export type Access =
  | (Pick<RequestInfo, 'verb' | 'group' | 'version' | 'namespace' | 'resource' | 'subresource' | 'name'> & {
      readonly path?: undefined;
    })
  | { readonly verb: string; readonly path: string };

export interface Decision {
  readonly allowed: boolean;
  /** Why, where there is something to say. */
  readonly reason: string;
}

/** RBAC over the stored roles and bindings; `system:masters` may do everything. */
export interface Authorizer {
  decide(user: UserInfo, access: Access): Decision;
  /** Every rule that applies to the user in a namespace. */
  rulesFor(user: UserInfo, namespace: string): readonly PolicyRule[];
}

/** Opens an authorizer that follows the store. */
export function openAuthorizer(store: Store): Authorizer {
  const rules = openRules(store);
  return {
    decide(user, access) {
      if (user.groups.includes('system:masters')) return { allowed: true, reason: '' };
      const namespace = access.path === undefined ? access.namespace : '';
      for (const grant of rules.grants(user, namespace)) {
        if (grant.rules.some((rule) => covers(rule, access))) {
          return { allowed: true, reason: `RBAC: allowed by ${grant.describe()}` };
        }
      }
      const missing = rules.missingRoles(user, namespace);
      return { allowed: false, reason: missing.length === 0 ? '' : `RBAC: ${aggregate(missing)}` };
    },
    rulesFor: (user, namespace) => rules.grants(user, namespace).flatMap((grant) => grant.rules),
  };
}

function aggregate(errors: readonly string[]): string {
  return errors.length === 1 ? (errors[0] ?? '') : `[${errors.join(', ')}]`;
}

/** What a request needs to be allowed. */
export function accessOf(info: RequestInfo): Access {
  if (!info.resourceRequest) return { verb: info.verb, path: info.path };
  const { verb, group, version, namespace, resource, subresource, name } = info;
  return { verb, group, version, namespace, resource, subresource, name };
}

function covers(rule: PolicyRule, access: Access): boolean {
  if (!includes(rule.verbs, access.verb)) return false;
  if (access.path !== undefined) return (rule.nonResourceURLs ?? []).some((url) => urlCovers(url, access.path));
  const { group, resource, subresource, name } = access;
  const whole = subresource === '' ? resource : `${resource}/${subresource}`;
  const resources = rule.resources ?? [];
  const named = rule.resourceNames ?? [];
  return (
    includes(rule.apiGroups ?? [], group) &&
    (includes(resources, whole) || (subresource !== '' && resources.includes(`*/${subresource}`))) &&
    (named.length === 0 || named.includes(name))
  );
}

function includes(list: readonly string[], value: string): boolean {
  return list.includes('*') || list.includes(value);
}

function urlCovers(pattern: string, path: string): boolean {
  return pattern === '*' || pattern === path || (pattern.endsWith('*') && path.startsWith(pattern.slice(0, -1)));
}

/** The 403 that says what a user may not do. */
export function forbiddenTo(user: UserInfo, access: Access, reason: string): ApiError {
  const who = `User ${JSON.stringify(user.username)} cannot`;
  const why = reason === '' ? '' : `: ${reason}`;
  const headers = { 'x-content-type-options': 'nosniff' };
  if (access.path !== undefined) {
    const message = `forbidden: ${who} ${access.verb} path ${JSON.stringify(access.path)}${why}`;
    return new ApiError(failure({ code: 403, reason: 'Forbidden', message, details: {} }), headers);
  }
  const { verb, group, namespace, resource, subresource, name } = access;
  const whole = subresource === '' ? resource : `${resource}/${subresource}`;
  const place = namespace === '' ? 'at the cluster scope' : `in the namespace ${JSON.stringify(namespace)}`;
  const what = `${who} ${verb} resource ${JSON.stringify(whole)} in API group ${JSON.stringify(group)} ${place}${why}`;
  const body: StatusBody = forbidden({ group, plural: resource }, name, what).body;
  return new ApiError(body, headers);
}
