import type { Core } from '../core.ts';
import type { KubeObject } from '../objects.ts';
import type { Attributes } from './attributes.ts';

/** A stored namespace. */
export function namespaceOf(core: Core, name: string): KubeObject | undefined {
  return core.store.get({ resource: 'namespaces', namespace: '', name });
}

/** The Pod that a create of pods is about, without subresource. */
export function podBeingCreated(attributes: Attributes): KubeObject | undefined {
  const { type, operation, subresource, object } = attributes;
  return type.group === '' && type.plural === 'pods' && operation === 'CREATE' && subresource === ''
    ? object
    : undefined;
}

/** A Pod's spec as a record. */
export function specOf(object: KubeObject): Readonly<Record<string, unknown>> {
  return (object.spec ?? {}) as Readonly<Record<string, unknown>>;
}

/** A copy of the object with some of its spec replaced. */
export function withSpec(object: KubeObject, changes: Readonly<Record<string, unknown>>): KubeObject {
  return { ...object, spec: { ...specOf(object), ...changes } };
}
