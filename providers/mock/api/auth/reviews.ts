import { objectBody } from '../bodies.ts';
import { type Call, targetOf } from '../call.ts';
import { type Core, timestamp } from '../core.ts';
import { isObject } from '../json.ts';
import { trackManagers } from '../managers.ts';
import type { UserInfo } from '../objects.ts';
import { writeOptions } from '../options.ts';
import { type ApiResponse, at } from '../request.ts';
import { badRequest, invalid, methodNotAllowed } from '../status.ts';
import type { Access, Decision } from './authorize.ts';
import type { PolicyRule } from './rules.ts';

type Body = Readonly<Record<string, unknown>>;
type Review = (call: Call, body: Body) => Body;

const REVIEWS: Readonly<Record<string, Review>> = {
  'selfsubjectaccessreviews.authorization.k8s.io': selfAccess,
  'subjectaccessreviews.authorization.k8s.io': access,
  'localsubjectaccessreviews.authorization.k8s.io': localAccess,
  'selfsubjectrulesreviews.authorization.k8s.io': selfRules,
  'selfsubjectreviews.authentication.k8s.io': self,
  'tokenreviews.authentication.k8s.io': token,
};

/** True for resources that are asked by creating them and never stored. */
export function isReview({ group, plural }: { readonly group: string; readonly plural: string }): boolean {
  return REVIEWS[`${plural}.${group}`] !== undefined;
}

/** Answers a review. @throws ApiError 400, 405 or 422. */
export function answerReview(call: Call): ApiResponse {
  const { core, caller, info, request, type } = call;
  const review = REVIEWS[`${type.plural}.${type.group}`];
  if (info.verb !== 'create' || review === undefined) throw methodNotAllowed();
  const options = writeOptions('CreateOptions', info);
  const target = { ...targetOf(call), name: '' };
  const sent = objectBody(core, request, { target, options, warn: caller.warn });
  const problems = type.strategy.validate(sent);
  if (problems.length > 0) throw invalid(type, '', problems);
  const tracked = trackManagers(core, caller, { target, object: sent, options });
  return { type: 'object', status: 201, headers: {}, body: { ...tracked, ...review(call, tracked) } };
}

function self({ core, caller }: Call): Body {
  const { username, uid, groups, extra } = caller.user;
  const userInfo = {
    username,
    ...(uid === undefined ? {} : { uid }),
    groups,
    ...(extra === undefined ? {} : { extra }),
  };
  return { metadata: { creationTimestamp: timestamp(core) }, status: { userInfo } };
}

function selfAccess({ core, caller }: Call, body: Body): Body {
  return { status: verdict(core.authorizer.decide(caller.user, accessIn(at(body, 'spec')))) };
}

function access({ core }: Call, body: Body): Body {
  const spec = at(body, 'spec');
  const asked: UserInfo = {
    username: String(at(spec, 'user') ?? ''),
    groups: listOf(at(spec, 'groups')),
    extra: (at(spec, 'extra') ?? {}) as NonNullable<UserInfo['extra']>,
  };
  return { status: verdict(core.authorizer.decide(asked, accessIn(spec))) };
}

function localAccess(call: Call, body: Body): Body {
  const { namespace } = call.info;
  const asked = String(at(body, 'spec', 'resourceAttributes', 'namespace') ?? '');
  if (asked !== namespace) {
    throw badRequest(`spec.resourceAttributes.namespace must match namespace: ${namespace}`);
  }
  return access(call, body);
}

function accessIn(spec: unknown): Access {
  const text = (...keys: string[]) => String(at(spec, ...keys) ?? '');
  if (isObject(at(spec, 'nonResourceAttributes'))) {
    return { verb: text('nonResourceAttributes', 'verb'), path: text('nonResourceAttributes', 'path') };
  }
  const field = (name: string) => text('resourceAttributes', name);
  return {
    verb: field('verb'),
    group: field('group'),
    version: field('version'),
    namespace: field('namespace'),
    resource: field('resource'),
    subresource: field('subresource'),
    name: field('name'),
  };
}

function verdict({ allowed, reason }: Decision): Body {
  return reason === '' ? { allowed } : { allowed, reason };
}

function selfRules({ core, caller }: Call, body: Body): Body {
  const namespace = String(at(body, 'spec', 'namespace') ?? '');
  if (namespace === '') throw badRequest('no namespace on request');
  const rules = core.authorizer.rulesFor(caller.user, namespace);
  return {
    // The real server answers with a new object, so nothing of the question comes back.
    metadata: {},
    spec: {},
    status: {
      resourceRules: rules.filter((rule) => (rule.resources ?? []).length > 0).map(resourceRule),
      nonResourceRules: rules
        .filter((rule) => (rule.nonResourceURLs ?? []).length > 0)
        .map(({ verbs, nonResourceURLs }) => ({ verbs, nonResourceURLs })),
      incomplete: false,
    },
  };
}

function resourceRule({ verbs, apiGroups, resources, resourceNames }: PolicyRule): Body {
  const names = resourceNames ?? [];
  return { verbs, apiGroups, resources, ...(names.length === 0 ? {} : { resourceNames: names }) };
}

function token({ core }: Call, body: Body): Body {
  const given = String(at(body, 'spec', 'token') ?? '');
  if (given === '') throw badRequest('token is required for TokenReview in authentication');
  const asked = listOf(at(body, 'spec', 'audiences'));
  const audiences = asked.length === 0 ? [core.tokens.issuer] : asked;
  return { status: tokenStatus(core, given, audiences) };
}

function tokenStatus(core: Core, given: string, audiences: readonly string[]): Body {
  const checked = core.tokens.check(given, audiences);
  if (typeof checked !== 'string') return { authenticated: true, user: checked.user, audiences: checked.audiences };
  const error = checked === 'invalid bearer token' ? checked : `[invalid bearer token, ${checked}]`;
  return { user: {}, error };
}

function listOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(String) : [];
}
