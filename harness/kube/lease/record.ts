import { WRITE_ANNOTATION } from '../lost-answers.ts';
import type { KubeObject } from '../objects.ts';

/** A `coordination.k8s.io/v1` Lease. */
export interface Lease extends KubeObject {
  readonly spec?: LeaseSpec;
}

interface LeaseSpec {
  readonly holderIdentity?: string;
  readonly leaseDurationSeconds?: number;
  readonly acquireTime?: string;
  readonly renewTime?: string;
  readonly leaseTransitions?: number;
}

/** Who wants the lease, as it is written into it. */
export interface Holder {
  readonly holder: string;
  readonly runId: string;
  /** Where a waiting person can look, e.g. the build's page. */
  readonly link?: string | undefined;
  /** What it runs, in a few words. */
  readonly purpose?: string | undefined;
  readonly durationMs: number;
}

export const RUN_ANNOTATION = 'sevlane/run';
export const LINK_ANNOTATION = 'sevlane/link';
export const PURPOSE_ANNOTATION = 'sevlane/purpose';

/** Group and version of leases. */
export const LEASE_API = 'coordination.k8s.io/v1';

/** A first record: the object did not exist. */
export function newLease(namespace: string, name: string, holder: Holder, now: Date): Lease {
  const bare: Lease = { apiVersion: LEASE_API, kind: 'Lease', metadata: { namespace, name } };
  return { ...takenLease(bare, holder, now), spec: { ...held(holder, now), leaseTransitions: 0 } };
}

/** The record after a change of holder: one transition more, as client-go counts. */
export function takenLease(old: Lease, holder: Holder, now: Date): Lease {
  const annotations = { ...unnamed(old), ...namedBy(holder) };
  return {
    ...old,
    metadata: { ...old.metadata, annotations },
    spec: { ...old.spec, ...held(holder, now), leaseTransitions: (old.spec?.leaseTransitions ?? 0) + 1 },
  };
}

/** The record after a sign of life. */
export function renewedLease(old: Lease, now: Date): Lease {
  return { ...old, spec: { ...old.spec, renewTime: microTime(now) } };
}

/** The record after a release: nobody holds it, and the object stays. */
export function releasedLease(old: Lease, now: Date): Lease {
  const time = microTime(now);
  const spec = { ...old.spec, holderIdentity: '', leaseDurationSeconds: 1, acquireTime: time, renewTime: time };
  return { ...old, metadata: { ...old.metadata, annotations: unnamed(old) }, spec };
}

/** True when nobody holds it, so that it may be taken at once. */
export function isFree({ spec }: Lease): boolean {
  return (spec?.holderIdentity ?? '') === '';
}

/** True when the record is this run's own. */
export function isHeldBy({ spec, metadata }: Lease, { holder, runId }: Holder): boolean {
  return spec?.holderIdentity === holder && metadata.annotations?.[RUN_ANNOTATION] === runId;
}

/** `periodic-sev/123 since 2026-11-24T11:00:00Z (https://...)`. The time is the holder's own clock. */
export function describeHolder({ spec, metadata }: Lease): string {
  const link = metadata.annotations?.[LINK_ANNOTATION];
  const since = spec?.acquireTime?.replace(/\.\d+Z$/, 'Z') ?? 'an unknown time';
  return `${spec?.holderIdentity || 'nobody'} since ${since}${link === undefined ? '' : ` (${link})`}`;
}

/** The annotations that say who it is. */
export function namedBy({ runId, link, purpose }: Holder): Readonly<Record<string, string>> {
  return {
    [RUN_ANNOTATION]: runId,
    ...(link === undefined ? {} : { [LINK_ANNOTATION]: link }),
    ...(purpose === undefined ? {} : { [PURPOSE_ANNOTATION]: purpose }),
  };
}

/** The annotations without what names the last holder. */
function unnamed({ metadata }: Lease): Readonly<Record<string, string>> {
  const {
    [RUN_ANNOTATION]: _run,
    [LINK_ANNOTATION]: _link,
    [PURPOSE_ANNOTATION]: _purpose,
    [WRITE_ANNOTATION]: _write,
    ...annotations
  } = metadata.annotations ?? {};
  return annotations;
}

/** The spec of a record that this holder writes for the first time. */
export function held({ holder, durationMs }: Holder, now: Date): LeaseSpec {
  const time = microTime(now);
  const leaseDurationSeconds = Math.max(1, Math.ceil(durationMs / 1000));
  return { holderIdentity: holder, leaseDurationSeconds, acquireTime: time, renewTime: time };
}

/** metav1.MicroTime wants six digits. */
export function microTime(date: Date): string {
  return date.toISOString().replace('Z', '000Z');
}
