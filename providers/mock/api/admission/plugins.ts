import type { KubeObject } from '../objects.ts';
import { forbidden, notFound } from '../status.ts';
import type { Attributes, Plugin } from './attributes.ts';
import { namespaceOf } from './lookup.ts';
import { priorityPlugin } from './priority.ts';
import { serviceAccountPlugin } from './service-account.ts';
import { defaultStorageClassPlugin } from './storage-class.ts';
import { taintNewNodePlugin, tolerationSecondsPlugin } from './tolerations.ts';

const IMMORTAL = new Set(['default', 'kube-system', 'kube-public']);
// Asking what one may do must work anywhere.
const REVIEWS = new Set(['localsubjectaccessreviews']);

/** NamespaceLifecycle: nothing is made in a namespace that is absent or going, and three namespaces stay. */
const namespaceLifecycle: Plugin = (core, attributes) => {
  const { type, namespace, name, operation, object } = attributes;
  if (type.group === '' && type.plural === 'namespaces') {
    if (operation === 'DELETE' && IMMORTAL.has(name)) throw forbidden(type, name, 'this namespace may not be deleted');
    return object;
  }
  if (!type.namespaced || operation === 'DELETE' || REVIEWS.has(type.plural)) return object;
  const found = namespaceOf(core, namespace);
  if (found === undefined) throw notFound({ group: '', plural: 'namespaces' }, namespace);
  if (operation === 'CREATE' && found.metadata.deletionTimestamp !== undefined) throw terminating(attributes);
  return object;
};

function terminating({ type, namespace, name, object }: Attributes) {
  const cause = {
    reason: 'NamespaceTerminating',
    message: `namespace ${namespace} is being terminated`,
    field: 'metadata.namespace',
  };
  const why = `unable to create new content in namespace ${namespace} because it is being terminated`;
  return forbidden(type, name === '' ? (object?.metadata.name ?? '') : name, why, [cause]);
}

/** In the order in which the real server runs them. */
export const MUTATING_PLUGINS: readonly Plugin[] = [
  namespaceLifecycle,
  serviceAccountPlugin,
  taintNewNodePlugin,
  priorityPlugin,
  tolerationSecondsPlugin,
  defaultStorageClassPlugin,
];

/** Checks of the validating phase. */
export const VALIDATING_PLUGINS: readonly ((...args: Parameters<Plugin>) => KubeObject | undefined)[] = [];
