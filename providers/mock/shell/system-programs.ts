import { type CommandResult, uname } from '../physics/commands.ts';
import type { Call, Program, Shell } from './environment.ts';
import { readFile } from './files.ts';
import { print, withOptions } from './text-programs.ts';

/** Programs that tell what the machine is and who asks. */
export const SYSTEM_PROGRAMS: Readonly<Record<string, Program>> = {
  uname: (call) =>
    withOptions(call, 'asnrvmpio', ({ given }) => show(call, uname(call.shell.machine, [...given].join(''))), {
      all: 'a',
      'kernel-name': 's',
      nodename: 'n',
      'kernel-release': 'r',
      'kernel-version': 'v',
      machine: 'm',
    }),
  hostname: (call) =>
    withOptions(call, 'sfiI', ({ given }) => {
      const { hostname } = call.shell.machine;
      return print(call, `${given.has('s') ? hostname.split('.')[0] : hostname}\n`);
    }),
  sysctl,
  id: (call) => withOptions(call, 'ugGn', ({ given }) => print(call, `${identity(call.shell, given)}\n`)),
  whoami: (call) => print(call, `${call.shell.user}\n`),
  groups: (call) => print(call, `${call.shell.user}\n`),
  arch: (call) => print(call, 'x86_64\n'),
  tty: (call) => {
    call.out('not a tty\n');
    return 1;
  },
};

/** Hands on what a program said elsewhere. */
export function show({ out, err }: Pick<Call, 'out' | 'err'>, { stdout, stderr, exitCode }: CommandResult): number {
  out(stdout);
  err(stderr);
  return exitCode;
}

async function sysctl(call: Call): Promise<number> {
  return await withOptions(
    call,
    'neq',
    ({ given, rest }) => {
      let status = 0;
      for (const name of rest) {
        const found = readFile(`/proc/sys/${name.replaceAll('.', '/')}`, call);
        if ('text' in found) call.out(`${given.has('n') ? '' : `${name} = `}${found.text}`);
        else if (!given.has('e')) {
          call.err(`sysctl: cannot stat /proc/sys/${name.replaceAll('.', '/')}: No such file or directory\n`);
          status = 1;
        }
      }
      return status;
    },
    { values: 'n' },
  );
}

function identity({ user, machine }: Shell, given: ReadonlySet<string>): string {
  const number = user === 'root' ? 0 : 1000;
  if (given.has('u') || given.has('g') || given.has('G')) return given.has('n') ? user : String(number);
  const groups = user === 'root' ? ['0(root)'] : [`1000(${user})`, ...machine.groups];
  const context = 'unconfined_u:unconfined_r:unconfined_t:s0-s0:c0.c1023';
  return `uid=${number}(${user}) gid=${number}(${user}) groups=${groups.join(',')} context=${context}`;
}
