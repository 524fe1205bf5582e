import type { Pod } from './objects.ts';
import { parseQuantity } from './quantity.ts';

/** What the launcher pod asks of its node, in the terms of the lane. */
export interface LauncherAsk {
  readonly nodeSelector: Readonly<Record<string, string>>;
  /** Requests of the container that runs QEMU. */
  readonly requests: Readonly<Record<string, string>>;
  readonly limits: Readonly<Record<string, string>>;
  readonly memoryBytes: number;
}

/** Reads the container `compute` of a launcher pod. @throws Error when there is none, or its memory is no quantity. */
export function launcherAsk(pod: Pod): LauncherAsk {
  const compute = pod.spec.containers.find((each) => each.name === 'compute');
  if (compute === undefined) throw new Error(`pod ${pod.metadata.name} has no container compute`);
  const { requests = {}, limits = {} } = compute.resources ?? {};
  const memoryBytes = parseQuantity(requests.memory ?? '');
  if (memoryBytes === undefined)
    throw new Error(`pod ${pod.metadata.name} requests memory ${JSON.stringify(requests.memory)}`);
  return { nodeSelector: pod.spec.nodeSelector ?? {}, requests, limits, memoryBytes };
}
