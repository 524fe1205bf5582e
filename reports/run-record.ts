import type { CapabilityContract } from '../harness/model/capability.ts';
import type { CheckResult } from '../harness/model/check.ts';
import type { ConnectionRecord } from '../harness/model/connection.ts';
import type { Finding } from '../harness/model/finding.ts';
import type { KnownCause } from '../harness/model/known-cause.ts';
import type { StopSignal } from '../harness/model/own-process.ts';
import type { NotDemanded, RunSubject } from '../harness/model/report.ts';
import type { CaseResult, PhaseName, PhaseResult, PlannedCase } from '../harness/model/result.ts';
import type { Technology } from '../harness/model/technology.ts';
import type { Traces } from '../harness/model/traces.ts';

/** What is known before the first event. */
export interface Opening {
  readonly runId: string;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly provider: string;
  readonly simulated: boolean;
  /** The settings in force, secrets masked. */
  readonly settings: Readonly<Record<string, string>>;
}

/** Everything heard so far about one run. A value: `record` makes a new one from each event. */
export interface RunRecord {
  readonly opening: Opening;
  readonly subject: RunSubject;
  readonly demanded: readonly Technology[];
  readonly notDemanded: readonly NotDemanded[];
  /** By id; a later word of the same check replaces the earlier one. */
  readonly checks: ReadonlyMap<string, CheckResult>;
  readonly capabilities: CapabilityContract | undefined;
  readonly connection: ConnectionRecord | undefined;
  readonly traces: Traces | undefined;
  readonly phasesStarted: ReadonlyMap<PhaseName, string>;
  readonly phasesEnded: ReadonlyMap<PhaseName, PhaseResult>;
  readonly plan: readonly PlannedCase[];
  readonly casesStarted: ReadonlyMap<string, string>;
  readonly casesEnded: ReadonlyMap<string, CaseResult>;
  /** Folders of bundles, by `case TITLE` and `phase NAME`. */
  readonly bundles: ReadonlyMap<string, string>;
  readonly ending: Ending | undefined;
  readonly troubles: readonly Finding[];
  /** Met in what was collected, by the place of the finding. */
  readonly knownCauses: ReadonlyMap<string, readonly KnownCause[]>;
  /** When the last event was heard. */
  readonly lastAt: string;
  readonly endedAt: string | undefined;
}

/** Why the run ends before its plan is done. */
export interface Ending {
  readonly finding: Finding;
  readonly signal: StopSignal | undefined;
  /** The phase that had already failed of itself when the end was told; its row is the red one then. */
  readonly ownPhase: PhaseName | undefined;
}

/** True when two findings tell the same event, wherever each was noticed. */
export function isSame(a: Finding, b: Finding): boolean {
  return a.blame === b.blame && a.message === b.message;
}

/** True for a row that a reader sees as red. */
export function isRed(row: { readonly outcome: string }): boolean {
  return row.outcome === 'failed' || row.outcome === 'errored';
}
