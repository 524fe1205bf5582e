import { toFinding } from '../harness/errors/blame.ts';
import { InfraError } from '../harness/errors/errors.ts';
import type { Finding } from '../harness/model/finding.ts';
import type { CaseResult, ConnectionRow, PhaseResult, PlannedCase, RunResult } from '../harness/model/result.ts';
import { CONNECTION, PHASES } from '../harness/model/result.ts';
import { type Ending, isRed, isSame, type RunRecord } from './run-record.ts';

/** The one reason of everything that a lost connection left unfinished; the details stand in its row. */
const LOST = 'connection lost';

/** All nine phases in order: as they ended, cut short, in progress or never reached. */
export function phaseRows(run: RunRecord): readonly PhaseResult[] {
  return PHASES.map((name): PhaseResult => {
    const ended = run.phasesEnded.get(name);
    if (ended !== undefined && (run.ending?.ownPhase === name || !isCutShort(run, ended.finding))) return ended;
    const startedAt = run.phasesStarted.get(name);
    if (startedAt === undefined) return { name, outcome: 'not-run', ms: 0, reason: whyNotReached(run) };
    const ms = ended?.ms ?? between(startedAt, run.lastAt);
    return { name, outcome: 'not-run', ms, reason: whyUnfinished(run) };
  });
}

/** All planned cases in the plan's order, then those that nobody planned. */
export function caseRows(run: RunRecord): readonly CaseResult[] {
  const planned = new Set(run.plan.map(({ title }) => title));
  const unplanned = [...run.casesEnded.values()].filter(({ title }) => !planned.has(title));
  return [...run.plan, ...unplanned].map((one) => caseRow(run, one));
}

function caseRow(run: RunRecord, { title, suite, labels, guest, isProof }: PlannedCase): CaseResult {
  const ended = run.casesEnded.get(title);
  if (ended !== undefined && !isCutShort(run, ended.finding)) return withoutPrefix(ended);
  const startedAt = run.casesStarted.get(title);
  const wasBegun = startedAt !== undefined || ended !== undefined;
  return {
    title,
    suite,
    labels,
    guest,
    isProof,
    outcome: 'not-run',
    ms: ended?.ms ?? (startedAt === undefined ? 0 : between(startedAt, run.lastAt)),
    reason: wasBegun ? whyUnfinished(run) : whyNotReached(run),
    evidence: ended?.evidence ?? [],
  };
}

/** The outcome says `not run` already, and every reader of the report writes it before the reason. */
function withoutPrefix(ended: CaseResult): CaseResult {
  return ended.reason === undefined ? ended : { ...ended, reason: ended.reason.replace(/^not run: /, '') };
}

/** The row of the connection: red when the run ended because it was lost, left out where there was none to lose. */
export function connectionRow(run: RunRecord, phases: readonly PhaseResult[]): ConnectionRow {
  const connect = phases.find(({ name }) => name === 'connect');
  const startedAt = run.phasesStarted.get('connect');
  const ms = startedAt === undefined ? 0 : between(startedAt, run.lastAt);
  if (isConnectionLost(run)) return { name: CONNECTION, outcome: 'errored', ms, finding: run.ending.finding };
  if (connect?.outcome === 'passed') return { name: CONNECTION, outcome: 'passed', ms };
  const why = connect !== undefined && isRed(connect) ? 'phase connect failed' : connect?.reason;
  return {
    name: CONNECTION,
    outcome: 'skipped',
    ms: 0,
    reason: `there was none: ${why ?? 'phase connect is not over'}`,
  };
}

function isConnectionLost(run: RunRecord): run is RunRecord & { readonly ending: Ending } {
  return run.ending?.finding.where === CONNECTION;
}

/** The row of the run itself: red when it ended early and no other row is to blame, or when it has not ended. */
export function runRow(run: RunRecord, phases: readonly PhaseResult[]): RunResult {
  const ms = between(run.opening.startedAt, run.lastAt);
  if (isConnectionLost(run)) return { name: 'run', outcome: 'not-run', ms, reason: LOST };
  if (run.ending !== undefined && run.ending.ownPhase === undefined) {
    return { name: 'run', outcome: 'errored', ms, finding: run.ending.finding };
  }
  const failed = phases.find(isRed);
  if (failed !== undefined) return { name: 'run', outcome: 'not-run', ms, reason: `ended in phase ${failed.name}` };
  if (run.endedAt === undefined) return { name: 'run', outcome: 'errored', ms, finding: unended(run) };
  return { name: 'run', outcome: 'passed', ms };
}

function unended(run: RunRecord): Finding {
  const now = PHASES.filter((name) => run.phasesStarted.has(name) && !run.phasesEnded.has(name)).at(-1);
  const where = now === undefined ? 'between two phases' : `in phase ${now}`;
  const hint = 'if its process is gone it was killed: run again, which also sweeps what was left';
  return toFinding(new InfraError(`the run has not ended, it was ${where} at ${run.lastAt}`, { hint }), 'run');
}

function isCutShort(run: RunRecord, finding: Finding | undefined): boolean {
  return finding !== undefined && run.ending !== undefined && isSame(finding, run.ending.finding);
}

function whyNotReached(run: RunRecord): string {
  if (isConnectionLost(run)) return LOST;
  if (run.ending !== undefined) return run.ending.finding.message;
  const failed = [...run.phasesEnded.values()].find(isRed);
  if (failed !== undefined) return `phase ${failed.name} failed`;
  return run.endedAt === undefined ? 'not reached yet, the run has not ended' : 'the run ended before it';
}

function whyUnfinished(run: RunRecord): string {
  if (isConnectionLost(run)) return LOST;
  if (run.ending !== undefined) return `cut short: ${run.ending.finding.message}`;
  return run.endedAt === undefined ? 'not finished yet, the run has not ended' : 'it never told how it ended';
}

function between(startedAt: string, endedAt: string): number {
  return Math.max(0, Date.parse(endedAt) - Date.parse(startedAt));
}
