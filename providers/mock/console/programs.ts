import type { Call, Program } from '../shell/environment.ts';
import { readFile } from '../shell/files.ts';
import { grep } from '../shell/grep.ts';
import { print } from '../shell/text-programs.ts';
import { dmesg } from './dmesg.ts';
import type { GuestSystem } from './system.ts';

/** What a guest has beside the ordinary programs. */
export function guestPrograms(system: GuestSystem): Readonly<Record<string, Program>> {
  return {
    dmesg: (call) => dmesg(call, system),
    // Fedora's profile has these as aliases.
    grep: (call) => coloured(call),
    egrep: (call) => coloured(call, '-E'),
    fgrep: (call) => coloured(call, '-F'),
    lscpu: (call) => {
      const cpuinfo = readFile('/proc/cpuinfo', call);
      return print(call, lscpu('text' in cpuinfo ? cpuinfo.text : ''));
    },
    tty: (call) => print(call, '/dev/ttyS0\n'),
    clear: (call) => print(call, '\x1b[H\x1b[2J'),
    sync: () => 0,
    alias: () => 0,
  };
}

function coloured(call: Call, ...flags: readonly string[]): Promise<number> {
  return grep({ ...call, args: ['--color=auto', ...flags, ...call.args] });
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
