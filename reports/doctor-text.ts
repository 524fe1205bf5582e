import { styleText } from 'node:util';
import { CHECK_GROUPS, type CheckGroup, type CheckResult, type CheckVerdict } from '../harness/model/check.ts';
import { spokenTime } from '../harness/model/spoken-time.ts';
import { TECHNOLOGIES, technologyName } from '../harness/model/technology.ts';
import { countsText, type DoctorReport } from './doctor-report.ts';
import { oneLine } from './plain-text.ts';

/** How the text is shown: a terminal gets colours and lines that fit, anything else whole lines. */
export interface DoctorView {
  readonly isTerminal: boolean;
  readonly columns: number;
}

const WORDS: Readonly<Record<CheckVerdict, string>> = {
  ok: 'ok',
  note: 'note',
  warning: 'warning',
  fatal: 'FATAL',
  unread: 'not read',
};
const COLOURS = { ok: 'green', note: 'cyan', warning: 'yellow', fatal: 'red', unread: 'magenta' } as const;
const WIDTH = 8;

/**
 * The verdict first, then every check by group, aligned; below each that is not well what was expected, why it matters
 * and what to do. Last what the node can give, and the count.
 */
export function doctorText(report: DoctorReport, view: DoctorView): string {
  const titles = report.checks.map(({ title }) => title.length);
  const width = Math.min(Math.max(0, ...titles), 60);
  return [
    oneLine(report.verdict),
    ...(report.hint === undefined ? [] : [`  what to do  ${oneLine(report.hint)}`]),
    ...CHECK_GROUPS.flatMap((group) => groupLines(group, report.checks, { ...view, width })),
    ...capabilityLines(report),
    '',
    `${report.checks.length} checks in ${spokenTime(report.ms)}: ${countsText(report.counts)}`,
    '',
  ].join('\n');
}

type Layout = DoctorView & { readonly width: number };

function groupLines(group: CheckGroup, checks: readonly CheckResult[], layout: Layout): readonly string[] {
  const own = checks.filter((check) => check.group === group);
  return own.length === 0 ? [] : ['', group, ...own.flatMap((check) => checkLines(check, layout))];
}

function checkLines(
  { title, verdict, read, from, expected, why, action }: CheckResult,
  layout: Layout,
): readonly string[] {
  const { isTerminal, columns, width } = layout;
  const word = WORDS[verdict].padEnd(WIDTH);
  const shown = isTerminal ? styleText(COLOURS[verdict], word, { validateStream: false }) : word;
  const text = `${oneLine(title).padEnd(width)}  ${oneLine(read)}`;
  const room = columns - WIDTH - 3;
  const line = `  ${shown} ${isTerminal && text.length > room && isFine(verdict) ? `${text.slice(0, Math.max(1, room - 1))}…` : text}`;
  if (isFine(verdict)) return [line];
  const more = [
    `from      ${oneLine(from)}`,
    `expected  ${oneLine(expected)}`,
    `matters   ${oneLine(why)}`,
    ...(action === undefined ? [] : [`do        ${oneLine(action)}`]),
  ];
  return [line, ...more.map((each) => `  ${' '.repeat(WIDTH)} ${each}`)];
}

function isFine(verdict: CheckVerdict): boolean {
  return verdict === 'ok' || verdict === 'note';
}

function capabilityLines({ capabilities }: DoctorReport): readonly string[] {
  if (capabilities === undefined) return [];
  return [
    '',
    'the node can give',
    ...TECHNOLOGIES.map((technology) => {
      const { given, guestsAtOnce, reason } = capabilities.technologies[technology];
      const count = guestsAtOnce === undefined ? '' : `, ${guestsAtOnce} at once`;
      return `  ${technologyName(technology).padEnd(WIDTH)} ${given}${given === 'yes' ? count : ''}: ${oneLine(reason)}`;
    }),
    ...capabilities.changes.map((change) => `  expect ${oneLine(change)}`),
  ];
}
