import { canonicalQuantity } from '../../quantity.ts';
import { applies, type KubevirtVersion } from '../version.ts';
import { shapesOf } from './crds.ts';
import type { Field } from './shapes.ts';

/**
 * An object as KubeVirt's code writes it after reading it: quantities in canonical form, empty lists, maps and plain
 * scalars gone, bare structures there. Fields that the table does not know are dropped. The value's types must have
 * been checked. @throws QuantityError with Kubernetes' message for text that is no quantity.
 */
export function goForm<T>(value: T, shape: string, version: KubevirtVersion): T {
  return structure(value as Fields, shape, version) as T;
}

type Fields = Readonly<Record<string, unknown>>;

function structure(value: Fields, shape: string, version: KubevirtVersion): Fields {
  const written: Record<string, unknown> = {};
  for (const field of shapesOf().get(shape)?.fields ?? []) {
    if (!applies(version, field)) continue;
    const inner = writeField(value[field.name], field, version);
    if (inner !== undefined) written[field.name] = inner;
  }
  return written;
}

function writeField(value: unknown, field: Field, version: KubevirtVersion): unknown {
  if (value === undefined || value === null) return absent(field, version);
  const inner = write(value, field.type, version);
  const kept = field.required || field.written !== 'filled' || !isEmpty(inner, field.type);
  return kept ? inner : undefined;
}

function absent({ type, written, attributes }: Field, version: KubevirtVersion): unknown {
  // Go has no empty form of a time that is not a pointer.
  if (type === 'time' && attributes.includes('nullable')) return null;
  if (written === 'always') return type === 'string' ? '' : type === 'bool' ? false : 0;
  if (written === 'given') return undefined;
  if (shapesOf().has(type)) return structure({}, type, version);
  return undefined;
}

function write(value: unknown, type: string, version: KubevirtVersion): unknown {
  if (type === 'quantity') return canonicalQuantity(value as string | number);
  if (Array.isArray(value)) return value.map((item) => write(item, type.slice(2), version));
  if (type.startsWith('map:')) {
    const entries = Object.entries(value as Fields);
    return Object.fromEntries(entries.map(([key, inner]) => [key, write(inner, type.slice(4), version)]));
  }
  return shapesOf().has(type) ? structure(value as Fields, type, version) : value;
}

function isEmpty(value: unknown, type: string): boolean {
  if (value === '' || value === false || value === 0) return true;
  if (Array.isArray(value)) return value.length === 0;
  return type.startsWith('map:') && Object.keys(value as Fields).length === 0;
}
