import junitReportBuilder, { type Builder, type TestCase } from 'junit-report-builder';
import type { CheckResult } from '../harness/model/check.ts';
import type { Blame, Finding } from '../harness/model/finding.ts';
import type { Report } from '../harness/model/report.ts';
import type { CaseResult, Outcome } from '../harness/model/result.ts';
import { spokenCause } from './explained.ts';
import { finish } from './junit-finish.ts';
import { CASES_SUITE, DOCTOR_SUITE, PHASES_SUITE } from './names.ts';
import { oneLine, plainText } from './plain-text.ts';
import { isRed, isSame } from './run-record.ts';
import { blameWord, tell } from './verdict.ts';

const FAILURE_TYPES: Readonly<Record<Blame, string>> = {
  usage: 'UsageError',
  product: 'ProductFailure',
  interrupted: 'Interrupted',
  infra: 'InfraError',
  internal: 'InternalError',
};

/** One `<testcase>`: its name is its identity everywhere, so it holds no id, time or host. */
interface Row {
  readonly suite: string;
  readonly name: string;
  readonly outcome: Outcome;
  readonly ms: number;
  readonly message: string;
  readonly type?: string;
  /** Of failures only, one line each. */
  readonly body?: readonly string[];
  /** TestGrid shows the output of a pass as its message, so of passes only a check's warning has one. */
  readonly output?: readonly string[];
}

/** junit.functest.xml: the cases. */
export function casesXml(report: Report): string {
  return suiteXml(headOf(report), CASES_SUITE, report.cases.map(caseRow));
}

/** junit.sevlane.xml: all phases, the connection and the run, on every run and in the same order; at most one of them is red. */
export function phasesXml(report: Report): string {
  return suiteXml(headOf(report), PHASES_SUITE, phaseRows(report));
}

/** What the rows of the doctor need to know of the report that they stand in. */
export type DoctorSource = Pick<Report, 'startedAt' | 'checks'> & { readonly properties: Properties };

/**
 * junit.doctor.xml: one row a check. Fatal is red. A warning passes and its words are the output, which TestGrid shows
 * as the cell's message; a note says nothing there. What could not be read is skipped with its reason: never green, and
 * not red for a user who may not read it.
 */
export function doctorXml({ startedAt, checks, properties }: DoctorSource): string {
  return suiteXml({ startedAt, properties }, DOCTOR_SUITE, checks.map(checkRow));
}

function checkRow({ id, group, verdict, read, from, expected, why, action }: CheckResult): Row {
  const row = { suite: `${DOCTOR_SUITE} ${group}`, name: id, ms: 0 };
  const doing = action === undefined ? [] : [`what to do: ${action}`];
  switch (verdict) {
    case 'fatal': {
      const body = [`read from: ${from}`, `expected: ${expected}`, `it matters: ${why}`, ...doing];
      return { ...row, outcome: 'errored', message: read, type: FAILURE_TYPES.infra, body };
    }
    case 'warning':
      return { ...row, outcome: 'passed', message: read, output: [`warning: ${read}`, ...doing] };
    case 'unread':
      return { ...row, outcome: 'skipped', message: `could not be read: ${read}` };
    case 'ok':
    case 'note':
      return { ...row, outcome: 'passed', message: read };
  }
}

function caseRow(one: CaseResult): Row {
  const { suite, title: name, outcome, ms, finding } = one;
  if (!isRed(one) || finding === undefined) {
    return { suite, name, outcome, ms, message: one.reason ?? 'no reason given' };
  }
  return {
    suite,
    name,
    outcome,
    ms,
    message: finding.message,
    type: FAILURE_TYPES[finding.blame],
    body: details(finding),
    output: [...bundleLine(one), ...one.evidence.map(({ file, proves }) => `evidence: ${file} (${proves})`)],
  };
}

/** Where the reader of a failure goes on. */
function bundleLine({ bundle }: { readonly bundle?: string }): readonly string[] {
  return bundle === undefined ? [] : [`bundle: ${bundle}/index.md (what was around the failure)`];
}

function phaseRows(report: Report): readonly Row[] {
  const rows = [...report.phases, report.connectionRow, report.run];
  const worst = redRow(report);
  return rows.map((row): Row => {
    const { name, outcome, ms, finding } = row;
    const common = { suite: PHASES_SUITE, name, ms };
    if (!isRed(row) || finding === undefined) return { ...common, outcome, message: row.reason ?? 'no reason given' };
    if (name !== worst) return { ...common, outcome: 'skipped', message: `${tell(finding)}; see row ${worst}` };
    const others = report.findings.filter((other) => !isSame(other, finding) && isRowless(other, report));
    return {
      ...common,
      outcome,
      message:
        report.findings[0] !== undefined && isSame(report.findings[0], finding) ? report.verdict : spoken(finding),
      type: FAILURE_TYPES[finding.blame],
      body: [
        ...details(finding),
        ...leftOver(report),
        ...others.flatMap((other) => ['', `also ${spoken(other)}`, ...details(other)]),
      ],
      output: bundleLine(row),
    };
  });
}

function leftOver({ notUndone }: Report): readonly string[] {
  return notUndone.length === 0 ? [] : [`not undone: ${notUndone.join('; ')}`];
}

/** The one red row of the phases file: the connection's, the run's own, or the phase with the worst finding. */
function redRow(report: Report): string | undefined {
  const whole = [report.connectionRow, report.run].find(isRed);
  if (whole !== undefined) return whole.name;
  const red = report.phases.filter(isRed);
  const rank = (finding: Finding | undefined) => report.findings.findIndex((one) => finding && isSame(one, finding));
  return [...red].sort((a, b) => rank(a.finding) - rank(b.finding))[0]?.name;
}

/** Findings of cases stand in the other file. */
function isRowless(finding: Finding, report: Report): boolean {
  return !report.cases.some((one) => isRed(one) && one.finding !== undefined && isSame(one.finding, finding));
}

function spoken(finding: Finding): string {
  return `${blameWord(finding.blame)}: ${tell(finding)}`;
}

function details(finding: Finding): readonly string[] {
  return [
    ...finding.causes.map((cause) => `because: ${cause}`),
    ...(finding.hint === undefined ? [] : [`what to do: ${finding.hint}`]),
    ...(finding.knownCauses ?? []).map((known) => `known cause: ${spokenCause(known)}`),
    `noticed in: ${finding.where}`,
    ...(finding.stack === undefined ? [] : [finding.stack]),
  ];
}

type Properties = Readonly<Record<string, string>>;

interface SuiteHead {
  readonly startedAt: string;
  readonly properties: Properties;
}

function suiteXml(head: SuiteHead, suiteName: string, rows: readonly Row[]): string {
  // The package's types describe a CommonJS default; at run time the import is the builder itself.
  const builder = (junitReportBuilder as unknown as Builder).newBuilder();
  const suite = builder.testSuite().name(suiteName).timestamp(head.startedAt);
  suite.time(rows.reduce((sum, { ms }) => sum + ms, 0) / 1000);
  for (const [name, value] of Object.entries(head.properties)) suite.property(name, oneLine(value));
  for (const row of rows) fill(suite.testCase(), row);
  const skipped = rows.filter(({ outcome }) => outcome === 'skipped' || outcome === 'not-run');
  return finish(builder.build(), skipped.map(skipMessage));
}

function fill(testCase: TestCase, row: Row): void {
  testCase
    .className(oneLine(row.suite))
    .name(oneLine(row.name))
    .time(row.ms / 1000);
  if (row.outcome === 'skipped' || row.outcome === 'not-run') testCase.skipped();
  if (isRed(row)) {
    testCase.failure(oneLine(row.message) || 'failed without a word', row.type ?? FAILURE_TYPES.internal);
    if (row.body !== undefined && row.body.length > 0) testCase.stacktrace(plainText(row.body.join('\n')));
  }
  if (row.output !== undefined && row.output.length > 0) testCase.standardOutput(plainText(row.output.join('\n')));
}

function skipMessage({ outcome, message }: Row): string {
  // TestGrid drops a skip that gives no reason.
  const text = oneLine(message) || 'no reason given';
  return outcome === 'not-run' ? `not run: ${text}` : text;
}

/** What stands above the rows of a run. */
export function headOf(report: Report): SuiteHead {
  return { startedAt: report.startedAt, properties: suiteProperties(report) };
}

function suiteProperties({ runId, subject }: Report): Properties {
  return {
    run: runId,
    provider: subject.provider,
    simulated: String(subject.simulated),
    ...(subject.kubevirt === undefined ? {} : { kubevirt: subject.kubevirt }),
  };
}
