import type { CapabilityContract } from './capability.ts';
import type { CheckResult } from './check.ts';
import type { ConnectionMoment, ConnectionRecord } from './connection.ts';
import type { Finding } from './finding.ts';
import type { KnownCause } from './known-cause.ts';
import type { StopSignal } from './own-process.ts';
import type { NotDemanded, RunSubject } from './report.ts';
import type { CaseResult, PhaseName, PhaseResult, PlannedCase } from './result.ts';
import type { Technology } from './technology.ts';
import type { Traces } from './traces.ts';

/** What a run tells while it goes on. One JSON object a line with `--json`; reports/events.schema.json has the schema. */
export type RunEvent =
  | {
      readonly type: 'run-started';
      readonly at: string;
      readonly runId: string;
      readonly provider: string;
      readonly simulated: boolean;
      readonly artifacts: string;
    }
  | { readonly type: 'phase-started'; readonly at: string; readonly phase: PhaseName; readonly budgetMs: number }
  | { readonly type: 'phase-ended'; readonly at: string; readonly result: PhaseResult }
  /** Something was learnt about where the run happens; later words replace earlier ones. */
  | { readonly type: 'subject'; readonly at: string; readonly subject: Partial<RunSubject> }
  | {
      readonly type: 'demands';
      readonly at: string;
      readonly demanded: readonly Technology[];
      readonly notDemanded: readonly NotDemanded[];
    }
  /** One check of the doctor, as soon as it is known. */
  | { readonly type: 'check'; readonly at: string; readonly result: CheckResult }
  | { readonly type: 'capabilities'; readonly at: string; readonly contract: CapabilityContract }
  /** A moment of the connection to the node; `record` is its whole life so far. */
  | {
      readonly type: 'connection';
      readonly at: string;
      readonly moment: ConnectionMoment;
      readonly record: ConnectionRecord;
    }
  | { readonly type: 'plan'; readonly at: string; readonly cases: readonly PlannedCase[] }
  | { readonly type: 'case-started'; readonly at: string; readonly title: string }
  | { readonly type: 'case-ended'; readonly at: string; readonly result: CaseResult }
  /** What was around a failure was kept, in a folder below the artifacts; docs/bundles.md says how to read one. */
  | {
      readonly type: 'bundle';
      readonly at: string;
      readonly of: 'case' | 'phase';
      /** Title of the case or name of the phase. */
      readonly row: string;
      readonly folder: string;
      readonly files: number;
      /** What belongs into it and could not be read. */
      readonly notRead: number;
      readonly ms: number;
    }
  /**
   * The run ends before its plan is done: a signal, its deadline, a lost connection, a lost lease, a bug of ours.
   * Told as soon as it is known; the first one stays. Rows that end with this same finding were cut short by it.
   */
  | {
      readonly type: 'ending';
      readonly at: string;
      readonly finding: Finding;
      /** Only when a real signal was received. */
      readonly signal?: StopSignal;
    }
  /** Known texts that were met in what was collected about the findings of this place, e.g. `case TITLE`. */
  | {
      readonly type: 'known-causes';
      readonly at: string;
      readonly where: string;
      readonly causes: readonly KnownCause[];
    }
  /** Something went wrong that belongs to no row, e.g. an undo that failed. It makes the run red. */
  | { readonly type: 'trouble'; readonly at: string; readonly finding: Finding }
  /** What was learnt about what the run leaves behind; later words are added to earlier ones. */
  | { readonly type: 'traces'; readonly at: string; readonly traces: Partial<Traces> }
  | {
      readonly type: 'waiting';
      readonly at: string;
      readonly goal: string;
      readonly saw: string;
      readonly forMs: number;
      readonly withinMs: number;
    }
  | {
      readonly type: 'log';
      readonly at: string;
      readonly level: 'info' | 'detail';
      readonly message: string;
      readonly facts: Readonly<Record<string, string | number>>;
    }
  | {
      readonly type: 'run-ended';
      readonly at: string;
      readonly verdict: string;
      readonly exitCode: number;
      readonly artifacts: string;
    };

/** A run event before the sink stamps the time on it. */
export type UnstampedEvent = RunEvent extends infer Event
  ? Event extends RunEvent
    ? Omit<Event, 'at'>
    : never
  : never;
