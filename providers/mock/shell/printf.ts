import type { Call } from './environment.ts';
import { unescaped } from './words.ts';

/** `printf`: `%s %d %i %u %x %X %o %c %b %q %%` with width, the format used again while there are arguments. */
export function printf({ args, out, err }: Call): number {
  const [format, ...rest] = args[0] === '--' ? args.slice(1) : args;
  if (format === undefined) {
    err('printf: usage: printf [-v var] format [arguments]\n');
    return 2;
  }
  const values = [...rest];
  const text = unescaped(format);
  do out(once(text, values));
  while (values.length > 0 && /%[^%]/.test(text));
  return 0;
}

function once(format: string, values: string[]): string {
  return format.replace(/%(-?)(0?)(\d*)(?:\.(\d+))?([sdiuxXocbq%])/g, (...found: string[]) => {
    const [, left, zero, width, precision, letter = ''] = found;
    if (letter === '%') return '%';
    const shown = formatted(letter, values.shift(), precision);
    const size = Number(width ?? 0);
    if (left === '-') return shown.padEnd(size);
    return shown.padStart(size, zero === '0' && letter !== 's' ? '0' : ' ');
  });
}

function formatted(letter: string, value: string | undefined, precision: string | undefined): string {
  const text = value ?? '';
  switch (letter) {
    case 'd':
    case 'i':
    case 'u':
      return String(Math.trunc(Number(text) || 0));
    case 'x':
      return (Number(text) || 0).toString(16);
    case 'X':
      return (Number(text) || 0).toString(16).toUpperCase();
    case 'o':
      return (Number(text) || 0).toString(8);
    case 'c':
      return text.slice(0, 1);
    case 'b':
      return unescaped(text);
    case 'q':
      return /^[\w./:=-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
    default:
      return precision === undefined ? text : text.slice(0, Number(precision));
  }
}
