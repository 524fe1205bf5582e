import { meets, type SelectorRequirement } from '../label-selector.ts';
import type { KubeObject } from './objects.ts';
import { badRequest } from './status.ts';

/** Decides whether an object is selected. */
export type Matches = (object: KubeObject) => boolean;

type Labels = Readonly<Record<string, string>>;

/** Parses a labelSelector. @throws ApiError 400 in the words of the real parser. */
export function labelSelector(text: string): (labels: Labels) => boolean {
  const requirements = parseRequirements(text);
  return (labels) => requirements.every((requirement) => meets(requirement, labels));
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

function splitUnescaped(text: string): readonly string[] {
  return text.split(/(?<!\\),/).filter((part) => part !== '');
}

const OPERATORS = ['in', 'notin', '=', '==', '!=', 'gt', 'lt'];
const SYMBOLS = /^(?:==|!=|=|>|<|!|\(|\)|,)/;

interface Tokens {
  peek(): string;
  next(): string;
}

function parseRequirements(text: string): readonly SelectorRequirement[] {
  const tokens = lex(text);
  const found: SelectorRequirement[] = [];
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

function parseRequirement(tokens: Tokens): SelectorRequirement {
  const negated = tokens.peek() === '!';
  if (negated) tokens.next();
  const key = tokens.next();
  if (SYMBOLS.test(key) || key === '') throw problem(`found '${key}', expected: !, identifier, or 'end of string'`);
  checkKey(key);
  if (negated) return { key, operator: 'DoesNotExist' };
  const peeked = tokens.peek();
  if (peeked === '' || peeked === ',') return { key, operator: 'Exists' };
  const operator = tokens.next();
  if (operator === 'in' || operator === 'notin')
    return { key, operator: operator === 'in' ? 'In' : 'NotIn', values: parseSet(tokens) };
  if (operator === '=' || operator === '==' || operator === '!=') {
    return { key, operator: operator === '!=' ? 'NotIn' : 'In', values: [parseValue(tokens, key)] };
  }
  if (operator === '>' || operator === '<') {
    return { key, operator: operator === '>' ? 'Gt' : 'Lt', values: [parseValue(tokens, key)] };
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
