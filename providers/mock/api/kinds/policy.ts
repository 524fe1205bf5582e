import { isObject, listAt, numberAt, objectAt, textAt } from '../json.ts';
import type { KubeObject, StatusCause } from '../objects.ts';
import type { ResourceType } from '../resource-type.ts';
import { forbidden, invalid, unsupported } from './causes.ts';
import { column, selectorText } from './columns.ts';
import { defineKind } from './define.ts';
import { validateSelector } from './labels.ts';
import { META } from './meta.ts';
import { expandTable } from './notation.ts';

const POLICY_TYPES = expandTable(
  'io.k8s.api.policy.v1',
  `
PodDisruptionBudgetSpec: minAvailable:intstr? selector:LabelSelector maxUnavailable:intstr? unhealthyPodEvictionPolicy:string?
PodDisruptionBudgetStatus: observedGeneration:long disruptedPods:{time} disruptionsAllowed!:int+ currentHealthy!:int+
  desiredHealthy!:int+ expectedPods!:int+ conditions:[Condition]{type}
PodDisruptionBudget: spec:PodDisruptionBudgetSpec+ status:PodDisruptionBudgetStatus+
Eviction: deleteOptions:DeleteOptions
`,
  META,
);

const NETWORKING_TYPES = expandTable(
  'io.k8s.api.networking.v1',
  `
IPBlock: cidr!:string+ except:[string]
NetworkPolicyPeer: podSelector:LabelSelector namespaceSelector:LabelSelector ipBlock:IPBlock
NetworkPolicyPort: protocol:string?=TCP port:intstr? endPort:int?
NetworkPolicyIngressRule: ports:[NetworkPolicyPort] from:[NetworkPolicyPeer]
NetworkPolicyEgressRule: ports:[NetworkPolicyPort] to:[NetworkPolicyPeer]
NetworkPolicySpec: podSelector:LabelSelector+ ingress:[NetworkPolicyIngressRule] egress:[NetworkPolicyEgressRule]
  policyTypes:[string]
NetworkPolicy: spec:NetworkPolicySpec+
`,
  META,
);

const SCHEDULING_TYPES = expandTable(
  'io.k8s.api.scheduling.v1',
  `
PriorityClass: value!:int+ globalDefault:bool description preemptionPolicy:string?=PreemptLowerPriority
`,
  META,
);

/** PodDisruptionBudgets, NetworkPolicies and PriorityClasses. */
export const POLICY_KINDS: readonly ResourceType[] = [
  defineKind({
    group: 'networking.k8s.io',
    kind: 'NetworkPolicy',
    plural: 'networkpolicies',
    description: 'What may talk to pods, and whom they may talk to.',
    shortNames: ['netpol'],
    schema: NETWORKING_TYPES.NetworkPolicy,
    counted: true,
    columns: [
      column('Pod-Selector', (object) => selectorText(objectAt(object, 'spec').podSelector), 'The pods it is for.'),
    ],
    defaults: defaultNetworkPolicy,
    validate: (object) => validateSelector(objectAt(object, 'spec').podSelector, 'spec.podSelector'),
  }),
  defineKind({
    group: 'policy',
    kind: 'PodDisruptionBudget',
    description: 'How many pods evictions must leave.',
    shortNames: ['pdb'],
    subresources: ['status'],
    schema: POLICY_TYPES.PodDisruptionBudget,
    counted: true,
    columns: [
      column('Min Available', (object) => `${objectAt(object, 'spec').minAvailable ?? 'N/A'}`, 'Pods that must stay.'),
      column('Max Unavailable', (object) => `${objectAt(object, 'spec').maxUnavailable ?? 'N/A'}`, 'Pods that may go.'),
      column(
        'Allowed Disruptions',
        (object) => numberAt(object, 'status', 'disruptionsAllowed') ?? 0,
        'Evictions now.',
      ),
    ],
    validate: budgetProblems,
  }),
  defineKind({
    group: 'scheduling.k8s.io',
    kind: 'PriorityClass',
    plural: 'priorityclasses',
    description: 'A name for the priority of pods.',
    shortNames: ['pc'],
    clusterWide: true,
    schema: SCHEDULING_TYPES.PriorityClass,
    counted: true,
    columns: [
      column('Value', (object) => numberAt(object, 'value') ?? 0, 'The priority.'),
      column('Global-Default', (object) => object.globalDefault === true, 'True for pods without a class.'),
      column('PreemptionPolicy', (object) => textAt(object, 'preemptionPolicy'), 'Whether others may be pushed out.'),
    ],
    columnsAfterAge: ['PreemptionPolicy'],
    validate: priorityProblems,
    validateUpdate: (object, old) => [
      ...(object.value === old.value ? [] : [forbidden('value', 'may not be changed in an update.')]),
      ...(object.preemptionPolicy === old.preemptionPolicy
        ? []
        : [invalid('preemptionPolicy', object.preemptionPolicy, 'field is immutable')]),
    ],
  }),
];

function defaultNetworkPolicy(object: KubeObject): KubeObject {
  const spec = objectAt(object, 'spec');
  if (listAt(spec, 'policyTypes').length > 0) return object;
  const policyTypes = listAt(spec, 'egress').length > 0 ? ['Ingress', 'Egress'] : ['Ingress'];
  return { ...object, spec: { ...spec, policyTypes } };
}

function budgetProblems(object: KubeObject): readonly StatusCause[] {
  const spec = objectAt(object, 'spec');
  const causes: StatusCause[] = [];
  if (spec.minAvailable !== undefined && spec.maxUnavailable !== undefined) {
    const shown = { MinAvailable: spec.minAvailable, MaxUnavailable: spec.maxUnavailable };
    causes.push(invalid('spec', shown, 'minAvailable and maxUnavailable cannot be both set'));
  }
  for (const field of ['minAvailable', 'maxUnavailable']) {
    const value = spec[field];
    if (typeof value === 'number' && value < 0) {
      causes.push(invalid(`spec.${field}`, value, 'must be greater than or equal to 0'));
    }
    if (typeof value === 'string' && !/^\d+%$/.test(value)) {
      const text =
        "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')";
      causes.push(invalid(`spec.${field}`, value, text));
    }
  }
  if (isObject(spec.selector)) causes.push(...validateSelector(spec.selector, 'spec.selector'));
  return causes;
}

const HIGHEST_USER_PRIORITY = 1_000_000_000;
const SYSTEM_CLASSES: Readonly<Record<string, number>> = {
  'system-node-critical': 2_000_001_000,
  'system-cluster-critical': 2_000_000_000,
};

function priorityProblems(object: KubeObject): readonly StatusCause[] {
  const name = object.metadata.name ?? '';
  const value = numberAt(object, 'value') ?? 0;
  const causes: StatusCause[] = [];
  if (name.startsWith('system-')) {
    if (SYSTEM_CLASSES[name] !== value) {
      const text = `priority class names with 'system-' prefix are reserved for system use only`;
      causes.push(forbidden('metadata.name', text));
    }
  } else if (value > HIGHEST_USER_PRIORITY) {
    causes.push(forbidden('value', `maximum allowed value of a user defined priority is ${HIGHEST_USER_PRIORITY}`));
  }
  const policy = textAt(object, 'preemptionPolicy');
  const policies = ['Never', 'PreemptLowerPriority'];
  if (!policies.includes(policy)) causes.push(unsupported('preemptionPolicy', policy, policies));
  return causes;
}
