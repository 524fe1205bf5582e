import type { KubeClient } from '../kube/client.ts';
import type { KubeObject } from '../kube/objects.ts';
import { type PodLog, type PodLogWish, readPodLog } from '../kube/pod-log.ts';

/**
 * The container of a launcher pod whose log is what the guest wrote to its serial port, from its first line on and
 * whoever listened. Source: KubeVirt from v1.1, where `logSerialConsole` and the cluster's default do not turn it off;
 * an ordinary container until v1.5, a sidecar among the init containers from v1.6.
 */
export const CONSOLE_LOG_CONTAINER = 'guest-console-log';

/** True when the guest's serial log can be read from this launcher pod. */
export function hasConsoleLog(pod: KubeObject): boolean {
  const { containers = [], initContainers = [] } = (pod.spec ?? {}) as {
    readonly containers?: readonly { readonly name: string }[];
    readonly initContainers?: readonly { readonly name: string }[];
  };
  return [...containers, ...initContainers].some(({ name }) => name === CONSOLE_LOG_CONTAINER);
}

/**
 * What the guest wrote to its serial port, from the launcher pod: it needs no console and misses nothing that was said
 * while the connection was cut. Undefined where the guest has no such log. Lines end in `\n` alone.
 * @throws KubeError when the container has not started or its pod is gone.
 */
export async function readConsoleLog(
  client: KubeClient,
  pod: KubeObject,
  wish: Pick<PodLogWish, 'signal' | 'since' | 'timestamps' | 'maxBytes'>,
): Promise<PodLog | undefined> {
  if (!hasConsoleLog(pod)) return undefined;
  const { name = '', namespace = '' } = pod.metadata;
  const log = await readPodLog(client, { namespace, pod: name, container: CONSOLE_LOG_CONTAINER, ...wish });
  return { ...log, head: log.head.replace(/\r+(?=\n|$)/g, ''), tail: log.tail.replace(/\r+(?=\n|$)/g, '') };
}
