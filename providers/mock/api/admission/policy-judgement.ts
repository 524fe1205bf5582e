import { celValue, evaluateCel, type Names } from '../cel.ts';
import type { Core } from '../core.ts';
import { listAt, textAt } from '../json.ts';
import type { KubeObject } from '../objects.ts';
import type { Attributes } from './attributes.ts';
import { namespaceOf } from './lookup.ts';
import { requestOf } from './webhooks.ts';

/** Why a policy refuses a request. */
export interface Refusal {
  readonly message: string;
  /** Of the policy's choice; undefined: Invalid. */
  readonly reason: string | undefined;
}

/** What a policy says with one parameter object. What cannot be evaluated is refused, or let pass by failurePolicy Ignore. */
export function judgeByPolicy(
  core: Core,
  attributes: Attributes,
  { policy, param }: { readonly policy: KubeObject; readonly param: KubeObject | null },
): readonly Refusal[] {
  const isLenient = textAt(policy, 'spec', 'failurePolicy') === 'Ignore';
  const failed = (message: string): readonly Refusal[] => (isLenient ? [] : [{ message, reason: undefined }]);
  const names = namesFor(core, attributes, { policy, param });
  const match = matches(listAt(policy, 'spec', 'matchConditions'), names);
  if (match.problem !== undefined) return failed(match.problem);
  if (!match.matches) return [];
  return listAt(policy, 'spec', 'validations').flatMap((validation) => {
    const outcome = evaluated(textAt(validation, 'expression'), names);
    if (outcome.problem !== undefined) return failed(outcome.problem);
    if (outcome.value === true) return [];
    return [{ message: messageOf(validation, names), reason: textAt(validation, 'reason') || undefined }];
  });
}

/** One condition that does not hold settles it, whatever the others say. */
function matches(conditions: readonly unknown[], names: Names): { matches: boolean; problem?: string } {
  const outcomes = conditions.map((condition) => evaluated(textAt(condition, 'expression'), names));
  if (outcomes.some(({ problem, value }) => problem === undefined && value === false)) return { matches: false };
  const problems = [...new Set(outcomes.flatMap(({ problem }) => problem ?? []))];
  const [only = ''] = problems;
  if (problems.length > 0)
    return { matches: false, problem: problems.length === 1 ? only : `[${problems.join(', ')}]` };
  return { matches: true };
}

interface Outcome {
  readonly value?: unknown;
  readonly problem?: string;
}

function evaluated(expression: string, names: Names): Outcome {
  try {
    return { value: evaluateCel(expression, names) };
  } catch (error) {
    return { problem: `expression '${expression}' resulted in error: ${(error as Error).message}` };
  }
}

const LONGEST_MESSAGE = 5 * 1024;

function messageOf(validation: unknown, names: Names): string {
  const { value } = evaluated(textAt(validation, 'messageExpression') || 'null', names);
  const text = typeof value === 'string' ? value.trim() : '';
  if (text !== '' && !text.includes('\n') && Buffer.byteLength(text) <= LONGEST_MESSAGE) return text;
  return textAt(validation, 'message').trim() || `failed expression: ${textAt(validation, 'expression').trim()}`;
}

function namesFor(
  core: Core,
  attributes: Attributes,
  { policy, param }: { readonly policy: KubeObject; readonly param: KubeObject | null },
): Names {
  const { type, namespace, object, oldObject } = attributes;
  const { uid: _uid, object: _object, oldObject: _old, ...request } = requestOf('', attributes);
  const isNamespaces = type.group === '' && type.plural === 'namespaces';
  const namespaceObject = isNamespaces || namespace === '' ? undefined : namespaceOf(core, namespace);
  const names = whenMet({
    object: () => object ?? null,
    oldObject: () => oldObject ?? null,
    request: () => request,
    params: () => param,
    namespaceObject: () => namespaceObject ?? null,
  });
  return withVariables(names, variablesOf(listAt(policy, 'spec', 'variables'), names));
}

/** Most conditions settle it before the whole object is looked at. */
function whenMet(values: Readonly<Record<string, () => unknown>>): Names {
  const names = {};
  for (const [name, value] of Object.entries(values)) {
    let known: { readonly value: unknown } | undefined;
    const get = () => {
      known ??= { value: celValue(value()) };
      return known.value;
    };
    Object.defineProperty(names, name, { get, enumerable: true });
  }
  return names;
}

/** Each is evaluated when it is met for the first time, with those that stand before it. */
function variablesOf(declared: readonly unknown[], names: Names): Names {
  const variables = {};
  for (const declaration of declared) {
    const name = textAt(declaration, 'name');
    const earlier = Object.create(null, Object.getOwnPropertyDescriptors(variables)) as Names;
    let known: Outcome | undefined;
    const get = () => {
      known ??= variableOf(textAt(declaration, 'expression'), withVariables(names, earlier));
      if (known.problem !== undefined)
        throw new Error(`composited variable ${JSON.stringify(name)} fails to evaluate: ${known.problem}`);
      return known.value;
    };
    Object.defineProperty(variables, name, { get, enumerable: true });
  }
  return variables;
}

function withVariables(names: Names, variables: Names): Names {
  return Object.defineProperties({ variables }, Object.getOwnPropertyDescriptors(names)) as Names;
}

function variableOf(expression: string, names: Names): Outcome {
  try {
    return { value: evaluateCel(expression, names) };
  } catch (error) {
    return { problem: (error as Error).message };
  }
}
