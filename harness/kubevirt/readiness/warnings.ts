import type { ClusterEvent } from './state.ts';

/** A warning that was given once or often, about one object or about several that are alike. */
export interface Warning {
  /** `replicaset/virt-api-5d9f`. */
  readonly about: string;
  readonly reason: string;
  readonly message: string;
  readonly count: number;
  /** Milliseconds of the cluster's clock; only for comparing. */
  readonly at: number;
}

/** The warnings of a namespace, the newest first; what was said again of pods of one owner counts as one. */
export function newestWarnings(events: readonly ClusterEvent[]): readonly Warning[] {
  const known = new Map<string, Warning>();
  for (const warning of events.filter(({ type }) => type === 'Warning').map(toWarning)) {
    const key = [familyOf(warning.about), warning.reason, withoutHashes(warning.message)].join('\0');
    const before = known.get(key);
    const count = warning.count + (before?.count ?? 0);
    known.set(key, before === undefined || warning.at >= before.at ? { ...warning, count } : { ...before, count });
  }
  return [...known.values()].sort((one, other) => other.at - one.at);
}

/** `warning FailedCreate of replicaset/virt-api-5d9f "..." (12 times)`. */
export function warningText({ about, reason, message, count }: Warning): string {
  return `warning ${reason} of ${about} ${JSON.stringify(message)}${count > 1 ? ` (${count} times)` : ''}`;
}

function toWarning(event: ClusterEvent): Warning {
  const { kind = 'object', name = '?' } = event.involvedObject ?? {};
  const at =
    event.series?.lastObservedTime ?? event.lastTimestamp ?? event.eventTime ?? event.metadata.creationTimestamp;
  return {
    about: `${kind.toLowerCase()}/${name}`,
    reason: event.reason ?? 'Unknown',
    message: (event.message ?? '')
      .replace(/\([0-9a-f-]{36}\)/g, '')
      .replace(/\s+/g, ' ')
      .trim(),
    count: event.series?.count ?? event.count ?? 1,
    at: Date.parse(at ?? '') || 0,
  };
}

/** Pods of one owner are called alike but for their last part. */
function familyOf(about: string): string {
  return about.startsWith('pod/') ? about.replace(/-[a-z0-9]{5}$/, '') : about;
}

function withoutHashes(message: string): string {
  return message.replace(/-[a-z0-9]{5}(?![a-z0-9])/g, '');
}
