import type { Call } from './environment.ts';
import { type Input, lineList, readInputs } from './files.ts';
import { lastValue, type Options, takeOptions } from './options.ts';

const LONG = {
  'ignore-case': 'i',
  'invert-match': 'v',
  count: 'c',
  quiet: 'q',
  silent: 'q',
  'extended-regexp': 'E',
  'fixed-strings': 'F',
  'perl-regexp': 'P',
  'only-matching': 'o',
  'word-regexp': 'w',
  'line-regexp': 'x',
  'line-number': 'n',
  'no-messages': 's',
  'no-filename': 'h',
  'with-filename': 'H',
  'files-with-matches': 'l',
  'max-count': 'm',
  regexp: 'e',
  color: 'K',
  colour: 'K',
  text: 'a',
};

/** GNU grep: `-i -v -c -q -E -F -P -o -w -x -n -s -h -H -l -m -e -r --color` over files or the standard input. */
export async function grep(call: Call): Promise<number> {
  const options = takeOptions(call.args, 'ivcqEFGPowxnshHlaKm:e:', LONG);
  if ('problem' in options) {
    call.err(`grep: ${options.problem}\nUsage: grep [OPTION]... PATTERNS [FILE]...\n`);
    return 2;
  }
  const [first, ...others] = options.rest;
  const patterns = options.values.get('e') ?? (first === undefined ? undefined : [first]);
  if (patterns === undefined) {
    call.err('Usage: grep [OPTION]... PATTERNS [FILE]...\n');
    return 2;
  }
  const files = options.values.has('e') ? options.rest : others;
  const err = options.given.has('s') ? () => {} : call.err;
  const { inputs, failed } = await readInputs(files, { ...call, name: 'grep', err });
  const pattern = compile(
    patterns.flatMap((text) => text.split('\n')),
    options.given,
  );
  if (pattern === undefined) {
    call.err('grep: Invalid regular expression\n');
    return 2;
  }
  const named = options.given.has('H') || (inputs.length > 1 && !options.given.has('h'));
  const hits = inputs.map((input) => search(input, { pattern, options, named, call }));
  if (failed && !(options.given.has('q') && hits.includes(true))) return 2;
  return hits.includes(true) ? 0 : 1;
}

interface Search {
  readonly pattern: RegExp;
  readonly options: Options;
  readonly named: boolean;
  readonly call: Call;
}

function search({ path, text }: Input, { pattern, options, named, call }: Search): boolean {
  const { given } = options;
  const most = Number(lastValue(options, 'm') ?? Number.POSITIVE_INFINITY);
  const hits = lineList(text)
    .map((line, index) => ({ line, number: index + 1 }))
    .filter(({ line }) => line.search(pattern) >= 0 !== given.has('v'))
    .slice(0, most);
  const mark = isColoured(options, call) ? painted : (match: string) => match;
  const name = path ?? '(standard input)';
  const prefix = named ? `${name}:` : '';
  if (given.has('q')) return hits.length > 0;
  if (given.has('l')) call.out(hits.length > 0 ? `${name}\n` : '');
  else if (given.has('c')) call.out(`${prefix}${hits.length}\n`);
  else {
    for (const { line, number } of hits) {
      const found = given.has('o')
        ? [...line.matchAll(pattern)].flatMap(([match]) => (match === '' ? [] : mark(match)))
        : [given.has('v') ? line : line.replace(pattern, mark)];
      for (const shown of found) call.out(`${prefix}${given.has('n') ? `${number}:` : ''}${shown}\n`);
    }
  }
  return hits.length > 0;
}

function isColoured(options: Options, { out, shell }: Call): boolean {
  const when = lastValue(options, 'K') ?? (options.given.has('K') ? 'auto' : 'never');
  return when === 'always' || (when === 'auto' && out === shell.machine.terminal);
}

function painted(match: string): string {
  return match === '' ? '' : `\x1b[01;31m\x1b[K${match}\x1b[m\x1b[K`;
}

function compile(patterns: readonly string[], given: ReadonlySet<string>): RegExp | undefined {
  const sources = patterns.map((pattern) => {
    const source = given.has('F') ? pattern.replace(/[.*+?^${}()|[\]\\]/g, '\\$&') : translate(pattern, given);
    if (given.has('x')) return `^(?:${source})$`;
    return given.has('w') ? `(?<!\\w)(?:${source})(?!\\w)` : `(?:${source})`;
  });
  try {
    return new RegExp(sources.join('|'), given.has('i') ? 'gi' : 'g');
  } catch {
    return undefined;
  }
}

function translate(pattern: string, given: ReadonlySet<string>): string {
  return given.has('P') ? pattern : toRegExpSource(pattern, given.has('E'));
}

/** A POSIX regular expression as JavaScript has it; in a basic one bare `+?|(){}` stand for themselves. */
export function toRegExpSource(pattern: string, extended: boolean): string {
  const classes = pattern.replace(/\[:(\w+):\]/g, (all, name) => CLASSES[name] ?? all).replace(/\\[<>]/g, '\\b');
  if (extended) return classes;
  return classes.replace(
    /\\([+?|(){}])|(\[[^\]]*\])|([+?|(){}])/g,
    (_, escaped, set, bare) => escaped ?? set ?? `\\${bare}`,
  );
}

const CLASSES: Readonly<Record<string, string>> = {
  space: '\\s',
  blank: ' \\t',
  digit: '0-9',
  alpha: 'A-Za-z',
  alnum: 'A-Za-z0-9',
  upper: 'A-Z',
  lower: 'a-z',
  xdigit: '0-9A-Fa-f',
};
