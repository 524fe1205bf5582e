import { z } from 'zod';
import { nearest } from './pattern.ts';

/** Where something stands in a document, e.g. `['faults', 0, 'connection']`. */
export type Path = readonly (string | number)[];

/** One mistake, worded for the person who wrote the file. */
export interface Mistake {
  readonly path: Path;
  readonly problem: string;
  readonly fix: string;
}

/** Everything that a schema has against a value, in words; `path` is where the value stands. */
export function mistakesOf(schema: z.ZodType, content: unknown, path: Path): readonly Mistake[] {
  const result = schema.safeParse(content);
  return result.success ? [] : result.error.issues.flatMap((issue) => worded(issue, { schema, content, base: path }));
}

interface Reading {
  readonly schema: z.ZodType;
  readonly content: unknown;
  readonly base: Path;
}

function worded(issue: z.core.$ZodIssue, reading: Reading): readonly Mistake[] {
  const { schema, content, base } = reading;
  const inner = issue.path.filter((step) => typeof step !== 'symbol');
  const path = [...base, ...inner];
  const value = at(content, inner);
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => ({
        path: [...path, key],
        problem: 'is not known here',
        fix: fixOfUnknown(key, schema),
      }));
    case 'invalid_type':
      if (value === undefined) return [{ path, problem: 'is missing', fix: `add it, ${article(issue.expected)}` }];
      return [{ path, problem: `is ${shown(value)}`, fix: `must be ${article(issue.expected)}` }];
    case 'invalid_value':
      return [choice(path, value, issue.values.map(String))];
    case 'invalid_union':
      return unionMistakes(issue, reading, { path, value });
    case 'invalid_key':
      return [{ path, problem: issue.issues[0]?.message ?? 'is no key', fix: 'begin it with /' }];
    case 'too_small':
      return [
        {
          path,
          problem: `is ${shown(value)}`,
          fix: `must be ${issue.inclusive ? 'at least' : 'more than'} ${issue.minimum}`,
        },
      ];
    case 'too_big':
      return [{ path, problem: `is ${shown(value)}`, fix: `must be at most ${issue.maximum}` }];
    default:
      return [{ path, problem: `${shown(value)} ${issue.message}`, fix: 'see docs/scenarios.md' }];
  }
}

function unionMistakes(
  issue: z.core.$ZodIssueInvalidUnion,
  reading: Reading,
  { path, value }: { readonly path: Path; readonly value: unknown },
): readonly Mistake[] {
  const options = (issue as { options?: readonly unknown[] }).options;
  if (options !== undefined) return [choice(path, value, options.map(String))];
  // Of the alternatives, the one that goes deepest into the value is what was meant.
  const alternatives = issue.errors.map((issues) =>
    issues.map((one) => ({ ...one, path: [...issue.path, ...one.path] })),
  );
  const meant = alternatives.find((issues) => issues.every((one) => goesInside(one, issue.path.length)));
  if (meant !== undefined) return meant.flatMap((one) => worded(one, reading));
  const allowed = alternatives.flat().map((one) => allowedBy(one));
  return [{ path, problem: `is ${shown(value)}`, fix: `must be ${[...new Set(allowed)].join(' or ')}` }];
}

function fixOfUnknown(key: string, schema: z.ZodType): string {
  const json = z.toJSONSchema(schema, { io: 'input' });
  const homes = variantsWith(key, json);
  if (homes.length > 0) return `leave it out: it goes with ${homes.join(', ')} only`;
  const near = nearest(key, propertyNames(json));
  return near === undefined ? 'leave it out, or see docs/scenarios.md for what is known' : `did you mean ${near}?`;
}

interface JsonVariant {
  readonly properties?: Readonly<Record<string, { readonly const?: unknown }>>;
}

/** The alternatives that know the key, each by the field that tells it apart, e.g. `answer: status`. */
function variantsWith(key: string, schema: object): readonly string[] {
  const { oneOf, anyOf } = schema as { oneOf?: readonly JsonVariant[]; anyOf?: readonly JsonVariant[] };
  return (oneOf ?? anyOf ?? []).flatMap(({ properties = {} }) => {
    const told = Object.entries(properties).find(([, value]) => value.const !== undefined);
    return key in properties && told !== undefined ? [`${told[0]}: ${told[1].const}`] : [];
  });
}

function propertyNames(schema: unknown): string[] {
  if (typeof schema !== 'object' || schema === null) return [];
  return Object.entries(schema).flatMap(([keyword, value]) => {
    const own = keyword === 'properties' && typeof value === 'object' ? Object.keys(value) : [];
    return [...own, ...propertyNames(value)];
  });
}

function goesInside(issue: z.core.$ZodIssue, depth: number): boolean {
  return issue.path.length > depth || issue.code === 'unrecognized_keys' || issue.code === 'custom';
}

function allowedBy(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return article(issue.expected);
    case 'invalid_value':
      return issue.values.map((value) => (typeof value === 'string' ? `"${value}"` : String(value))).join(', ');
    case 'too_small':
      return `at least ${issue.minimum}`;
    default:
      return issue.message;
  }
}

function choice(path: Path, value: unknown, options: readonly string[]): Mistake {
  const list = options.join(', ');
  if (value === undefined) return { path, problem: 'is missing', fix: `must be one of ${list}` };
  const near = typeof value === 'string' ? nearest(value, options) : undefined;
  return {
    path,
    problem: `is ${shown(value)}`,
    fix: near === undefined ? `must be one of ${list}` : `did you mean ${near}?`,
  };
}

function at(content: unknown, path: Path): unknown {
  return path.reduce<unknown>((value, step) => (value as Record<string, unknown> | undefined)?.[step], content);
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

function article(type: string): string {
  const word = { record: 'mapping', object: 'mapping', array: 'list', int: 'whole number', null: 'null' }[type] ?? type;
  return word === 'null' ? word : `a ${word}`;
}
