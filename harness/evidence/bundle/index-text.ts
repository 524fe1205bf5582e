import { spokenTime } from '../../model/spoken-time.ts';
import { type BundleFile, type BundleIndex, NONE, type NotRead } from './contents.ts';
import { clockWords } from './timeline.ts';

/** Folders of a bundle in the order in which a reader wants them, and what stands in them. */
const PLACES: readonly (readonly [folder: string, words: string])[] = [
  ['', 'Start here'],
  ['guest', 'The guest and its launcher'],
  ['events', 'Events'],
  ['logs', 'Logs'],
  ['objects', 'Objects, as YAML'],
  ['host', 'The host'],
];

/** index.md: what failed, what is where, and what is not there and why. */
export function indexText(index: BundleIndex): string {
  const { of, row, finding, files, notRead, beganAt, failedAt, tookMs, short, clock } = index;
  const none = notRead.filter(isNone);
  const missing = notRead.filter((each) => !isNone(each));
  return [
    `# ${of === 'case' ? 'Case' : 'Phase'} ${row}`,
    '',
    `**${finding.blame}: ${oneLine(finding.message)}**`,
    '',
    ...finding.causes.map((cause) => `- because: ${oneLine(cause)}`),
    ...(finding.hint === undefined ? [] : [`- what to do: ${oneLine(finding.hint)}`]),
    `- began ${beganAt}, failed ${failedAt}; collected in ${spokenTime(tookMs)}`,
    ...(short === undefined ? [] : [`- kept short: ${short}`]),
    `- ${clockWords(clock)}`,
    '',
    ...causes(index),
    ...PLACES.flatMap(([folder, words]) =>
      table(
        words,
        files.filter(({ file }) => folderOf(file) === folder),
      ),
    ),
    ...list('What could not be read, and why', missing),
    ...list('What there was none of', none),
  ].join('\n');
}

function causes({ knownCauses }: BundleIndex): readonly string[] {
  if (knownCauses.length === 0) return [];
  const lines = knownCauses.flatMap(({ cause, action, source, line, from }) => [
    `- ${oneLine(cause)}`,
    `  - what to do: ${oneLine(action)}`,
    `  - in [${from}](${from}): \`${oneLine(line).replaceAll('`', "'")}\` (${source})`,
  ]);
  return ['## Known texts in what was collected', '', 'They explain and decide nothing.', '', ...lines, ''];
}

function folderOf(file: string): string {
  return file.includes('/') ? file.slice(0, file.indexOf('/')) : '';
}

function isNone({ why }: NotRead): boolean {
  return why === NONE;
}

function table(words: string, files: readonly BundleFile[]): readonly string[] {
  if (files.length === 0) return [];
  const sorted = [...files].sort((one, other) => one.file.localeCompare(other.file));
  return [
    `## ${words}`,
    '',
    '| file | what | read from | bytes |',
    '|---|---|---|---|',
    ...sorted.map((each) => {
      const cells = [`[${each.file}](${each.file})`, whole(each), each.from, String(each.sizeBytes)];
      return `| ${cells.map(cell).join(' | ')} |`;
    }),
    '',
  ];
}

function whole({ what, leftOutBytes, remark }: BundleFile): string {
  const cut = leftOutBytes === undefined ? [] : [`${leftOutBytes} bytes of its middle are left out`];
  return [what, ...cut, ...(remark === undefined ? [] : [remark])].join('; ');
}

function list(words: string, items: readonly NotRead[]): readonly string[] {
  if (items.length === 0) return [];
  return [`## ${words}`, '', ...items.map(({ what, why }) => `- ${oneLine(what)}: ${oneLine(why)}`), ''];
}

function cell(text: string): string {
  return oneLine(text).replaceAll('|', '\\|');
}

function oneLine(text: string): string {
  return text.replace(/\s*\n\s*/g, '; ').trim();
}
