import type { KubeObject } from './objects.ts';
import { badRequest } from './status.ts';

/** Decides whether an object is selected. */
export type Matches = (object: KubeObject) => boolean;

type Labels = Readonly<Record<string, string>>;

interface Requirement {
  readonly key: string;
  readonly operator: 'exists' | '!' | 'in' | 'notin' | 'gt' | 'lt';
  readonly values: readonly string[];
}

/** Parses a labelSelector. @throws ApiError 400 in the words of the real parser. */
export function labelSelector(text: string): (labels: Labels) => boolean {
  const requirements = parseRequirements(text);
  return (labels) => requirements.every((requirement) => satisfies(labels, requirement));
}

/** A `metav1.LabelSelector` as objects carry it. An absent one selects nothing, an empty one everything. */
export function matchesLabelSelector(selector: unknown, labels: Labels): boolean {
  if (typeof selector !== 'object' || selector === null) return false;
  const { matchLabels = {}, matchExpressions = [] } = selector as {
    matchLabels?: Labels;
    matchExpressions?: readonly { key: string; operator: string; values?: readonly string[] }[];
  };
  const named = Object.entries(matchLabels).every(([key, value]) => labels[key] === value);
  return named && matchExpressions.every((expression) => satisfies(labels, fromExpression(expression)));
}

/** Parses a fieldSelector into its terms. @throws ApiError 400. */
export function fieldTerms(text: string): readonly FieldTerm[] {
  if (text.trim() === '') return [];
  return splitUnescaped(text).map((part) => {
    const found = /^(.*?)(!=|==|=)(.*)$/s.exec(part);
    if (found === null) throw badRequest(`invalid selector: '${text}'; can't understand '${part}'`);
    const [, field = '', operator, value = ''] = found;
    return { field, equal: operator !== '!=', value: value.replace(/\\(.)/g, '$1') };
  });
}

/** One term of a fieldSelector. */
export interface FieldTerm {
  readonly field: string;
  readonly equal: boolean;
  readonly value: string;
}

function fromExpression(expression: { key: string; operator: string; values?: readonly string[] }): Requirement {
  const operators: Readonly<Record<string, Requirement['operator']>> = {
    In: 'in',
    NotIn: 'notin',
    Exists: 'exists',
    DoesNotExist: '!',
  };
  return { key: expression.key, operator: operators[expression.operator] ?? 'in', values: expression.values ?? [] };
}

function satisfies(labels: Labels, { key, operator, values }: Requirement): boolean {
  const value = labels[key];
  switch (operator) {
    case 'exists':
      return value !== undefined;
    case '!':
      return value === undefined;
    case 'in':
      return value !== undefined && values.includes(value);
    case 'notin':
      return value === undefined || !values.includes(value);
    case 'gt':
      return value !== undefined && Number(value) > Number(values[0]);
    case 'lt':
      return value !== undefined && Number(value) < Number(values[0]);
  }
}

function splitUnescaped(text: string): readonly string[] {
  return text.split(/(?<!\\),/).filter((part) => part !== '');
}

const OPERATORS = ['in', 'notin', '=', '==', '!=', 'gt', 'lt'];
const SYMBOLS = /^(?:==|!=|=|>|<|!|\(|\)|,)/;

interface Tokens {
  peek(): string;
  next(): string;
}

function parseRequirements(text: string): readonly Requirement[] {
  const tokens = lex(text);
  const found: Requirement[] = [];
  while (tokens.peek() !== '') {
    found.push(parseRequirement(tokens));
    const separator = tokens.next();
    if (separator === '') break;
    if (separator !== ',') throw problem(`found '${separator}', expected: ',' or 'end of string'`);
    if (tokens.peek() === '') throw problem("found '', expected: identifier after ','");
  }
  return found;
}

function lex(text: string): Tokens {
  const tokens: string[] = [];
  let rest = text.trim();
  while (rest !== '') {
    const token = SYMBOLS.exec(rest)?.[0] ?? /^[^\s=!<>(),]+/.exec(rest)?.[0] ?? rest;
    tokens.push(token);
    rest = rest.slice(token.length).trimStart();
  }
  let at = 0;
  return { peek: () => tokens[at] ?? '', next: () => tokens[at++] ?? '' };
}

function parseRequirement(tokens: Tokens): Requirement {
  const negated = tokens.peek() === '!';
  if (negated) tokens.next();
  const key = tokens.next();
  if (SYMBOLS.test(key) || key === '') throw problem(`found '${key}', expected: !, identifier, or 'end of string'`);
  checkKey(key);
  if (negated) return { key, operator: '!', values: [] };
  const peeked = tokens.peek();
  if (peeked === '' || peeked === ',') return { key, operator: 'exists', values: [] };
  const operator = tokens.next();
  if (operator === 'in' || operator === 'notin') return { key, operator, values: parseSet(tokens) };
  if (operator === '=' || operator === '==' || operator === '!=') {
    return { key, operator: operator === '!=' ? 'notin' : 'in', values: [parseValue(tokens, key)] };
  }
  if (operator === '>' || operator === '<') {
    return { key, operator: operator === '>' ? 'gt' : 'lt', values: [parseValue(tokens, key)] };
  }
  throw problem(`found '${operator}', expected: ${OPERATORS.join(', ')}`);
}

function parseValue(tokens: Tokens, key: string): string {
  const peeked = tokens.peek();
  if (peeked === '' || peeked === ',') return '';
  const value = tokens.next();
  if (SYMBOLS.test(value)) throw problem(`found '${value}', expected: identifier`);
  checkValue(value, key);
  return value;
}

function parseSet(tokens: Tokens): readonly string[] {
  const open = tokens.next();
  if (open !== '(') throw problem(`found '${open}' expected: '('`);
  const values: string[] = [];
  for (let token = tokens.next(); token !== ')'; token = tokens.next()) {
    if (token === '') throw problem("found '', expected: ',' or ')'");
    if (token !== ',') values.push(token);
  }
  return values.length === 0 ? [''] : values;
}

function checkKey(key: string): void {
  const name = key.includes('/') ? key.slice(key.indexOf('/') + 1) : key;
  if (/^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/.test(name) && name.length <= 63) return;
  throw badRequest(
    `unable to parse requirement: <nil>: Invalid value: ${JSON.stringify(key)}: name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')`,
  );
}

function checkValue(value: string, key: string): void {
  if (/^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/.test(value) && value.length <= 63) return;
  throw badRequest(
    `unable to parse requirement: values[0][${key}]: Invalid value: ${JSON.stringify(value)}: a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')`,
  );
}

function problem(text: string) {
  return badRequest(`unable to parse requirement: ${text}`);
}
