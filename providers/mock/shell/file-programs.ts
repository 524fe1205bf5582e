import type { Call, Program } from './environment.ts';
import { print, withOptions } from './text-programs.ts';
import { type Entry, resolvePath } from './tree.ts';

/** Programs that look at files without reading them. */
export const FILE_PROGRAMS: Readonly<Record<string, Program>> = {
  ls,
  stat,
  readlink: (call) =>
    withOptions(call, 'fen', ({ rest, given }) => {
      const path = resolvePath(rest[0] ?? '', call.shell.cwd);
      if (!given.has('f') && !given.has('e')) return 1;
      return print(call, `${path}\n`);
    }),
  realpath: (call) => print(call, `${resolvePath(call.args.at(-1) ?? '.', call.shell.cwd)}\n`),
  basename: (call) => print(call, `${(call.args[0] ?? '').split('/').filter(Boolean).at(-1) ?? '/'}\n`),
  dirname: (call) => print(call, `${(call.args[0] ?? '').replace(/\/[^/]*\/?$/, '') || '/'}\n`),
};

async function ls(call: Call): Promise<number> {
  return await withOptions(call, 'la1dhnRtrZFL', ({ given, rest }) => {
    const { tree } = call.shell.machine;
    const asked = rest.length === 0 ? ['.'] : rest;
    const found = asked.map((name) => ({ name, path: resolvePath(name, call.shell.cwd) }));
    const absent = found.filter(({ path }) => tree.entry(path) === undefined);
    for (const { name } of absent) call.err(`ls: cannot access '${name}': No such file or directory\n`);
    const present = found.filter((one) => !absent.includes(one));
    const isFolder = ({ path }: { path: string }) => !given.has('d') && tree.entry(path)?.kind === 'directory';
    const line = (name: string, path: string) =>
      given.has('l') || given.has('n') ? longLine(name, path, given.has('n'), call) : name;
    for (const { name, path } of present.filter((one) => !isFolder(one))) call.out(`${line(name, path)}\n`);
    for (const [index, { name, path }] of present.filter(isFolder).entries()) {
      if (asked.length > 1) call.out(`${index > 0 || present.some((one) => !isFolder(one)) ? '\n' : ''}${name}:\n`);
      if (given.has('l')) call.out('total 0\n');
      for (const inside of tree.names(path)) call.out(`${line(inside, `${path === '/' ? '' : path}/${inside}`)}\n`);
    }
    return absent.length > 0 ? 2 : 0;
  });
}

function longLine(name: string, path: string, numbers: boolean, { shell }: Call): string {
  const entry = shell.machine.tree.entry(path);
  if (entry === undefined) return name;
  const size =
    entry.kind === 'device' ? `${entry.major}, ${String(entry.minor).padStart(3)}` : String(sizeOf(entry)).padStart(5);
  const [user, group] = numbers ? ['0', groupOf(path) === 'kvm' ? '36' : '0'] : ['root', groupOf(path)];
  const target = entry.kind === 'link' ? ` -> ${entry.target}` : '';
  return `${modeText(entry)} 1 ${user} ${group} ${size} Jan  1 00:00 ${name}${target}`;
}

async function stat(call: Call): Promise<number> {
  return await withOptions(
    call,
    'Lc:t',
    ({ rest, values }) => {
      const format =
        values.get('c')?.at(-1) ??
        '  File: %n\n  Size: %s\tType: %F\nAccess: (%#a/%A)  Uid: (    0/    root)  Gid: (    0/    %G)';
      let status = 0;
      for (const name of rest) {
        const path = resolvePath(name, call.shell.cwd);
        const entry = call.shell.machine.tree.entry(path);
        if (entry === undefined) {
          call.err(`stat: cannot statx '${name}': No such file or directory\n`);
          status = 1;
        } else
          call.out(
            `${format.replace(/%(#?)([a-zA-Z])/g, (_, __, letter) => statField(letter, { name, path, entry }))}\n`,
          );
      }
      return status;
    },
    { format: 'c', dereference: 'L' },
  );
}

interface Found {
  readonly name: string;
  readonly path: string;
  readonly entry: Entry;
}

function statField(letter: string, { name, path, entry }: Found): string {
  const kinds = {
    text: 'regular file',
    device: 'character special file',
    directory: 'directory',
    link: 'symbolic link',
  };
  const bits = { text: 0o100000, device: 0o020000, directory: 0o040000, link: 0o120000 };
  const fields: Readonly<Record<string, string>> = {
    n: name,
    a: entry.mode.toString(8),
    A: modeText(entry),
    F: entry.kind === 'text' && entry.content === '' ? 'regular empty file' : kinds[entry.kind],
    f: (bits[entry.kind] | entry.mode).toString(16),
    s: String(sizeOf(entry)),
    t: entry.kind === 'device' ? entry.major.toString(16) : '0',
    T: entry.kind === 'device' ? entry.minor.toString(16) : '0',
    U: 'root',
    u: '0',
    G: groupOf(path),
    g: groupOf(path) === 'kvm' ? '36' : '0',
  };
  return fields[letter] ?? '?';
}

function sizeOf(entry: Entry): number {
  return entry.kind === 'text' ? Buffer.byteLength(entry.content) : 0;
}

/** /dev/kvm is the one file that does not belong to root's own group. */
function groupOf(path: string): string {
  return path === '/dev/kvm' ? 'kvm' : 'root';
}

function modeText(entry: Entry): string {
  const kind = { text: '-', device: 'c', directory: 'd', link: 'l' }[entry.kind];
  const bits = [...entry.mode.toString(8).padStart(3, '0').slice(-3)].map((digit) => {
    const value = Number(digit);
    return `${value & 4 ? 'r' : '-'}${value & 2 ? 'w' : '-'}${value & 1 ? 'x' : '-'}`;
  });
  return `${kind}${bits.join('')}`;
}
