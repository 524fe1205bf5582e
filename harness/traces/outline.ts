import { createHash } from 'node:crypto';

/**
 * What is kept of an object to tell later what has changed in it: its fields, two or three levels deep, with a digest
 * of each. Of Secrets, as of everything that may hold one, nothing but digests is kept; labels, numbers and what a node
 * offers are kept as they are, to be told.
 */
export function outline(object: object): string {
  const lines: string[] = [];
  for (const [part, value] of Object.entries(object)) {
    if (part === 'apiVersion' || part === 'kind') continue;
    if (!isRecord(value)) lines.push(line(part, value));
    else for (const [name, each] of Object.entries(value)) lines.push(...linesOf(`${part}.${name}`, each));
  }
  return lines.sort().join('\n');
}

/** How two outlines of an object differ, field by field, in words; empty when they do not. */
export function changesBetween(before: string, after: string): readonly FieldChange[] {
  if (before === after) return [];
  const [old, now] = [fieldsOf(before), fieldsOf(after)];
  return [...new Set([...old.keys(), ...now.keys()])]
    .filter((field) => old.get(field) !== now.get(field))
    .sort()
    .map((field) => ({ field, words: wordsFor(field, old.get(field), now.get(field)) }));
}

export interface FieldChange {
  /** e.g. `spec.replicas`, `metadata.labels[app]`. */
  readonly field: string;
  readonly words: string;
}

/** These are told one by one, by key. */
const SPREAD = ['metadata.labels', 'metadata.annotations', 'status.capacity', 'status.allocatable'];
/** Lists whose items have a name among them. */
const NAMED_ITEMS: Readonly<Record<string, readonly string[]>> = {
  'spec.taints': ['key', 'effect'],
  'status.conditions': ['type'],
};
/** Kept as they are: these hold no secrets by their nature. */
const SHOWN =
  /^(metadata\.labels|status\.capacity|status\.allocatable|status\.conditions|spec\.taints)\[|^status\.phase$/;
const LONGEST_SHOWN = 80;

function linesOf(field: string, value: unknown): readonly string[] {
  if (SPREAD.includes(field) && isRecord(value))
    return Object.entries(value).map(([key, each]) => line(`${field}[${key}]`, each));
  const names = NAMED_ITEMS[field];
  if (names === undefined || !Array.isArray(value)) return [line(field, value)];
  return value.map((item) => {
    const rest: Record<string, unknown> = isRecord(item) ? { ...item } : { item };
    const name = names.map((each) => String(rest[each] ?? '')).join(':');
    for (const each of names) delete rest[each];
    const values = Object.values(rest);
    return line(`${field}[${name}]`, values.length === 1 ? values[0] : values.length === 0 ? '' : rest);
  });
}

function line(field: string, value: unknown): string {
  const isPlain = typeof value === 'number' || typeof value === 'boolean';
  const text = typeof value === 'string' ? value : canonical(value);
  const isShown = isPlain || (SHOWN.test(field) && text.length <= LONGEST_SHOWN && !text.includes('\n'));
  return isShown ? `${field}\t=${text}` : `${field}\t#${createHash('sha256').update(text).digest('base64url')}`;
}

/** The same text for the same value, in whatever order the server gives the keys. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, each: unknown) =>
    isRecord(each) ? Object.fromEntries(Object.entries(each).sort(([a], [b]) => (a < b ? -1 : 1))) : each,
  );
}

function fieldsOf(text: string): ReadonlyMap<string, string> {
  const lines = text === '' ? [] : text.split('\n');
  return new Map(lines.map((each) => each.split('\t') as [string, string]));
}

function wordsFor(field: string, before: string | undefined, after: string | undefined): string {
  const spoken = field
    .replace(/^metadata\.(label|annotation)s\[(.*)\]$/, '$1 $2')
    .replace(/^spec\.taints\[(.*)\]$/, 'taint $1');
  const shown = (value: string) => (value.startsWith('=') ? ` ${JSON.stringify(value.slice(1))}` : '');
  if (after === undefined) return `${spoken} removed${before === undefined ? '' : was(shown(before))}`;
  if (before === undefined) return `${spoken} added${was(shown(after))}`;
  const both = before.startsWith('=') && after.startsWith('=');
  return both ? `${spoken} changed from${shown(before)} to${shown(after)}` : `${spoken} changed`;
}

function was(shown: string): string {
  return shown === '' || shown === ' ""' ? '' : `,${shown}`;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
