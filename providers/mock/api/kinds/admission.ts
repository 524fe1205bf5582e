import { isObject, listAt, objectAt, textAt } from '../json.ts';
import type { KubeObject } from '../objects.ts';
import type { ResourceType } from '../resource-type.ts';
import { bindingProblems, policyProblems } from './admission-policy-validation.ts';
import { column } from './columns.ts';
import { defineKind } from './define.ts';
import { META } from './meta.ts';
import { expandTable } from './notation.ts';
import { webhookProblems } from './webhook-validation.ts';

const GROUP = 'admissionregistration.k8s.io';

const TYPES = expandTable(
  'io.k8s.api.admissionregistration.v1',
  `
ServiceReference: namespace!:string+ name!:string+ path:string? port:int?=443
WebhookClientConfig: url:string? service:ServiceReference caBundle:bytes
RuleWithOperations: operations:[string] apiGroups:[string] apiVersions:[string] resources:[string] scope:string?=*
NamedRuleWithOperations@: resourceNames:[string] operations:[string] apiGroups:[string] apiVersions:[string]
  resources:[string] scope:string?=*
MatchCondition: name!:string+ expression!:string+
ValidatingWebhook: name!:string+ clientConfig!:WebhookClientConfig+ rules:[RuleWithOperations] failurePolicy:string?=Fail
  matchPolicy:string?=Equivalent namespaceSelector:LabelSelector objectSelector:LabelSelector sideEffects:string?
  timeoutSeconds:int?=10 admissionReviewVersions!:[string]+ matchConditions:[MatchCondition]{name}
MutatingWebhook: name!:string+ clientConfig!:WebhookClientConfig+ rules:[RuleWithOperations] failurePolicy:string?=Fail
  matchPolicy:string?=Equivalent namespaceSelector:LabelSelector objectSelector:LabelSelector sideEffects:string?
  timeoutSeconds:int?=10 admissionReviewVersions!:[string]+ reinvocationPolicy:string?=Never matchConditions:[MatchCondition]{name}
ValidatingWebhookConfiguration: webhooks:[ValidatingWebhook]{name}
MutatingWebhookConfiguration: webhooks:[MutatingWebhook]{name}
MatchResources@: namespaceSelector:LabelSelector objectSelector:LabelSelector resourceRules:[NamedRuleWithOperations]
  excludeResourceRules:[NamedRuleWithOperations] matchPolicy:string?=Equivalent
ParamKind@: apiVersion kind
Validation: expression!:string+ message reason:string? messageExpression
AuditAnnotation: key!:string+ valueExpression!:string+
Variable@: name!:string+ expression!:string+
ValidatingAdmissionPolicySpec: paramKind:ParamKind matchConstraints:MatchResources validations:[Validation]
  failurePolicy:string?=Fail auditAnnotations:[AuditAnnotation] matchConditions:[MatchCondition]{name} variables:[Variable]{name}
ExpressionWarning: fieldRef!:string+ warning!:string+
TypeChecking: expressionWarnings:[ExpressionWarning]
ValidatingAdmissionPolicyStatus: observedGeneration:long typeChecking:TypeChecking conditions:[Condition]{type}
ValidatingAdmissionPolicy: spec:ValidatingAdmissionPolicySpec+ status:ValidatingAdmissionPolicyStatus+
ParamRef@: name namespace selector:LabelSelector parameterNotFoundAction:string?
ValidatingAdmissionPolicyBindingSpec: policyName paramRef:ParamRef matchResources:MatchResources validationActions:[string]#
ValidatingAdmissionPolicyBinding: spec:ValidatingAdmissionPolicyBindingSpec+
`,
  META,
);

const SHARED = { group: GROUP, clusterWide: true, categories: ['api-extensions'], counted: true } as const;

/** Webhook configurations, admission policies and their bindings. */
export const ADMISSION_KINDS: readonly ResourceType[] = [
  defineKind({
    ...SHARED,
    kind: 'MutatingWebhookConfiguration',
    description: 'Webhooks that may change objects on their way in.',
    schema: TYPES.MutatingWebhookConfiguration,
    columns: [column('Webhooks', webhookCount, 'Number of webhooks.')],
    defaults: withSelectors,
    validate: webhookProblems,
  }),
  defineKind({
    ...SHARED,
    kind: 'ValidatingAdmissionPolicy',
    plural: 'validatingadmissionpolicies',
    description: 'Rules in CEL that objects must keep on their way in.',
    subresources: ['status'],
    schema: TYPES.ValidatingAdmissionPolicy,
    columns: [
      column('Validations', (object) => listAt(object, 'spec', 'validations').length, 'Number of rules.'),
      column('ParamKind', paramKindText, 'Kind of its parameters.'),
    ],
    defaults: (object) => inSpec(object, 'matchConstraints'),
    validate: policyProblems,
  }),
  defineKind({
    ...SHARED,
    kind: 'ValidatingAdmissionPolicyBinding',
    description: 'Where an admission policy holds.',
    schema: TYPES.ValidatingAdmissionPolicyBinding,
    columns: [
      column('PolicyName', (object) => textAt(object, 'spec', 'policyName'), 'The policy.'),
      column('ParamRef', paramRefText, 'Its parameters.'),
    ],
    defaults: (object) => inSpec(object, 'matchResources'),
    validate: bindingProblems,
  }),
  defineKind({
    ...SHARED,
    kind: 'ValidatingWebhookConfiguration',
    description: 'Webhooks that may refuse objects on their way in.',
    schema: TYPES.ValidatingWebhookConfiguration,
    columns: [column('Webhooks', webhookCount, 'Number of webhooks.')],
    defaults: withSelectors,
    validate: webhookProblems,
  }),
];

function withSelectors(object: KubeObject): KubeObject {
  const webhooks = listAt(object, 'webhooks');
  return webhooks.length === 0 ? object : { ...object, webhooks: webhooks.map(openSelectors) };
}

function openSelectors(value: unknown): unknown {
  return isObject(value)
    ? { ...value, namespaceSelector: value.namespaceSelector ?? {}, objectSelector: value.objectSelector ?? {} }
    : value;
}

function inSpec(object: KubeObject, field: string): KubeObject {
  const spec = objectAt(object, 'spec');
  return isObject(spec[field]) ? { ...object, spec: { ...spec, [field]: openSelectors(spec[field]) } } : object;
}

function webhookCount(object: KubeObject): number {
  return listAt(object, 'webhooks').length;
}

function paramKindText(object: KubeObject): string {
  const kind = objectAt(object, 'spec', 'paramKind');
  return textAt(kind, 'kind') === '' ? '<unset>' : `${textAt(kind, 'apiVersion')}/${textAt(kind, 'kind')}`;
}

function paramRefText(object: KubeObject): string {
  const reference = objectAt(object, 'spec', 'paramRef');
  const name = textAt(reference, 'name');
  if (name === '') return reference.selector === undefined ? '<unset>' : '*';
  return `${textAt(reference, 'namespace') || '*'}/${name}`;
}
