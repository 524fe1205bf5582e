import { CHECK_GROUPS } from '../harness/model/check.ts';
import type { RunEvent } from '../harness/model/events.ts';
import type { Finding } from '../harness/model/finding.ts';
import type { Report } from '../harness/model/report.ts';
import { NO_TRACES, withTraces } from '../harness/model/traces.ts';
import { explained } from './explained.ts';
import { caseRows, connectionRow, phaseRows, runRow } from './rows.ts';
import { type Ending, isRed, isSame, type Opening, type RunRecord } from './run-record.ts';
import { judge } from './verdict.ts';

/** The record of a run that has not begun. */
export function openRecord(opening: Opening): RunRecord {
  return {
    opening,
    subject: { provider: opening.provider, simulated: opening.simulated },
    demanded: [],
    notDemanded: [],
    checks: new Map(),
    capabilities: undefined,
    connection: undefined,
    traces: undefined,
    phasesStarted: new Map(),
    phasesEnded: new Map(),
    plan: [],
    casesStarted: new Map(),
    casesEnded: new Map(),
    bundles: new Map(),
    ending: undefined,
    troubles: [],
    knownCauses: new Map(),
    lastAt: opening.startedAt,
    endedAt: undefined,
  };
}

/** The record after one more event. Events that change no row, such as log lines, only move its clock. */
export function record(before: RunRecord, event: RunEvent): RunRecord {
  const run = { ...before, lastAt: event.at };
  switch (event.type) {
    case 'phase-started':
      return { ...run, phasesStarted: extended(run.phasesStarted, event.phase, event.at) };
    case 'phase-ended':
      return { ...run, phasesEnded: extended(run.phasesEnded, event.result.name, event.result) };
    case 'subject':
      return { ...run, subject: { ...run.subject, ...event.subject } };
    case 'demands':
      return { ...run, demanded: event.demanded, notDemanded: event.notDemanded };
    case 'check':
      return { ...run, checks: extended(run.checks, event.result.id, event.result) };
    case 'capabilities':
      return { ...run, capabilities: event.contract };
    case 'connection':
      return { ...run, connection: event.record };
    case 'plan':
      return { ...run, plan: event.cases };
    case 'case-started':
      return { ...run, casesStarted: extended(run.casesStarted, event.title, event.at) };
    case 'case-ended':
      return { ...run, casesEnded: extended(run.casesEnded, event.result.title, event.result) };
    case 'bundle':
      return { ...run, bundles: extended(run.bundles, `${event.of} ${event.row}`, event.folder) };
    case 'ending':
      return run.ending === undefined ? { ...run, ending: endingOf(run, event) } : run;
    case 'trouble':
      return { ...run, troubles: [...run.troubles, event.finding] };
    case 'known-causes': {
      const causes = [...(run.knownCauses.get(event.where) ?? []), ...event.causes];
      return { ...run, knownCauses: extended(run.knownCauses, event.where, causes) };
    }
    case 'traces':
      return { ...run, traces: withTraces(run.traces ?? NO_TRACES, event.traces) };
    case 'run-started':
    case 'waiting':
    case 'log':
    case 'run-ended':
      return run;
  }
}

/** The record of a run after which nothing more happens. */
export function closeRecord(run: RunRecord, endedAt: string): RunRecord {
  return { ...run, lastAt: endedAt, endedAt };
}

/** The report of a record, in its final shape at every moment: a run that was killed leaves a valid red one. */
export function reportOf(run: RunRecord): Report {
  const phases = phaseRows(run);
  const cases = caseRows(run);
  const row = runRow(run, phases);
  const connection = connectionRow(run, phases);
  const verdict = judge(run, { phases, cases, connection, run: row });
  const rowless = verdict.findings.find((finding) => !hasRow(finding, [...phases, ...cases, connection, row]));
  const ofCutPhase = phases.flatMap(({ name }) => run.bundles.get(`phase ${name}`) ?? []).at(-1);
  const report: Report = {
    schema: 'sevlane.report/v1',
    runId: run.opening.runId,
    startedAt: run.opening.startedAt,
    ...(run.endedAt === undefined ? {} : { endedAt: run.endedAt }),
    exitCode: verdict.exitCode,
    verdict: verdict.line,
    ...(verdict.hint === undefined ? {} : { hint: verdict.hint }),
    subject: run.subject,
    demanded: run.demanded,
    notDemanded: run.notDemanded,
    phases: phases.map((phase) => withBundle(phase, run.bundles.get(`phase ${phase.name}`))),
    checks: CHECK_GROUPS.flatMap((group) => [...run.checks.values()].filter((check) => check.group === group)),
    ...(run.capabilities === undefined ? {} : { capabilities: run.capabilities }),
    ...(run.connection === undefined ? {} : { connection: run.connection }),
    connectionRow: withBundle(connection, ofCutPhase),
    run: withBundle(
      rowless === undefined || row.outcome !== 'passed' ? row : { ...row, outcome: 'errored', finding: rowless },
      ofCutPhase,
    ),
    cases: cases.map((one) => withBundle(one, run.bundles.get(`case ${one.title}`))),
    notUndone: notUndone(run),
    ...(run.traces === undefined ? {} : { traces: run.traces }),
    findings: verdict.findings,
    settings: run.opening.settings,
  };
  return explained(report, run.knownCauses);
}

/** Only of a red row: when a phase was cut short, the row of what cut it names the bundle. */
function withBundle<Row extends { readonly outcome: string }>(row: Row, bundle: string | undefined): Row {
  return bundle === undefined || !isRed(row) ? row : { ...row, bundle };
}

/** Undos that fail all for one reason, such as a lost connection, are one finding: here each is named. */
function notUndone(run: RunRecord): readonly string[] {
  const findings = [run.phasesEnded.get('undo')?.finding, ...run.troubles];
  const places = findings.flatMap((finding) => (finding === undefined ? [] : [finding.where]));
  return places.filter((where) => where.startsWith('undo ')).map((where) => where.slice('undo '.length));
}

/** True when some row is red because of this finding; trouble that has none makes the run's own row red. */
function hasRow(finding: Finding, rows: readonly { readonly finding?: Finding }[]): boolean {
  return rows.some((row) => row.finding !== undefined && isSame(row.finding, finding));
}

function extended<Key, Value>(map: ReadonlyMap<Key, Value>, key: Key, value: Value): ReadonlyMap<Key, Value> {
  return new Map(map).set(key, value);
}

function endingOf(run: RunRecord, event: RunEvent & { readonly type: 'ending' }): Ending {
  const ended = [...run.phasesEnded.values()];
  const own = ended.find(({ finding }) => finding !== undefined && isSame(finding, event.finding));
  return { finding: event.finding, signal: event.signal, ownPhase: own?.name };
}
