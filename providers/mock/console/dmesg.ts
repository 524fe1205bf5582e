import type { Call } from '../shell/environment.ts';
import type { GuestSystem } from './system.ts';

/** Coloured on a terminal, as util-linux does since `--color=auto` is its default. */
export function dmesg({ args, shell, out, err }: Call, system: GuestSystem): number {
  const complain = (problem: string) => {
    err(`dmesg: ${problem}\n`);
    return 1;
  };
  const level = args.findIndex((arg) => arg === '-n' || arg.startsWith('--console-level'));
  if (level >= 0) return shell.user === 'root' ? 0 : complain('klogctl failed: Operation not permitted');
  const unknown = args.find((arg) => !/^(-[tTHxkP]+|--(color|nopager|notime|ctime|kernel).*|-L.*)$/.test(arg));
  if (unknown !== undefined)
    return complain(`invalid option -- '${unknown.replace(/^-+/, '')}'\nTry 'dmesg --help' for more information.`);
  const bare = args.some((arg) => /^(-t|--notime)$/.test(arg));
  const colour = args.some((arg) => /^(--color(=always)?|-L(=?always)?)$/.test(arg));
  const plain = args.some((arg) => /^(--color=?|-L=?)never$/.test(arg));
  const text = bare ? system.kernelLog().replace(/^\[ *\d+\.\d+\] /gm, '') : system.kernelLog();
  const toTerminal = out === shell.machine.terminal;
  out(colour || (toTerminal && !plain) ? text.replace(/^.+$/gm, paint) : text);
  return 0;
}

function paint(line: string): string {
  const [, stamp = '', subsystem = '', rest = ''] = /^(\[[^\]]*\] )?([\w.\-/ ]{1,60}?:(?= ))?(.*)$/.exec(line) ?? [];
  const time = stamp === '' ? '' : `\x1b[32m${stamp}\x1b[0m`;
  return `${time}${subsystem === '' ? '' : `\x1b[33m${subsystem}\x1b[0m`}${rest}`;
}
