import { dmesg } from './dmesg.ts';
import { grep } from './grep.ts';
import { bad, type CallContext, cat, type GuestSystem, lineList, type Outcome, ok, type Program } from './program.ts';

/** Runs one program. Undefined: there is no program of this name. */
export function runProgram(argv: readonly string[], context: CallContext): Outcome | undefined {
  const [name = '', ...args] = argv;
  const program = PROGRAMS[name.replace(/^\/(?:usr\/)?s?bin\//, '')];
  return program?.(args, context);
}

const PROGRAMS: Readonly<Record<string, Program>> = {
  true: () => ok(''),
  ':': () => ok(''),
  false: () => bad(''),
  echo: (args) => (args[0] === '-n' ? ok(args.slice(1).join(' ')) : ok(`${args.join(' ')}\n`)),
  printf: ([format = '', ...values]) => ok(printf(format, values)),
  hostname: (_, { system }) => ok(`${system.hostname}\n`),
  whoami: (_, { user }) => ok(`${user}\n`),
  id: (args, { user }) => ok(identity(args, user)),
  pwd: (_, { cwd }) => ok(`${cwd}\n`),
  tty: () => ok('/dev/ttyS0\n'),
  sync: () => ok(''),
  clear: () => ok('\x1b[H\x1b[2J'),
  uname: (args, { system }) => ok(`${uname(args, system)}\n`),
  dmesg,
  cat,
  grep: (args, context) => grep(args, context, false),
  egrep: (args, context) => grep(args, context, true),
  head: (args, context) => cut(args, context, (lines, count) => lines.slice(0, count)),
  tail: (args, context) => cut(args, context, (lines, count) => (count === 0 ? [] : lines.slice(-count))),
  wc: (args, { stdin }) => (args[0] === '-l' ? ok(`${lineList(stdin).length}\n`) : bad('wc: only -l is here\n')),
  ls,
  lscpu: (_, { system }) => ok(lscpu(system.file('/proc/cpuinfo') ?? '')),
};

function printf(format: string, values: readonly string[]): string {
  let next = 0;
  return format
    .replace(/\\n/g, '\n')
    .replace(/\\r/g, '\r')
    .replace(/\\t/g, '\t')
    .replace(/%[sd]/g, () => values[next++] ?? '');
}

function identity(args: readonly string[], user: string): string {
  const id = user === 'root' ? 0 : 1000;
  if (args[0] === '-u') return `${id}\n`;
  if (args[0] === '-un') return `${user}\n`;
  const groups = user === 'root' ? '0(root)' : `1000(${user}),4(adm),10(wheel),190(systemd-journal)`;
  const context = 'unconfined_u:unconfined_r:unconfined_t:s0-s0:c0.c1023';
  return `uid=${id}(${user}) gid=${id}(${user}) groups=${groups} context=${context}\n`;
}

function uname(args: readonly string[], system: GuestSystem): string {
  const machine = 'x86_64';
  const all = { s: 'Linux', n: system.hostname, r: system.kernelRelease, v: system.kernelVersion, m: machine } as const;
  const letters = args.join('').replace(/-/g, '');
  if (letters.includes('a')) return `${Object.values(all).join(' ')} ${machine} ${machine} GNU/Linux`;
  const asked = (Object.keys(all) as (keyof typeof all)[]).filter((letter) => letters.includes(letter));
  return (asked.length === 0 ? [all.s] : asked.map((letter) => all[letter])).join(' ');
}

function ls(args: readonly string[], { system }: CallContext): Outcome {
  const paths = args.filter((arg) => !arg.startsWith('-'));
  const absent = paths.filter((path) => system.file(path) === undefined);
  const err = absent.map((path) => `ls: cannot access '${path}': No such file or directory\n`).join('');
  const found = paths.filter((path) => !absent.includes(path));
  return { out: found.map((path) => `${path}\n`).join(''), err, status: absent.length > 0 ? 2 : 0 };
}

function cut(
  args: readonly string[],
  context: CallContext,
  keep: (lines: readonly string[], count: number) => readonly string[],
): Outcome {
  const joined = args.join(' ');
  const count = Number(/(?:-n ?|^-|--lines=)(\d+)/.exec(joined)?.[1] ?? 10);
  const files = args.filter((arg, at) => !arg.startsWith('-') && args[at - 1] !== '-n');
  const input = files.length === 0 ? ok(context.stdin) : cat(files, context);
  const kept = keep(lineList(input.out), count);
  return { ...input, out: kept.map((line) => `${line}\n`).join('') };
}

function lscpu(cpuinfo: string): string {
  const field = (name: string) => new RegExp(`^${name}\\s*: (.*)$`, 'm').exec(cpuinfo)?.[1] ?? '';
  const count = [...cpuinfo.matchAll(/^processor\s*:/gm)].length;
  const row = (label: string, value: string | number) => `${`${label}:`.padEnd(33)}${value}\n`;
  return [
    row('Architecture', 'x86_64'),
    row('CPU(s)', count),
    row('Vendor ID', field('vendor_id')),
    row('Model name', field('model name')),
    row('Flags', field('flags')),
  ].join('');
}
