import { listAt, objectAt, textAt } from '../json.ts';
import type { KubeObject } from '../objects.ts';
import type { ResourceType } from '../resource-type.ts';
import { required } from './causes.ts';
import { column } from './columns.ts';
import { CORE_TYPES } from './core-types.ts';
import { defineKind } from './define.ts';
import { quantityProblems } from './quantities.ts';

/** ResourceQuotas and LimitRanges. */
export const QUOTA_KINDS: readonly ResourceType[] = [
  defineKind({
    kind: 'LimitRange',
    description: 'Limits for the resources of each object in a namespace.',
    shortNames: ['limits'],
    schema: CORE_TYPES.LimitRange,
    validate: (object) =>
      listAt(object, 'spec', 'limits').flatMap((limit, index) =>
        textAt(limit, 'type') === '' ? [required(`spec.limits[${index}].type`)] : [],
      ),
  }),
  defineKind({
    kind: 'ResourceQuota',
    description: 'Limits for all that a namespace uses.',
    shortNames: ['quota'],
    subresources: ['status'],
    schema: CORE_TYPES.ResourceQuota,
    columns: [
      column('Request', (object) => usedText(object, false), 'Used of what may be requested.'),
      column('Limit', (object) => usedText(object, true), 'Used of the limits.'),
    ],
    validate: (object) =>
      Object.entries(objectAt(object, 'spec', 'hard')).flatMap(([resource, value]) =>
        quantityProblems(value, `spec.hard[${resource}]`),
      ),
  }),
];

function usedText(object: KubeObject, limits: boolean): string {
  const hard = Object.entries(objectAt(object, 'status', 'hard'));
  const used = objectAt(object, 'status', 'used');
  return hard
    .filter(([resource]) => resource.startsWith('limits') === limits)
    .map(([resource, value]) => `${resource}: ${used[resource] ?? '0'}/${value}`)
    .sort()
    .join(', ');
}
