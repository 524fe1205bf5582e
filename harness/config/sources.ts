import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, type Node, type Pair, parseDocument } from 'yaml';
import type { Setting, SettingOrigin, SettingProblem } from '../model/setting.ts';
import { nearest } from './nearest.ts';

/** The environment as `process.env` has it. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** A setting's text as one source gives it. */
export interface Given {
  readonly text: string;
  readonly origin: SettingOrigin;
  /** `--ssh`, `SEVLANE_SSH`, `sevlane.yaml:3`. */
  readonly place: string;
  /** False for names of others, such as KubeVirt's KUBECONFIG: they may be set for somebody else. */
  readonly meantForUs: boolean;
}

/** What one source says, by key, and what is wrong with it. */
export interface Source {
  readonly given: ReadonlyMap<string, Given>;
  readonly problems: readonly SettingProblem[];
}

/**
 * Reads `--key value`, `--key=value` and bare switches. Of a flag that comes twice the last one counts, unless its row
 * is a list that repeats.
 */
export function readFlags(argv: readonly string[], rows: readonly Setting[]): Source {
  const given = new Map<string, Given>();
  const problems: SettingProblem[] = [];
  const words = [...argv];
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    const [, key, attached] = /^--([^=]*)(?:=([\s\S]*))?$/.exec(word) ?? [];
    if (key === undefined || key === '') {
      const node = /^\w/.test(word) ? `; a node is named by --ssh ${word}` : '';
      problems.push({ place: word, problem: 'is no flag', fix: `flags begin with two dashes${node}; see --help` });
      continue;
    }
    const place = `--${key}`;
    const row = rows.find((candidate) => candidate.key === key);
    if (row === undefined) {
      problems.push({
        place,
        problem: 'no such flag',
        fix: suggestion(key, rows, (near) => `--${near}`, 'see --help'),
      });
      // Its value, if it has one, is no mistake of its own.
      if (attached === undefined && words[0]?.startsWith('--') === false) words.shift();
      continue;
    }
    const text = attached ?? (row.valueName === undefined ? 'true' : words.shift());
    if (text === undefined || (attached === undefined && text.startsWith('--'))) {
      problems.push({ place, problem: 'needs a value', fix: `write ${place} ${row.valueName ?? 'true'}` });
      if (text !== undefined) words.unshift(text);
      continue;
    }
    const before = row.repeats === true ? given.get(key)?.text : undefined;
    const whole = before === undefined ? text : `${before},${text}`;
    given.set(key, { text: whole, origin: 'flag', place, meantForUs: true });
  }
  return { given, problems };
}

/** The mark that a watched child carries: another sevlane in there may find it in its environment. */
const NO_SETTINGS = new Set(['SEVLANE_WATCHED']);

/** Reads `SEVLANE_<KEY>` and, where that is not set, the row's further names. Empty variables count as unset. */
export function readEnvironment(env: Environment, rows: readonly Setting[]): Source {
  const given = new Map<string, Given>();
  for (const { key, env: furtherNames = [] } of rows) {
    for (const name of [variableOf(key), ...furtherNames]) {
      const text = env[name];
      if (text === undefined || text === '') continue;
      given.set(key, { text, origin: 'env', place: name, meantForUs: name === variableOf(key) });
      break;
    }
  }
  const known = new Set(rows.map(({ key }) => variableOf(key)));
  const problems = Object.keys(env)
    .filter((name) => name.startsWith('SEVLANE_') && !known.has(name) && !NO_SETTINGS.has(name))
    .map((name) => ({
      place: name,
      problem: 'no such setting',
      fix: suggestion(keyOf(name), rows, variableOf, 'unset it, or see sevlane config for the names'),
    }));
  return { given, problems };
}

/** The variable of a key: `ssh-key` → `SEVLANE_SSH_KEY`. */
export function variableOf(key: string): string {
  return `SEVLANE_${key.toUpperCase().replaceAll('-', '_')}`;
}

/** Reads the text of a sevlane.yaml: one map, its keys are the names of the flags, lists stand for commas. */
export function readFileText(name: string, fileText: string, rows: readonly Setting[]): Source {
  const lines = new LineCounter();
  const document = parseDocument(fileText, { lineCounter: lines, uniqueKeys: true, prettyErrors: false });
  const placeAt = (offset: number) => `${name}:${lines.linePos(offset).line}`;
  if (document.errors.length > 0) {
    const problems = document.errors.map((error) => ({
      place: placeAt(error.pos[0]),
      problem: oneLine(error.message),
      fix: 'correct the YAML at this line',
    }));
    return { given: new Map(), problems };
  }
  const root: unknown = document.contents;
  if (root === null) return { given: new Map(), problems: [] };
  if (!isMap<Node, Node | null>(root)) {
    const problem = {
      place: `${name}:1`,
      problem: 'is not a map of settings',
      fix: 'write lines such as `provider: NAME`',
    };
    return { given: new Map(), problems: [problem] };
  }
  return readPairs(root.items, rows, { placeAt, textOf: (node) => textOf(node, document) });
}

function readPairs(
  pairs: readonly Pair<Node, Node | null>[],
  rows: readonly Setting[],
  { placeAt, textOf }: { placeAt(offset: number): string; textOf(node: Node | null): string | undefined },
): Source {
  const given = new Map<string, Given>();
  const problems: SettingProblem[] = [];
  for (const { key: keyNode, value } of pairs) {
    const key = isScalar(keyNode) ? String(keyNode.value) : '';
    const place = placeAt(keyNode.range?.[0] ?? 0);
    const text = textOf(value);
    if (!rows.some((row) => row.key === key)) {
      const fix = suggestion(key, rows, (near) => near, 'use the name of a flag without its dashes');
      problems.push({ place, problem: `"${key}": no such setting`, fix });
    } else if (text === undefined) {
      problems.push({ place, problem: `"${key}" has no plain value`, fix: 'give one value or a list of values' });
    } else {
      given.set(key, { text, origin: 'file', place, meantForUs: true });
    }
  }
  return { given, problems };
}

/** Scalars as they are written, so that `1.10` stays `1.10`. */
function textOf(node: Node | null, document: Document): string | undefined {
  if (isAlias(node)) return textOf(node.resolve(document) ?? null, document);
  if (isScalar(node)) {
    if (typeof node.value === 'string') return node.value;
    return node.value === null ? undefined : (node.source ?? String(node.value));
  }
  if (!isSeq<Node>(node)) return undefined;
  const items = node.items.map((item) => textOf(item, document));
  return items.every((item) => item !== undefined) && items.length > 0 ? items.join(',') : undefined;
}

function suggestion(key: string, rows: readonly Setting[], spell: (near: string) => string, otherwise: string): string {
  const near = nearest(
    key,
    rows.map((row) => row.key),
  );
  return near === undefined ? otherwise : `did you mean ${spell(near)}?`;
}

function keyOf(variable: string): string {
  return variable.slice('SEVLANE_'.length).toLowerCase().replaceAll('_', '-');
}

function oneLine(message: string): string {
  return message.replace(/\s*\n\s*/g, ' ').trim();
}
