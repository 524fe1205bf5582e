import type { LauncherCluster } from '../../../kubevirt/launcher/cluster.ts';
import { askedEncryption } from '../../../kubevirt/launcher/live-domain-xml.ts';
import { launcherPod } from '../../../kubevirt/launcher/pod.ts';
import type { KubevirtVersion } from '../../../kubevirt/version.ts';
import { traitsOf } from '../../../kubevirt/versions.ts';
import { same } from '../../canonical.ts';
import type { Component } from '../../component.ts';
import { trigger } from '../../component.ts';
import type { Informer } from '../../informer.ts';
import { keyOf, type Loose, type Pod } from '../../kinds.ts';
import { controllerKeys } from '../../kubernetes/pods-of.ts';
import { pathTo, RESOURCES } from '../../resources.ts';
import { Refusal } from '../../rest.ts';
import { inPhase, isFinal, observedVersion, setCondition, type VmiObject } from '../vmi.ts';
import { launcherPhase, readyCondition, scheduledStatus, schedulingStatus, unpausedCondition } from './vmi-status.ts';

export interface VmiControl {
  readonly version: KubevirtVersion;
  cluster(): LauncherCluster;
  readonly config: Informer<Loose>;
}

/** Walks VMIs from Pending to Scheduled, follows their pods after that, and lets them go at the end. */
export function startVmis(component: Component, control: VmiControl): void {
  const vmis = component.informer<VmiObject>(pathTo(RESOURCES.vmis));
  const pods = component.informer<Pod>(`${pathTo(RESOURCES.pods)}?labelSelector=kubevirt.io%3Dvirt-launcher`);
  const loop = component.loop([vmis, pods, control.config], (key) => sync(key), 8);
  trigger(vmis, loop);
  trigger(pods, loop, controllerKeys('VirtualMachineInstance'));
  vmis.onChange(({ object, old, deleted }) => {
    const { phase } = object.status ?? {};
    if (!deleted && phase !== old?.status?.phase) component.director.happened(`vmi ${object.metadata.name} ${phase}`);
  });

  const podOf = (vmi: VmiObject) =>
    pods.list().find((pod) => pod.metadata.ownerReferences?.some((owner) => owner.uid === vmi.metadata.uid));

  async function sync(key: string): Promise<void> {
    const vmi = vmis.get(key);
    if (vmi === undefined) return;
    const pod = podOf(vmi);
    const script = component.director.guest(askedEncryption(vmi, control.cluster()));
    if (vmi.metadata.deletionTimestamp === undefined && script.stuckIn === 'Pending') return;
    await note(vmi);
    if (vmi.metadata.deletionTimestamp !== undefined || isFinal(vmi)) await deletePod(vmi, pod);
    else if (pod === undefined && vmi.status?.phase === 'Pending') return await createPod(vmi);
    if (pod !== undefined) await unpause(vmi, pod);
    await update(vmi, next(vmi, pod, script.stuckIn === 'Scheduling'));
    if (pod !== undefined) await labelPod(vmi, pod);
  }

  /** What the VMI should look like, given its pod. */
  function next(vmi: VmiObject, pod: Pod | undefined, held: boolean): VmiObject {
    const now = component.now();
    const phase = vmi.status?.phase ?? 'Pending';
    let fresh = vmi;
    if (phase === 'Pending' && pod !== undefined) fresh = schedulingStatus(vmi, pod, control.cluster(), now);
    else if (phase === 'Scheduling' && pod !== undefined) {
      const podPhase = launcherPhase(pod);
      if (podPhase === 'ended') fresh = inPhase(vmi, 'Failed', now);
      else if (podPhase === 'ready' && !held && vmi.metadata.deletionTimestamp === undefined)
        fresh = scheduledStatus(vmi, pod, now);
      else fresh = withPodCondition(vmi, pod, now);
    }
    const lost =
      pod === undefined
        ? phase !== 'Pending' || vmi.metadata.deletionTimestamp !== undefined
        : launcherPhase(pod) === 'ended';
    if (!isFinal(fresh) && lost) fresh = inPhase(fresh, 'Failed', now);
    const ready = readyCondition(fresh, pod, now);
    if (ready !== undefined)
      fresh = { ...fresh, status: { ...fresh.status, conditions: setCondition(fresh.status?.conditions, ready, now) } };
    return withoutFinalizer(fresh, pod);
  }

  /** Unschedulable and image trouble are shown on the VMI. */
  function withPodCondition(vmi: VmiObject, pod: Pod, now: string): VmiObject {
    const scheduled = pod.status?.conditions?.find(({ type }) => type === 'PodScheduled');
    const waiting = [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])]
      .map(({ state }) => state.waiting)
      .find((state) => state?.reason === 'ErrImagePull' || state?.reason === 'ImagePullBackOff');
    let conditions = vmi.status?.conditions ?? [];
    if (scheduled?.status === 'False')
      conditions = setCondition(conditions, { ...scheduled, lastProbeTime: null }, now);
    else conditions = conditions.filter(({ type }) => type !== 'PodScheduled');
    if (waiting !== undefined) {
      const { reason, message = '' } = waiting;
      conditions = setCondition(conditions, { type: 'Synchronized', status: 'False', reason, message }, now);
    } else conditions = conditions.filter(({ type, reason }) => type !== 'Synchronized' || !/Image/.test(reason ?? ''));
    return { ...vmi, status: { ...vmi.status, conditions } };
  }

  /** Once the guest has ended and its pod is gone, nothing of ours holds the VMI any more. */
  function withoutFinalizer(vmi: VmiObject, pod: Pod | undefined): VmiObject {
    const { vmiFinalizer } = traitsOf(control.version);
    const { deletionTimestamp, finalizers = [] } = vmi.metadata;
    if (deletionTimestamp === undefined || pod !== undefined || !isFinal(vmi)) return vmi;
    return {
      ...vmi,
      metadata: {
        ...vmi.metadata,
        finalizers: finalizers.filter((each) => !each.endsWith(vmiFinalizer.replace(/^.*\//, ''))),
      },
    };
  }

  async function note(vmi: VmiObject): Promise<void> {
    const marks = observedVersion(vmi);
    if (marks === undefined) return;
    const path = pathTo(RESOURCES.vmis, vmi.metadata.namespace, vmi.metadata.name);
    vmis.observe(await component.rest.patch<VmiObject>(path, 'merge', marks));
  }

  async function createPod(vmi: VmiObject): Promise<void> {
    try {
      const pod = await component.rest.create<Pod>(
        pathTo(RESOURCES.pods, vmi.metadata.namespace),
        launcherPod(vmi, control.cluster()),
      );
      void component.events.say(vmi, 'Normal', 'SuccessfulCreate', `Created virtual machine pod ${pod.metadata.name}`);
      pods.observe(pod);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const message = `failed to create virtual machine pod: ${error.message}`;
      void component.events.say(vmi, 'Warning', 'FailedCreate', message);
      const conditions = setCondition(
        vmi.status?.conditions,
        { type: 'Synchronized', status: 'False', reason: 'FailedCreate', message },
        component.now(),
      );
      await update(vmi, { ...vmi, status: { ...vmi.status, conditions } });
      throw error;
    }
  }

  async function deletePod(vmi: VmiObject, pod: Pod | undefined): Promise<void> {
    if (pod === undefined || vmi.metadata.deletionTimestamp === undefined) return;
    if (pod.metadata.deletionTimestamp !== undefined && pod.status?.phase === 'Running') return;
    const { namespace, name, uid } = pod.metadata;
    await component.rest.remove(pathTo(RESOURCES.pods, namespace, name), { preconditions: { uid: uid ?? '' } });
    void component.events.say(vmi, 'Normal', 'SuccessfulDelete', `Deleted virtual machine pod ${name}`);
  }

  /** The readiness gate of the launcher pod: whether the guest is paused. */
  async function unpause(vmi: VmiObject, pod: Pod): Promise<void> {
    if (pod.metadata.deletionTimestamp !== undefined || pod.spec.readinessGates === undefined) return;
    if (pod.status?.phase !== 'Running') return;
    const condition = unpausedCondition(vmi, component.now());
    const known = pod.status.conditions?.find(({ type }) => type === condition.type);
    if (known?.status === condition.status) return;
    const path = pathTo(RESOURCES.pods, pod.metadata.namespace, pod.metadata.name, 'status');
    pods.observe(await component.rest.patch<Pod>(path, 'strategic', { status: { conditions: [condition] } }));
  }

  async function labelPod(vmi: VmiObject, pod: Pod): Promise<void> {
    const latest = vmis.get(keyOf(vmi)) ?? vmi;
    const node = latest.status?.nodeName;
    if (node === undefined || pod.metadata.deletionTimestamp !== undefined) return;
    if (latest.status?.phase !== 'Scheduled' || pod.metadata.labels?.['kubevirt.io/nodeName'] === node) return;
    const path = pathTo(RESOURCES.pods, pod.metadata.namespace, pod.metadata.name);
    const body = { metadata: { labels: { 'kubevirt.io/nodeName': node } } };
    pods.observe(await component.rest.patch<Pod>(path, 'merge', body));
  }

  async function update(vmi: VmiObject, fresh: VmiObject): Promise<void> {
    const latest = vmis.get(keyOf(vmi));
    if (same(vmi, fresh)) return;
    const path = pathTo(RESOURCES.vmis, vmi.metadata.namespace, vmi.metadata.name);
    const resourceVersion =
      latest?.metadata.uid === vmi.metadata.uid ? latest?.metadata.resourceVersion : vmi.metadata.resourceVersion;
    // Our own note may have come in between, and it changed nothing but annotations.
    const annotations = latest?.metadata.annotations ?? vmi.metadata.annotations;
    const body = {
      ...fresh,
      metadata: { ...fresh.metadata, ...(annotations && { annotations }), ...(resourceVersion && { resourceVersion }) },
    };
    if (latest !== undefined && latest !== vmi && !same(latest.status, vmi.status)) return loop.add(keyOf(vmi));
    vmis.observe(await component.rest.replace<VmiObject>(path, body));
  }
}
