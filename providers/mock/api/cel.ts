import {
  TypeError as CelTypeError,
  Environment,
  EvaluationError,
  ParseError,
  type ParseResult,
} from '@marcbachmann/cel-js';
import { registerKubernetesFunctions } from './cel-functions.ts';
import { isObject } from './json.ts';

/** What the names in an expression stand for, as `celValue` makes it of JSON; a getter is asked when its name is met. */
export type Names = Readonly<Record<string, unknown>>;

/**
 * Evaluates an expression of the Common Expression Language, as CustomResourceDefinitions and admission policies use
 * it. @throws Error of one line for what it does not understand, a missing field or operands that do not fit.
 */
export function evaluateCel(expression: string, names: Names): unknown {
  try {
    return parsed(expression)(names);
  } catch (error) {
    throw new Error(summaryOf(error), { cause: error });
  }
}

/** Why an expression cannot be read at all; undefined when it can. What it means is seen only in its evaluation. */
export function celSyntaxProblem(expression: string): string | undefined {
  try {
    parsed(expression);
    return undefined;
  } catch (error) {
    return summaryOf(error);
  }
}

/** JSON as CEL sees it: whole numbers are integers, all others doubles. */
export function celValue(value: unknown): unknown {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : value;
  if (Array.isArray(value)) return value.map(celValue);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, child]) => child !== undefined)
      .map(([name, child]) => [name, celValue(child)]),
  );
}

// Objects have no declared types here: what Kubernetes only warns of when it checks types is seen at evaluation.
const ENVIRONMENT = registerKubernetesFunctions(
  new Environment({
    unlistedVariablesAreDyn: true,
    homogeneousAggregateLiterals: false,
    enableOptionalTypes: true,
  }),
);

const PARSED = new Map<string, ParseResult>();

function parsed(expression: string): ParseResult {
  const known = PARSED.get(expression);
  if (known !== undefined) return known;
  const tree = ENVIRONMENT.parse(expression);
  PARSED.set(expression, tree);
  return tree;
}

/** In the words of the real server where the library has others; without its drawing of the place. */
function summaryOf(error: unknown): string {
  const isKnown = error instanceof EvaluationError || error instanceof ParseError || error instanceof CelTypeError;
  const text = isKnown ? error.summary : error instanceof Error ? error.message : String(error);
  return text
    .replace(/^No such key: index out of bounds, index (\d+).*/, 'index out of bounds: $1')
    .replace(/^No such key:/, 'no such key:')
    .replace(/^Unknown variable: (.+)/, "undeclared reference to '$1'");
}
