import { fencingText } from '../harness/model/fencing.ts';
import type { Finding } from '../harness/model/finding.ts';
import type { Report } from '../harness/model/report.ts';
import type { CaseResult } from '../harness/model/result.ts';
import { spokenTime } from '../harness/model/spoken-time.ts';
import { TECHNOLOGIES, technologyName } from '../harness/model/technology.ts';
import { spokenCause } from './explained.ts';
import { JUNIT_CASES, JUNIT_DOCTOR, JUNIT_PHASES, REPORT_JSON } from './names.ts';
import { oneLine } from './plain-text.ts';
import { isRed, isSame } from './run-record.ts';
import { tracesLines } from './traces-text.ts';
import { tell } from './verdict.ts';

/**
 * The paragraph that ends a run, for a reader who has seen nothing else: the verdict first, then what was proven,
 * what was not demanded and why, what went wrong, where the report is; last the plain count that CI readers look for.
 */
export function closingText(report: Report, folder: string): string {
  return [
    oneLine(report.verdict),
    ...(isRefused(report) ? [] : ranOn(report)),
    ...fenced(report),
    ...outages(report),
    ...proven(report),
    ...notDemanded(report),
    ...leftOut(report),
    ...warned(report),
    ...wrong(report),
    ...notUndone(report),
    ...tracesLines(report).map(([label, text]) => labelled(label, oneLine(text))),
    ...(report.hint === undefined || isRefused(report) ? [] : [labelled('what to do', oneLine(report.hint))]),
    ...knownCause(report),
    labelled('report', `${folder}: ${filesOf(report).join(', ')}`),
    countLine(report),
    '',
  ].join('\n');
}

function filesOf({ checks }: Report): readonly string[] {
  return [REPORT_JSON, JUNIT_CASES, JUNIT_PHASES, ...(checks.length === 0 ? [] : [JUNIT_DOCTOR])];
}

/** `12 passed, 0 failed, 1 skipped`. A red run never says `0 failed`: its red row counts too. */
export function countLine(report: Report): string {
  const failed =
    report.cases.filter(isRed).length + [...report.phases, report.connectionRow, report.run].filter(isRed).length;
  const passed = report.cases.filter(({ outcome }) => outcome === 'passed').length;
  const skipped = report.cases.filter(({ outcome }) => outcome === 'skipped' || outcome === 'not-run').length;
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}

/** True when the settings were wrong: then nothing was opened anywhere. */
function isRefused({ phases }: Report): boolean {
  return phases.some((phase) => phase.name === 'settings' && isRed(phase));
}

/** Where the run happened, as far as it came; of a simulated host it is always said. */
function ranOn({ subject }: Report): readonly string[] {
  const { provider, simulated, node, host, kubernetes, kubevirt } = subject;
  const parts = [
    simulated ? `a host that ${provider} simulates` : undefined,
    node,
    host?.cpuModel,
    kubernetes === undefined ? undefined : `Kubernetes ${kubernetes}`,
    kubevirt === undefined ? undefined : `KubeVirt ${kubevirt}`,
  ].filter((part) => part !== undefined);
  return parts.length === 0 ? [] : [labelled('ran on', oneLine(parts.join(', ')))];
}

/** Only where it is less than it could be. */
function fenced({ subject: { fencing } }: Report): readonly string[] {
  return fencing?.by === 'client' ? [labelled('fencing', oneLine(fencingText(fencing)))] : [];
}

/** Cuts that the run lived through, or did not: nobody reads the timeline of a connection that held. */
function outages({ connection }: Report): readonly string[] {
  if (connection === undefined || connection.cuts === 0) return [];
  const { cuts, downMs, roundTripMs } = connection;
  const line = roundTripMs === undefined ? '' : `, round trip ${spokenTime(roundTripMs.median)}`;
  return [labelled('connection', `${counted(cuts, 'cut')}, ${spokenTime(downMs)} without it${line}`)];
}

function proven(report: Report): readonly string[] {
  return TECHNOLOGIES.flatMap((technology) => {
    const cases = report.cases.filter(({ guest }) => guest === technology);
    const passed = cases.filter(({ outcome }) => outcome === 'passed');
    if (passed.length === 0) return [];
    const files = passed.reduce((sum, { evidence }) => sum + evidence.length, 0);
    const isWhole = passed.length === cases.length;
    const isProven = passed.some(({ isProof }) => isProof);
    const label = isProven ? (isWhole ? 'proven' : 'partly') : 'not proven';
    const share = isWhole
      ? `${counted(cases.length, 'case')} passed`
      : `${passed.length} of ${cases.length} cases passed`;
    const name = technologyName(technology);
    return [labelled(label, `${name}: ${share}, ${counted(files, 'piece')} of evidence`)];
  });
}

function counted(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? '' : 's'}`;
}

function notDemanded(report: Report): readonly string[] {
  return report.notDemanded.map(({ technology, reason }) =>
    labelled('not demanded', `${technologyName(technology)}: ${oneLine(reason)}`),
  );
}

/** Cases that did not run, one line for each reason. */
function leftOut(report: Report): readonly string[] {
  const byReason = new Map<string, number>();
  for (const { outcome, reason = 'no reason given' } of report.cases) {
    if (outcome !== 'skipped' && outcome !== 'not-run') continue;
    const text = `${outcome === 'skipped' ? 'skipped' : 'not run'}: ${oneLine(reason)}`;
    byReason.set(text, (byReason.get(text) ?? 0) + 1);
  }
  return [...byReason].map(([reason, count]) => labelled('left out', `${counted(count, 'case')}, ${reason}`));
}

const MOST_WARNINGS = 4;

/** What the doctor warned of, which did not stop the run, one line each; and what it could not read, in one line. */
function warned({ checks }: Report): readonly string[] {
  const warnings = checks.filter(({ verdict }) => verdict === 'warning');
  const unread = checks.filter(({ verdict }) => verdict === 'unread');
  const more = warnings.length - MOST_WARNINGS;
  return [
    ...warnings.slice(0, MOST_WARNINGS).map(({ id, read }) => labelled('warning', `${id}: ${oneLine(read)}`)),
    ...(more > 0 ? [labelled('warning', `and ${more} more: see sevlane doctor, or ${JUNIT_DOCTOR}`)] : []),
    ...(unread.length === 0 ? [] : [labelled('not read', named(unread.map(({ id }) => id)))]),
  ];
}

const MOST_UNREAD = 8;

/** Of a run that ended early these are nearly all: nobody reads a list of sixty. */
function named(ids: readonly string[]): string {
  return ids.length > MOST_UNREAD ? `${ids.length} checks: see ${JUNIT_DOCTOR}` : ids.join(', ');
}

function notUndone(report: Report): readonly string[] {
  if (report.notUndone.length === 0) return [];
  const what = report.notUndone.map(oneLine).join('; ');
  return [labelled('not undone', `${what}: the next run on this node sweeps what is left`)];
}

/** Of all that is known the one line that the verdict can use; the rest stands in the report. */
function knownCause({ findings }: Report): readonly string[] {
  const ids = new Map(findings.flatMap(({ knownCauses = [] }) => knownCauses.map((one) => [one.id, one])));
  const [first, ...others] = ids.values();
  if (first === undefined) return [];
  const more = others.length === 0 ? '' : `; ${REPORT_JSON} knows ${counted(others.length, 'other cause')} too`;
  return [labelled('known cause', oneLine(`${spokenCause(first)}${more}`))];
}

/** `[FAILED]` and `error:` are what Prow's log view highlights, so each stands once for each thing that went wrong. */
function wrong(report: Report): readonly string[] {
  const cases = report.cases.filter(isRed);
  const others = report.findings.filter((finding) => !cases.some((one) => one.finding && isSame(one.finding, finding)));
  return [
    ...cases.map(failedCase),
    ...others.map((finding) => `  error: ${oneLine(tell(finding))}${because(finding)}${remedy(finding, report)}`),
  ];
}

/** What to do about it, where that is not the run's own hint; of mistakes in the settings each has its own. */
function remedy({ hint }: Finding, report: Report): string {
  return hint === undefined || (hint === report.hint && !isRefused(report)) ? '' : `: ${oneLine(hint)}`;
}

function failedCase(one: CaseResult): string {
  const { finding } = one;
  const reason = finding === undefined ? 'no reason given' : `${oneLine(finding.message)}${because(finding)}`;
  const files =
    one.evidence.length === 0 ? '' : `\n${labelled('', `see ${one.evidence.map(({ file }) => file).join(', ')}`)}`;
  return `  [FAILED] ${oneLine(one.title)}: ${reason}${files}`;
}

function because({ causes }: Finding): string {
  return causes.length === 0 ? '' : ` (because: ${causes.map(oneLine).join('; ')})`;
}

function labelled(label: string, text: string): string {
  return `  ${label.padEnd(13)} ${text}`;
}
