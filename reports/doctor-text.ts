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
const INDENT = WIDTH + 3;
const MARGIN = ' '.repeat(INDENT);

/**
 * The verdict first, then every check by group, aligned; below each that is not well what was expected, why it matters
 * and what to do. Last what the node can give, and the count. On a terminal what is well takes one line, whatever has to
 * be cut off for that, and everything else is told whole, wrapped under its own column.
 */
export function doctorText(report: DoctorReport, view: DoctorView): string {
  const layout = { ...view, width: titleWidth(report.checks, view) };
  return [
    oneLine(report.verdict),
    ...(report.hint === undefined ? [] : hanging('  what to do  ', oneLine(report.hint), view)),
    ...CHECK_GROUPS.flatMap((group) => groupLines(group, report.checks, layout)),
    ...capabilityLines(report, view),
    '',
    `${report.checks.length} checks in ${spokenTime(report.ms)}: ${countsText(report.counts)}`,
    '',
  ].join('\n');
}

type Layout = DoctorView & { readonly width: number };

/** On a narrow terminal the titles leave half of the line to what was read. */
function titleWidth(checks: readonly CheckResult[], { isTerminal, columns }: DoctorView): number {
  const longest = Math.min(Math.max(0, ...checks.map(({ title }) => title.length)), 60);
  return isTerminal ? Math.min(longest, Math.floor(roomFor(columns) / 2)) : longest;
}

/** Beside the word of the verdict. */
function roomFor(columns: number): number {
  return Math.max(0, columns - INDENT);
}

function groupLines(group: CheckGroup, checks: readonly CheckResult[], layout: Layout): readonly string[] {
  const own = checks.filter((check) => check.group === group);
  if (own.length === 0) return [];
  const told = new Set<string>();
  const lines = own.flatMap((check) => {
    const alike = own.filter(({ verdict, read }) => verdict === 'unread' && read === check.read);
    if (check.verdict !== 'unread' || alike.length < MANY) return checkLines(check, layout);
    if (told.has(check.read)) return [];
    told.add(check.read);
    return checksAlike(alike, layout);
  });
  return ['', group, ...lines];
}

/** So many that could not be read for one reason are told together: what there is to do must not drown. */
const MANY = 3;

function checksAlike(alike: readonly CheckResult[], layout: Layout): readonly string[] {
  const [check] = alike;
  if (check === undefined) return [];
  const names = alike.map(({ id }) => id).join(', ');
  const actions = [...new Set(alike.flatMap(({ action }) => (action === undefined ? [] : [action])))];
  return [
    ...headLines({ ...check, title: `${alike.length} checks` }, layout),
    ...moreLines({ namely: names, do: actions.join('; ') }, layout),
  ];
}

function checkLines(check: CheckResult, layout: Layout): readonly string[] {
  const { verdict, from, expected, why, action } = check;
  if (isFine(verdict)) return headLines(check, layout);
  const more = { from, expected, matters: why, ...(action === undefined ? {} : { do: action }) };
  return [...headLines(check, layout), ...moreLines(more, layout)];
}

function headLines(check: CheckResult, layout: Layout): readonly string[] {
  const word = WORDS[check.verdict].padEnd(WIDTH);
  const shown = layout.isTerminal ? styleText(COLOURS[check.verdict], word, { validateStream: false }) : word;
  const [first = '', ...others] = columnsOf(check, layout);
  return [`  ${shown} ${first}`, ...others.map((each) => `${MARGIN}${each}`)];
}

function moreLines(more: Readonly<Record<string, string>>, layout: Layout): readonly string[] {
  return Object.entries(more).flatMap(([name, text]) => hanging(`${MARGIN}${name.padEnd(10)}`, oneLine(text), layout));
}

/** Title and what was read, side by side. */
function columnsOf(check: CheckResult, { isTerminal, columns, width }: Layout): readonly string[] {
  const [title, read] = [oneLine(check.title), oneLine(check.read)];
  if (!isTerminal) return [`${title.padEnd(width)}  ${read}`];
  const room = Math.max(1, roomFor(columns) - width - 2);
  if (check.verdict === 'ok') return [`${cutTo(title, width).padEnd(width)}  ${cutTo(read, room)}`];
  const [left, right] = [wrapped(title, width), wrapped(read, room)];
  const height = Math.max(left.length, right.length);
  return Array.from({ length: height }, (_, nth) =>
    `${(left[nth] ?? '').padEnd(width)}  ${right[nth] ?? ''}`.trimEnd(),
  );
}

function isFine(verdict: CheckVerdict): boolean {
  return verdict === 'ok' || verdict === 'note';
}

function capabilityLines({ capabilities }: DoctorReport, view: DoctorView): readonly string[] {
  if (capabilities === undefined) return [];
  return [
    '',
    'the node can give',
    ...TECHNOLOGIES.flatMap((technology) => {
      const { given, guestsAtOnce, reason } = capabilities.technologies[technology];
      const count = guestsAtOnce === undefined ? '' : `, ${guestsAtOnce} at once`;
      const text = `${given}${given === 'yes' ? count : ''}: ${oneLine(reason)}`;
      return hanging(`  ${technologyName(technology).padEnd(WIDTH)} `, text, view);
    }),
    ...capabilities.changes.flatMap((change) => hanging('  expect ', oneLine(change), view)),
  ];
}

/** The text behind its lead; on a terminal later lines stand under the first. */
function hanging(lead: string, text: string, { isTerminal, columns }: DoctorView): readonly string[] {
  const [first = '', ...others] = isTerminal ? wrapped(text, columns - lead.length) : [text];
  return [`${lead}${first}`, ...others.map((each) => `${' '.repeat(lead.length)}${each}`)];
}

function cutTo(text: string, room: number): string {
  return text.length > room ? `${text.slice(0, Math.max(0, room - 1))}…` : text;
}

/** At spaces; a word that is longer than a line is not broken, so that it can still be copied. */
function wrapped(text: string, room: number): readonly string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= room) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
