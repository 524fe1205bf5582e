import { byPrecedence } from '../harness/errors/blame.ts';
import { exitCode } from '../harness/errors/exit-code.ts';
import type { CapabilityContract } from '../harness/model/capability.ts';
import { CHECK_GROUPS, type CheckResult, type CheckVerdict } from '../harness/model/check.ts';
import type { RunRecord } from './run-record.ts';
import { blameWord } from './verdict.ts';

/** What an examination found; complete and free of secrets. `sevlane doctor --json` prints it. */
export interface DoctorReport {
  readonly schema: 'sevlane.doctor/v1';
  readonly startedAt: string;
  readonly ms: number;
  /** As of a run: begins with `passed`, `infra:` or `interrupted:`. */
  readonly verdict: string;
  /** One action that follows from the verdict. */
  readonly hint?: string;
  readonly exitCode: number;
  readonly provider: string;
  readonly simulated: boolean;
  readonly node?: string;
  readonly kubernetes?: string;
  readonly counts: Readonly<Record<CheckVerdict, number>>;
  /** In the order of their groups. */
  readonly checks: readonly CheckResult[];
  readonly capabilities?: CapabilityContract;
}

/** The report of an examination that has ended. */
export function doctorReportOf(run: RunRecord): DoctorReport {
  const checks = inGroups([...run.checks.values()]);
  const counts = countsOf(checks);
  const { provider, simulated, node, kubernetes } = run.subject;
  return {
    schema: 'sevlane.doctor/v1',
    startedAt: run.opening.startedAt,
    ms: Math.max(0, Date.parse(run.lastAt) - Date.parse(run.opening.startedAt)),
    ...judgement(run, checks, counts),
    provider,
    simulated,
    ...(node === undefined ? {} : { node }),
    ...(kubernetes === undefined ? {} : { kubernetes }),
    counts,
    checks,
    ...(run.capabilities === undefined ? {} : { capabilities: run.capabilities }),
  };
}

/** Checks in the order of their groups, each group in the order in which they were told. */
export function inGroups(checks: readonly CheckResult[]): readonly CheckResult[] {
  return CHECK_GROUPS.flatMap((group) => checks.filter((check) => check.group === group));
}

/** `40 ok, 2 notes, 1 warning, 3 could not be read`: what there is none of is left out, but for what is ok. */
export function countsText(counts: DoctorReport['counts']): string {
  const several = (count: number, word: string) => `${count} ${word}${count === 1 ? '' : 's'}`;
  return [
    ...(counts.fatal === 0 ? [] : [`${counts.fatal} fatal`]),
    ...(counts.warning === 0 ? [] : [several(counts.warning, 'warning')]),
    ...(counts.unread === 0 ? [] : [`${counts.unread} could not be read`]),
    ...(counts.note === 0 ? [] : [several(counts.note, 'note')]),
    `${counts.ok} ok`,
  ].join(', ');
}

function judgement(
  { ending, subject, troubles }: RunRecord,
  checks: readonly CheckResult[],
  counts: DoctorReport['counts'],
): Pick<DoctorReport, 'verdict' | 'exitCode' | 'hint'> {
  if (ending !== undefined) {
    const { finding, signal } = ending;
    const verdict = `${blameWord(finding.blame)}: ${finding.message}`;
    return { verdict, exitCode: exitCode([finding], signal), ...hinted(finding.hint) };
  }
  const [first, ...others] = checks.filter(({ verdict }) => verdict === 'fatal');
  if (first !== undefined) {
    const more = others.length === 0 ? '' : `; and ${others.length} more fatal`;
    return { verdict: `infra: ${first.id}: ${first.read}${more}`, exitCode: 3, ...hinted(first.action) };
  }
  const [trouble] = byPrecedence(troubles);
  if (trouble !== undefined) {
    const verdict = `${blameWord(trouble.blame)}: ${trouble.message}`;
    return { verdict, exitCode: exitCode(troubles), ...hinted(trouble.hint) };
  }
  // Nothing that was not read may pass for well.
  if (counts.ok === 0) return { verdict: 'infra: no check could be read', exitCode: 3 };
  return { verdict: `passed: ${read(subject)}: ${countsText(counts)}`, exitCode: 0 };
}

/** What was found well, and what nobody has looked at. */
function read({ simulated, node, kubernetes }: RunRecord['subject']): string {
  if (node !== undefined)
    return `${simulated ? 'simulated node' : 'node'} ${node} can run the lane, as far as was read`;
  const cluster = kubernetes === undefined ? 'the cluster' : `the cluster (Kubernetes ${kubernetes})`;
  return `${cluster} can run the lane, as far as was read; nothing was read of the host itself: no --ssh`;
}

function hinted(hint: string | undefined): { readonly hint?: string } {
  return hint === undefined ? {} : { hint };
}

function countsOf(checks: readonly CheckResult[]): DoctorReport['counts'] {
  const of = (verdict: CheckVerdict) => checks.filter((check) => check.verdict === verdict).length;
  return { ok: of('ok'), note: of('note'), warning: of('warning'), fatal: of('fatal'), unread: of('unread') };
}

/** The report for programs. */
export function doctorJson(report: DoctorReport): string {
  return `${JSON.stringify(report, undefined, 2)}\n`;
}
