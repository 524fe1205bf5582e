import type { KubeObject } from '../../kube/objects.ts';

/** One thing that happened, by our clock. */
export interface Moment {
  /** Milliseconds since 1970. */
  readonly atMs: number;
  /** Who tells it, e.g. `sevlane`, `event`, `pod virt-launcher-sev-x2x7q`, `log compute`. */
  readonly from: string;
  readonly text: string;
  /** Of the many lines of logs the oldest are left out first. */
  readonly isLogLine?: true;
}

/** Lines of a log that was read with the times at which they were written, by the node's clock. */
export function logMoments(text: string, from: string): readonly Moment[] {
  return text.split('\n').flatMap((line) => {
    const found = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)) (.*)$/.exec(line);
    const atMs = Date.parse(found?.[1] ?? '');
    const said = found?.[2]?.trim() ?? '';
    return Number.isNaN(atMs) || said === '' ? [] : [{ atMs, from, text: said, isLogLine: true as const }];
  });
}

/** What a kernel log says, whose times count from the boot; `bootedAt` by the node's clock. */
export function kernelMoments(text: string, from: string, bootedAt: number): readonly Moment[] {
  return text.split('\n').flatMap((line) => {
    const found = /^(?:<\d+>)?\[ *(\d+\.\d+)\] (.*)$/.exec(line);
    if (found === null) return [];
    return [{ atMs: bootedAt + Number(found[1]) * 1000, from, text: found[2] ?? '', isLogLine: true as const }];
  });
}

/** An Event of the cluster, whichever of its times is set. */
export interface KubeEvent extends KubeObject {
  readonly type?: string;
  readonly reason?: string;
  readonly message?: string;
  readonly note?: string;
  readonly count?: number;
  readonly firstTimestamp?: string | null;
  readonly lastTimestamp?: string | null;
  readonly eventTime?: string | null;
  readonly series?: { readonly count?: number; readonly lastObservedTime?: string } | null;
  readonly involvedObject?: { readonly kind?: string; readonly name?: string; readonly namespace?: string };
}

/** When an event was last seen, in milliseconds by the cluster's clock; NaN when it does not say. */
export function eventTime(event: KubeEvent): number {
  const { series, lastTimestamp, eventTime: at, firstTimestamp, metadata } = event;
  const times = [series?.lastObservedTime, lastTimestamp, at, firstTimestamp, metadata.creationTimestamp];
  return Date.parse(times.find((time) => typeof time === 'string' && time !== '') ?? '');
}

/** One line: type, reason, object, message, and how often. */
export function eventText({ type, reason, involvedObject, message, note, count, series }: KubeEvent): string {
  const times = series?.count ?? count ?? 1;
  const object = `${involvedObject?.kind ?? '?'} ${involvedObject?.name ?? '?'}`;
  const said = (message ?? note ?? '').replace(/\s*\n\s*/g, '; ');
  return `${type ?? 'Normal'} ${reason ?? ''} ${object}: ${said}${times > 1 ? ` (${times} times)` : ''}`;
}

export function eventMoments(events: readonly KubeEvent[]): readonly Moment[] {
  return events.map((event) => ({ atMs: eventTime(event), from: 'event', text: eventText(event) }));
}

interface Timed {
  readonly type?: string;
  readonly status?: string;
  readonly reason?: string;
  readonly message?: string;
  readonly lastTransitionTime?: string | null;
}

interface ContainerTold {
  readonly name: string;
  readonly state?: ContainerTimes;
  readonly lastState?: ContainerTimes;
}

interface ContainerTimes {
  readonly running?: { readonly startedAt?: string };
  readonly terminated?: {
    readonly startedAt?: string;
    readonly finishedAt?: string;
    readonly exitCode?: number;
    readonly reason?: string;
  };
}

/** What an object tells of its own history: its making and deletion, its conditions, phases and containers. */
export function transitions(object: KubeObject): readonly Moment[] {
  const { metadata, kind } = object;
  const from = `${kind} ${metadata.name ?? ''}`;
  const status = (object.status ?? {}) as {
    readonly conditions?: readonly Timed[];
    readonly phaseTransitionTimestamps?: readonly {
      readonly phase?: string;
      readonly phaseTransitionTimestamp?: string;
    }[];
    readonly containerStatuses?: readonly ContainerTold[];
    readonly initContainerStatuses?: readonly ContainerTold[];
  };
  const containers = [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])];
  const told: readonly (readonly [time: string | null | undefined, text: string])[] = [
    [metadata.creationTimestamp, 'created'],
    [metadata.deletionTimestamp, 'to be deleted'],
    ...(status.phaseTransitionTimestamps ?? []).map(
      ({ phase, phaseTransitionTimestamp }) => [phaseTransitionTimestamp, `phase ${phase ?? '?'}`] as const,
    ),
    ...(status.conditions ?? []).map(
      (each) =>
        [
          each.lastTransitionTime,
          [`${each.type}=${each.status}`, each.reason, each.message].filter((part) => part).join(' '),
        ] as const,
    ),
    ...containers.flatMap(({ name, state, lastState }) => [
      ...ofContainer(name, lastState),
      ...ofContainer(name, state),
    ]),
  ];
  return told.flatMap(([time, text]) => {
    const atMs = Date.parse(time ?? '');
    return Number.isNaN(atMs) ? [] : [{ atMs, from, text: text.replace(/\s*\n\s*/g, '; ') }];
  });
}

function ofContainer(
  name: string,
  times: ContainerTimes | undefined,
): readonly (readonly [string | undefined, string])[] {
  const { running, terminated } = times ?? {};
  const how = `exit ${terminated?.exitCode ?? '?'}${terminated?.reason === undefined ? '' : ` ${terminated.reason}`}`;
  return [
    [running?.startedAt ?? terminated?.startedAt, `container ${name} started`],
    [terminated?.finishedAt, `container ${name} ended, ${how}`],
  ];
}
