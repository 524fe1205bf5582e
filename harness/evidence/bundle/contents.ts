import type { Finding } from '../../model/finding.ts';
import type { KnownCause } from '../../model/known-cause.ts';

/** A file of a bundle, as its index tells it. */
export interface BundleFile {
  /** Relative to the bundle's folder. */
  readonly file: string;
  /** What it shows, e.g. `log of container compute`. */
  readonly what: string;
  /** Where that was read: an API path, a command with its place, our own memory. */
  readonly from: string;
  readonly sizeBytes: number;
  /** How many bytes were left out between its beginning and its end; absent: it is whole. */
  readonly leftOutBytes?: number;
  /** What else a reader has to know, e.g. that the log broke off. */
  readonly remark?: string;
}

/** Something that belongs into a bundle and is not there. */
export interface NotRead {
  readonly what: string;
  readonly from: string;
  readonly why: string;
}

/** The reason of things that were asked for and do not exist: nothing is missing then. */
export const NONE = 'there is none';

/** How the clock of the cluster's node stands against ours. */
export interface ClusterClock {
  /** How far it is ahead; negative: behind. */
  readonly aheadMs: number;
  readonly uncertaintyMs: number;
  readonly from: string;
}

/** What failed, for which a bundle is kept. */
export interface Failure {
  readonly of: 'case' | 'phase';
  /** The title of the case or the name of the phase: its row in every report. */
  readonly row: string;
  readonly finding: Finding;
  /** When the case or phase began, in milliseconds since 1970 by our clock: logs are kept from then on. */
  readonly beganAt: number;
  /** What the guest's console has said to us. */
  readonly transcript?: string;
}

/** index.json of a bundle. Times are ISO 8601 by our clock. */
export interface BundleIndex {
  readonly schema: 'sevlane.bundle/v1';
  readonly of: Failure['of'];
  readonly row: string;
  readonly finding: Finding;
  readonly beganAt: string;
  readonly failedAt: string;
  /** Milliseconds that collecting took, of at most so many. */
  readonly tookMs: number;
  readonly withinMs: number;
  /** Why it was kept short; absent: everything was asked for. */
  readonly short?: string;
  /** Absent when nobody told. */
  readonly clock?: ClusterClock;
  /** Known texts that were met in these files: why they come and what to do. */
  readonly knownCauses: readonly KnownCause[];
  readonly files: readonly BundleFile[];
  readonly notRead: readonly NotRead[];
}
