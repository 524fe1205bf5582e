import { InfraError } from '../errors/errors.ts';

/** Something that was asked of the host: its value with the place where it was read, or why there is none. */
export type Reading<Value> =
  | { readonly state: 'read'; readonly value: Value; readonly from: string }
  | { readonly state: 'absent' | 'unreadable' | 'unknown'; readonly why: string; readonly from: string };

/** What the probe read, by file or command. */
export interface Readings {
  /** The content without surrounding blank lines; undefined when it was absent or unreadable. */
  text(name: string): string | undefined;
  /** `read`, or why not; what was never answered counts as unreadable. */
  state(name: string): 'read' | 'absent' | 'unreadable';
  /** What `understand` makes of the content; undefined there means that it is none of what we know. */
  parse<Value>(name: string, understand: (text: string) => Value | undefined): Reading<Value>;
}

interface Probe {
  readonly mark: string;
  /** Names the probe in errors. */
  readonly what: string;
  readonly stderr: string;
}

/**
 * Takes the probe's output apart; whatever a banner, a profile script or the shell printed in between is passed over.
 * @throws InfraError when the output is not that of the probe, or was cut.
 */
export function parseReadings(output: string, { mark, what, stderr }: Probe): Readings {
  const sections = takeApart(output, mark);
  if (!sections.has('end')) throw notAnswered(output, what, stderr);
  const marked = (name: string, word: RegExp) =>
    sections
      .get(name)
      ?.filter((line) => line.startsWith(`${mark} `))
      .map((line) => word.exec(line.slice(mark.length + 1))?.[0])
      .find((found) => found !== undefined);
  const state = (name: string) => {
    if (!sections.has(name)) return 'unreadable';
    if (marked(name, /^absent$/) !== undefined) return 'absent';
    return marked(name, /^(unreadable|exit \d+)$/) === undefined ? 'read' : 'unreadable';
  };
  const text = (name: string) =>
    state(name) === 'read'
      ? sections
          .get(name)
          ?.join('\n')
          .replace(/^\n+|\n+$/g, '')
      : undefined;
  const why = (name: string) => {
    if (state(name) === 'absent') return `${name} is absent`;
    if (!sections.has(name)) return `${name} was not answered`;
    const exit = marked(name, /^exit \d+$/);
    return `${name} could not be read${exit === undefined ? '' : ` (${exit})`}`;
  };
  return {
    state,
    text,
    parse(name, understand) {
      const found = state(name);
      if (found !== 'read') return { state: found, why: why(name), from: name };
      const content = text(name) ?? '';
      const value = understand(content);
      if (value !== undefined) return { state: 'read', value, from: name };
      const said = content.trim() === '' ? 'said nothing' : `is not understood: "${content.trim().slice(0, 60)}"`;
      return { state: 'unknown', why: `${name} ${said}`, from: name };
    },
  };
}

/** The first that was read; else the first that is there but could not be read, else the first. */
export function firstRead<Value>(first: Reading<Value>, ...others: readonly Reading<Value>[]): Reading<Value> {
  const all = [first, ...others];
  return all.find(({ state }) => state === 'read') ?? all.find(({ state }) => state !== 'absent') ?? first;
}

/** The value, where there is one. */
export function valueIn<Value>(reading: Reading<Value>): Value | undefined {
  return reading.state === 'read' ? reading.value : undefined;
}

function takeApart(output: string, mark: string): ReadonlyMap<string, readonly string[]> {
  const sections = new Map<string, string[]>();
  let current: string[] | undefined;
  for (const line of output.split(/\r?\n/)) {
    const name = line.startsWith(`${mark} `) ? line.slice(mark.length + 1).trim() : undefined;
    if (name === undefined || /^(absent|unreadable|exit \d+)$/.test(name)) {
      current?.push(line);
      continue;
    }
    current = [];
    sections.set(name, current);
  }
  return sections;
}

function notAnswered(output: string, what: string, stderr: string): InfraError {
  const said = [stderr, output].map((text) => text.trim().split('\n').at(-1)?.slice(0, 200)).find((line) => line);
  return new InfraError(
    `${what}: the node's shell did not do the whole probe; it last said ${said ? `"${said}"` : 'nothing'}`,
    {
      hint: 'env, sh and the usual programs must be there for that user, and no forced command may be in the way',
    },
  );
}
