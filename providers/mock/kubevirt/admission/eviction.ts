import type { KubeObject } from '../../api/objects.ts';
import type { Json, KubevirtConfig } from '../config.ts';
import type { Vmi } from '../model/vmi.ts';
import { atLeast } from '../version.ts';
import type { Cluster } from './context.ts';
import { allow, refuseFor, type Verdict } from './verdict.ts';

/** An eviction as it reaches the webhook. */
export interface EvictionRequest {
  readonly name: string;
  readonly namespace: string;
  readonly eviction: KubeObject | undefined;
  readonly dryRun: boolean;
}

/**
 * A launcher pod is not evicted while its guest can be moved or wants to be: the guest is marked for evacuation and
 * the eviction answered with 429. Source: pod-eviction-admitter.go.
 */
export async function podEviction(
  request: EvictionRequest,
  config: KubevirtConfig,
  cluster: Cluster,
): Promise<Verdict> {
  const pod = await cluster.get(`/api/v1/namespaces/${request.namespace}/pods/${request.name}`);
  if (pod === undefined) return allow();
  if (pod.metadata.labels?.['kubevirt.io'] === 'hotplug-disk' && pod.metadata.ownerReferences?.length === 1) {
    return hotplugPod(pod, cluster);
  }
  if (!isLauncher(pod) || isCompleted(pod)) return allow();
  const guest = pod.metadata.annotations?.['kubevirt.io/domain'];
  if (guest === undefined) return allow();
  const path = `/apis/kubevirt.io/v1/namespaces/${request.namespace}/virtualmachineinstances/${guest}`;
  const vmi = (await cluster.get(path)) as Vmi | undefined;
  if (vmi === undefined) {
    return denied(`kubevirt failed getting the vmi: virtualmachineinstances.kubevirt.io "${guest}" not found`);
  }
  return launcherPod({ vmi, pod, path, request, cluster }, config);
}

interface Launcher {
  readonly vmi: Vmi;
  readonly pod: KubeObject;
  readonly path: string;
  readonly request: EvictionRequest;
  readonly cluster: Cluster;
}

async function launcherPod({ vmi, pod, path, request, cluster }: Launcher, config: KubevirtConfig): Promise<Verdict> {
  const strategy = vmi.spec.evictionStrategy ?? config.configuration.evictionStrategy;
  const movable = isMigratable(vmi);
  if (strategy === 'LiveMigrate' && !movable) {
    return denied(`VMI ${vmi.metadata.name} is configured with an eviction strategy but is not live-migratable`);
  }
  const marks =
    strategy === 'LiveMigrate' || strategy === 'External' || (strategy === 'LiveMigrateIfPossible' && movable);
  if (!marks) return allow();
  const triggered = `Eviction triggered evacuation of VMI "${vmi.metadata.namespace}/${vmi.metadata.name}"`;
  if (vmi.status?.evacuationNodeName) return denied(`Evacuation in progress: ${triggered}`);
  const node = String((pod.spec as Json | undefined)?.nodeName ?? '');
  if ((vmi.status?.nodeName ?? '') !== node) return denied('Eviction request for target Pod');
  try {
    const eviction = atLeast(config.version, 'v1.7') ? request.eviction : undefined;
    await cluster.patch(path, marking(node, vmi, eviction), { dryRun: isDryRun({ ...request, eviction }) });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return denied(`kubevirt failed marking the vmi for eviction: ${why}`);
  }
  return denied(triggered);
}

function marking(node: string, vmi: Vmi, eviction: KubeObject | undefined): Parameters<Cluster['patch']>[1] {
  const mark = { op: 'add', path: '/status/evacuationNodeName', value: node } as const;
  if (eviction?.metadata?.annotations?.['requested-by'] !== 'sigs.k8s.io/descheduler') return [mark];
  const annotation = 'kubevirt.io/eviction-source';
  const annotations = { ...vmi.metadata.annotations, [annotation]: 'descheduler' };
  return [mark, { op: 'add', path: '/metadata/annotations', value: annotations }];
}

async function hotplugPod(pod: KubeObject, cluster: Cluster): Promise<Verdict> {
  const { namespace, name, ownerReferences } = pod.metadata;
  const owner = await cluster.get(`/api/v1/namespaces/${namespace}/pods/${ownerReferences?.[0]?.name}`);
  if (owner === undefined || !isLauncher(owner) || isCompleted(owner)) return allow();
  const guest = owner.metadata.annotations?.['kubevirt.io/domain'];
  if (guest === undefined) return allow();
  const vmi = await cluster.get(`/apis/kubevirt.io/v1/namespaces/${namespace}/virtualmachineinstances/${guest}`);
  if (vmi === undefined) return allow();
  return denied(`cannot evict hotplug pod: ${name} associated with running vmi: ${guest} in namespace ${namespace}`);
}

function isMigratable({ status }: Vmi): boolean {
  return (status?.conditions ?? []).some(({ type, status: state }) => type === 'LiveMigratable' && state === 'True');
}

function isLauncher({ metadata }: KubeObject): boolean {
  return metadata.labels?.['kubevirt.io'] === 'virt-launcher';
}

function isCompleted({ status }: KubeObject): boolean {
  return ['Failed', 'Succeeded'].includes(String((status as Json | undefined)?.phase));
}

function isDryRun({ dryRun, eviction }: EvictionRequest): boolean {
  const options = eviction?.deleteOptions as { dryRun?: readonly string[] } | undefined;
  return dryRun || options?.dryRun?.[0] === 'All';
}

function denied(message: string): Verdict {
  return refuseFor(message, 429);
}
