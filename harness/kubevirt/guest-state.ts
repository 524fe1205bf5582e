import { InfraError, ProductFailure } from '../errors/errors.ts';
import type { Look } from '../scope/until.ts';
import { type ContainerStatus, condition, conditionText, type Pod, type Vmi } from './objects.ts';

/** Conditions that tell why a guest does not get on, most telling first. */
const TELLING = ['PodScheduled', 'Synchronized', 'Provisioning', 'Ready'];

/** Reasons of a waiting container that only the registry or the network can mend. */
const PULL_TROUBLE = ['ImagePullBackOff', 'ErrImageNeverPull', 'InvalidImageName'];

/**
 * Whether a guest runs, from its own state and its launcher pod's.
 * @throws ProductFailure when it has ended instead; InfraError when its image cannot be pulled.
 */
export function guestRuns(name: string, vmi: Vmi | undefined, pod: Pod | undefined): Look<Vmi> {
  if (vmi === undefined) return { done: false, saw: 'no VirtualMachineInstance' };
  const phase = vmi.status?.phase ?? '';
  if (phase === 'Running') return { done: true, value: vmi };
  const saw = guestState(vmi, pod);
  if (phase === 'Failed' || phase === 'Succeeded') {
    throw new ProductFailure(`${name}: ended before it ran; ${saw}`, {
      hint: 'read the launcher pod and its guest-console-log',
    });
  }
  const stuck = statuses(pod).find((each) => PULL_TROUBLE.includes(each.state?.waiting?.reason ?? ''));
  if (stuck !== undefined) {
    throw new InfraError(`${name}: the node cannot pull an image: ${containerText(stuck)}`, {
      hint: 'check the registry, the tag and the pull secret of that image from the node',
    });
  }
  return { done: false, saw };
}

/** One line on how far a guest has come and what holds it. */
export function guestState(vmi: Vmi, pod: Pod | undefined): string {
  const parts = [`phase=${vmi.status?.phase ?? '(none)'}`];
  if (vmi.status?.reason !== undefined) parts.push(`reason ${vmi.status.reason}`);
  for (const type of TELLING) {
    const found = condition(vmi.status?.conditions, type);
    if (found?.status === 'False') parts.push(conditionText(found));
  }
  const waiting = statuses(pod).filter((each) => each.state?.waiting?.reason !== undefined);
  parts.push(...waiting.map(containerText));
  return parts.join(', ');
}

function statuses(pod: Pod | undefined): readonly ContainerStatus[] {
  return [...(pod?.status?.initContainerStatuses ?? []), ...(pod?.status?.containerStatuses ?? [])];
}

function containerText({ name, image, state }: ContainerStatus): string {
  const { reason, message } = state?.waiting ?? {};
  return `container ${name}${image === undefined ? '' : ` (${image})`}: ${reason}${message === undefined ? '' : ` ${JSON.stringify(message)}`}`;
}
