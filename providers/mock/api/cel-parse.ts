/** The tree of a CEL expression. */
export type CelNode =
  | { readonly type: 'literal'; readonly value: unknown }
  | { readonly type: 'name'; readonly name: string }
  | { readonly type: 'field'; readonly of: CelNode; readonly name: string }
  | { readonly type: 'index'; readonly of: CelNode; readonly at: CelNode }
  | {
      readonly type: 'call';
      readonly name: string;
      readonly on: CelNode | undefined;
      readonly args: readonly CelNode[];
    }
  | { readonly type: 'unary'; readonly operator: string; readonly of: CelNode }
  | { readonly type: 'binary'; readonly operator: string; readonly left: CelNode; readonly right: CelNode }
  | { readonly type: 'choice'; readonly test: CelNode; readonly yes: CelNode; readonly no: CelNode }
  | { readonly type: 'list'; readonly items: readonly CelNode[] }
  | { readonly type: 'map'; readonly entries: readonly (readonly [CelNode, CelNode])[] };

/** Parses an expression. @throws Error that names the place where it stops making sense. */
export function parseCel(expression: string): CelNode {
  const tokens = new Tokens(expression);
  const tree = parseChoice(tokens);
  if (tokens.peek() !== undefined) throw tokens.unexpected();
  return tree;
}

// Weakest first; operators of one row are read from left to right.
const BINARY: readonly (readonly string[])[] = [
  ['||'],
  ['&&'],
  ['==', '!=', '<=', '>=', '<', '>', 'in'],
  ['+', '-'],
  ['*', '/', '%'],
];

function parseChoice(tokens: Tokens): CelNode {
  const test = parseBinary(tokens, 0);
  if (!tokens.take('?')) return test;
  const yes = parseChoice(tokens);
  tokens.expect(':');
  return { type: 'choice', test, yes, no: parseChoice(tokens) };
}

function parseBinary(tokens: Tokens, level: number): CelNode {
  const operators = BINARY[level];
  if (operators === undefined) return parseUnary(tokens);
  let left = parseBinary(tokens, level + 1);
  for (;;) {
    const operator = operators.find((one) => tokens.take(one));
    if (operator === undefined) return left;
    left = { type: 'binary', operator, left, right: parseBinary(tokens, level + 1) };
  }
}

function parseUnary(tokens: Tokens): CelNode {
  for (const operator of ['!', '-']) {
    if (tokens.take(operator)) return { type: 'unary', operator, of: parseUnary(tokens) };
  }
  return parseMember(tokens);
}

function parseMember(tokens: Tokens): CelNode {
  let node = parsePrimary(tokens);
  for (;;) {
    if (tokens.take('.')) {
      const name = tokens.takeName();
      node = tokens.take('(')
        ? { type: 'call', name, on: node, args: parseList(tokens, ')') }
        : { type: 'field', of: node, name };
    } else if (tokens.take('[')) {
      const at = parseChoice(tokens);
      tokens.expect(']');
      node = { type: 'index', of: node, at };
    } else return node;
  }
}

function parsePrimary(tokens: Tokens): CelNode {
  if (tokens.take('(')) {
    const inner = parseChoice(tokens);
    tokens.expect(')');
    return inner;
  }
  if (tokens.take('[')) return { type: 'list', items: parseList(tokens, ']') };
  if (tokens.take('{')) return { type: 'map', entries: parseEntries(tokens) };
  const literal = tokens.takeLiteral();
  if (literal !== undefined) return literal;
  const name = tokens.takeName();
  if (tokens.take('(')) return { type: 'call', name, on: undefined, args: parseList(tokens, ')') };
  return { type: 'name', name };
}

function parseList(tokens: Tokens, end: string): readonly CelNode[] {
  const items: CelNode[] = [];
  while (!tokens.take(end)) {
    if (items.length > 0) tokens.expect(',');
    items.push(parseChoice(tokens));
  }
  return items;
}

function parseEntries(tokens: Tokens): readonly (readonly [CelNode, CelNode])[] {
  const entries: [CelNode, CelNode][] = [];
  while (!tokens.take('}')) {
    if (entries.length > 0) tokens.expect(',');
    const key = parseChoice(tokens);
    tokens.expect(':');
    entries.push([key, parseChoice(tokens)]);
  }
  return entries;
}

interface Token {
  readonly kind: 'name' | 'literal' | 'operator';
  readonly text: string;
  readonly value?: unknown;
  readonly at: number;
}

const TOKEN =
  /\s*(?:(?<text>[rRbB]?(?:"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'))|(?<number>(?:0x[0-9a-fA-F]+|\d+\.\d+(?:[eE][+-]?\d+)?|\d+)u?)|(?<name>[A-Za-z_]\w*)|(?<operator>\|\||&&|==|!=|<=|>=|[-+*/%<>!?:.,()[\]{}]))/y;

const CONSTANTS: Readonly<Record<string, unknown>> = { true: true, false: false, null: null };

class Tokens {
  readonly #tokens: readonly Token[];
  readonly #expression: string;
  #next = 0;

  constructor(expression: string) {
    this.#expression = expression;
    this.#tokens = tokensOf(expression);
  }

  peek(): Token | undefined {
    return this.#tokens[this.#next];
  }

  take(text: string): boolean {
    const token = this.peek();
    if (token?.text !== text || token.kind === 'literal') return false;
    this.#next += 1;
    return true;
  }

  expect(text: string): void {
    if (!this.take(text)) throw this.unexpected();
  }

  takeName(): string {
    const token = this.peek();
    if (token?.kind !== 'name') throw this.unexpected();
    this.#next += 1;
    return token.text;
  }

  takeLiteral(): CelNode | undefined {
    const token = this.peek();
    const constant = token?.kind === 'name' && Object.hasOwn(CONSTANTS, token.text);
    if (token === undefined || (token.kind !== 'literal' && !constant)) return undefined;
    this.#next += 1;
    return { type: 'literal', value: constant ? CONSTANTS[token.text] : token.value };
  }

  unexpected(): Error {
    const token = this.peek();
    const where = token === undefined ? 'its end' : `${JSON.stringify(token.text)} at ${token.at}`;
    return new Error(`cannot read the expression ${JSON.stringify(this.#expression)}: unexpected ${where}`);
  }
}

function tokensOf(expression: string): readonly Token[] {
  const tokens: Token[] = [];
  const source = expression.trimEnd();
  let at = 0;
  while (at < source.length) {
    TOKEN.lastIndex = at;
    const match = TOKEN.exec(source);
    const groups = match?.groups;
    if (match === null || groups === undefined) {
      throw new Error(`cannot read the expression ${JSON.stringify(expression)} from ${at} on`);
    }
    at = TOKEN.lastIndex;
    const { text, number, name, operator } = groups;
    if (text !== undefined) tokens.push({ kind: 'literal', text, value: textOf(text), at });
    else if (number !== undefined)
      tokens.push({ kind: 'literal', text: number, value: Number(number.replace(/u$/, '')), at });
    else if (name !== undefined) tokens.push({ kind: 'name', text: name, at });
    else if (operator !== undefined) tokens.push({ kind: 'operator', text: operator, at });
  }
  return tokens;
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', '0': '\0' };

function textOf(token: string): string {
  const raw = /^[rR]/.test(token);
  const inner = token.replace(/^[rRbB]?['"]/, '').slice(0, -1);
  if (raw) return inner;
  return inner.replace(/\\(u[0-9a-fA-F]{4}|.)/g, (_, code: string) =>
    code.startsWith('u') && code.length === 5
      ? String.fromCharCode(Number.parseInt(code.slice(1), 16))
      : (ESCAPES[code] ?? code),
  );
}
