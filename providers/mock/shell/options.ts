/** A command line taken apart: letters and long names that were given, values of those that take one, and the rest. */
export interface Options {
  readonly given: ReadonlySet<string>;
  readonly values: ReadonlyMap<string, readonly string[]>;
  readonly rest: readonly string[];
}

/**
 * Takes options apart as getopt does: `-in5`, `-n 5`, `--lines=5`, `--`. `known` lists the letters, one that takes a
 * value followed by a colon; long names map to letters. Gives a message when there is another one.
 */
export function takeOptions(
  args: readonly string[],
  known: string,
  long: Readonly<Record<string, string>> = {},
): Options | { readonly problem: string } {
  const given = new Set<string>();
  const values = new Map<string, string[]>();
  const rest: string[] = [];
  const queue = [...args];
  const keep = (letter: string, value: string) => values.set(letter, [...(values.get(letter) ?? []), value]);
  for (let arg = queue.shift(); arg !== undefined; arg = queue.shift()) {
    if (arg === '--') {
      rest.push(...queue.splice(0));
    } else if (arg.startsWith('--')) {
      const [name = '', value] = arg.slice(2).split(/=([\s\S]*)/);
      const letter = long[name];
      if (letter === undefined) return { problem: `unrecognized option '--${name}'` };
      given.add(letter);
      if (known.includes(`${letter}:`)) keep(letter, value ?? queue.shift() ?? '');
      else if (value !== undefined) keep(letter, value);
    } else if (/^-./.test(arg)) {
      for (let at = 1; at < arg.length; at += 1) {
        const letter = arg[at] ?? '';
        if (letter === ':' || !known.includes(letter)) return { problem: `invalid option -- '${letter}'` };
        given.add(letter);
        if (!known.includes(`${letter}:`)) continue;
        const value = arg.slice(at + 1) || queue.shift();
        if (value === undefined) return { problem: `option requires an argument -- '${letter}'` };
        keep(letter, value);
        break;
      }
    } else rest.push(arg);
  }
  return { given, values, rest };
}

/** The last value of an option. */
export function lastValue(options: Options, letter: string): string | undefined {
  return options.values.get(letter)?.at(-1);
}
