import type { ResourceType } from './resource-type.ts';
import { type Key, storageKey } from './store.ts';

/** One object that a request writes to. */
export interface Target {
  readonly type: ResourceType;
  readonly namespace: string;
  /** Empty for a create with generateName. */
  readonly name: string;
  readonly subresource: string;
}

/** Where a target is stored. */
export function keyOf({ type, namespace, name }: Target): Key {
  return { resource: storageKey(type), namespace, name };
}
