import type { KubeClient } from '../../kube/client.ts';
import type { KubeObject } from '../../kube/objects.ts';
import { type PodLog, readPodLog } from '../../kube/pod-log.ts';
import { CONSOLE_LOG_CONTAINER, hasConsoleLog, readConsoleLog } from '../../kubevirt/console-log.ts';
import { type Collecting, isLauncher, placeOf } from './collecting.ts';
import { gap } from './limits.ts';
import { logMoments } from './moments.ts';
import type { Found } from './objects.ts';
import type { Item } from './shelf.ts';

/** A cluster of many nodes has more pods than a reader has patience; KubeVirt itself has nine at most on one node. */
const MOST_PODS = 24;
const MAX_BYTES = 2 * 1024 * 1024;

interface ContainerStatus {
  readonly name: string;
  readonly restartCount?: number;
  readonly state?: { readonly waiting?: { readonly reason?: string; readonly message?: string } };
  readonly lastState?: { readonly terminated?: object };
  readonly containerID?: string;
}

/**
 * Keeps the logs: of a guest's launcher all of it, of the control plane since `since`, and of restarted containers what
 * their run before has left. What the guest wrote to its serial port is among them.
 */
export async function keepLogs(
  collecting: Collecting,
  client: KubeClient,
  { launchers, controlPlane, since }: Found & { readonly since: Date },
): Promise<void> {
  const pods = [...launchers.map((pod) => ({ pod })), ...controlPlane.map((pod) => ({ pod, since }))];
  for (const { pod } of pods.slice(MOST_PODS))
    collecting.shelf.missed({
      what: `logs of pod ${placeOf(pod)}`,
      from: 'the pod',
      why: `more than ${MOST_PODS} pods`,
    });
  await Promise.all(pods.slice(0, MOST_PODS).map((each) => keepPod(collecting, client, each)));
}

interface PodWish {
  readonly pod: KubeObject;
  readonly since?: Date;
}

async function keepPod(collecting: Collecting, client: KubeClient, { pod, since }: PodWish): Promise<void> {
  const own = since === undefined ? {} : { since };
  await Promise.all(
    containersOf(pod).flatMap((status) => [
      ...(status.name === CONSOLE_LOG_CONTAINER && hasConsoleLog(pod)
        ? [keepSerialLog(collecting, client, pod, status)]
        : [keepLog(collecting, client, { pod, status, ...own })]),
      // The run before the restart ended before the case, perhaps: all of it counts.
      ...((status.restartCount ?? 0) > 0 ? [keepLog(collecting, client, { pod, status, previous: true })] : []),
    ]),
  );
}

function containersOf({ spec, status }: KubeObject): readonly ContainerStatus[] {
  type Lists = Readonly<Record<string, readonly ContainerStatus[] | undefined>>;
  const [specs, told] = [(spec ?? {}) as Lists, (status ?? {}) as Lists];
  const statuses = [...(told.initContainerStatuses ?? []), ...(told.containerStatuses ?? [])];
  const declared = [...(specs.initContainers ?? []), ...(specs.containers ?? [])];
  return declared.map(({ name }) => statuses.find((each) => each.name === name) ?? { name });
}

interface LogWish extends PodWish {
  readonly status: ContainerStatus;
  readonly previous?: true;
}

async function keepLog(collecting: Collecting, client: KubeClient, wish: LogWish): Promise<void> {
  const { pod, status, since, previous } = wish;
  const { name = '', namespace = '' } = pod.metadata;
  const which = previous ? `previous log of restarted container ${status.name}` : `log of container ${status.name}`;
  const what = `${which} in pod ${placeOf(pod)}${since === undefined ? '' : `, since ${since.toISOString()}`}`;
  const from = `pods/log of ${placeOf(pod)}`;
  const why = previous ? undefined : notStarted(status);
  if (why !== undefined) return collecting.shelf.missed({ what, from, why });
  await collecting.take({ what, from }, async () => {
    const wished = { namespace, pod: name, container: status.name, timestamps: true, maxBytes: MAX_BYTES };
    const log = await readPodLog(client, {
      ...wished,
      signal: collecting.signal,
      ...(since === undefined ? {} : { since }),
      ...(previous === undefined ? {} : { previous }),
    });
    collecting.theirs.push(...momentsOf(log, `log ${name}/${status.name}`));
    const place = isLauncher(pod) ? 'launcher-log' : 'control-plane-log';
    return { ...itemOf(`logs/${name}/${status.name}${previous ? '.previous' : ''}.log`, log), place };
  });
}

async function keepSerialLog(
  collecting: Collecting,
  client: KubeClient,
  pod: KubeObject,
  status: ContainerStatus,
): Promise<void> {
  const what = `what the guest of pod ${placeOf(pod)} wrote to its serial port, from its beginning`;
  const from = `log of container ${CONSOLE_LOG_CONTAINER} in pod ${placeOf(pod)}`;
  const why = notStarted(status);
  if (why !== undefined) return collecting.shelf.missed({ what, from, why });
  await collecting.take({ what, from }, async () => {
    const log = await readConsoleLog(client, pod, {
      signal: collecting.signal,
      timestamps: true,
      maxBytes: MAX_BYTES,
    });
    if (log === undefined) return undefined;
    collecting.theirs.push(...momentsOf(log, `serial ${pod.metadata.name ?? ''}`));
    return { ...itemOf(`guest/${pod.metadata.name ?? ''}/serial.log`, log), place: 'guest-serial' };
  });
}

/** A container that never ran has no log, and what keeps it from running says more. */
function notStarted({ state, lastState, containerID }: ContainerStatus): string | undefined {
  if (state === undefined) return 'the pod has not started it';
  const { waiting } = state;
  if (waiting === undefined || lastState?.terminated !== undefined || (containerID ?? '') !== '') return undefined;
  return ['it waits to start', waiting.reason, waiting.message].filter((part) => part).join(': ');
}

function momentsOf({ head, tail }: PodLog, from: string) {
  return [...logMoments(head, from), ...logMoments(tail, from)];
}

function itemOf(file: string, log: PodLog): Omit<Item, 'what' | 'from'> {
  const { head, tail, leftOutBytes, brokenOff } = log;
  const text = leftOutBytes === 0 ? head : `${head}${gap(leftOutBytes)}${withoutOpenKey(tail)}`;
  return { file, text, leftOutBytes, ...(brokenOff === undefined ? {} : { remark: brokenOff }) };
}

/** A private key whose beginning was left out would not be known as one. */
function withoutOpenKey(tail: string): string {
  const end = /^[\s\S]*?-----END [A-Z0-9 ]*PRIVATE KEY-----/.exec(tail)?.[0];
  return end === undefined || end.includes('-----BEGIN ') ? tail : `<redacted>${tail.slice(end.length)}`;
}
