import { type LauncherCluster, ovmfDirectory } from './cluster.ts';

/** What of the node and the launcher image shapes a domain. */
export interface DomainHost {
  /** Where the launcher image keeps its firmware. */
  readonly ovmfDirectory: string;
  /** Host CPUs given to the pod; dedicated vCPUs are pinned to them in order. */
  readonly cpus: readonly number[];
  /** PCI address of a device given to the pod, by resource name. */
  readonly hostDevice: (deviceName: string) => string | undefined;
  readonly vsockCid?: number;
  /** Format of a container disk's image. */
  readonly diskFormat: 'qcow2' | 'raw';
}

/** A node with nothing special, and the launcher image of the cluster's release. */
export function plainHost(cluster: LauncherCluster): DomainHost {
  return {
    ovmfDirectory: ovmfDirectory(cluster, 'amd64'),
    cpus: [0, 1, 2, 3, 4, 5, 6, 7],
    hostDevice: () => undefined,
    diskFormat: 'qcow2',
  };
}
