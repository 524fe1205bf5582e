/** Tells whether a set of labels is chosen. `text` is the filter as written. */
export interface LabelFilter {
  readonly text: string;
  matches(labels: readonly string[]): boolean;
}

/** What is wrong with a filter, and where: `column` counts characters from 1. */
export interface LabelFilterProblem {
  readonly column: number;
  readonly problem: string;
  /** The filter and, below it, a caret at the column. */
  readonly picture: string;
}

type Predicate = (labels: ReadonlySet<string>) => boolean;
type Token = {
  readonly kind: '&&' | '||' | '!' | '(' | ')' | 'label' | 'end';
  readonly text: string;
  readonly at: number;
};

/**
 * Reads Ginkgo's label filter: labels joined by `&&`, `||` or `,` (an or of the same rank), `!`, parentheses and blanks.
 * Labels compare without regard to case and outer blanks, as in Ginkgo. An empty filter chooses everything.
 */
export function parseLabelFilter(text: string): LabelFilter | LabelFilterProblem {
  try {
    const tokens = tokenize(text);
    const chosen: Predicate = tokens[0]?.kind === 'end' ? () => true : new Reader(text, tokens).all();
    return { text, matches: (labels) => chosen(new Set(labels.map((label) => label.trim().toLowerCase()))) };
  } catch (error) {
    if (error instanceof Refusal) return error.problem;
    throw error;
  }
}

class Refusal extends Error {
  readonly problem: LabelFilterProblem;
  constructor(text: string, at: number, problem: string) {
    super(problem);
    this.problem = { column: at + 1, problem, picture: `${text}\n${' '.repeat(at)}^` };
  }
}

function tokenize(text: string): readonly Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < text.length) {
    const rest = text.slice(at);
    const found = /^(\s+)|^(&&|\|\||[!(),])|^([\p{L}\p{N}\-_.]+(?::[\p{L}\p{N}\-_.:]+)?)/u.exec(rest);
    if (found === null) throw new Refusal(text, at, unreadable(rest));
    const [whole, blank, operator, label] = found;
    if (label !== undefined) tokens.push({ kind: 'label', text: label, at });
    else if (operator !== undefined && blank === undefined) tokens.push({ kind: kindOf(operator), text: operator, at });
    at += whole.length;
  }
  tokens.push({ kind: 'end', text: '', at });
  return tokens;
}

function kindOf(operator: string): Token['kind'] {
  switch (operator) {
    case '&&':
    case '!':
    case '(':
    case ')':
      return operator;
    default:
      return '||';
  }
}

function unreadable(rest: string): string {
  const character = String.fromCodePoint(rest.codePointAt(0) ?? 0);
  if (character === '&' || character === '|') return `a single "${character}"; write "${character}${character}"`;
  if (character === '/') return 'expressions between slashes are not read here; use --focus or --skip for them';
  if (character === ':') return 'set operations such as "key: containsAny" are not read here; write whole labels';
  return `"${character}" cannot stand in a label filter`;
}

/** Recursive descent: any := all-of ("||" all-of)*, all-of := one ("&&" one)*, one := "!" one | "(" any ")" | label. */
class Reader {
  readonly #text: string;
  readonly #tokens: readonly Token[];
  #next = 0;
  constructor(text: string, tokens: readonly Token[]) {
    this.#text = text;
    this.#tokens = tokens;
  }

  all(): Predicate {
    const chosen = this.#anyOf();
    const left = this.#peek();
    if (left.kind === ')') throw this.#refuse(left, 'this ")" closes nothing');
    if (left.kind !== 'end') throw this.#refuse(left, `"&&", "||" or "," is missing before "${left.text}"`);
    return chosen;
  }

  #anyOf(): Predicate {
    const choices = [this.#allOf()];
    while (this.#peek().kind === '||') {
      this.#take();
      choices.push(this.#allOf());
    }
    return (labels) => choices.some((choice) => choice(labels));
  }

  #allOf(): Predicate {
    const demands = [this.#one()];
    while (this.#peek().kind === '&&') {
      this.#take();
      demands.push(this.#one());
    }
    return (labels) => demands.every((demand) => demand(labels));
  }

  #one(): Predicate {
    const token = this.#take();
    if (token.kind === 'label') return (labels) => labels.has(token.text.toLowerCase());
    if (token.kind === '!') {
      const denied = this.#one();
      return (labels) => !denied(labels);
    }
    if (token.kind !== '(') {
      const found = token.kind === 'end' ? 'the filter ends' : `"${token.text}" stands`;
      throw this.#refuse(token, `${found} where a label is expected`);
    }
    const inner = this.#anyOf();
    const close = this.#take();
    if (close.kind === ')') return inner;
    if (close.kind === 'end') throw this.#refuse(token, 'this "(" is never closed');
    throw this.#refuse(close, `"&&", "||" or "," is missing before "${close.text}"`);
  }

  #peek(): Token {
    return this.#tokens[this.#next] ?? { kind: 'end', text: '', at: this.#text.length };
  }

  #take(): Token {
    const token = this.#peek();
    this.#next += 1;
    return token;
  }

  #refuse(token: Token, problem: string): Refusal {
    return new Refusal(this.#text, token.at, problem);
  }
}
