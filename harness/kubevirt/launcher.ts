import type { Pod } from './objects.ts';

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

const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  m: 1e-3,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

/** A Kubernetes quantity as a number of its base unit: `1516Mi` → 1589641216; undefined for anything else. */
export function parseQuantity(text: string): number | undefined {
  const match = /^([+-]?\d+(?:\.\d*)?(?:[eE][+-]?\d+)?)([A-Za-z]*)$/.exec(text);
  const unit = UNITS[match?.[2] ?? ''];
  return match?.[1] === undefined || unit === undefined ? undefined : Number(match[1]) * unit;
}
