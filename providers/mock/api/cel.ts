import { type CelValue, evaluate, type Names } from './cel-evaluate.ts';
import { parseCel } from './cel-parse.ts';

/**
 * Evaluates an expression of the Common Expression Language over JSON values, as far as CustomResourceDefinitions and
 * admission policies use it: operators, field access, `has`, `size`, texts, and the macros over lists and maps.
 * @throws Error for what it does not understand, a missing field or operands that do not fit.
 */
export function evaluateCel(expression: string, names: Names): CelValue {
  return evaluate(parsed(expression), names);
}

const PARSED = new Map<string, ReturnType<typeof parseCel>>();

function parsed(expression: string) {
  const known = PARSED.get(expression);
  if (known !== undefined) return known;
  const tree = parseCel(expression);
  PARSED.set(expression, tree);
  return tree;
}
