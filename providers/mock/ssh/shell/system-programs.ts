import * as physics from '../../physics/commands.ts';
import { launcherVirtualizer } from '../../physics/dom-capabilities.ts';
import type { Call, Program } from './environment.ts';
import { readFile } from './files.ts';
import { print, withOptions } from './text-programs.ts';

/** Programs that tell what the machine is. What they say comes from physics; here only their options are read. */
export const SYSTEM_PROGRAMS: Readonly<Record<string, Program>> = {
  uname: (call) =>
    withOptions(
      call,
      'asnrvmpio',
      ({ given }) => show(call, physics.uname(call.shell.machine.profile, [...given].join(''))),
      {
        all: 'a',
        'kernel-name': 's',
        nodename: 'n',
        'kernel-release': 'r',
        'kernel-version': 'v',
        machine: 'm',
      },
    ),
  hostname: (call) =>
    withOptions(call, 'sfiI', ({ given }) => {
      const { hostname } = call.shell.machine.profile;
      return print(call, `${given.has('s') ? hostname.split('.')[0] : hostname}\n`);
    }),
  dmesg,
  nproc: (call) => show(call, physics.nproc(call.shell.machine.profile)),
  getconf: (call) => show(call, physics.getconf(call.shell.machine.profile, call.args.at(-1) ?? '')),
  lscpu: (call) => show(call, physics.lscpu(call.shell.machine.profile)),
  lsmod: (call) => {
    const modules = readFile('/proc/modules', call);
    return show(call, physics.lsmod('text' in modules ? modules.text : ''));
  },
  free: (call) =>
    withOptions(call, 'bkmgh', ({ given }) => {
      const unit = given.has('b')
        ? 1
        : given.has('m')
          ? 1_048_576
          : given.has('g') || given.has('h')
            ? 1_073_741_824
            : 1024;
      return show(call, physics.free(call.shell.machine.profile, unit));
    }),
  sysctl,
  virsh,
  id: (call) => withOptions(call, 'ugGn', ({ given }) => print(call, `${identity(call.shell.user, given)}\n`)),
  whoami: (call) => print(call, `${call.shell.user}\n`),
  groups: (call) => print(call, `${call.shell.user}\n`),
  uptime: (call) => print(call, ' 10:00:00 up 12 days,  3:14,  1 user,  load average: 0.42, 0.38, 0.35\n'),
  df,
  arch: (call) => print(call, 'x86_64\n'),
  tty: (call) => {
    call.out('not a tty\n');
    return 1;
  },
};

function show({ out, err }: Call, { stdout, stderr, exitCode }: physics.CommandResult): number {
  out(stdout);
  err(stderr);
  return exitCode;
}

async function dmesg(call: Call): Promise<number> {
  return await withOptions(
    call,
    'HTxktLPl:f:',
    ({ given }) => {
      // RHEL sets kernel.dmesg_restrict.
      if (call.shell.user !== 'root') {
        call.err('dmesg: read kernel buffer failed: Operation not permitted\n');
        return 1;
      }
      const result = physics.dmesg(call.shell.machine.profile);
      const stdout = given.has('t') ? result.stdout.replace(/^\[[^\]]*\] /gm, '') : result.stdout;
      return show(call, { ...result, stdout });
    },
    { notime: 't', nopager: 'P', color: 'L', kernel: 'k', ctime: 'T', human: 'H', level: 'l', facility: 'f' },
  );
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

/** The host's own virsh, with the newest libvirt known; QEMU and libvirt of the guests are in the launcher image. */
function virsh(call: Call): number {
  const words = call.args.filter(
    (arg, index) => !(arg.startsWith('-c') || (index > 0 && call.args[index - 1] === '-c')),
  );
  const { profile } = call.shell.machine;
  const virtualizer = launcherVirtualizer('');
  const [command = ''] = words.filter((word) => !/^-(r|q|-readonly|-quiet)$/.test(word));
  switch (command) {
    case 'domcapabilities':
      return show(call, physics.virshDomcapabilities(profile, virtualizer));
    case 'nodesevinfo':
      return show(call, physics.virshNodesevinfo(profile));
    case 'version':
      return show(call, physics.virshVersion(virtualizer));
    // What runs on the node runs in launcher pods, each with a libvirt of its own.
    case 'list':
      return print(call, words.includes('--name') ? '\n' : ' Id   Name   State\n--------------------\n\n');
    default:
      call.err(`error: unknown command: '${command}'\n`);
      return 1;
  }
}

function identity(user: string, given: ReadonlySet<string>): string {
  const number = user === 'root' ? 0 : 1000;
  if (given.has('u') || given.has('g') || given.has('G')) return given.has('n') ? user : String(number);
  const groups = user === 'root' ? '0(root)' : `1000(${user}),10(wheel)`;
  const context = 'unconfined_u:unconfined_r:unconfined_t:s0-s0:c0.c1023';
  return `uid=${number}(${user}) gid=${number}(${user}) groups=${groups} context=${context}`;
}

async function df(call: Call): Promise<number> {
  return await withOptions(call, 'hkPTBm', ({ given, rest }) => {
    const total = 457_179_136;
    const used = 61_203_912;
    const size = (kib: number) => (given.has('h') ? `${Math.round(kib / 1_048_576)}G` : String(kib));
    const cells = ['/dev/mapper/rhel-root', size(total), size(used), size(total - used), '14%', '/'];
    const header = `Filesystem            ${given.has('h') ? ' Size  Used Avail' : '1K-blocks     Used Available'} Use% Mounted on\n`;
    const wrong = rest.find((path) => call.shell.machine.tree.entry(path) === undefined);
    if (wrong !== undefined) {
      call.err(`df: ${wrong}: No such file or directory\n`);
      return 1;
    }
    return print(call, `${header}${cells.join(' ')}\n`);
  });
}
