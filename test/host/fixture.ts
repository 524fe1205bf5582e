import { readdirSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { parseReadings } from '../../harness/host/readings.ts';
import type { HostState } from '../../harness/host/state.ts';
import { hostState } from '../../harness/host/understand.ts';

// From dist/test/host/ to the folder as it stands in the repository: the compiler copies no text.
const FOLDER = new URL('../../../test/host/fixtures/', import.meta.url);
const MARK = 'mark';

/** Names of the hosts whose answers are kept as text. */
export const FIXTURES: readonly string[] = readdirSync(FOLDER)
  .map((file) => basename(file, '.txt'))
  .sort();

/** What a host answered, by file or command; `absent` and `unreadable` stand for themselves. */
export type Answers = Readonly<Record<string, string>>;

export function fixture(name: string): Answers {
  const sections = readFileSync(new URL(`${name}.txt`, FOLDER), 'utf8')
    .split(/^=== /m)
    .slice(1);
  return Object.fromEntries(
    sections.map((section) => {
      const [head = '', ...lines] = section.split('\n');
      const marked = /^(.*): (absent|unreadable)$/.exec(head);
      return marked === null ? [head, lines.join('\n').replace(/\n$/, '')] : [marked[1] ?? '', `${MARK} ${marked[2]}`];
    }),
  );
}

/** The probe's own words, in answers that a test makes up. */
export const ABSENT = `${MARK} absent`;
export const UNREADABLE = `${MARK} unreadable`;
export const EXIT_127 = `${MARK} exit 127`;

/** What the harness makes of such answers. `times` is our clock before and after; default: the same as the host's. */
export function stateOf(answers: Answers, times?: { readonly before: number; readonly after: number }): HostState {
  const output = Object.entries(answers).map(([name, text]) => `\n${MARK} ${name}\n${text}`);
  const readings = parseReadings(`${output.join('\n')}\n\n${MARK} end\n`, { mark: MARK, what: 'probe', stderr: '' });
  return hostState(readings, times ?? { before: 1_772_524_800_200, after: 1_772_524_800_400 });
}
