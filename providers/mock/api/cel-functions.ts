import type { Environment, RegisteredFunctionHandler } from '@marcbachmann/cel-js';

/**
 * Adds the functions that Kubernetes has beside those of the language: of texts, of lists, and regular expressions.
 * Left out are those of quantities, URLs, addresses, versions, formats and the authorizer: an expression that calls
 * one fails, and a policy's failurePolicy says what becomes of that. Source: Kubernetes, "CEL in Kubernetes".
 */
export function registerKubernetesFunctions(environment: Environment): Environment {
  for (const [signature, work] of Object.entries(FUNCTIONS)) environment.registerFunction(signature, work);
  return environment;
}

type Work = RegisteredFunctionHandler;

const FUNCTIONS: Readonly<Record<string, Work>> = {
  'string.charAt(int): string': (text: string, at: bigint) => [...text][Number(at)] ?? '',
  'string.replace(string, string): string': (text: string, from: string, to: string) => text.replaceAll(from, to),
  'string.reverse(): string': (text: string) => [...text].reverse().join(''),
  'string.find(string): string': (text: string, pattern: string) => new RegExp(pattern, 'u').exec(text)?.[0] ?? '',
  'string.findAll(string): list<string>': (text: string, pattern: string) =>
    text.match(new RegExp(pattern, 'gu')) ?? [],
  'list.isSorted(): bool': (list: readonly unknown[]) =>
    list.every((item, index) => index === 0 || !isLess(item, list[index - 1])),
  'list.sum(): dyn': (list: readonly unknown[]) => list.reduce(plus, list.length === 0 ? 0n : undefined),
  'list.min(): dyn': (list: readonly unknown[]) => extreme(list, 'min', (item, best) => isLess(item, best)),
  'list.max(): dyn': (list: readonly unknown[]) => extreme(list, 'max', (item, best) => isLess(best, item)),
  'list.indexOf(dyn): int': (list: readonly unknown[], item: unknown) => BigInt(list.indexOf(item)),
  'list.lastIndexOf(dyn): int': (list: readonly unknown[], item: unknown) => BigInt(list.lastIndexOf(item)),
};

function isLess(one: unknown, other: unknown): boolean {
  return (one as bigint) < (other as bigint);
}

function plus(sum: unknown, item: unknown): unknown {
  return sum === undefined ? item : (sum as number) + (item as number);
}

function extreme(list: readonly unknown[], name: string, isBetter: (item: unknown, best: unknown) => boolean): unknown {
  if (list.length === 0) throw new Error(`${name} called on empty list`);
  return list.reduce((best, item) => (isBetter(item, best) ? item : best));
}
