import type { ResourceType } from '../resource-type.ts';
import { COORDINATION_KINDS } from './coordination.ts';
import { CORE_KINDS } from './core.ts';
import { EVENT_KINDS } from './events.ts';
import { NODE_KINDS } from './nodes.ts';
import { POD_KINDS } from './pods.ts';
import { WORKLOAD_KINDS } from './workloads.ts';

/** Every built-in type that the simulated API server serves. */
export function builtinTypes(): readonly ResourceType[] {
  return BUILTIN;
}

const BUILTIN: readonly ResourceType[] = [
  ...CORE_KINDS,
  ...NODE_KINDS,
  ...POD_KINDS,
  ...EVENT_KINDS,
  ...WORKLOAD_KINDS,
  ...COORDINATION_KINDS,
];
