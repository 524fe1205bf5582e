import { type Call, homeOf, type Program } from './environment.ts';
import { LeaveFunction, LeaveLoop, LeaveShell } from './leave.ts';
import { printf } from './printf.ts';
import { findProgram, programPath } from './programs.ts';
import { runTest } from './test-command.ts';
import { resolvePath } from './tree.ts';
import { unescaped } from './words.ts';

/** The command of this name that is part of the shell itself. */
export function findBuiltin(name: string): Program | undefined {
  return Object.hasOwn(BUILTINS, name) ? BUILTINS[name] : undefined;
}

const BUILTINS: Readonly<Record<string, Program>> = {
  ':': () => 0,
  true: () => 0,
  false: () => 1,
  echo,
  printf,
  test: runTest,
  '[': runTest,
  '[[': runTest,
  cd: changeDirectory,
  pwd: ({ out, shell }) => print(out, `${shell.cwd}\n`),
  exit: ({ args, shell }) => {
    throw new LeaveShell(Number(args[0] ?? shell.status) & 255);
  },
  return: ({ args, shell }) => {
    throw new LeaveFunction(Number(args[0] ?? shell.status) & 255);
  },
  break: () => {
    throw new LeaveLoop('break');
  },
  continue: () => {
    throw new LeaveLoop('continue');
  },
  set: setOptions,
  unset: ({ args, shell }) => {
    for (const name of args) shell.variables.delete(name);
    return 0;
  },
  export: assign,
  local: assign,
  declare: assign,
  readonly: assign,
  umask: () => 0,
  wait: () => 0,
  shift: ({ shell }) => {
    shell.positional = shell.positional.slice(1);
    return 0;
  },
  read,
  command: commandBuiltin,
  type: (call) =>
    locate(call, (name, path) => (path === undefined ? `${name} is a shell builtin` : `${name} is ${path}`)),
  exec: ({ args, shell, run, ...streams }) => (args.length === 0 ? 0 : run(args, shell, streams)),
  eval: ({ args, shell, script, ...streams }) => script(args.join(' '), shell, streams),
};

function print(out: (text: string) => void, text: string): number {
  out(text);
  return 0;
}

function echo({ args, out }: Call): number {
  const flags = args.findIndex((arg) => !/^-[neE]+$/.test(arg));
  const words = flags < 0 ? [] : args.slice(flags);
  const letters = args.slice(0, flags < 0 ? args.length : flags).join('');
  const text = words.join(' ');
  return print(out, `${letters.includes('e') ? unescaped(text) : text}${letters.includes('n') ? '' : '\n'}`);
}

function changeDirectory({ args, shell, err }: Call): number {
  const path = resolvePath(args[0] ?? homeOf(shell.user), shell.cwd);
  const entry = shell.machine.tree.entry(path);
  if (entry?.kind === 'directory') {
    shell.cwd = path;
    return 0;
  }
  err(
    `${shell.self}: cd: ${args[0] ?? ''}: ${entry === undefined ? 'No such file or directory' : 'Not a directory'}\n`,
  );
  return 1;
}

function setOptions({ args, shell }: Call): number {
  const named: Readonly<Record<string, string>> = { e: 'errexit', u: 'nounset' };
  for (const [index, arg] of args.entries()) {
    if (arg === '--') {
      shell.positional = args.slice(index + 1);
      break;
    }
    if (!/^[-+]/.test(arg)) continue;
    const change = (option: string) => (arg.startsWith('-') ? shell.options.add(option) : shell.options.delete(option));
    for (const letter of arg.slice(1)) {
      const option = letter === 'o' ? args[index + 1] : named[letter];
      if (option !== undefined) change(option);
    }
  }
  return 0;
}

function assign({ args, shell }: Call): number {
  for (const arg of args) {
    const [, name, value] = /^([A-Za-z_]\w*)=([\s\S]*)$/.exec(arg) ?? [];
    if (name !== undefined) shell.variables.set(name, value ?? '');
  }
  return 0;
}

async function read({ args, shell, stdin }: Call): Promise<number> {
  const text = await stdin();
  const end = text.indexOf('\n');
  const line = end < 0 ? text : text.slice(0, end);
  const names = args.filter((arg) => !arg.startsWith('-'));
  const words = shell.variables.get('IFS') === '' ? [line] : line.trim().split(/[ \t]+/);
  for (const [index, name] of names.entries()) {
    const isLast = index === names.length - 1;
    shell.variables.set(name, isLast ? words.slice(index).join(' ') : (words[index] ?? ''));
  }
  if (names.length === 0) shell.variables.set('REPLY', line);
  return end < 0 ? 1 : 0;
}

function commandBuiltin(call: Call): number | Promise<number> {
  const { args, shell, run, ...streams } = call;
  if (args[0] === '-v' || args[0] === '-V')
    return locate({ ...call, args: args.slice(1) }, (name, path) => path ?? name);
  return run(args[0] === '-p' ? args.slice(1) : args, shell, streams);
}

function locate({ args, out, err, name: self, shell }: Call, wording: (name: string, path?: string) => string): number {
  let status = 0;
  for (const name of args.filter((arg) => !arg.startsWith('-'))) {
    if (findBuiltin(name) !== undefined || shell.functions.has(name)) out(`${wording(name)}\n`);
    else if (findProgram(name, shell.machine) !== undefined) out(`${wording(name, programPath(name))}\n`);
    else {
      if (self === 'type') err(`${shell.self}: type: ${name}: not found\n`);
      status = 1;
    }
  }
  return status;
}
