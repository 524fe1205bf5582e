import { isAbsolute, posix, resolve } from 'node:path';

/** A kubeconfig as it was found. */
export interface KubeconfigText {
  readonly text: string;
  /** The file, or `file on the node`: for messages. */
  readonly place: string;
  /** Whose files and programs it speaks of. */
  readonly side: 'here' | 'node';
  /** The folder that it lies in: relative names in it are relative to that. */
  readonly folder: string;
  /** Reads a file that the kubeconfig names, by its absolute path. */
  readFile(path: string): Promise<string>;
}

/** One mistake in a kubeconfig. */
export interface KubeconfigProblem {
  /** e.g. `users[0] "admin" client-key`. */
  readonly place: string;
  readonly problem: string;
  readonly fix: string;
}

/** Collects problems while the fields are read, so that all of them are told at once. */
export class Reader {
  readonly problems: KubeconfigProblem[] = [];

  problem(place: string, problem: string, fix: string): void {
    this.problems.push({ place, problem, fix });
  }

  fields(place: string, value: unknown, source: KubeconfigText): Fields | undefined {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
    return new Fields({ reader: this, place, source }, value as Readonly<Record<string, unknown>>);
  }
}

/** Where fields stand: which file, and where in it. */
interface Standing {
  readonly reader: Reader;
  readonly place: string;
  readonly source: KubeconfigText;
}

/** One mapping of the kubeconfig, read field by field. A field of the wrong type is a problem and reads as absent. */
export class Fields {
  readonly #standing: Standing;
  readonly #values: Readonly<Record<string, unknown>>;

  constructor(standing: Standing, values: Readonly<Record<string, unknown>>) {
    this.#standing = standing;
    this.#values = values;
  }

  get source(): KubeconfigText {
    return this.#standing.source;
  }

  problem(field: string, problem: string, fix: string): void {
    const { reader, place } = this.#standing;
    reader.problem([place, field].filter((part) => part !== '').join(' '), problem, fix);
  }

  has(field: string): boolean {
    const value = this.value(field);
    return value !== undefined && value !== null;
  }

  value(field: string): unknown {
    return Object.hasOwn(this.#values, field) ? this.#values[field] : undefined;
  }

  text(field: string): string | undefined {
    const value = this.value(field);
    if (value === undefined || value === null || value === '') return undefined;
    if (typeof value === 'string') return value;
    this.problem(field, 'is not text', 'put it in quotes');
    return undefined;
  }

  flag(field: string): boolean {
    const value = this.value(field);
    return value === true || value === 'true';
  }

  texts(field: string): readonly string[] {
    const value = this.value(field);
    return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];
  }

  /** An inner mapping; undefined when there is none. */
  inner(field: string): Fields | undefined {
    const { reader, place, source } = this.#standing;
    const fields = reader.fields(`${place} ${field}`.trim(), this.value(field), source);
    if (fields === undefined && this.has(field)) this.problem(field, 'is not a mapping', 'correct its indentation');
    return fields;
  }

  /** The entries of a list such as `users`. */
  entries(list: string): readonly Fields[] {
    const { reader, place, source } = this.#standing;
    const value = this.value(list);
    if (!Array.isArray(value)) {
      if (this.has(list)) this.problem(list, 'is not a list', 'begin each of its entries with a dash');
      return [];
    }
    return value.flatMap((entry, index) => reader.fields(`${place} ${list}[${index}]`.trim(), entry, source) ?? []);
  }

  /** The same mapping, whose problems name this place in its file. */
  at(place: string): Fields {
    return new Fields({ ...this.#standing, place }, this.#values);
  }

  /** The absolute path of a file that the kubeconfig names. */
  located(path: string): string {
    const { side, folder } = this.source;
    if (side === 'node') return posix.isAbsolute(path) ? path : posix.join(folder, path);
    return isAbsolute(path) ? path : resolve(folder, path);
  }

  /** PEM text from `<field>-data` (base64, which wins as in kubectl) or from the file that `<field>` names. */
  async fileOrInline(field: string): Promise<string | undefined> {
    const inline = this.text(`${field}-data`);
    if (inline !== undefined) {
      const compact = inline.replace(/\s+/g, '');
      if (/^[A-Za-z0-9+/]+=*$/.test(compact)) return Buffer.from(compact, 'base64').toString();
      this.problem(`${field}-data`, 'is not base64', 'encode the PEM file: base64 -w0 FILE');
      return undefined;
    }
    const path = this.text(field);
    return path === undefined ? undefined : await this.#read(field, path);
  }

  /** The token in the file that `field` names. */
  async tokenInFile(field: string, path: string): Promise<string | undefined> {
    const text = await this.#read(field, path);
    return text === undefined ? undefined : this.checkedToken(field, text);
  }

  /** A token goes into a header: what cannot stand there would be refused with a message that shows it. */
  checkedToken(field: string, text: string): string | undefined {
    const trimmed = text.trim();
    if (isToken(trimmed)) return trimmed;
    this.problem(field, 'is not a token: it has blanks or other characters', 'give the bare token');
    return undefined;
  }

  async #read(field: string, path: string): Promise<string | undefined> {
    try {
      return await this.source.readFile(this.located(path));
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : '';
      const seen = code === 'ENOENT' ? 'does not exist' : code === 'EACCES' ? 'may not be read' : 'cannot be read';
      this.problem(field, `names ${path}, which ${seen}`, 'inline it: kubectl config view --raw --flatten');
      return undefined;
    }
  }
}

/** True for what can stand in an Authorization header. */
export function isToken(text: string): boolean {
  return /^[\x21-\x7e]+$/.test(text);
}
