/** A kubeconfig as it was found. */
export interface KubeconfigText {
  readonly text: string;
  /** The file, or `file on the node`: for messages. */
  readonly place: string;
  /** Reads a file that the kubeconfig names; relative names are relative to the kubeconfig's own folder. */
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

  fields(place: string, value: unknown): Fields | undefined {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
    return new Fields(this, place, value as Readonly<Record<string, unknown>>);
  }
}

/** One mapping of the kubeconfig, read field by field. A field of the wrong type is a problem and reads as absent. */
export class Fields {
  readonly #reader: Reader;
  readonly #place: string;
  readonly #values: Readonly<Record<string, unknown>>;

  constructor(reader: Reader, place: string, values: Readonly<Record<string, unknown>>) {
    this.#reader = reader;
    this.#place = place;
    this.#values = values;
  }

  problem(field: string, problem: string, fix: string): void {
    this.#reader.problem(this.#place === '' ? field : `${this.#place} ${field}`, problem, fix);
  }

  has(field: string): boolean {
    return this.#values[field] !== undefined && this.#values[field] !== null;
  }

  value(field: string): unknown {
    return this.#values[field];
  }

  text(field: string): string | undefined {
    const value = this.#values[field];
    if (value === undefined || value === null || value === '') return undefined;
    if (typeof value === 'string') return value;
    this.problem(field, 'is not text', 'put it in quotes');
    return undefined;
  }

  flag(field: string): boolean {
    return this.#values[field] === true || this.#values[field] === 'true';
  }

  texts(field: string): readonly string[] {
    const value = this.#values[field];
    return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];
  }

  /** The entries of a list such as `users`. */
  entries(list: string): readonly Fields[] {
    const value = this.#values[list];
    if (!Array.isArray(value)) return [];
    return value.flatMap((entry, index) => this.#reader.fields(`${list}[${index}]`, entry) ?? []);
  }

  /** The inner mapping of the list's entry with this name, e.g. of `users` the `user` named `admin`. */
  named(list: string, name: string, inner: string): Fields | undefined {
    const entries = this.entries(list);
    const index = entries.findIndex((entry) => entry.text('name') === name);
    const known = entries.map((entry) => `"${entry.text('name') ?? ''}"`).join(', ') || 'none';
    if (index < 0) {
      this.problem(list, `has no entry named "${name}"`, `name one that is there: ${known}`);
      return undefined;
    }
    const fields = this.#reader.fields(`${list}[${index}] "${name}"`, entries[index]?.value(inner));
    if (fields === undefined)
      this.problem(`${list}[${index}] "${name}"`, `has no ${inner}`, `give it a ${inner} mapping`);
    return fields;
  }

  /** PEM text from `<field>-data` (base64, which wins as in kubectl) or from the file that `<field>` names. */
  async fileOrInline(field: string, source: KubeconfigText): Promise<string | undefined> {
    const inline = this.text(`${field}-data`);
    if (inline !== undefined) {
      const compact = inline.replace(/\s+/g, '');
      if (/^[A-Za-z0-9+/]+=*$/.test(compact)) return Buffer.from(compact, 'base64').toString();
      this.problem(`${field}-data`, 'is not base64', 'encode the PEM file: base64 -w0 FILE');
      return undefined;
    }
    const path = this.text(field);
    return path === undefined ? undefined : await this.#read(field, path, source);
  }

  /** `tokenFile` wins over `token`, as in kubectl. */
  async tokenText(source: KubeconfigText): Promise<string | undefined> {
    const path = this.text('tokenFile');
    const token = path === undefined ? this.text('token') : await this.#read('tokenFile', path, source);
    if (token === undefined) return undefined;
    const trimmed = token.trim();
    // A token goes into a header: anything else would be refused there with a message that shows it.
    if (/^[\x21-\x7e]+$/.test(trimmed)) return trimmed;
    this.problem(
      path === undefined ? 'token' : 'tokenFile',
      'is not a token: it has blanks or other characters',
      'give the bare token',
    );
    return undefined;
  }

  async #read(field: string, path: string, source: KubeconfigText): Promise<string | undefined> {
    try {
      return await source.readFile(path);
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : '';
      const seen = code === 'ENOENT' ? 'does not exist' : code === 'EACCES' ? 'may not be read' : 'cannot be read';
      this.problem(field, `names ${path}, which ${seen}`, 'inline it: kubectl config view --raw --flatten');
      return undefined;
    }
  }
}
