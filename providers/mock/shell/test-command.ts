import type { Call, Shell } from './environment.ts';
import { globRegExp } from './glob.ts';
import { mayRead } from './permission.ts';
import { resolvePath } from './tree.ts';

/** `test`, `[` and `[[` without its inner `&&`: files, texts, numbers, `!`, `-a`, `-o`. */
export function runTest({ name, args, shell, err }: Call): number {
  const close = name === '[' ? ']' : name === '[[' ? ']]' : undefined;
  if (close !== undefined && args.at(-1) !== close) {
    err(`${shell.self}: ${name}: missing \`${close}'\n`);
    return 2;
  }
  const result = either(close === undefined ? args : args.slice(0, -1), { shell, patterns: name === '[[' });
  if (typeof result === 'boolean') return result ? 0 : 1;
  err(`${shell.self}: ${name}: ${result.problem}\n`);
  return 2;
}

type Verdict = boolean | { readonly problem: string };

interface Context {
  readonly shell: Shell;
  readonly patterns: boolean;
}

function either(words: readonly string[], context: Context): Verdict {
  const or = words.indexOf('-o', 1);
  if (or > 0)
    return combined(either(words.slice(0, or), context), either(words.slice(or + 1), context), (a, b) => a || b);
  const and = words.indexOf('-a', 1);
  if (and > 0)
    return combined(either(words.slice(0, and), context), either(words.slice(and + 1), context), (a, b) => a && b);
  return single(words, context);
}

function combined(a: Verdict, b: Verdict, join: (a: boolean, b: boolean) => boolean): Verdict {
  if (typeof a !== 'boolean') return a;
  return typeof b === 'boolean' ? join(a, b) : b;
}

function single(words: readonly string[], context: Context): Verdict {
  const [a = '', b = '', c = ''] = words;
  if (words.length === 0) return false;
  if (a === '!' && words.length > 1) {
    const inner = single(words.slice(1), context);
    return typeof inner === 'boolean' ? !inner : inner;
  }
  if (words.length === 1) return a !== '';
  if (words.length === 2) return unary(a, b, context.shell);
  if (words.length === 3) return binary(a, b, c, context);
  return { problem: 'too many arguments' };
}

function unary(operator: string, value: string, shell: Shell): Verdict {
  if (operator === '-n') return value !== '';
  if (operator === '-z') return value === '';
  if (operator === '-t') return false;
  const entry = shell.machine.tree.entry(resolvePath(value, shell.cwd));
  switch (operator) {
    case '-e':
    case '-a':
      return entry !== undefined;
    case '-f':
      return entry?.kind === 'text';
    case '-d':
      return entry?.kind === 'directory';
    case '-c':
      return entry?.kind === 'device';
    case '-s':
      return entry?.kind === 'directory' || (entry?.kind === 'text' && entry.content !== '');
    case '-r':
      return entry !== undefined && mayRead(entry, shell.user);
    case '-w':
      return entry !== undefined && (shell.user === 'root' || (entry.mode & 0o002) !== 0);
    case '-x':
      return entry?.kind === 'directory';
    case '-b':
    case '-L':
    case '-h':
    case '-p':
    case '-S':
      return false;
    default:
      return { problem: `${operator}: unary operator expected` };
  }
}

function matches(text: string, pattern: string): Verdict {
  try {
    return new RegExp(pattern).test(text);
  } catch {
    return { problem: `${pattern}: invalid regular expression` };
  }
}

const NUMBERS: Readonly<Record<string, (a: number, b: number) => boolean>> = {
  '-eq': (a, b) => a === b,
  '-ne': (a, b) => a !== b,
  '-lt': (a, b) => a < b,
  '-le': (a, b) => a <= b,
  '-gt': (a, b) => a > b,
  '-ge': (a, b) => a >= b,
};

function binary(a: string, operator: string, b: string, { patterns }: Context): Verdict {
  if (operator === '=' || operator === '==') return patterns ? globRegExp(b).test(a) : a === b;
  if (operator === '!=') return patterns ? !globRegExp(b).test(a) : a !== b;
  if (operator === '=~' && patterns) return matches(a, b);
  const compare = NUMBERS[operator];
  if (compare === undefined) return { problem: `${operator}: binary operator expected` };
  const wrong = [a, b].find((text) => !/^\s*[-+]?\d+\s*$/.test(text));
  return wrong === undefined ? compare(Number(a), Number(b)) : { problem: `${wrong}: integer expression expected` };
}
