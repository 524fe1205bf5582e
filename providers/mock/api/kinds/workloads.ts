import { selects } from '../../label-selector.ts';
import { isObject, type Json, listAt, numberAt, objectAt, sameJson, textAt } from '../json.ts';
import type { KubeObject, StatusCause } from '../objects.ts';
import type { PrinterColumn, ResourceType } from '../resource-type.ts';
import { invalid, required, unsupported } from './causes.ts';
import { column, labelsText, selectorText, wideColumn } from './columns.ts';
import { defineKind } from './define.ts';
import { validateAnnotations, validateLabels, validateSelector } from './labels.ts';
import { defaultPodSpec } from './pod-defaults.ts';
import { validatePodSpec } from './pod-validation.ts';
import { APPS_TYPES } from './workload-types.ts';

const APPS = { group: 'apps', categories: ['all'], counted: true } as const;

/** Deployments, ReplicaSets, DaemonSets, StatefulSets and ControllerRevisions. */
export const WORKLOAD_KINDS: readonly ResourceType[] = [
  defineKind({
    group: 'apps',
    kind: 'ControllerRevision',
    description: 'A state that a controller wants to come back to.',
    schema: APPS_TYPES.ControllerRevision,
    columns: [
      column('Controller', controllerText, 'Who keeps the revision.'),
      column('Revision', (object) => numberAt(object, 'revision') ?? 0, 'Number of the revision.'),
    ],
    validateUpdate: (object, old) =>
      sameJson(object.data, old.data) ? [] : [invalid('data', object.data, 'field is immutable')],
  }),
  defineKind({
    ...APPS,
    kind: 'DaemonSet',
    description: 'A pod on every node that fits.',
    shortNames: ['ds'],
    subresources: ['status'],
    schema: APPS_TYPES.DaemonSet,
    columns: [
      ...statusNumbers([
        ['Desired', 'desiredNumberScheduled'],
        ['Current', 'currentNumberScheduled'],
        ['Ready', 'numberReady'],
        ['Up-to-date', 'updatedNumberScheduled'],
        ['Available', 'numberAvailable'],
      ]),
      column('Node Selector', (object) => labelsText(objectAt(object, 'spec', 'template', 'spec', 'nodeSelector'))),
      ...templateColumns(),
    ],
    defaults: (object) =>
      withTemplate(object, (spec) => rolling(spec, 'updateStrategy', { maxUnavailable: 1, maxSurge: 0 })),
    validate: validateWorkload,
    validateUpdate: immutableSelector,
  }),
  defineKind({
    ...APPS,
    kind: 'Deployment',
    description: 'Pods kept at a number and rolled over to new versions.',
    shortNames: ['deploy'],
    subresources: ['scale', 'status'],
    schema: APPS_TYPES.Deployment,
    columns: [
      column(
        'Ready',
        (object) => `${statusNumber(object, 'readyReplicas')}/${numberAt(object, 'spec', 'replicas') ?? 0}`,
      ),
      ...statusNumbers([
        ['Up-to-date', 'updatedReplicas'],
        ['Available', 'availableReplicas'],
      ]),
      ...templateColumns(),
    ],
    defaults: (object) =>
      withTemplate(object, (spec) => rolling(spec, 'strategy', { maxUnavailable: '25%', maxSurge: '25%' })),
    validate: (object) => [...validateWorkload(object), ...strategyProblems(objectAt(object, 'spec', 'strategy'))],
    validateUpdate: immutableSelector,
    prepareForUpdate: (object, old, subresource) =>
      subresource === 'status' ? { ...object, metadata: withLabelsOf(object, old) } : object,
  }),
  defineKind({
    ...APPS,
    kind: 'ReplicaSet',
    description: 'A number of equal pods.',
    shortNames: ['rs'],
    subresources: ['scale', 'status'],
    schema: APPS_TYPES.ReplicaSet,
    columns: [
      column('Desired', (object) => numberAt(object, 'spec', 'replicas') ?? 0),
      ...statusNumbers([
        ['Current', 'replicas'],
        ['Ready', 'readyReplicas'],
      ]),
      ...templateColumns(),
    ],
    defaults: (object) => withTemplate(object, (spec) => spec),
    validate: validateWorkload,
    validateUpdate: immutableSelector,
    selectableFields: (object) => ({ 'status.replicas': `${statusNumber(object, 'replicas')}` }),
  }),
  defineKind({
    ...APPS,
    kind: 'StatefulSet',
    description: 'Pods with names and storage of their own.',
    shortNames: ['sts'],
    subresources: ['scale', 'status'],
    schema: APPS_TYPES.StatefulSet,
    columns: [
      column(
        'Ready',
        (object) => `${statusNumber(object, 'readyReplicas')}/${numberAt(object, 'spec', 'replicas') ?? 0}`,
      ),
      ...templateColumns().slice(0, 2),
    ],
    defaults: (object) => withTemplate(object, statefulDefaults),
    validate: validateWorkload,
    validateUpdate: statefulProblems,
  }),
];

/** Fills in the pod template of a workload, then what `more` does to the spec. */
export function withTemplate(object: KubeObject, more: (spec: Json) => Json): KubeObject {
  const spec = objectAt(object, 'spec');
  const template = objectAt(spec, 'template');
  const filled = { ...template, spec: defaultPodSpec(objectAt(template, 'spec')) };
  return { ...object, spec: more({ ...spec, template: filled }) };
}

function rolling(spec: Json, field: string, amounts: Json): Json {
  const strategy = objectAt(spec, field);
  if ((strategy.type ?? 'RollingUpdate') !== 'RollingUpdate') return spec;
  const rollingUpdate = { ...amounts, ...objectAt(strategy, 'rollingUpdate') };
  return { ...spec, [field]: { ...strategy, type: 'RollingUpdate', rollingUpdate } };
}

function statefulDefaults(spec: Json): Json {
  const retention = {
    whenDeleted: 'Retain',
    whenScaled: 'Retain',
    ...objectAt(spec, 'persistentVolumeClaimRetentionPolicy'),
  };
  return { ...rolling(spec, 'updateStrategy', { partition: 0 }), persistentVolumeClaimRetentionPolicy: retention };
}

function validateWorkload(object: KubeObject): readonly StatusCause[] {
  const spec = objectAt(object, 'spec');
  const causes: StatusCause[] = [];
  const replicas = numberAt(spec, 'replicas');
  if (replicas !== undefined && replicas < 0) {
    causes.push(invalid('spec.replicas', replicas, 'must be greater than or equal to 0'));
  }
  const { selector } = spec;
  if (!isObject(selector)) causes.push(required('spec.selector'));
  else {
    causes.push(...validateSelector(selector, 'spec.selector'));
    if (Object.keys(selector).length === 0)
      causes.push(invalid('spec.selector', selector, `empty selector is invalid for ${lowerFirst(object.kind)}`));
  }
  const labels = objectAt(spec, 'template', 'metadata', 'labels');
  // No selector selects nothing, an empty one everything.
  if (!selects(selector, labels as Readonly<Record<string, string>>)) {
    causes.push(invalid('spec.template.metadata.labels', labels, '`selector` does not match template `labels`'));
  }
  return [...causes, ...validateTemplate(objectAt(spec, 'template'), 'spec.template')];
}

/** Problems of a pod template whose pods run for ever. */
export function validateTemplate(template: Json, field: string, restartPolicies = ['Always']): readonly StatusCause[] {
  const causes = [
    ...validateLabels(objectAt(template, 'metadata', 'labels'), `${field}.labels`),
    ...validateAnnotations(objectAt(template, 'metadata', 'annotations'), `${field}.annotations`),
    ...validatePodSpec(objectAt(template, 'spec'), `${field}.spec`),
  ];
  const policy = textAt(template, 'spec', 'restartPolicy');
  if (['Always', 'OnFailure', 'Never'].includes(policy) && !restartPolicies.includes(policy)) {
    causes.push(unsupported(`${field}.spec.restartPolicy`, policy, restartPolicies));
  }
  return causes;
}

function strategyProblems(strategy: Json): readonly StatusCause[] {
  const type = textAt(strategy, 'type');
  const field = 'spec.strategy';
  if (type === 'Recreate' && strategy.rollingUpdate !== undefined) {
    const message = "Forbidden: may not be specified when strategy `type` is 'Recreate'";
    return [{ reason: 'FieldValueForbidden', message, field: `${field}.rollingUpdate` }];
  }
  if (type === 'Recreate' || type === 'RollingUpdate') return [];
  return [unsupported(`${field}.type`, type, ['Recreate', 'RollingUpdate'])];
}

function immutableSelector(object: KubeObject, old: KubeObject): readonly StatusCause[] {
  const [now, before] = [objectAt(object, 'spec').selector, objectAt(old, 'spec').selector];
  return sameJson(now, before) ? [] : [invalid('spec.selector', now, 'field is immutable')];
}

const STATEFUL_MUTABLE = [
  'replicas',
  'ordinals',
  'template',
  'updateStrategy',
  'revisionHistoryLimit',
  'persistentVolumeClaimRetentionPolicy',
  'minReadySeconds',
];

function statefulProblems(object: KubeObject, old: KubeObject): readonly StatusCause[] {
  const [now, before] = [objectAt(object, 'spec'), objectAt(old, 'spec')];
  const fixed = [...new Set([...Object.keys(now), ...Object.keys(before)])].filter(
    (name) => !STATEFUL_MUTABLE.includes(name),
  );
  if (fixed.every((name) => sameJson(now[name], before[name]))) return [];
  const names = STATEFUL_MUTABLE.map((name) => `'${name}'`);
  const text = `updates to statefulset spec for fields other than ${names.slice(0, -1).join(', ')} and ${names.at(-1)} are forbidden`;
  return [{ reason: 'FieldValueForbidden', message: `Forbidden: ${text}`, field: 'spec' }];
}

function withLabelsOf(object: KubeObject, old: KubeObject): KubeObject['metadata'] {
  const { labels: _, ...metadata } = object.metadata;
  return old.metadata.labels === undefined ? metadata : { ...metadata, labels: old.metadata.labels };
}

function statusNumber(object: KubeObject, field: string): number {
  return numberAt(object, 'status', field) ?? 0;
}

function statusNumbers(pairs: readonly (readonly [string, string])[]): readonly PrinterColumn[] {
  return pairs.map(([name, field]) => column(name, (object) => statusNumber(object, field)));
}

function templateColumns(): readonly PrinterColumn[] {
  const each = (field: string) => (object: KubeObject) =>
    listAt(object, 'spec', 'template', 'spec', 'containers')
      .map((container) => textAt(container, field))
      .join(',');
  return [
    wideColumn('Containers', each('name'), 'Names of the containers.'),
    wideColumn('Images', each('image'), 'Images of the containers.'),
    wideColumn('Selector', (object) => selectorText(objectAt(object, 'spec').selector), 'Labels of its pods.'),
  ];
}

function controllerText(object: KubeObject): string {
  const owner = object.metadata.ownerReferences?.find((reference) => reference.controller === true);
  if (owner === undefined) return '<none>';
  const group = owner.apiVersion.includes('/') ? `.${owner.apiVersion.split('/')[0]}` : '';
  return `${owner.kind.toLowerCase()}${group}/${owner.name}`;
}

function lowerFirst(text: string): string {
  return text.toLowerCase();
}
