import type { Evidence } from './evidence.ts';
import type { Finding } from './finding.ts';

/** `failed` blames the product, `errored` anything else; `not-run` was planned but the run ended first. */
export type Outcome = 'passed' | 'failed' | 'errored' | 'skipped' | 'not-run';

/** One of the nine steps of a run, in the words of docs/architecture.md. */
export const PHASES = [
  'settings',
  'open',
  'connect',
  'probe',
  'cluster',
  'lease',
  'kubevirt',
  'suites',
  'undo',
] as const;
export type PhaseName = (typeof PHASES)[number];

/** What became of one phase. Its name is constant over runs: it is the identity of the row in TestGrid. */
export interface PhaseResult {
  readonly name: PhaseName;
  readonly outcome: Outcome;
  /** Milliseconds spent, 0 when not run. */
  readonly ms: number;
  readonly finding?: Finding;
  /** Why it did not run; only with `skipped` and `not-run`. */
  readonly reason?: string;
  /** Folder with what was around the failure, relative to the artifacts. */
  readonly bundle?: string;
}

/** The run as one more row beside its phases, so that an end that no phase is to blame for has a place. */
export interface RunResult {
  readonly name: 'run';
  readonly outcome: Outcome;
  readonly ms: number;
  readonly finding?: Finding;
  /** Which phase's row is red instead; only with `not-run`. */
  readonly reason?: string;
  /** As of a phase. */
  readonly bundle?: string;
}

/** Where a finding was noticed that ended the run because the connection was lost for good; also the name of its row. */
export const CONNECTION = 'connection';

/** The connection to the node as one more row, so that a line that is cut for good shows under its own name. */
export interface ConnectionRow {
  readonly name: typeof CONNECTION;
  /** `skipped` when there was no connection to lose. */
  readonly outcome: Outcome;
  /** Milliseconds from the first session to the end. */
  readonly ms: number;
  readonly finding?: Finding;
  /** Only with `skipped`. */
  readonly reason?: string;
  /** As of a phase. */
  readonly bundle?: string;
}

/** A case as planned, before anything is run. `title` is unique and constant over runs. */
export interface PlannedCase {
  readonly title: string;
  readonly suite: string;
  /** Ginkgo-style labels, e.g. `SEV`, `SEVES`, `SEVSNP`, `sig-compute`. */
  readonly labels: readonly string[];
  /** The kind of guest that the case looks at. */
  readonly guest: string;
  /** True for the case without which nothing is proven of this kind of guest. */
  readonly isProof: boolean;
}

/** What became of one planned case. */
export interface CaseResult extends PlannedCase {
  readonly outcome: Outcome;
  readonly ms: number;
  readonly finding?: Finding;
  readonly reason?: string;
  readonly evidence: readonly Evidence[];
  /** Folder with what was around the failure, relative to the artifacts. */
  readonly bundle?: string;
}
