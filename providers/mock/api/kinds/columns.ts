import { textAt } from '../json.ts';
import type { KubeObject } from '../objects.ts';
import type { PrinterColumn } from '../resource-type.ts';

type Cell = (object: KubeObject, now: Date) => unknown;

/** The first column of every table. */
export const nameColumn: PrinterColumn = {
  name: 'Name',
  type: 'string',
  format: 'name',
  description: "The object's name, unique among its kind in its namespace.",
  priority: 0,
  cell: (object) => object.metadata.name ?? '',
};

/** Time since the object's creation. */
export const ageColumn: PrinterColumn = {
  name: 'Age',
  type: 'string',
  description: 'Time since the object was created.',
  priority: 0,
  cell: (object, now) => ageOf(object.metadata.creationTimestamp, now),
};

/** A column of texts that is always shown. */
export function column(name: string, cell: Cell, description = ''): PrinterColumn {
  return { name, type: 'string', description, priority: 0, cell };
}

/** A column that `-o wide` adds. */
export function wideColumn(name: string, cell: Cell, description = ''): PrinterColumn {
  return { ...column(name, cell, description), priority: 1 };
}

/** Time since a timestamp, as kubectl writes ages. */
export function ageOf(timestamp: string | null | undefined, now: Date): string {
  if (timestamp === undefined || timestamp === null || timestamp === '') return '<unknown>';
  return humanDuration(now.getTime() - Date.parse(timestamp));
}

/** A duration in at most two units: `45s`, `3m20s`, `2h`, `5d3h`, `2y40d`. */
export function humanDuration(ms: number): string {
  const seconds = Math.trunc(ms / 1000);
  if (seconds < -1) return '<invalid>';
  if (seconds < 0) return '0s';
  if (seconds < 120) return `${seconds}s`;
  const minutes = Math.trunc(seconds / 60);
  if (minutes < 10) return joined(minutes, 'm', seconds % 60, 's');
  if (minutes < 180) return `${minutes}m`;
  const hours = Math.trunc(minutes / 60);
  if (hours < 8) return joined(hours, 'h', minutes % 60, 'm');
  if (hours < 48) return `${hours}h`;
  const days = Math.trunc(hours / 24);
  if (hours < 192) return joined(days, 'd', hours % 24, 'h');
  if (hours < 365 * 24 * 2) return `${days}d`;
  const years = Math.trunc(days / 365);
  return hours < 365 * 24 * 8 ? joined(years, 'y', days % 365, 'd') : `${years}y`;
}

function joined(big: number, bigUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${big}${bigUnit}` : `${big}${bigUnit}${small}${smallUnit}`;
}

/** A label selector as kubectl shows it, e.g. `app=x,tier in (a,b)`. */
export function selectorText(selector: unknown): string {
  const { matchLabels = {}, matchExpressions = [] } = (selector ?? {}) as {
    readonly matchLabels?: Readonly<Record<string, string>>;
    readonly matchExpressions?: readonly unknown[];
  };
  const parts = Object.entries(matchLabels).map(([key, value]) => `${key}=${value}`);
  for (const expression of matchExpressions) {
    const key = textAt(expression, 'key');
    const values = ((expression as { values?: readonly string[] }).values ?? []).join(',');
    const operator = textAt(expression, 'operator');
    if (operator === 'Exists') parts.push(key);
    else if (operator === 'DoesNotExist') parts.push(`!${key}`);
    else parts.push(`${key} ${operator === 'In' ? 'in' : 'notin'} (${values})`);
  }
  return parts.length === 0 ? '<none>' : parts.sort().join(',');
}

/** Labels as kubectl shows them. */
export function labelsText(labels: Readonly<Record<string, unknown>> | undefined): string {
  const entries = Object.entries(labels ?? {});
  return entries.length === 0
    ? '<none>'
    : entries
        .map(([key, value]) => `${key}=${value}`)
        .sort()
        .join(',');
}
