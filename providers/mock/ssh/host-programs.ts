import * as physics from '../physics/commands.ts';
import { cpuid as cpuidOf } from '../physics/cpuid.ts';
import { launcherVirtualizer } from '../physics/dom-capabilities.ts';
import { isVirtual } from '../physics/files.ts';
import type { HostProfile } from '../physics/host.ts';
import type { Call, Program } from '../shell/environment.ts';
import { readFile } from '../shell/files.ts';
import { show } from '../shell/system-programs.ts';
import { print, withOptions } from '../shell/text-programs.ts';

/** Programs of the host. What they say comes from physics; here only their options are read. */
export function hostPrograms(profile: HostProfile): Readonly<Record<string, Program>> {
  return {
    dmesg: (call) => dmesg(call, profile),
    nproc: (call) => show(call, physics.nproc(profile)),
    getconf: (call) => show(call, physics.getconf(profile, call.args.at(-1) ?? '')),
    lscpu: (call) => show(call, physics.lscpu(profile)),
    lsmod: (call) => {
      const modules = readFile('/proc/modules', call);
      return show(call, physics.lsmod('text' in modules ? modules.text : ''));
    },
    cpuid: (call) => cpuid(call, profile),
    'systemd-detect-virt': (call) => {
      print(call, isVirtual(profile) ? 'kvm\n' : 'none\n');
      return isVirtual(profile) ? 0 : 1;
    },
    free: (call) => free(call, profile),
    virsh: (call) => virsh(call, profile),
    uptime: (call) => print(call, ' 10:00:00 up 12 days,  3:14,  1 user,  load average: 0.42, 0.38, 0.35\n'),
    df: (call) => df(call, profile),
  };
}

async function dmesg(call: Call, profile: HostProfile): Promise<number> {
  return await withOptions(
    call,
    'HTxktLPl:f:',
    ({ given }) => {
      // RHEL sets kernel.dmesg_restrict.
      if (call.shell.user !== 'root') {
        call.err('dmesg: read kernel buffer failed: Operation not permitted\n');
        return 1;
      }
      const result = physics.dmesg(profile);
      const stdout = given.has('t') ? result.stdout.replace(/^\[[^\]]*\] /gm, '') : result.stdout;
      return show(call, { ...result, stdout });
    },
    { notime: 't', nopager: 'P', color: 'L', kernel: 'k', ctime: 'T', human: 'H', level: 'l', facility: 'f' },
  );
}

async function cpuid(call: Call, profile: HostProfile): Promise<number> {
  return await withOptions(call, '1rl:', ({ values }) => show(call, cpuidOf(profile, Number(values.get('l')?.at(-1)))));
}

async function free(call: Call, profile: HostProfile): Promise<number> {
  return await withOptions(call, 'bkmgh', ({ given }) => {
    const unit = given.has('b')
      ? 1
      : given.has('m')
        ? 1_048_576
        : given.has('g') || given.has('h')
          ? 1_073_741_824
          : 1024;
    return show(call, physics.free(profile, unit));
  });
}

/** The host's own virsh, with the newest libvirt known; QEMU and libvirt of the guests are in the launcher image. */
function virsh(call: Call, profile: HostProfile): number {
  const words = call.args.filter(
    (arg, index) => !(arg.startsWith('-c') || (index > 0 && call.args[index - 1] === '-c')),
  );
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

async function df(call: Call, { diskUsedPercent }: HostProfile): Promise<number> {
  return await withOptions(call, 'hkPTBmi', ({ given, rest }) => {
    const wrong = rest.find((path) => call.shell.machine.tree.entry(path) === undefined);
    if (wrong !== undefined) {
      call.err(`df: ${wrong}: No such file or directory\n`);
      return 1;
    }
    const [header, cells] = given.has('i') ? inodes() : blocks(given, diskUsedPercent);
    return print(call, `${header}\n${`${cells.join(' ')}\n`.repeat(Math.max(1, rest.length))}`);
  });
}

const ROOT_DEVICE = '/dev/mapper/rhel-root';

function inodes(): readonly [header: string, cells: readonly string[]] {
  return [
    'Filesystem              Inodes   IUsed     IFree IUse% Mounted on',
    [ROOT_DEVICE, '228589568', '412097', '228177471', '1%', '/'],
  ];
}

function blocks(given: ReadonlySet<string>, usedPercent: number): readonly [header: string, cells: readonly string[]] {
  const total = 457_179_136;
  const used = Math.round((total * usedPercent) / 100);
  const size = (kib: number) => (given.has('h') ? `${Math.round(kib / 1_048_576)}G` : String(kib));
  const columns = given.has('h')
    ? ' Size  Used Avail Use%'
    : given.has('P')
      ? '1024-blocks     Used Available Capacity'
      : '1K-blocks     Used Available Use%';
  return [
    `Filesystem            ${columns} Mounted on`,
    [ROOT_DEVICE, size(total), size(used), size(total - used), `${usedPercent}%`, '/'],
  ];
}
