import { createHash } from 'node:crypto';
import type { Call, Program } from './environment.ts';
import { lineList, readInputs } from './files.ts';
import { grep } from './grep.ts';
import { lastValue, type Options, takeOptions } from './options.ts';
import { sed } from './sed.ts';

/** Programs that turn text into text. */
export const TEXT_PROGRAMS: Readonly<Record<string, Program>> = {
  cat: (call) =>
    withOptions(call, 'nAevtu', async (options) => {
      const { inputs, failed } = await readInputs(options.rest, call);
      const text = inputs.map((input) => input.text).join('');
      const numbered = () =>
        lineList(text)
          .map((line, index) => `${String(index + 1).padStart(6)}\t${line}\n`)
          .join('');
      call.out(options.given.has('n') ? numbered() : text);
      return failed ? 1 : 0;
    }),
  head: (call) => ends(call, 'head'),
  tail: (call) => ends(call, 'tail'),
  wc,
  grep,
  egrep: (call) => grep({ ...call, args: ['-E', ...call.args] }),
  fgrep: (call) => grep({ ...call, args: ['-F', ...call.args] }),
  sed,
  sort: (call) =>
    withOptions(call, 'nru', async (options) => {
      const { inputs, failed } = await readInputs(options.rest, call);
      const compare = (a: string, b: string) =>
        (options.given.has('n') ? Number.parseFloat(a) - Number.parseFloat(b) || 0 : 0) || (a < b ? -1 : Number(a > b));
      const lines = inputs.flatMap((input) => lineList(input.text)).sort(compare);
      if (options.given.has('r')) lines.reverse();
      printLines(call, options.given.has('u') ? [...new Set(lines)] : lines);
      return failed ? 2 : 0;
    }),
  uniq: (call) =>
    withOptions(call, 'c', async (options) => {
      const { inputs } = await readInputs(options.rest, call);
      const runs: { line: string; count: number }[] = [];
      for (const line of inputs.flatMap((input) => lineList(input.text))) {
        const last = runs.at(-1);
        if (last?.line === line) last.count += 1;
        else runs.push({ line, count: 1 });
      }
      const counted = options.given.has('c');
      printLines(
        call,
        runs.map(({ line, count }) => (counted ? `${String(count).padStart(7)} ${line}` : line)),
      );
      return 0;
    }),
  cut: (call) =>
    withOptions(call, 'd:f:c:s', async (options) => {
      const { inputs, failed } = await readInputs(options.rest, call);
      printLines(
        call,
        inputs.flatMap((input) => lineList(input.text)).map((line) => cutLine(line, options)),
      );
      return failed ? 1 : 0;
    }),
  tr: (call) =>
    withOptions(call, 'ds', async ({ given, rest }) => {
      const text = await call.stdin();
      const from = characters(rest[0] ?? '');
      if (given.has('d')) return print(call, [...text].filter((sign) => !from.includes(sign)).join(''));
      const to = characters(rest[1] ?? '');
      const swapped = [...text].map((sign) =>
        from.includes(sign) ? (to[from.indexOf(sign)] ?? to.at(-1) ?? sign) : sign,
      );
      return print(call, given.has('s') ? squeezed(swapped, to) : swapped.join(''));
    }),
  base64: (call) =>
    withOptions(
      call,
      'dw:',
      async (options) => {
        const { inputs, failed } = await readInputs(options.rest, call);
        const text = inputs.map((input) => input.text).join('');
        if (options.given.has('d')) return print(call, Buffer.from(text, 'base64').toString('utf8'));
        const width = Number(lastValue(options, 'w') ?? 76);
        const encoded = Buffer.from(text).toString('base64');
        const lines = width === 0 ? [encoded] : (encoded.match(new RegExp(`.{1,${width}}`, 'g')) ?? []);
        call.out(width === 0 ? encoded : lines.map((line) => `${line}\n`).join(''));
        return failed ? 1 : 0;
      },
      { decode: 'd', wrap: 'w' },
    ),
  md5sum: (call) => digest(call, 'md5'),
  sha256sum: (call) => digest(call, 'sha256'),
  seq: (call) => {
    const [from, to] = call.args.length > 1 ? [call.args[0], call.args.at(-1)] : ['1', call.args[0]];
    const step = call.args.length > 2 ? Number(call.args[1]) : 1;
    for (let value = Number(from); step > 0 && value <= Number(to); value += step) call.out(`${value}\n`);
    return 0;
  },
  tee: async (call) => print(call, await call.stdin()),
};

/** Runs a program with its options taken apart, or complains about them. */
export async function withOptions(
  call: Call,
  known: string,
  work: (options: Options) => number | Promise<number>,
  long: Readonly<Record<string, string>> = {},
): Promise<number> {
  const options = takeOptions(call.args, known, long);
  if (!('problem' in options)) return await work(options);
  call.err(`${call.name}: ${options.problem}\nTry '${call.name} --help' for more information.\n`);
  return 1;
}

/** Prints and is content. */
export function print({ out }: Pick<Call, 'out'>, text: string): number {
  out(text);
  return 0;
}

function printLines(call: Call, lines: readonly string[]): void {
  call.out(lines.map((line) => `${line}\n`).join(''));
}

async function ends(call: Call, which: 'head' | 'tail'): Promise<number> {
  // The old way of writing: head -5.
  const args = call.args.map((arg) => arg.replace(/^-(\d+)$/, '-n$1'));
  return await withOptions(
    { ...call, args },
    'n:c:qf',
    async (options) => {
      const { inputs, failed } = await readInputs(options.rest, call);
      for (const [index, { path, text }] of inputs.entries()) {
        if (inputs.length > 1 && !options.given.has('q'))
          call.out(`${index > 0 ? '\n' : ''}==> ${path ?? 'standard input'} <==\n`);
        const bytes = lastValue(options, 'c');
        if (bytes !== undefined) call.out(which === 'head' ? text.slice(0, Number(bytes)) : text.slice(-Number(bytes)));
        else printLines(call, endOf(lineList(text), which, lastValue(options, 'n') ?? '10'));
      }
      return failed ? 1 : 0;
    },
    { lines: 'n', bytes: 'c', quiet: 'q' },
  );
}

function endOf(lines: readonly string[], which: 'head' | 'tail', count: string): readonly string[] {
  const size = Math.abs(Number(count));
  if (which === 'head')
    return count.startsWith('-') ? lines.slice(0, Math.max(0, lines.length - size)) : lines.slice(0, size);
  if (count.startsWith('+')) return lines.slice(size - 1);
  return size === 0 ? [] : lines.slice(-size);
}

async function wc(call: Call): Promise<number> {
  return await withOptions(call, 'lwcm', async ({ given, rest }) => {
    const { inputs, failed } = await readInputs(rest, call);
    const wanted = given.size === 0 ? ['l', 'w', 'c'] : ['l', 'w', 'c', 'm'].filter((letter) => given.has(letter));
    const width =
      wanted.length === 1 && inputs.length === 1 ? 0 : inputs.some(({ path }) => path === undefined) ? 7 : 1;
    for (const { path, text } of inputs) {
      const counts: Readonly<Record<string, number>> = {
        l: text.split('\n').length - 1,
        w: text.split(/\s+/).filter((word) => word !== '').length,
        c: Buffer.byteLength(text),
        m: text.length,
      };
      const cells = wanted.map((letter) => String(counts[letter]).padStart(width)).join(' ');
      call.out(`${cells}${path === undefined ? '' : ` ${path}`}\n`);
    }
    return failed ? 1 : 0;
  });
}

function cutLine(line: string, options: Options): string {
  const places = lastValue(options, 'c');
  if (places !== undefined) return [...line].filter((_, index) => isListed(index + 1, places)).join('');
  const delimiter = lastValue(options, 'd') ?? '\t';
  if (!line.includes(delimiter)) return line;
  const list = lastValue(options, 'f') ?? '1';
  return line
    .split(delimiter)
    .filter((_, index) => isListed(index + 1, list))
    .join(delimiter);
}

function isListed(position: number, list: string): boolean {
  return list.split(',').some((range) => {
    const [from = '', to = from] = range.split('-');
    return position >= Number(from || 1) && position <= Number(to || Number.POSITIVE_INFINITY);
  });
}

function characters(set: string): readonly string[] {
  const classes: Readonly<Record<string, string>> = {
    lower: 'a-z',
    upper: 'A-Z',
    digit: '0-9',
    space: ' \t\n\r',
    blank: ' \t',
  };
  const plain = set
    .replace(/\[:(\w+):\]/g, (all, name) => classes[name] ?? all)
    .replace(/\\n/g, '\n')
    .replace(/\\t/g, '\t');
  return [
    ...plain.replace(/(.)-(.)/g, (_, from: string, to: string) => {
      const codes = Array.from(
        { length: to.charCodeAt(0) - from.charCodeAt(0) + 1 },
        (_, step) => from.charCodeAt(0) + step,
      );
      return String.fromCharCode(...codes);
    }),
  ];
}

function squeezed(signs: readonly string[], set: readonly string[]): string {
  return signs.filter((sign, index) => !(set.includes(sign) && signs[index - 1] === sign)).join('');
}

async function digest(call: Call, algorithm: string): Promise<number> {
  const { inputs, failed } = await readInputs(
    call.args.filter((arg) => !/^-./.test(arg)),
    call,
  );
  for (const { path, text } of inputs)
    call.out(`${createHash(algorithm).update(text).digest('hex')}  ${path ?? '-'}\n`);
  return failed ? 1 : 0;
}
