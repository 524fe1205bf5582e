import { createHash } from 'node:crypto';
import { hostEncryption } from '../../physics/asids.ts';
import { memoryFigures } from '../../physics/machine.ts';
import { processorCount } from '../../physics/silicon.ts';
import { type Condition, timestamp } from '../kinds.ts';
import { imagesOnNode } from './images.ts';
import type { NodeHost } from './program.ts';

/** What a node's kubelet keeps for the system. */
const RESERVED_MEMORY_KIB = 1_048_576;
const EPHEMERAL_STORAGE_KIB = 936_443_904;

/** The Node as a kubelet registers it: a single node, control plane and worker at once. */
export function nodeObject(node: NodeHost, kubernetesVersion: string, now: Date) {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name: node.name,
      labels: {
        'beta.kubernetes.io/arch': 'amd64',
        'beta.kubernetes.io/os': 'linux',
        'kubernetes.io/arch': 'amd64',
        'kubernetes.io/hostname': node.name,
        'kubernetes.io/os': 'linux',
        'node-role.kubernetes.io/control-plane': '',
        'node-role.kubernetes.io/worker': '',
      },
      annotations: {
        'node.alpha.kubernetes.io/ttl': '0',
        'volumes.kubernetes.io/controller-managed-attach-detach': 'true',
      },
    },
    spec: { podCIDR: '10.244.0.0/24', podCIDRs: ['10.244.0.0/24'] },
    status: nodeStatus(node, kubernetesVersion, now),
  };
}

/** The status that a kubelet writes, with what its device plugins offer. */
export function nodeStatus(node: NodeHost, kubernetesVersion: string, now: Date) {
  const { profile } = node;
  return {
    addresses: [
      { type: 'InternalIP', address: node.address },
      { type: 'Hostname', address: node.name },
    ],
    ...resources(node),
    conditions: conditions(now),
    daemonEndpoints: { kubeletEndpoint: { Port: 10250 } },
    images: imagesOnNode(),
    nodeInfo: {
      architecture: 'amd64',
      bootID: uuid(`${node.name} boot`),
      containerRuntimeVersion: profile.containerRuntime,
      kernelVersion: profile.kernel.release,
      kubeProxyVersion: kubernetesVersion,
      kubeletVersion: kubernetesVersion,
      machineID: uuid(`${node.name} machine`).replaceAll('-', ''),
      operatingSystem: 'linux',
      osImage: profile.os.prettyName,
      systemUUID: uuid(`${node.name} system`),
    },
  };
}

function resources(node: NodeHost) {
  const memoryKiB = memoryFigures(node.profile).totalKiB;
  const capacity: Record<string, string> = {
    cpu: String(processorCount(node.profile)),
    'ephemeral-storage': `${EPHEMERAL_STORAGE_KIB}Ki`,
    'hugepages-1Gi': '0',
    'hugepages-2Mi': '0',
    memory: `${memoryKiB}Ki`,
    pods: '250',
  };
  const allocatable: Record<string, string> = { ...capacity, memory: `${memoryKiB - RESERVED_MEMORY_KIB}Ki` };
  for (const [resource, offer] of node.devices.offers) {
    capacity[resource] = deviceCount(offer.capacity);
    allocatable[resource] = deviceCount(offer.allocatable);
  }
  return { capacity, allocatable };
}

/** Canonical form of a quantity: 1000 is written `1k`. */
function deviceCount(count: number): string {
  return count > 0 && count % 1000 === 0 ? `${count / 1000}k` : String(count);
}

function conditions(now: Date): readonly Condition[] {
  const at = { lastHeartbeatTime: timestamp(now), lastTransitionTime: timestamp(now) };
  const fine = (type: string, reason: string, message: string): Condition => ({
    type,
    status: 'False',
    ...at,
    reason,
    message,
  });
  return [
    fine('MemoryPressure', 'KubeletHasSufficientMemory', 'kubelet has sufficient memory available'),
    fine('DiskPressure', 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure'),
    fine('PIDPressure', 'KubeletHasSufficientPID', 'kubelet has sufficient PID available'),
    { type: 'Ready', status: 'True', ...at, reason: 'KubeletReady', message: 'kubelet is posting ready status' },
  ];
}

function uuid(seed: string): string {
  const hex = createHash('sha256').update(seed).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/** True when the host has /dev/sev: the kernel has switched SEV on. */
export function hasSevDevice(node: NodeHost): boolean {
  return hostEncryption(node.profile).sev;
}
