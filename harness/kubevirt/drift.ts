import type { KubeError } from '../kube/errors.ts';
import { FIELD_MANAGER } from '../kube/fence.ts';
import type { KubeObject } from '../kube/objects.ts';
import { fieldsOf, itemsOf } from './record.ts';

/** They follow whatever is made, within milliseconds, and make nothing of what we install. */
const KUBERNETES = ['kube-controller-manager', 'kube-apiserver', 'kube-scheduler'];
const SHOWN = 3;

/** `.spec.replicas belongs to "kubectl"` for each conflict of a server-side apply; empty when it was another refusal. */
export function driftText({ causes }: KubeError): string {
  const conflicts = causes.filter(({ reason }) => reason === 'FieldManagerConflict');
  const shown = conflicts.slice(0, SHOWN).map(({ field, message }) => {
    const owner = /conflict with "([^"]*)"/.exec(message)?.[1] ?? 'somebody';
    return `${field} belongs to "${owner}"`;
  });
  const more = conflicts.length > SHOWN ? `, and ${conflicts.length - SHOWN} more fields` : '';
  return `${shown.join(', ')}${more}`;
}

/**
 * Whether somebody beside us has written the object itself. Controllers of Kubernetes do not count: the one of
 * Deployments notes a revision on them, before a lost answer to us is asked for again.
 */
export function hasOtherManager(live: KubeObject): boolean {
  return managersOf(live).some(isSomebody);
}

/** `made by "kubectl" at 2026-01-01T00:00:00Z`. */
export function madeBy(live: KubeObject): string {
  const managers = managersOf(live);
  const first = managers.find(isSomebody) ?? managers[0];
  const { creationTimestamp } = live.metadata;
  const who = first === undefined ? 'made by nobody who says so' : `made by "${first}"`;
  return creationTimestamp === undefined ? who : `${who} at ${creationTimestamp}`;
}

function isSomebody(manager: string): boolean {
  return manager !== FIELD_MANAGER && !KUBERNETES.includes(manager);
}

function managersOf({ metadata }: KubeObject): readonly string[] {
  return itemsOf(metadata.managedFields)
    .map(fieldsOf)
    .filter(({ subresource }) => subresource === undefined || subresource === '')
    .map(({ manager }) => String(manager));
}
