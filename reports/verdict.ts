import { byPrecedence } from '../harness/errors/blame.ts';
import { exitCode } from '../harness/errors/exit-code.ts';
import type { Blame, Finding } from '../harness/model/finding.ts';
import type { CaseResult, ConnectionRow, PhaseResult, RunResult } from '../harness/model/result.ts';
import { TECHNOLOGIES, type Technology, technologyName } from '../harness/model/technology.ts';
import { isRed, isSame, type RunRecord } from './run-record.ts';

/** What a run comes to. */
export interface Verdict {
  readonly line: string;
  readonly hint: string | undefined;
  readonly exitCode: number;
  /** Worst blame first. */
  readonly findings: readonly Finding[];
}

interface Rows {
  readonly phases: readonly PhaseResult[];
  readonly cases: readonly CaseResult[];
  readonly connection: ConnectionRow;
  readonly run: RunResult;
}

const WORDS: Readonly<Record<Blame, string>> = {
  usage: 'usage',
  product: 'product',
  interrupted: 'interrupted',
  infra: 'infra',
  internal: 'sevlane bug',
};

/** What to do where a finding does not say it itself, as a broken expectation of a case cannot. */
const HINTS: Readonly<Partial<Record<Blame, string>>> = {
  product: 'read the evidence of the red cases; --focus with a part of the title runs one of them alone',
};

/** Weighs everything that was found. A run that executed no case, or has not ended, is never green. */
export function judge(run: RunRecord, rows: Rows): Verdict {
  const findings = allFindings(run, rows);
  const worst = findings[0];
  if (worst === undefined) return { line: passedLine(run, rows), hint: undefined, exitCode: 0, findings };
  const isSaid = run.ending === undefined && worst === rows.run.finding;
  const isUnended = run.endedAt === undefined && !isSaid;
  const line = `${WORDS[worst.blame]}: ${tellAll(worst, findings, rows)}${isUnended ? '; the run has not ended' : ''}`;
  return { line, hint: worst.hint ?? HINTS[worst.blame], exitCode: exitCode(findings, run.ending?.signal), findings };
}

/** How a line begins that blames this. */
export function blameWord(blame: Blame): string {
  return WORDS[blame];
}

/** What one finding says, with the place where it was noticed when that helps to understand it. */
export function tell(finding: Finding): string {
  const where = finding.where.replace(/^(phase|case) /, '');
  const isClear = finding.blame === 'usage' || where === '' || where === 'run' || finding.message.startsWith(where);
  if (where.startsWith('undo ') && finding.message.startsWith(where.slice('undo '.length)))
    return `undo ${finding.message}`;
  return isClear ? finding.message : `${where}: ${finding.message}`;
}

function allFindings(run: RunRecord, rows: Rows): readonly Finding[] {
  // Undoing comes last: its trouble never hides what the run was for.
  const phases = rows.phases.filter(({ name }) => name !== 'undo');
  const undo = rows.phases.filter(({ name }) => name === 'undo');
  const red = [rows.connection, rows.run, ...phases, ...rows.cases, ...undo].filter(isRed);
  const found = [...red.map((row) => row.finding ?? unexplained(row)), ...run.troubles];
  const distinct = found.filter((finding, at) => found.findIndex((other) => repeats(finding, other)) === at);
  const unproven = run.demanded.filter((technology) => !isProven(technology, rows.cases));
  if (distinct.length === 0 && !rows.cases.some(isExecuted)) return [nothingExecuted(rows.cases)];
  if (distinct.length === 0 && unproven.length > 0) return [leftUnproven(unproven)];
  return byPrecedence(distinct);
}

/** The same trouble noticed in several places is told once; two cases that fail alike stay two. */
function repeats(finding: Finding, other: Finding): boolean {
  return isSame(finding, other) && (finding.where === other.where || finding.blame !== 'product');
}

function isExecuted({ outcome }: CaseResult): boolean {
  return outcome === 'passed' || outcome === 'failed' || outcome === 'errored';
}

/** Green means that every demanded kind of guest gave its proof, not only that nothing failed. */
function isProven(technology: Technology, cases: readonly CaseResult[]): boolean {
  return cases.some(({ guest, isProof, outcome }) => guest === technology && isProof && outcome === 'passed');
}

function leftUnproven(technologies: readonly Technology[]): Finding {
  return {
    blame: 'usage',
    where: 'run',
    message: `no ${listed(technologies.map(technologyName))} guest was proven: the chosen cases leave its proof out`,
    hint: 'choose its kernel case too: see sevlane list, --label-filter, --focus, --skip and --require',
    causes: [],
  };
}

function unexplained(row: PhaseResult | CaseResult | ConnectionRow | RunResult): Finding {
  const where = 'title' in row ? `case ${row.title}` : `phase ${row.name}`;
  return { blame: 'internal', where, message: `${row.outcome} without a word why`, causes: [] };
}

function nothingExecuted(cases: readonly CaseResult[]): Finding {
  const why = cases.find(({ reason }) => reason !== undefined)?.reason;
  const leftOut = `all ${cases.length} planned cases were left out, so nothing was proven`;
  const message = cases.length === 0 ? 'no case was planned, so nothing was proven' : leftOut;
  return {
    blame: 'usage',
    where: 'run',
    message: why === undefined ? message : `${message}: ${why}`,
    hint: 'choose cases that fit: see sevlane list, --label-filter, --focus, --skip and --require',
    causes: [],
  };
}

function tellAll(worst: Finding, findings: readonly Finding[], rows: Rows): string {
  const alike = findings.filter(({ blame }) => blame === worst.blame);
  if (worst.blame === 'interrupted') return `${worst.message}${progress(rows)}`;
  if (worst.blame === 'usage' && alike.length > 1) return `${alike.length} mistakes: ${alike.map(tell).join('; ')}`;
  // What a phase tells is the whole story; of failed cases there may be many.
  const isOfCase = rows.cases.some(({ finding }) => finding === worst);
  const more = isOfCase ? alike.length - 1 : 0;
  return more === 0 ? tell(worst) : `${tell(worst)}; and ${more} more failed`;
}

function progress({ phases, cases }: Rows): string {
  const at = phases.find(({ outcome, ms }) => outcome === 'not-run' && ms > 0)?.name;
  const passed = cases.filter(({ outcome }) => outcome === 'passed').length;
  const where = at === undefined ? '' : ` in phase ${at}`;
  return cases.length === 0 ? where : `${where}; ${passed} of ${cases.length} cases had passed`;
}

function passedLine({ subject }: RunRecord, { cases, phases }: Rows): string {
  const passed = cases.filter(({ outcome }) => outcome === 'passed');
  const kinds = TECHNOLOGIES.filter((technology) => isProven(technology, cases));
  const counted = `${passed.length} ${passed.length === 1 ? 'case' : 'cases'}`;
  const proven =
    kinds.length === 0 ? `${counted} without an encrypted guest` : `${listed(kinds.map(technologyName))} guests`;
  const kubevirt = subject.kubevirt === undefined ? '' : ` on KubeVirt ${subject.kubevirt}`;
  const kind = subject.simulated ? 'simulated node' : 'node';
  const node = subject.node === undefined ? ` on a ${kind}` : `, ${kind} ${subject.node}`;
  const unread = phases.some(({ name, outcome }) => name === 'probe' && outcome === 'skipped');
  const asides = `${unread ? '; the host itself was not read' : ''}${subject.simulated ? '; nothing is proven on hardware' : ''}`;
  return `passed: ${proven}${kubevirt}${node}${asides}`;
}

function listed(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}
