import { InfraError, ProductFailure } from '../errors/errors.ts';
import type { Look } from '../scope/until.ts';
import { condition, conditionText, type KubevirtResource, type Node, type Pod } from './objects.ts';
import { countOf } from './quantity.ts';

const PULL_TROUBLE = ['ImagePullBackOff', 'ErrImageNeverPull', 'InvalidImageName'];

/** A component that has crashed this often will not come up by waiting. */
const HOPELESS_RESTARTS = 4;

/**
 * Whether KubeVirt is installed and settled: deployed, all conditions right, the observed generation and version current.
 * Degraded beside Available during an update is not an error, only not ready yet.
 * Source: KubeVirt's apply/reconcile and its CR conditions, v1.6 to v1.9.
 * @throws InfraError when an image cannot be pulled; ProductFailure when a component keeps crashing.
 */
export function kubevirtReady(resource: KubevirtResource | undefined, pods: readonly Pod[]): Look<KubevirtResource> {
  const trouble = pods.map(podTrouble).find((each) => each !== undefined);
  if (trouble !== undefined) throw trouble;
  if (resource === undefined) return { done: false, saw: 'no KubeVirt object' };
  const { status, metadata } = resource;
  const states = ['Available', 'Progressing', 'Degraded'].map((type) => condition(status?.conditions, type)?.status);
  const settled =
    status?.phase === 'Deployed' &&
    states.join() === 'True,False,False' &&
    status.observedGeneration === metadata.generation &&
    status.observedKubeVirtVersion !== undefined &&
    status.observedKubeVirtVersion === status.targetKubeVirtVersion;
  return settled ? { done: true, value: resource } : { done: false, saw: progress(resource, pods) };
}

/** Whether the node's handler has labelled it and offers guests a place: /dev/kvm and the labels come last of all. */
export function nodeReady(node: Node | undefined, name: string): Look<Node> {
  if (node === undefined) return { done: false, saw: `no node ${name}` };
  const labels = node.metadata.labels ?? {};
  const missing: string[] = [];
  if (labels['kubevirt.io/schedulable'] !== 'true')
    missing.push(`kubevirt.io/schedulable=${labels['kubevirt.io/schedulable'] ?? '(absent)'}`);
  // The labeller writes all of its labels in one patch: any one of them tells that the SEV labels are final too.
  if (!Object.keys(labels).some((key) => key.startsWith('cpu-model.node.kubevirt.io/')))
    missing.push('no label of the node labeller');
  if (countOf(node.status?.allocatable, 'devices.kubevirt.io/kvm') < 1)
    missing.push('devices.kubevirt.io/kvm not allocatable');
  return missing.length === 0 ? { done: true, value: node } : { done: false, saw: missing.join(', ') };
}

function progress({ status }: KubevirtResource, pods: readonly Pod[]): string {
  const conditions = ['Available', 'Progressing', 'Degraded'].flatMap(
    (type) => condition(status?.conditions, type) ?? [],
  );
  const telling = conditions.filter((each) => each.status === (each.type === 'Available' ? 'False' : 'True'));
  const ready = pods.filter((pod) => condition(pod.status?.conditions, 'Ready')?.status === 'True').length;
  return [
    `phase=${status?.phase ?? '(none)'}`,
    ...telling.map(conditionText),
    `${ready}/${pods.length} pods ready`,
    ...notReady(pods),
  ].join(', ');
}

function notReady(pods: readonly Pod[]): readonly string[] {
  const waiting = pods.filter((pod) => condition(pod.status?.conditions, 'Ready')?.status !== 'True');
  return waiting.slice(0, 3).map((pod) => {
    const scheduled = condition(pod.status?.conditions, 'PodScheduled');
    const { initContainerStatuses = [], containerStatuses = [] } = pod.status ?? {};
    // While init containers run, the others wait with the one reason PodInitializing.
    const reason = [...initContainerStatuses, ...containerStatuses]
      .map((each) => each.state?.waiting?.reason)
      .find((each) => each !== undefined);
    const why = scheduled?.status === 'False' ? conditionText(scheduled) : (reason ?? pod.status?.phase ?? 'unknown');
    return `${pod.metadata.name} ${why}`;
  });
}

function podTrouble(pod: Pod): Error | undefined {
  const { initContainerStatuses = [], containerStatuses = [] } = pod.status ?? {};
  for (const { name, image, restartCount, state } of [...initContainerStatuses, ...containerStatuses]) {
    const reason = state?.waiting?.reason ?? '';
    const said = state?.waiting?.message;
    const where = `pod ${pod.metadata.namespace}/${pod.metadata.name}, container ${name}`;
    if (PULL_TROUBLE.includes(reason)) {
      return new InfraError(
        `${where}: the node cannot pull ${image ?? 'its image'}: ${reason}${said === undefined ? '' : ` ${JSON.stringify(said)}`}`,
        {
          hint: 'check the registry, the tag and the pull secret of that image from the node',
        },
      );
    }
    if (reason === 'CrashLoopBackOff' && (restartCount ?? 0) >= HOPELESS_RESTARTS) {
      return new ProductFailure(`${where}: crashed ${restartCount} times`, {
        hint: `read its log: kubectl logs -n ${pod.metadata.namespace} ${pod.metadata.name} --previous`,
      });
    }
  }
  return undefined;
}
