import { bad, type CallContext, type Outcome, ok } from './program.ts';

/** Coloured on a terminal, as util-linux does since `--color=auto` is its default. */
export function dmesg(args: readonly string[], { system, user, toTerminal }: CallContext): Outcome {
  const level = args.findIndex((arg) => arg === '-n' || arg.startsWith('--console-level'));
  if (level >= 0) return user === 'root' ? ok('') : bad('dmesg: klogctl failed: Operation not permitted\n');
  const unknown = args.find((arg) => !/^(-[tTHxkP]+|--(color|nopager|notime|ctime|kernel).*|-L.*)$/.test(arg));
  if (unknown !== undefined)
    return bad(`dmesg: invalid option -- '${unknown.replace(/^-+/, '')}'\nTry 'dmesg --help' for more information.\n`);
  const bare = args.some((arg) => /^(-t|--notime)$/.test(arg));
  const colour = args.some((arg) => /^(--color(=always)?|-L(=?always)?)$/.test(arg));
  const plain = args.some((arg) => /^(--color=?|-L=?)never$/.test(arg));
  const text = bare ? system.kernelLog().replace(/^\[ *\d+\.\d+\] /gm, '') : system.kernelLog();
  return ok(colour || (toTerminal && !plain) ? text.replace(/^.+$/gm, paint) : text);
}

function paint(line: string): string {
  const [, stamp = '', subsystem = '', rest = ''] = /^(\[[^\]]*\] )?([\w.\-/ ]{1,60}?:(?= ))?(.*)$/.exec(line) ?? [];
  const time = stamp === '' ? '' : `\x1b[32m${stamp}\x1b[0m`;
  return `${time}${subsystem === '' ? '' : `\x1b[33m${subsystem}\x1b[0m`}${rest}`;
}
