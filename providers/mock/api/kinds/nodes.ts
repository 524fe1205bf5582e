import { listAt, objectAt, textAt } from '../json.ts';
import type { KubeObject, StatusCause } from '../objects.ts';
import type { ResourceType } from '../resource-type.ts';
import { duplicate, invalid, required, unsupported } from './causes.ts';
import { column, wideColumn } from './columns.ts';
import { CORE_TYPES } from './core-types.ts';
import { defineKind } from './define.ts';
import { labelValue, qualifiedName } from './names.ts';

const TAINT_EFFECTS = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];

/** Nodes. */
export const NODE_KINDS: readonly ResourceType[] = [
  defineKind({
    kind: 'Node',
    description: 'A machine that runs pods.',
    shortNames: ['no'],
    clusterWide: true,
    subresources: ['proxy', 'status'],
    schema: CORE_TYPES.Node,
    columns: [
      column('Status', statusText, 'Whether the node is ready, and whether pods may be put on it.'),
      column('Roles', rolesText, 'Roles by the labels of the node.'),
      column('Version', (node) => textAt(node, 'status', 'nodeInfo', 'kubeletVersion'), 'Version of the kubelet.'),
      wideColumn('Internal-IP', (node) => addressOf(node, 'InternalIP')),
      wideColumn('External-IP', (node) => addressOf(node, 'ExternalIP')),
      wideColumn('OS-Image', (node) => known(node, 'osImage')),
      wideColumn('Kernel-Version', (node) => known(node, 'kernelVersion')),
      wideColumn('Container-Runtime', (node) => known(node, 'containerRuntimeVersion')),
    ],
    columnsAfterAge: ['Version'],
    prepareForUpdate: (object, old, subresource) => (subresource === 'status' ? { ...object, spec: old.spec } : object),
    validate: (node) => taintProblems(listAt(node, 'spec', 'taints')),
    validateUpdate: podRangeProblems,
    selectableFields: (node) => ({ 'spec.unschedulable': `${objectAt(node, 'spec').unschedulable === true}` }),
    keepsStatusOnCreate: true,
  }),
];

function statusText(node: KubeObject): string {
  const ready = listAt(node, 'status', 'conditions').find((condition) => textAt(condition, 'type') === 'Ready');
  const parts = [
    ready === undefined ? 'Unknown' : textAt(ready, 'status') === 'True' ? 'Ready' : 'NotReady',
    ...(objectAt(node, 'spec').unschedulable === true ? ['SchedulingDisabled'] : []),
  ];
  return parts.join(',');
}

function rolesText(node: KubeObject): string {
  const roles = Object.entries(node.metadata.labels ?? {}).flatMap(([key, value]) => {
    if (key.startsWith('node-role.kubernetes.io/')) return [key.slice('node-role.kubernetes.io/'.length)];
    return key === 'kubernetes.io/role' && value !== '' ? [value] : [];
  });
  const named = roles.filter((role) => role !== '').sort();
  return named.length === 0 ? '<none>' : named.join(',');
}

function addressOf(node: KubeObject, type: string): string {
  const address = listAt(node, 'status', 'addresses').find((one) => textAt(one, 'type') === type);
  return textAt(address, 'address') || '<none>';
}

function known(node: KubeObject, field: string): string {
  return textAt(node, 'status', 'nodeInfo', field) || '<unknown>';
}

function taintProblems(taints: readonly unknown[]): readonly StatusCause[] {
  const seen = new Set<string>();
  return taints.flatMap((taint, index) => {
    const at = `metadata.taints[${index}]`;
    const [key, value, effect] = [textAt(taint, 'key'), textAt(taint, 'value'), textAt(taint, 'effect')];
    const causes = qualifiedName(key).map((problem) => invalid(`${at}.key`, key, problem));
    causes.push(...labelValue(value).map((problem) => invalid(`${at}.value`, value, problem)));
    if (effect === '') causes.push(required(`${at}.effect`));
    else if (!TAINT_EFFECTS.includes(effect)) causes.push(unsupported(`${at}.effect`, effect, TAINT_EFFECTS));
    const pair = `${key}:${effect}`;
    if (seen.has(pair)) causes.push({ ...duplicate(at, taint), field: at });
    seen.add(pair);
    return causes;
  });
}

function podRangeProblems(node: KubeObject, old: KubeObject): readonly StatusCause[] {
  const before = listAt(old, 'spec', 'podCIDRs');
  const now = listAt(node, 'spec', 'podCIDRs');
  const causes: StatusCause[] = [];
  if (before.length > 0 && JSON.stringify(before) !== JSON.stringify(now)) {
    causes.push({
      reason: 'FieldValueForbidden',
      message: 'Forbidden: node updates may not change podCIDR except from "" to valid',
      field: 'spec.podCIDRs',
    });
  }
  const [had, has] = [textAt(old, 'spec', 'providerID'), textAt(node, 'spec', 'providerID')];
  if (had !== '' && had !== has) {
    causes.push({
      reason: 'FieldValueForbidden',
      message: 'Forbidden: node updates may not change providerID except from "" to valid',
      field: 'spec.providerID',
    });
  }
  return causes;
}
