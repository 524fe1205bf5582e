import type { LauncherCluster } from '../../../kubevirt/launcher/cluster.ts';
import { podInterfaceName } from '../../../kubevirt/launcher/naming.ts';
import type { Condition, Pod } from '../../kinds.ts';
import { hasCondition } from '../../kinds.ts';
import { inPhase, isFinal, type VmiObject } from '../vmi.ts';

/** How far a launcher pod is. Ready means its containers are; readiness gates do not count. */
export function launcherPhase(pod: Pod): 'starting' | 'ready' | 'ended' {
  const { phase, conditions } = pod.status ?? {};
  if (phase === 'Succeeded' || phase === 'Failed') return 'ended';
  return phase === 'Running' && hasCondition(conditions, 'ContainersReady') ? 'ready' : 'starting';
}

/** The VMI once its pod exists. */
export function schedulingStatus(vmi: VmiObject, pod: Pod, cluster: LauncherCluster, now: string): VmiObject {
  const overhead = Number(pod.metadata.annotations?.['kubevirt.io/memory-overhead-bytes']);
  const memory = vmi.status?.memory as Readonly<Record<string, string>> | undefined;
  const status = {
    ...vmi.status,
    activePods: { ...vmi.status?.activePods, [pod.metadata.uid ?? '']: pod.spec.nodeName ?? '' },
    launcherContainerImageVersion: cluster.launcherImage,
    ...(memory === undefined || !(overhead > 0)
      ? {}
      : { memory: { ...memory, memoryOverhead: `${overhead / 1024 / 1024}Mi` } }),
  };
  // A pod is told by the next sync where it went.
  const activePods = { ...status.activePods, [pod.metadata.uid ?? '']: '' };
  return inPhase({ ...vmi, status: { ...status, activePods } }, 'Scheduling', now);
}

/** The VMI handed over to the virt-handler of its node. */
export function scheduledStatus(vmi: VmiObject, pod: Pod, now: string): VmiObject {
  const node = pod.spec.nodeName ?? '';
  const { interfaces = [] } = vmi.spec.domain.devices;
  const networks = vmi.spec.networks ?? [];
  const isPod = (name: string) => networks.some((network) => network.name === name && network.pod !== undefined);
  const status = {
    ...vmi.status,
    activePods: { ...vmi.status?.activePods, [pod.metadata.uid ?? '']: node },
    conditions: (vmi.status?.conditions ?? []).filter(({ type }) => type !== 'PodScheduled'),
    interfaces: interfaces.map(({ name }) => ({
      name,
      podInterfaceName: isPod(name) ? 'eth0' : podInterfaceName(name),
    })),
    migrationTransport: 'Unix',
    nodeName: node,
    qosClass: pod.status?.qosClass ?? 'Burstable',
    volumeStatus: (vmi.spec.volumes ?? []).map(({ name }) => ({ name, target: '' })),
  };
  const labels = { ...vmi.metadata.labels, 'kubevirt.io/nodeName': node };
  return inPhase({ ...vmi, metadata: { ...vmi.metadata, labels }, status }, 'Scheduled', now);
}

/** What Ready says; undefined: nothing yet, or nothing new. Source: pkg/virt-controller/watch/vmi/lifecycle.go. */
export function readyCondition(vmi: VmiObject, pod: Pod | undefined, now: string): Condition | undefined {
  const no = (reason: string, message: string): Condition => ({
    type: 'Ready',
    status: 'False',
    reason,
    message,
    lastProbeTime: now,
  });
  if (vmi.status?.phase === 'Pending') return undefined;
  if (pod === undefined)
    return isFinal(vmi) ? undefined : no('PodNotExists', 'virt-launcher pod has not yet been scheduled');
  if (pod.metadata.deletionTimestamp !== undefined) return no('PodTerminating', 'virt-launcher pod is terminating');
  if (vmi.status?.phase !== 'Running') return no('GuestNotRunning', 'Guest VM is not reported as running');
  const ready = pod.status?.conditions?.find(({ type }) => type === 'Ready');
  if (ready === undefined) return no('PodConditionMissing', 'virt-launcher pod is missing the Ready condition');
  const { status, reason, message } = ready;
  return { type: 'Ready', status, ...(reason && { reason }), ...(message && { message }), lastProbeTime: null };
}

/** The launcher pod's readiness gate. */
export function unpausedCondition(vmi: VmiObject, now: string): Condition {
  const paused = hasCondition(vmi.status?.conditions, 'Paused');
  return {
    type: 'kubevirt.io/virtual-machine-unpaused',
    status: paused ? 'False' : 'True',
    reason: paused ? 'Paused' : 'NotPaused',
    message: paused ? 'the virtual machine is paused' : 'the virtual machine is not paused',
    lastProbeTime: now,
    lastTransitionTime: now,
  };
}
