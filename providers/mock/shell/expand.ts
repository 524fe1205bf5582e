import { evaluate } from './arithmetic.ts';
import { expandBraces } from './braces.ts';
import { homeOf, type Shell } from './environment.ts';
import { globRegExp } from './glob.ts';
import type { Part, Script, Word } from './syntax.ts';
import { expandGlob } from './tree.ts';

/** Runs a script for `$(…)` and gives what it printed. */
export type Capture = (script: Script) => Promise<string>;

/** Words as they reach a program: variables and substitutions worked out, split at blanks, patterns expanded. */
export async function expandWords(words: readonly Word[], shell: Shell, capture: Capture): Promise<string[]> {
  const fields: string[] = [];
  for (const word of words.flatMap(expandBraces)) fields.push(...(await expandWord(word, shell, capture)));
  return fields;
}

/** A word as one text, as in an assignment or the target of a redirection. */
export async function expandText(word: Word, shell: Shell, capture: Capture): Promise<string> {
  let text = '';
  for (const part of word) text += await partText(part, shell, capture);
  return text.replace(/^~(?=\/|$)/, word[0]?.kind === 'text' && !word[0].quoted ? homeOf(shell.user) : '~');
}

interface Piece {
  readonly text: string;
  readonly quoted: boolean;
}

async function expandWord(word: Word, shell: Shell, capture: Capture): Promise<string[]> {
  const [first] = word;
  if (word.length <= 2 && word.at(-1)?.kind === 'variable' && word.every(isAllArguments)) return [...shell.positional];
  let fields: Piece[][] = [[]];
  for (const part of word) {
    const value = await partText(part, shell, capture);
    if (part.quoted || part.kind === 'text') fields.at(-1)?.push({ text: value, quoted: part.quoted });
    else fields = appendSplit(fields, value);
  }
  const withHome = first?.kind === 'text' && !first.quoted && /^~(\/|$)/.test(first.text);
  return fields
    .filter((field) => field.length > 0)
    .flatMap((field) => globbed(field, shell))
    .map((field) => (withHome ? field.replace(/^~/, homeOf(shell.user)) : field));
}

/** `"$@"` stays one field an argument; the empty text before it is the opening quote. */
function isAllArguments(part: Part, index: number): boolean {
  if (part.kind === 'text') return index === 0 && part.text === '' && part.quoted;
  return part.kind === 'variable' && part.name === '@';
}

function appendSplit(fields: Piece[][], value: string): Piece[][] {
  const words = value.split(/[ \t\n]+/);
  const grown = [...fields];
  for (const [index, text] of words.entries()) {
    if (index > 0 && (grown.at(-1)?.length ?? 0) > 0) grown.push([]);
    if (text !== '') grown.at(-1)?.push({ text, quoted: false });
  }
  return grown;
}

function globbed(field: readonly Piece[], shell: Shell): readonly string[] {
  const text = field.map((piece) => piece.text).join('');
  if (!field.some((piece) => !piece.quoted && /[*?[]/.test(piece.text))) return [text];
  const pattern = field.map((piece) => (piece.quoted ? piece.text.replace(/[*?[]/g, '[$&]') : piece.text)).join('');
  const found = expandGlob(pattern, shell.cwd, shell.machine.tree);
  return found.length > 0 ? found : [text];
}

async function partText(part: Part, shell: Shell, capture: Capture): Promise<string> {
  switch (part.kind) {
    case 'text':
      return part.text;
    case 'substitution':
      return (await capture(part.script)).replace(/\n+$/, '');
    case 'arithmetic':
      return String(evaluate(await expandText(part.expression, shell, capture), (name) => lookUp(name, shell) ?? '0'));
    case 'variable':
      return await variableText(part, shell, capture);
  }
}

type Variable = Extract<Part, { readonly kind: 'variable' }>;

async function variableText({ name, modifier }: Variable, shell: Shell, capture: Capture): Promise<string> {
  const value = lookUp(name, shell);
  const operator = modifier?.operator;
  if (modifier === undefined || operator === undefined) {
    if (value === undefined && shell.options.has('nounset')) throw new UnboundVariable(name);
    return value ?? '';
  }
  if (operator === 'length') return String((value ?? '').length);
  if (/^[#%]/.test(operator)) {
    return trimmed(value ?? '', operator, await expandText(modifier.word, shell, capture));
  }
  const present = value !== undefined && (!operator.startsWith(':') || value !== '');
  const useWord = operator.endsWith('-') ? !present : present;
  return useWord ? await expandText(modifier.word, shell, capture) : present ? (value ?? '') : '';
}

/** What is left when a pattern is taken off the beginning (`#`) or the end (`%`); doubled: as much as possible. */
function trimmed(value: string, operator: string, pattern: string): string {
  const matches = globRegExp(pattern);
  const cuts = Array.from({ length: value.length + 1 }, (_, cut) => cut);
  const fromStart = operator.startsWith('#');
  // Cutting much first means: for `#` the longest beginning, for `%` the earliest place.
  if ((operator.length === 2) === fromStart) cuts.reverse();
  for (const cut of cuts) {
    if (matches.test(fromStart ? value.slice(0, cut) : value.slice(cut))) {
      return fromStart ? value.slice(cut) : value.slice(0, cut);
    }
  }
  return value;
}

/** A variable that is not set, under `set -u`. */
export class UnboundVariable extends Error {
  override readonly name = 'UnboundVariable';
  constructor(variable: string) {
    super(`${variable}: unbound variable`);
  }
}

function lookUp(name: string, shell: Shell): string | undefined {
  if (/^[1-9]$/.test(name)) return shell.positional[Number(name) - 1];
  const special: Readonly<Record<string, () => string>> = {
    '?': () => String(shell.status),
    '#': () => String(shell.positional.length),
    '@': () => shell.positional.join(' '),
    '*': () => shell.positional.join(' '),
    '0': () => 'bash',
    $: () => '4711',
    '!': () => '',
    '-': () => 'hBc',
    PWD: () => shell.cwd,
    USER: () => shell.user,
    LOGNAME: () => shell.user,
    HOME: () => homeOf(shell.user),
    HOSTNAME: () => shell.machine.hostname,
    PATH: () => '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin',
    SHELL: () => '/bin/bash',
    LANG: () => 'C.UTF-8',
  };
  return shell.variables.get(name) ?? (Object.hasOwn(special, name) ? special[name]?.() : undefined);
}
