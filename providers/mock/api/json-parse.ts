/**
 * Parses JSON like Go's encoding/json: its error texts, and every repeated field told by its path.
 * @throws Error e.g. `unexpected end of JSON input` or `invalid character 'x' looking for beginning of value`.
 */
export function parseJson(text: string, repeated: (path: string) => void): unknown {
  const parser = new Parser(text, repeated);
  const value = parser.value('');
  parser.end();
  return value;
}

const LITERALS: Readonly<Record<string, readonly [string, unknown]>> = {
  t: ['true', true],
  f: ['false', false],
  n: ['null', null],
};
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const MOST_DEPTH = 10_000;

class Parser {
  readonly #text: string;
  readonly #repeated: (path: string) => void;
  #at = 0;
  #depth = 0;

  constructor(text: string, repeated: (path: string) => void) {
    this.#text = text;
    this.#repeated = repeated;
  }

  value(path: string): unknown {
    this.#space();
    const first = this.#text[this.#at];
    if (first === '{') return this.#nested(() => this.#object(path));
    if (first === '[') return this.#nested(() => this.#array(path));
    if (first === '"') return this.#string();
    const literal = first === undefined ? undefined : LITERALS[first];
    if (literal !== undefined) return this.#literal(...literal);
    return this.#number();
  }

  end(): void {
    this.#space();
    if (this.#at < this.#text.length) throw this.#unexpected('after top-level value');
  }

  #nested<T>(read: () => T): T {
    this.#depth += 1;
    if (this.#depth > MOST_DEPTH) throw new Error('exceeded max depth');
    this.#at += 1;
    const value = read();
    this.#depth -= 1;
    return value;
  }

  #object(path: string): Record<string, unknown> {
    const object: Record<string, unknown> = {};
    if (this.#take('}')) return object;
    for (;;) {
      this.#space();
      if (this.#text[this.#at] !== '"') throw this.#unexpected('looking for beginning of object key string');
      const name = this.#string();
      if (!this.#take(':')) throw this.#unexpected('after object key');
      const below = path === '' ? name : `${path}.${name}`;
      const known = Object.hasOwn(object, name);
      const value = this.value(below);
      if (known) this.#repeated(below);
      Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true });
      if (this.#take('}')) return object;
      if (!this.#take(',')) throw this.#unexpected('after object key:value pair');
    }
  }

  #array(path: string): unknown[] {
    const items: unknown[] = [];
    if (this.#take(']')) return items;
    for (;;) {
      items.push(this.value(`${path}[${items.length}]`));
      if (this.#take(']')) return items;
      if (!this.#take(',')) throw this.#unexpected('after array element');
    }
  }

  #string(): string {
    const start = this.#at;
    for (this.#at += 1; ; this.#at += 1) {
      const character = this.#text[this.#at];
      if (character === undefined) throw this.#unexpected('');
      if (character < ' ') throw this.#unexpected('in string literal');
      if (character === '\\') this.#escape();
      else if (character === '"') break;
    }
    this.#at += 1;
    return JSON.parse(this.#text.slice(start, this.#at)) as string;
  }

  #escape(): void {
    this.#at += 1;
    const code = this.#text[this.#at];
    if (code === undefined || !'"\\/bfnrtu'.includes(code)) throw this.#unexpected('in string escape code');
    if (code !== 'u') return;
    for (let digit = 0; digit < 4; digit += 1) {
      this.#at += 1;
      if (!/[0-9a-fA-F]/.test(this.#text[this.#at] ?? ''))
        throw this.#unexpected('in \\u hexadecimal character escape');
    }
  }

  #literal(word: string, value: unknown): unknown {
    for (const character of word) {
      if (this.#text[this.#at] !== character) throw this.#unexpected(`in literal ${word} (expecting '${character}')`);
      this.#at += 1;
    }
    return value;
  }

  #number(): number {
    NUMBER.lastIndex = this.#at;
    const match = NUMBER.exec(this.#text);
    if (match === null) throw this.#unexpected('looking for beginning of value');
    this.#at = NUMBER.lastIndex;
    return Number(match[0]);
  }

  #take(character: string): boolean {
    this.#space();
    if (this.#text[this.#at] !== character) return false;
    this.#at += 1;
    return true;
  }

  #space(): void {
    while (' \t\r\n'.includes(this.#text[this.#at] ?? 'x')) this.#at += 1;
  }

  #unexpected(where: string): Error {
    const character = this.#text[this.#at];
    if (character === undefined) return new Error('unexpected end of JSON input');
    const shown =
      character === "'" ? `'\\''` : character === '"' ? `'"'` : `'${JSON.stringify(character).slice(1, -1)}'`;
    return new Error(`invalid character ${shown} ${where}`);
  }
}
