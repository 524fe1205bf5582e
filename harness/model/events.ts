import type { CaseResult, PhaseName, PhaseResult, PlannedCase } from './result.ts';

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
  | { readonly type: 'plan'; readonly at: string; readonly cases: readonly PlannedCase[] }
  | { readonly type: 'case-started'; readonly at: string; readonly title: string }
  | { readonly type: 'case-ended'; readonly at: string; readonly result: CaseResult }
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
