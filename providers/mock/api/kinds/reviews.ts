import { isObject, numberAt, objectAt, textAt } from '../json.ts';
import type { KubeObject, StatusCause } from '../objects.ts';
import type { ResourceType } from '../resource-type.ts';
import { invalid, required } from './causes.ts';
import { defineKind } from './define.ts';
import { META } from './meta.ts';
import { expandTable, type TypeTable } from './notation.ts';

const TEN_MINUTES_S = 600;
const LONGEST_TOKEN_S = 2 ** 32;

/** Fields of the reviews that ask who somebody is. */
const AUTHENTICATION_TYPES: TypeTable = expandTable(
  'io.k8s.api.authentication.v1',
  `
UserInfo: username uid groups:[string] extra:{any}
TokenReviewSpec: token audiences:[string]
TokenReviewStatus: authenticated:bool user:UserInfo+ audiences:[string] error
TokenReview: spec!:TokenReviewSpec+ status:TokenReviewStatus+
BoundObjectReference: kind apiVersion name uid
TokenRequestSpec: audiences!:[string]+ expirationSeconds:long?=3600 boundObjectRef:BoundObjectReference%
TokenRequestStatus: token!:string+ expirationTimestamp!:time+
TokenRequest: spec!:TokenRequestSpec+ status:TokenRequestStatus+
SelfSubjectReviewStatus: userInfo:UserInfo+
SelfSubjectReview: status:SelfSubjectReviewStatus+
`,
  META,
);

/** Fields of the reviews that ask what somebody may do. */
const AUTHORIZATION_TYPES: TypeTable = expandTable(
  'io.k8s.api.authorization.v1',
  `
FieldSelectorAttributes: rawSelector requirements:[FieldSelectorRequirement]
LabelSelectorAttributes: rawSelector requirements:[LabelSelectorRequirement]
ResourceAttributes: namespace verb group version resource subresource name fieldSelector:FieldSelectorAttributes
  labelSelector:LabelSelectorAttributes
NonResourceAttributes: path verb
SubjectAccessReviewStatus: allowed!:bool+ denied:bool reason evaluationError
SubjectAccessReviewSpec: resourceAttributes:ResourceAttributes nonResourceAttributes:NonResourceAttributes user groups:[string]
  extra:{any} uid
SelfSubjectAccessReviewSpec: resourceAttributes:ResourceAttributes nonResourceAttributes:NonResourceAttributes
SubjectAccessReview: spec!:SubjectAccessReviewSpec+ status:SubjectAccessReviewStatus+
LocalSubjectAccessReview: spec!:SubjectAccessReviewSpec+ status:SubjectAccessReviewStatus+
SelfSubjectAccessReview: spec!:SelfSubjectAccessReviewSpec+ status:SubjectAccessReviewStatus+
SelfSubjectRulesReviewSpec: namespace
ResourceRule: verbs!:[string]+ apiGroups:[string] resources:[string] resourceNames:[string]
NonResourceRule: verbs!:[string]+ nonResourceURLs:[string]
SubjectRulesReviewStatus: resourceRules!:[ResourceRule]+ nonResourceRules!:[NonResourceRule]+ incomplete!:bool+ evaluationError
SelfSubjectRulesReview: spec!:SelfSubjectRulesReviewSpec+ status:SubjectRulesReviewStatus+
`,
  META,
);

const ASKED = { verbs: ['create'], clusterWide: true } as const;
const IDENTITY = { ...ASKED, group: 'authentication.k8s.io' } as const;
const RIGHTS = { ...ASKED, group: 'authorization.k8s.io' } as const;

/** Reviews: questions that are answered and not stored. */
export const REVIEW_KINDS: readonly ResourceType[] = [
  defineKind({
    ...IDENTITY,
    kind: 'SelfSubjectReview',
    description: 'Who am I?',
    schema: AUTHENTICATION_TYPES.SelfSubjectReview,
  }),
  defineKind({
    ...IDENTITY,
    kind: 'TokenReview',
    description: 'Whose token is this?',
    schema: AUTHENTICATION_TYPES.TokenReview,
  }),
  defineKind({
    ...RIGHTS,
    kind: 'LocalSubjectAccessReview',
    clusterWide: false,
    description: 'May somebody do this in this namespace?',
    schema: AUTHORIZATION_TYPES.LocalSubjectAccessReview,
    validate: accessProblems,
  }),
  defineKind({
    ...RIGHTS,
    kind: 'SelfSubjectAccessReview',
    description: 'May I do this?',
    schema: AUTHORIZATION_TYPES.SelfSubjectAccessReview,
    validate: accessProblems,
  }),
  defineKind({
    ...RIGHTS,
    kind: 'SelfSubjectRulesReview',
    description: 'What may I do?',
    schema: AUTHORIZATION_TYPES.SelfSubjectRulesReview,
  }),
  defineKind({
    ...RIGHTS,
    kind: 'SubjectAccessReview',
    description: 'May somebody do this?',
    schema: AUTHORIZATION_TYPES.SubjectAccessReview,
    validate: accessProblems,
  }),
];

/** The body of a ServiceAccount's `token` subresource. It is no resource of its own. */
export const tokenRequestType: ResourceType = defineKind({
  ...IDENTITY,
  kind: 'TokenRequest',
  clusterWide: false,
  description: 'A token for a ServiceAccount.',
  schema: AUTHENTICATION_TYPES.TokenRequest,
  validate: tokenProblems,
});

function accessProblems(object: KubeObject): readonly StatusCause[] {
  const spec = objectAt(object, 'spec');
  const causes: StatusCause[] = [];
  const [resource, path] = [isObject(spec.resourceAttributes), isObject(spec.nonResourceAttributes)];
  if (resource && path) {
    const text = 'cannot be specified in combination with resourceAttributes';
    causes.push(invalid('spec.nonResourceAttributes', spec.nonResourceAttributes, text));
  }
  if (!resource && !path) {
    const text = 'exactly one of nonResourceAttributes or resourceAttributes must be specified';
    causes.push(invalid('spec.resourceAttributes', spec.nonResourceAttributes ?? null, text));
  }
  const nobody = textAt(spec, 'user') === '' && !(Array.isArray(spec.groups) && spec.groups.length > 0);
  if (!object.kind.startsWith('Self') && nobody) {
    causes.push(invalid('spec.user', '', 'at least one of user or group must be specified'));
  }
  return causes;
}

function tokenProblems(object: KubeObject): readonly StatusCause[] {
  const seconds = numberAt(object, 'spec', 'expirationSeconds') ?? 3600;
  const field = 'spec.expirationSeconds';
  if (seconds < TEN_MINUTES_S) return [invalid(field, seconds, 'may not specify a duration less than 10 minutes')];
  if (seconds > LONGEST_TOKEN_S)
    return [invalid(field, seconds, 'may not specify a duration larger than 2^32 seconds')];
  const bound = objectAt(object, 'spec', 'boundObjectRef');
  return Object.keys(bound).length > 0 && textAt(bound, 'name') === '' ? [required('spec.boundObjectRef.name')] : [];
}
