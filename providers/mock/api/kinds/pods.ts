import { isObject, listAt, objectAt, textAt } from '../json.ts';
import type { KubeObject } from '../objects.ts';
import type { ResourceType } from '../resource-type.ts';
import { defineKind } from './define.ts';
import { POD_COLUMNS } from './pod-columns.ts';
import { defaultPodOnly, defaultPodSpec, qosClassOf } from './pod-defaults.ts';
import { POD_TYPES } from './pod-types.ts';
import { validatePodUpdate } from './pod-update.ts';
import { validatePodSpec } from './pod-validation.ts';

/** Pods and pod templates. */
export const POD_KINDS: readonly ResourceType[] = [
  defineKind({
    kind: 'Pod',
    description: 'Containers that run together on one node.',
    shortNames: ['po'],
    categories: ['all'],
    subresources: [
      'attach',
      'binding',
      'ephemeralcontainers',
      'eviction',
      'exec',
      'log',
      'portforward',
      'proxy',
      'resize',
      'status',
    ],
    schema: POD_TYPES.Pod,
    counted: true,
    columns: POD_COLUMNS,
    defaults: (pod) => ({ ...pod, spec: defaultPodOnly(defaultPodSpec(objectAt(pod, 'spec'))) }),
    prepareForCreate: (pod) => ({ ...pod, status: { phase: 'Pending', qosClass: qosClassOf(objectAt(pod, 'spec')) } }),
    prepareForUpdate,
    validate: (pod) => validatePodSpec(objectAt(pod, 'spec'), 'spec'),
    validateUpdate: validatePodUpdate,
    selectableFields: (pod) => ({
      'spec.nodeName': textAt(pod, 'spec', 'nodeName'),
      'spec.restartPolicy': textAt(pod, 'spec', 'restartPolicy'),
      'spec.schedulerName': textAt(pod, 'spec', 'schedulerName'),
      'spec.serviceAccountName': textAt(pod, 'spec', 'serviceAccountName'),
      'spec.hostNetwork': `${objectAt(pod, 'spec').hostNetwork === true}`,
      'status.phase': textAt(pod, 'status', 'phase'),
      'status.podIP': textAt(pod, 'status', 'podIP'),
      'status.podIPs': textAt(listAt(pod, 'status', 'podIPs')[0], 'ip'),
      'status.nominatedNodeName': textAt(pod, 'status', 'nominatedNodeName'),
    }),
  }),
  defineKind({
    kind: 'PodTemplate',
    description: 'A template that pods can be made from.',
    schema: POD_TYPES.PodTemplate,
    counted: true,
    defaults: (object) => {
      const template = objectAt(object, 'template');
      return { ...object, template: { ...template, spec: defaultPodSpec(objectAt(template, 'spec')) } };
    },
  }),
];

function prepareForUpdate(pod: KubeObject, old: KubeObject, subresource: string): KubeObject {
  if (subresource === 'status') {
    const qosClass = textAt(old, 'status', 'qosClass') || qosClassOf(objectAt(old, 'spec'));
    const status = isObject(pod.status) ? pod.status : {};
    const { ownerReferences } = old.metadata;
    const { ownerReferences: _, ...metadata } = pod.metadata;
    return {
      ...pod,
      metadata: ownerReferences === undefined ? metadata : { ...metadata, ownerReferences },
      status: { ...status, qosClass: status.qosClass ?? qosClass },
    };
  }
  if (subresource !== 'ephemeralcontainers') return pod;
  // Only the ephemeral containers change there.
  const ephemeralContainers = listAt(pod, 'spec', 'ephemeralContainers');
  const spec = { ...objectAt(old, 'spec'), ...(ephemeralContainers.length === 0 ? {} : { ephemeralContainers }) };
  return { ...pod, spec };
}
