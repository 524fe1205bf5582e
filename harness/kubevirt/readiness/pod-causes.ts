import { type ContainerStatus, condition, type Pod } from '../objects.ts';
import { type Cause, LONG_MS, SHORT_MS } from './cause.ts';
import { ownerOf } from './state.ts';
import type { Warning } from './warnings.ts';

/** A component that has crashed this often will not come up by waiting. */
const HOPELESS_CRASHES = 4;

/** Reasons of a waiting container for which the kubelet cannot get its image. Source: pkg/kubelet/images. */
const PULL_TROUBLE = ['ErrImagePull', 'ImagePullBackOff', 'RegistryUnavailable'];
/** A name or policy that no waiting changes. */
const NEVER_PULLED = ['ErrImageNeverPull', 'InvalidImageName', 'ImageInspectError', 'SignatureValidationFailed'];
/** What a registry says when it knows what was asked and has it not, or gives it to nobody like us. */
const REFUSED =
  /manifest unknown|not found|unauthorized|denied|no basic auth|authentication required|invalid reference|no match(ing)? (for )?(manifest|platform)|x509/i;
/** The container runtime could not start it. Source: pkg/kubelet/kuberuntime. */
const START_TROUBLE = ['CreateContainerConfigError', 'CreateContainerError', 'RunContainerError', 'StartError'];

/** Why this pod does not get ready; undefined while it may just need time. */
export function podCause(pod: Pod, warnings: readonly Warning[]): Cause | undefined {
  const { initContainerStatuses = [], containerStatuses = [] } = pod.status ?? {};
  for (const status of [...initContainerStatuses, ...containerStatuses]) {
    const cause = containerCause(pod, status);
    if (cause !== undefined) return cause;
  }
  return unscheduled(pod) ?? withoutSandbox(pod, warnings);
}

function containerCause(pod: Pod, status: ContainerStatus): Cause | undefined {
  const { name, image = 'its image', state, restartCount = 0 } = status;
  const { reason = '', message } = state?.waiting ?? {};
  const where = `${ownerOf(pod)}: pod ${placeOf(pod)}, container ${name}`;
  const said = `${reason}${message === undefined ? '' : ` ${JSON.stringify(message)}`}`;
  const about = `${ownerOf(pod)} ${name}`;
  if (PULL_TROUBLE.includes(reason) || NEVER_PULLED.includes(reason)) {
    const isFinal = NEVER_PULLED.includes(reason) || REFUSED.test(message ?? '');
    return {
      key: `image ${about}`,
      patienceMs: isFinal ? 0 : SHORT_MS,
      blame: 'infra',
      message: `${where}: the node cannot pull ${image}: ${said}`,
      hint: 'check the registry, the tag and the pull secret of that image from the node',
    };
  }
  if (START_TROUBLE.includes(reason)) {
    return {
      key: `start ${about}`,
      patienceMs: SHORT_MS,
      blame: 'infra',
      message: `${where}: the node cannot start it: ${said}`,
      hint: 'look at the container runtime of the node: journalctl -u containerd -u crio',
    };
  }
  return reason === 'CrashLoopBackOff' ? crashLoop(pod, status, restartCount + 1) : undefined;
}

function crashLoop(pod: Pod, { name, lastState }: ContainerStatus, crashes: number): Cause | undefined {
  if (crashes < HOPELESS_CRASHES) return undefined;
  const { reason, exitCode, message } = lastState?.terminated ?? {};
  const how = [reason, exitCode === undefined ? undefined : `exit code ${exitCode}`].filter(
    (part) => part !== undefined,
  );
  const isForeign = /exec format error/.test(message ?? '');
  const { namespace, name: podName } = pod.metadata;
  return {
    key: `crash ${ownerOf(pod)} ${name}`,
    patienceMs: 0,
    blame: isForeign ? 'infra' : 'product',
    message: `${ownerOf(pod)}: pod ${placeOf(pod)}, container ${name}: crashed ${crashes} times${how.length === 0 ? '' : ` (${how.join(', ')})`}${isForeign ? ': its image is for another architecture' : ''}`,
    hint: isForeign
      ? "take images that are built for the node's architecture"
      : `read its log: kubectl logs -n ${namespace} ${podName} -c ${name} --previous`,
    crashed: { namespace, pod: podName, container: name },
  };
}

function unscheduled(pod: Pod): Cause | undefined {
  const scheduled = condition(pod.status?.conditions, 'PodScheduled');
  if (scheduled?.status !== 'False' || scheduled.reason !== 'Unschedulable') return undefined;
  return {
    key: `unschedulable ${ownerOf(pod)}`,
    patienceMs: SHORT_MS,
    blame: 'infra',
    message: `${ownerOf(pod)}: pod ${placeOf(pod)} fits on no node: ${JSON.stringify(scheduled.message ?? 'no reason given')}`,
    hint: 'free the node: look at its taints, its allocatable resources and what runs on it',
  };
}

/** What holds a pod before its first container is told by events only. */
function withoutSandbox(pod: Pod, warnings: readonly Warning[]): Cause | undefined {
  const { initContainerStatuses = [], containerStatuses = [] } = pod.status ?? {};
  const reasons = [...initContainerStatuses, ...containerStatuses].map(({ state }) => state?.waiting?.reason);
  if (!reasons.some((reason) => reason === 'ContainerCreating' || reason === 'PodInitializing')) return undefined;
  const own = warnings.find(
    ({ about, reason }) => about === `pod/${pod.metadata.name}` && /^Failed(Create|Mount|Attach)/.test(reason),
  );
  if (own === undefined) return undefined;
  // Secrets and config maps of KubeVirt's own are made by its operator.
  const isOwn = /(secret|configmap) "?[^"]*(kubevirt|virt-)[^"]*"? not found/.test(own.message);
  return {
    key: `sandbox ${ownerOf(pod)}`,
    patienceMs: LONG_MS,
    blame: isOwn ? 'product' : 'infra',
    message: `${ownerOf(pod)}: pod ${placeOf(pod)} cannot be set up on the node: ${own.reason} ${JSON.stringify(own.message)}`,
    hint: isOwn
      ? 'read the virt-operator log: it makes what is missing'
      : 'look at the kubelet, the container runtime and the network plugin of the node',
  };
}

function placeOf({ metadata }: Pod): string {
  return `${metadata.namespace}/${metadata.name}`;
}
