import type { CelNode } from './cel-parse.ts';
import { isObject, sameJson } from './json.ts';

/** A value in CEL: JSON. */
export type CelValue = unknown;

/** What the names in an expression stand for; a function is asked when its name is met. */
export type Names = Readonly<Record<string, CelValue>>;

/** Evaluates a tree. @throws Error for a missing field, an unknown name or operands that do not fit. */
export function evaluate(node: CelNode, names: Names): CelValue {
  switch (node.type) {
    case 'literal':
      return node.value;
    case 'name':
      return nameOf(node.name, names);
    case 'field':
      return fieldOf(evaluate(node.of, names), node.name);
    case 'index':
      return itemOf(evaluate(node.of, names), evaluate(node.at, names));
    case 'list':
      return node.items.map((item) => evaluate(item, names));
    case 'map':
      return Object.fromEntries(
        node.entries.map(([key, value]) => [`${evaluate(key, names)}`, evaluate(value, names)]),
      );
    case 'choice':
      return evaluate(truth(evaluate(node.test, names)) ? node.yes : node.no, names);
    case 'unary':
      return unary(node.operator, evaluate(node.of, names));
    case 'binary':
      return binary(node, names);
    case 'call':
      return call(node, names);
  }
}

type Call = Extract<CelNode, { readonly type: 'call' }>;
type Binary = Extract<CelNode, { readonly type: 'binary' }>;

function nameOf(name: string, names: Names): CelValue {
  if (!Object.hasOwn(names, name)) throw new Error(`undeclared reference to '${name}'`);
  const value = names[name];
  return typeof value === 'function' ? value() : value;
}

function fieldOf(value: CelValue, name: string): CelValue {
  if (!isObject(value) || !Object.hasOwn(value, name)) throw new Error(`no such key: ${name}`);
  const found = value[name];
  return typeof found === 'function' ? found() : found;
}

function itemOf(value: CelValue, at: CelValue): CelValue {
  if (!Array.isArray(value)) return fieldOf(value, `${at}`);
  if (typeof at !== 'number' || at < 0 || at >= value.length) throw new Error(`index out of bounds: ${at}`);
  return value[at];
}

function truth(value: CelValue): boolean {
  if (typeof value !== 'boolean') throw new Error('no such overload');
  return value;
}

function unary(operator: string, value: CelValue): CelValue {
  if (operator === '!') return !truth(value);
  if (typeof value !== 'number') throw new Error('no such overload');
  return -value;
}

function binary({ operator, left, right }: Binary, names: Names): CelValue {
  if (operator === '&&' || operator === '||') return logical(operator, left, right, names);
  const [a, b] = [evaluate(left, names), evaluate(right, names)];
  if (operator === '==') return sameJson(a, b);
  if (operator === '!=') return !sameJson(a, b);
  if (operator === 'in')
    return Array.isArray(b) ? b.some((item) => sameJson(item, a)) : isObject(b) && Object.hasOwn(b, `${a}`);
  if (operator === '+' && typeof a === 'string' && typeof b === 'string') return a + b;
  if (operator === '+' && Array.isArray(a) && Array.isArray(b)) return [...a, ...b];
  const texts = typeof a === 'string' && typeof b === 'string';
  if (!texts && (typeof a !== 'number' || typeof b !== 'number')) throw new Error('no such overload');
  return ordered(operator, a as never, b as never);
}

function ordered(operator: string, a: number, b: number): CelValue {
  switch (operator) {
    case '<':
      return a < b;
    case '<=':
      return a <= b;
    case '>':
      return a > b;
    case '>=':
      return a >= b;
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      return a * b;
    default:
      return quotient(operator, a, b);
  }
}

function quotient(operator: string, a: number, b: number): number {
  if (b === 0) throw new Error(operator === '/' ? 'division by zero' : 'modulus by zero');
  if (operator === '%') return a % b;
  return Number.isInteger(a) && Number.isInteger(b) ? Math.trunc(a / b) : a / b;
}

/** Either side may settle it, even when the other one fails. */
function logical(operator: string, left: CelNode, right: CelNode, names: Names): boolean {
  const settles = operator === '||';
  let failure: unknown;
  for (const side of [left, right]) {
    try {
      if (truth(evaluate(side, names)) === settles) return settles;
    } catch (error) {
      failure ??= error;
    }
  }
  if (failure !== undefined) throw failure;
  return !settles;
}

function call(node: Call, names: Names): CelValue {
  if (node.on === undefined && node.name === 'has') return isPresent(node.args[0], names);
  if (node.on !== undefined && MACROS.has(node.name) && node.args.length >= 2) return macro(node, node.on, names);
  const args = node.args.map((argument) => evaluate(argument, names));
  const subject = node.on === undefined ? args.shift() : evaluate(node.on, names);
  const found = FUNCTIONS[node.name];
  if (found === undefined) throw new Error(`undeclared reference to '${node.name}'`);
  return found(subject, ...args);
}

function isPresent(node: CelNode | undefined, names: Names): boolean {
  if (node?.type !== 'field') throw new Error('invalid argument to has() macro');
  const value = evaluate(node.of, names);
  return isObject(value) && Object.hasOwn(value, node.name);
}

const MACROS = new Set(['all', 'exists', 'exists_one', 'filter', 'map']);

function macro(node: Call, on: CelNode, names: Names): CelValue {
  const [variable, first, second] = node.args;
  if (variable?.type !== 'name' || first === undefined) throw new Error(`invalid arguments to ${node.name}()`);
  const subject = evaluate(on, names);
  const items: readonly unknown[] = Array.isArray(subject) ? subject : isObject(subject) ? Object.keys(subject) : [];
  const each = (body: CelNode) => (item: unknown) => evaluate(body, { ...names, [variable.name]: item });
  const test = (item: unknown) => truth(each(first)(item));
  switch (node.name) {
    case 'all':
      return items.every(test);
    case 'exists':
      return items.some(test);
    case 'exists_one':
      return items.filter(test).length === 1;
    case 'filter':
      return items.filter(test);
    default:
      return second === undefined ? items.map(each(first)) : items.filter(test).map(each(second));
  }
}

const FUNCTIONS: Readonly<Record<string, (subject: CelValue, ...args: readonly CelValue[]) => CelValue>> = {
  size: sizeOf,
  contains: (text, part) => textOf(text).includes(textOf(part)),
  startsWith: (text, part) => textOf(text).startsWith(textOf(part)),
  endsWith: (text, part) => textOf(text).endsWith(textOf(part)),
  matches: (text, pattern) => new RegExp(textOf(pattern), 'u').test(textOf(text)),
  lowerAscii: (text) => textOf(text).toLowerCase(),
  upperAscii: (text) => textOf(text).toUpperCase(),
  trim: (text) => textOf(text).trim(),
  split: (text, by) => textOf(text).split(textOf(by)),
  replace: (text, from, to) => textOf(text).replaceAll(textOf(from), textOf(to)),
  indexOf: (text, part) => textOf(text).indexOf(textOf(part)),
  substring: (text, from, to) => textOf(text).slice(from as number, to as number | undefined),
  join: (list, by) => listOf(list).join(by === undefined ? '' : textOf(by)),
  string: (value) => `${value}`,
  int: (value) => Math.trunc(Number(value)),
  double: (value) => Number(value),
  type: (value) => typeof value,
  isSorted: (list) => listOf(list).every((item, index, all) => index === 0 || `${all[index - 1]}` <= `${item}`),
  sum: (list) => listOf(list).reduce<number>((sum, item) => sum + Number(item), 0),
  orValue: (value, other) => value ?? other,
};

function sizeOf(value: CelValue): number {
  if (typeof value === 'string') return [...value].length;
  if (Array.isArray(value)) return value.length;
  if (isObject(value)) return Object.keys(value).length;
  throw new Error('no such overload');
}

function textOf(value: CelValue): string {
  if (typeof value !== 'string') throw new Error('no such overload');
  return value;
}

function listOf(value: CelValue): readonly unknown[] {
  if (!Array.isArray(value)) throw new Error('no such overload');
  return value;
}
