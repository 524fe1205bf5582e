/** Works out an integer expression of `$((…))`: + - * / %, comparisons, parentheses and variables. */
export function evaluate(expression: string, variable: (name: string) => string): number {
  const tokens = expression.match(/\d+|[A-Za-z_]\w*|[<>=!]=|&&|\|\||[-+*/%()<>!]/g) ?? [];
  const reader = new Reader(tokens, variable);
  return Math.trunc(reader.level(0));
}

const LEVELS: readonly (readonly string[])[] = [
  ['||'],
  ['&&'],
  ['==', '!='],
  ['<', '>', '<=', '>='],
  ['+', '-'],
  ['*', '/', '%'],
];

const OPERATIONS: Readonly<Record<string, (a: number, b: number) => number>> = {
  '||': (a, b) => Number(a !== 0 || b !== 0),
  '&&': (a, b) => Number(a !== 0 && b !== 0),
  '==': (a, b) => Number(a === b),
  '!=': (a, b) => Number(a !== b),
  '<': (a, b) => Number(a < b),
  '>': (a, b) => Number(a > b),
  '<=': (a, b) => Number(a <= b),
  '>=': (a, b) => Number(a >= b),
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => Math.trunc(a / b),
  '%': (a, b) => a % b,
};

class Reader {
  readonly #tokens: readonly string[];
  readonly #variable: (name: string) => string;
  #at = 0;

  constructor(tokens: readonly string[], variable: (name: string) => string) {
    this.#tokens = tokens;
    this.#variable = variable;
  }

  level(level: number): number {
    const operators = LEVELS[level];
    if (operators === undefined) return this.#unary();
    let value = this.level(level + 1);
    for (let operator = this.#next(); operators.includes(operator); operator = this.#next()) {
      this.#at += 1;
      value = OPERATIONS[operator]?.(value, this.level(level + 1)) ?? 0;
    }
    return value;
  }

  #unary(): number {
    const token = this.#next();
    this.#at += 1;
    if (token === '-') return -this.#unary();
    if (token === '!') return Number(this.#unary() === 0);
    if (token === '(') {
      const value = this.level(0);
      this.#at += 1;
      return value;
    }
    return Number.parseInt(/^\d/.test(token) ? token : this.#variable(token), 10) || 0;
  }

  #next(): string {
    return this.#tokens[this.#at] ?? '';
  }
}
