import { bad, type CallContext, cat, lineList, type Outcome, ok } from './program.ts';

/** GNU grep with the options that people type, coloured as Fedora's alias does. */
export function grep(args: readonly string[], context: CallContext, extended: boolean): Outcome {
  const options = grepOptions(args, extended);
  if (typeof options === 'string') return bad(`grep: ${options}\nUsage: grep [OPTION]... PATTERNS [FILE]...\n`, 2);
  const input = options.files.length === 0 ? ok(context.stdin) : cat(options.files, context);
  const source = options.patterns.map((pattern) => toRegExp(pattern, options)).join('|');
  const pattern = new RegExp(source, options.ignoreCase ? 'gi' : 'g');
  const hits = lineList(input.out).filter((line) => line.search(pattern) >= 0 !== options.invert);
  const err = input.err.replace(/^cat:/gm, 'grep:');
  const status = hits.length > 0 ? 0 : err === '' ? 1 : 2;
  if (options.quiet) return { out: '', err, status };
  if (options.count) return { out: `${hits.length}\n`, err, status };
  const painted = options.colour === 'always' || (options.colour === 'auto' && context.toTerminal);
  const mark = (text: string) => (painted ? `\x1b[01;31m\x1b[K${text}\x1b[m\x1b[K` : text);
  const shown = options.only
    ? hits.flatMap((line) => [...line.matchAll(pattern)].map((match) => mark(match[0])))
    : hits.map((line) => (options.invert ? line : line.replace(pattern, (text) => (text === '' ? '' : mark(text)))));
  return { out: shown.map((line) => `${line}\n`).join(''), err, status };
}

interface GrepOptions {
  extended: boolean;
  ignoreCase: boolean;
  invert: boolean;
  count: boolean;
  quiet: boolean;
  fixed: boolean;
  only: boolean;
  colour: 'never' | 'auto' | 'always';
  patterns: string[];
  files: string[];
}

function grepOptions(args: readonly string[], extended: boolean): GrepOptions | string {
  const options: GrepOptions = {
    ...{ extended, ignoreCase: false, invert: false, count: false, quiet: false, fixed: false, only: false },
    // Fedora's profile has the alias grep='grep --color=auto'.
    colour: 'auto',
    patterns: [],
    files: [],
  };
  const rest: string[] = [];
  for (const [at, arg] of args.entries()) {
    if (args[at - 1] === '-e') options.patterns.push(arg);
    else if (arg === '-e') continue;
    else if (arg.startsWith('--colo')) options.colour = (/=(never|always)$/.exec(arg)?.[1] ?? 'auto') as 'auto';
    else if (/^-[A-Za-z]+$/.test(arg)) {
      const wrong = [...arg.slice(1)].find((letter) => !setGrepFlag(options, letter));
      if (wrong !== undefined) return `invalid option -- '${wrong}'`;
    } else rest.push(arg);
  }
  if (options.patterns.length === 0) {
    const pattern = rest.shift();
    if (pattern === undefined) return 'no pattern';
    options.patterns.push(...pattern.split('\n'));
  }
  options.files = rest;
  return options;
}

function setGrepFlag(options: GrepOptions, letter: string): boolean {
  if (letter === 'E' || letter === 'P') options.extended = true;
  else if (letter === 'i') options.ignoreCase = true;
  else if (letter === 'v') options.invert = true;
  else if (letter === 'c') options.count = true;
  else if (letter === 'q') options.quiet = true;
  else if (letter === 'F') options.fixed = true;
  else if (letter === 'o') options.only = true;
  else return letter === 'a' || letter === 's' || letter === 'h';
  return true;
}

/** A POSIX pattern as JavaScript has it: in a basic one the bare signs stand for themselves and the escaped ones work. */
function toRegExp(pattern: string, { extended, fixed }: GrepOptions): string {
  if (fixed) return pattern.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  if (extended) return pattern;
  return pattern.replace(/\\([|+?(){}])|[|+?(){}]/g, (sign, escaped) => escaped ?? `\\${sign}`);
}
