import type { Call } from './environment.ts';
import { lineList, readInputs } from './files.ts';
import { toRegExpSource } from './grep.ts';
import { takeOptions } from './options.ts';

/** `sed` as far as probes use it: `-n -E`, addresses `N`, `$`, `/re/` and ranges, commands `p d q s///gip`. */
export async function sed(call: Call): Promise<number> {
  const options = takeOptions(call.args, 'nErsie:', {
    quiet: 'n',
    silent: 'n',
    'regexp-extended': 'E',
    expression: 'e',
  });
  if ('problem' in options) {
    call.err(`sed: ${options.problem}\n`);
    return 1;
  }
  if (options.given.has('i')) {
    call.err("sed: couldn't open temporary file: Read-only file system\n");
    return 4;
  }
  const [first = '', ...others] = options.rest;
  const scripts = options.values.get('e') ?? [first];
  const extended = options.given.has('E') || options.given.has('r');
  const commands = scripts.flatMap((script) => readCommands(script, extended));
  const wrong = commands.find((command) => 'problem' in command);
  if (wrong !== undefined && 'problem' in wrong) {
    call.err(`sed: -e expression #1, char 1: ${wrong.problem}\n`);
    return 1;
  }
  const { inputs, failed } = await readInputs(options.values.has('e') ? options.rest : others, call);
  const lines = inputs.flatMap((input) => lineList(input.text));
  const good = commands.filter((command): command is Command => !('problem' in command));
  call.out(
    edit(lines, good, options.given.has('n'))
      .map((line) => `${line}\n`)
      .join(''),
  );
  return failed ? 2 : 0;
}

interface Command {
  readonly from: string | undefined;
  readonly to: string | undefined;
  readonly negated: boolean;
  readonly letter: string;
  readonly pattern: RegExp | undefined;
  readonly replacement: string;
  readonly flags: string;
  active: boolean;
}

const ADDRESS = String.raw`(\d+|\$|/(?:[^/\\]|\\.)*/)`;

function readCommands(script: string, extended: boolean): (Command | { readonly problem: string })[] {
  const found: (Command | { readonly problem: string })[] = [];
  let rest = script.trim();
  while (rest !== '') {
    const head = new RegExp(`^(?:${ADDRESS}(?:,${ADDRESS})?)?\\s*(!?)\\s*([pdqs=])`).exec(rest);
    if (head === null) return [...found, { problem: `unknown command: \`${rest[0]}'` }];
    const [all, from, to, bang, letter = ''] = head;
    rest = rest.slice(all.length);
    const parts = letter === 's' ? /^(.)((?:\\.|(?!\1).)*)\1((?:\\.|(?!\1).)*)\1([gip]*)/s.exec(rest) : null;
    if (letter === 's' && parts === null) return [...found, { problem: "unterminated `s' command" }];
    const [whole = '', , pattern = '', replacement = '', flags = ''] = parts ?? [];
    const source = toRegExpSource(pattern, extended);
    const compiled = compile(source, flags.replace('p', ''));
    if (compiled === undefined) return [...found, { problem: 'Invalid regular expression' }];
    const rule = letter === 's' ? compiled : undefined;
    found.push({ from, to, negated: bang === '!', letter, pattern: rule, replacement, flags, active: false });
    rest = rest.slice(whole.length).replace(/^\s*[;\n}]?\s*/, '');
  }
  return found;
}

function compile(source: string, flags: string): RegExp | undefined {
  try {
    return new RegExp(source, flags);
  } catch {
    return undefined;
  }
}

function edit(lines: readonly string[], commands: readonly Command[], quiet: boolean): readonly string[] {
  const printed: string[] = [];
  for (const [index, original] of lines.entries()) {
    let line = original;
    let deleted = false;
    let quit = false;
    for (const command of commands) {
      if (isAddressed(command, { line, number: index + 1, isLast: index === lines.length - 1 }) === command.negated)
        continue;
      if (command.letter === 'p') printed.push(line);
      if (command.letter === '=') printed.push(String(index + 1));
      if (command.letter === 'q') quit = true;
      if (command.letter === 'd') deleted = true;
      if (command.pattern !== undefined) {
        const changed = line.replace(command.pattern, toReplacement(command.replacement));
        if (changed !== line && command.flags.includes('p')) printed.push(changed);
        line = changed;
      }
      if (deleted || quit) break;
    }
    if (!deleted && !quiet) printed.push(line);
    if (quit) break;
  }
  return printed;
}

interface Position {
  readonly line: string;
  readonly number: number;
  readonly isLast: boolean;
}

function isAddressed(command: Command, position: Position): boolean {
  if (command.from === undefined) return true;
  if (command.to === undefined) return isAt(command.from, position);
  if (!command.active && isAt(command.from, position)) {
    // A range whose end lies before its beginning is one line long.
    command.active = !(Number(command.to) <= position.number);
    return true;
  }
  if (!command.active) return false;
  if (isAt(command.to, position)) command.active = false;
  return true;
}

function isAt(address: string, { line, number, isLast }: Position): boolean {
  if (address === '$') return isLast;
  if (address.startsWith('/')) return compile(toRegExpSource(address.slice(1, -1), false), '')?.test(line) ?? false;
  return Number(address) === number;
}

function toReplacement(text: string): string {
  return text
    .replace(/\$/g, '$$$$')
    .replace(/\\([0-9&/n\\])|&/g, (all, sign) =>
      all === '&' ? '$&' : /[0-9]/.test(sign) ? `$${sign}` : sign === 'n' ? '\n' : sign,
    );
}
