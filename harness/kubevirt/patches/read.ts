import { readFile } from 'node:fs/promises';
import type { Operation } from 'rfc6902';
import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseAllDocuments, type YAMLMap } from 'yaml';
import { UsageError } from '../../errors/errors.ts';
import { isRecord } from '../record.ts';
import type { Patch, PlacedOperation } from './patch.ts';

/** Reads the file of --kubevirt-patches. @throws UsageError with every mistake, each with line and place. */
export async function readPatches(path: string | undefined): Promise<readonly Patch[]> {
  if (path === undefined) return [];
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    throw new UsageError(`${path}: cannot be read`, { cause, hint: 'give --kubevirt-patches a YAML file' });
  }
  return parsePatches(text, path);
}

/** Reads a YAML list of patches. @throws UsageError with every mistake in it. */
export function parsePatches(text: string, name: string): readonly Patch[] {
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, { lineCounter: lines, prettyErrors: false });
  const [document, more] = 'empty' in documents ? [] : documents;
  const reading = new Reading(name, lines);
  for (const error of document?.errors ?? []) reading.problem(error.pos[0], `is no YAML: ${firstLine(error.message)}`);
  if (more !== undefined) reading.problem(more.range[0], 'a second YAML document: write all patches into one list');
  const root: unknown = document?.contents ?? null;
  const patches: Patch[] = [];
  if (reading.problems.length === 0) {
    // An empty list is meant; an empty file is one that somebody did not finish, or a wrong one.
    if (isNothing(root)) reading.problem(0, 'the file is empty: write a list of patches, or [] for none');
    else if (!isSeq<Node>(root)) reading.problem(0, 'is not a list of patches');
    const items = isSeq<Node>(root) ? root.items : [];
    patches.push(...items.flatMap((item, index) => reading.patch(item, `[${index}]`)));
  }
  if (reading.problems.length === 0) return patches;
  throw new UsageError(reading.problems.join('\n'), {
    hint: 'a patch has a target with kind and name, and either json: [operations] or merge: {fields}',
  });
}

const OPERATIONS: Readonly<Record<string, readonly string[]>> = {
  add: ['value'],
  replace: ['value'],
  test: ['value'],
  remove: [],
  move: ['from'],
  copy: ['from'],
};

/** Collects the mistakes of one file while it is read. */
class Reading {
  readonly problems: string[] = [];
  readonly #name: string;
  readonly #lines: LineCounter;

  constructor(name: string, lines: LineCounter) {
    this.#name = name;
    this.#lines = lines;
  }

  problem(offset: number, what: string): void {
    this.problems.push(`${this.#place(offset)}: ${what}`);
  }

  patch(item: Node, path: string): readonly Patch[] {
    const fields = this.#fields(item, path, ['target', 'json', 'merge']);
    if (fields === undefined) return [];
    const target = this.#target(fields.get('target'), item, path);
    const [json, merge] = [fields.get('json'), fields.get('merge')];
    if ((json === undefined) === (merge === undefined)) {
      this.#wrong(
        item,
        path,
        json === undefined ? 'has neither json nor merge' : 'has both json and merge: choose one',
      );
      return [];
    }
    const place = this.#place(item.range?.[0] ?? 0);
    if (json !== undefined) {
      const operations = this.#operations(json, `${path}.json`);
      return target === undefined ? [] : [{ target, change: { type: 'json', operations }, place }];
    }
    const value = plain(merge);
    if (!isRecord(value)) this.#wrong(merge, `${path}.merge`, 'is not a map of fields');
    return target === undefined || !isRecord(value) ? [] : [{ target, change: { type: 'merge', value }, place }];
  }

  #target(node: Node | undefined, item: Node, path: string): Patch['target'] | undefined {
    if (node === undefined) {
      this.#wrong(item, path, 'has no target');
      return undefined;
    }
    const fields = this.#fields(node, `${path}.target`, ['kind', 'name', 'namespace']);
    if (fields === undefined) return undefined;
    const [kind, name, namespace] = ['kind', 'name', 'namespace'].map((key) => {
      const value = plain(fields.get(key));
      if (typeof value === 'string' && value !== '') return value;
      if (fields.has(key)) this.#wrong(fields.get(key), `${path}.target.${key}`, 'is no name');
      else if (key !== 'namespace') this.#wrong(node, `${path}.target`, `has no ${key}`);
      return undefined;
    });
    return kind === undefined || name === undefined ? undefined : { kind, name, namespace };
  }

  #operations(node: Node, path: string): readonly PlacedOperation[] {
    if (!isSeq<Node>(node)) {
      this.#wrong(node, path, 'is not a list of operations');
      return [];
    }
    return node.items.flatMap((item, index) => this.#operation(item, `${path}[${index}]`));
  }

  #operation(item: Node, path: string): readonly PlacedOperation[] {
    const fields = this.#fields(item, path, ['op', 'path', 'value', 'from']);
    if (fields === undefined) return [];
    const before = this.problems.length;
    const op = plain(fields.get('op'));
    const needed = typeof op === 'string' ? OPERATIONS[op] : undefined;
    if (needed === undefined) {
      const known = Object.keys(OPERATIONS).join(', ');
      this.#wrong(fields.get('op') ?? item, `${path}.op`, `${JSON.stringify(op) ?? 'absent'}: use one of ${known}`);
    }
    for (const key of ['path', ...(needed ?? [])]) {
      const found = fields.get(key);
      if (found === undefined) this.#wrong(item, path, `has no ${key}`);
      else if (key !== 'value' && !isPointer(plain(found)))
        this.#wrong(found, `${path}.${key}`, 'is no JSON pointer, such as /spec/infra/replicas; ~1 stands for a slash');
    }
    if (this.problems.length > before) return [];
    const operation = plain(item) as Operation;
    return [{ operation, place: this.#place(item.range?.[0] ?? 0) }];
  }

  /** The fields of a map; undefined and told when it is none. Keys that are not known are told too. */
  #fields(node: Node, path: string, known: readonly string[]): ReadonlyMap<string, Node> | undefined {
    if (!isMap<Node, Node | null>(node)) {
      this.#wrong(node, path, `is not a map with ${known.slice(0, -1).join(', ')} or ${known.at(-1)}`);
      return undefined;
    }
    return new Map(this.#pairs(node, path, known));
  }

  #pairs(node: YAMLMap<Node, Node | null>, path: string, known: readonly string[]): readonly [string, Node][] {
    return node.items.flatMap(({ key, value }) => {
      const name = isScalar(key) ? String(key.value) : '';
      if (known.includes(name)) return value === null ? [] : [[name, value] as [string, Node]];
      this.#wrong(key, `${path}.${name}`, `is not known; known: ${known.join(', ')}`);
      return [];
    });
  }

  #wrong(node: Node | undefined, path: string, what: string): void {
    this.problem(node?.range?.[0] ?? 0, `${path} ${what}`);
  }

  #place(offset: number): string {
    return `${this.#name}:${this.#lines.linePos(offset).line}`;
  }
}

function isNothing(root: unknown): boolean {
  return root === null || (isScalar(root) && root.value === null);
}

function isPointer(value: unknown): boolean {
  return typeof value === 'string' && /^(\/([^~/]|~[01])*)*$/.test(value);
}

function plain(node: Node | undefined): unknown {
  if (node === undefined || isAlias(node)) return undefined;
  return node.toJSON() as unknown;
}

function firstLine(message: string): string {
  return message.split('\n')[0] ?? message;
}
