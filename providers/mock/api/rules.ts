import { celValue, evaluateCel } from './cel.ts';
import { isObject } from './json.ts';
import type { KubeObject, StatusCause } from './objects.ts';
import type { Schema, ValidationRule } from './schema.ts';

/** True if the schema or anything below it has rules in CEL. */
export function hasRules(schema: Schema): boolean {
  if ((schema['x-kubernetes-validations'] ?? []).length > 0) return true;
  const { items, additionalProperties, properties = {} } = schema;
  if (items !== undefined && hasRules(items)) return true;
  if (typeof additionalProperties === 'object' && hasRules(additionalProperties)) return true;
  return Object.values(properties).some(hasRules);
}

/** The rules that an object breaks. Rules that compare with the old value hold for updates only. */
export function brokenRules(object: KubeObject, old: KubeObject | undefined, schema: Schema): readonly StatusCause[] {
  return rulesBelow(object, old, { schema, path: '' });
}

interface Place {
  readonly schema: Schema;
  readonly path: string;
}

function rulesBelow(value: unknown, old: unknown, { schema, path }: Place): readonly StatusCause[] {
  if (value === undefined || value === null) return [];
  const own = (schema['x-kubernetes-validations'] ?? []).flatMap((rule) => checked(rule, value, old, { schema, path }));
  const { items, additionalProperties, properties = {} } = schema;
  if (Array.isArray(value) && items !== undefined) {
    const before = counterparts(value, old, schema);
    return [
      ...own,
      ...value.flatMap((item, index) => rulesBelow(item, before[index], { schema: items, path: `${path}[${index}]` })),
    ];
  }
  if (!isObject(value)) return own;
  const olds = isObject(old) ? old : {};
  const below = Object.entries(value).flatMap(([name, child]) => {
    const declared = Object.hasOwn(properties, name) ? properties[name] : undefined;
    const known = declared ?? (typeof additionalProperties === 'object' ? additionalProperties : undefined);
    if (known === undefined) return [];
    const place = declared === undefined ? `${path}[${name}]` : path === '' ? name : `${path}.${name}`;
    return rulesBelow(child, Object.hasOwn(olds, name) ? olds[name] : undefined, { schema: known, path: place });
  });
  return [...own, ...below];
}

/** Only items of keyed lists can be found again in the old list. */
function counterparts(list: readonly unknown[], old: unknown, schema: Schema): readonly unknown[] {
  const keys = schema['x-kubernetes-list-map-keys'];
  if (schema['x-kubernetes-list-type'] !== 'map' || keys === undefined || !Array.isArray(old)) return [];
  const keyOf = (item: unknown) => JSON.stringify(keys.map((key) => (isObject(item) ? item[key] : undefined)));
  return list.map((item) => old.find((one) => keyOf(one) === keyOf(item)));
}

function checked(rule: ValidationRule, value: unknown, old: unknown, { schema, path }: Place): readonly StatusCause[] {
  const compares = /\boldSelf\b/.test(rule.rule);
  if (compares && (old === undefined || old === null)) return [];
  const field = `${path || '<nil>'}${rule.fieldPath ?? ''}`;
  const reason = rule.reason ?? 'FieldValueInvalid';
  const shown = JSON.stringify(schema.type ?? 'object');
  try {
    if (evaluateCel(rule.rule, celNames(value, old)) === true) return [];
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    return [
      { reason: 'FieldValueInvalid', message: `Invalid value: ${shown}: ${text} evaluating rule: ${rule.rule}`, field },
    ];
  }
  return [{ reason, message: messageOf(reason, shown, textOf(rule, value, old)), field }];
}

function celNames(value: unknown, old: unknown) {
  return { self: celValue(value), oldSelf: celValue(old) };
}

function textOf(rule: ValidationRule, value: unknown, old: unknown): string {
  if (rule.messageExpression !== undefined && rule.messageExpression !== '') {
    try {
      const text = evaluateCel(rule.messageExpression, celNames(value, old));
      if (typeof text === 'string' && text.trim() !== '') return text;
    } catch {
      // The plain message stands in for an expression that fails.
    }
  }
  return rule.message?.trim() || `failed rule: ${rule.rule}`;
}

function messageOf(reason: string, shown: string, text: string): string {
  if (reason === 'FieldValueForbidden') return `Forbidden: ${text}`;
  if (reason === 'FieldValueRequired') return `Required value: ${text}`;
  if (reason === 'FieldValueDuplicate') return `Duplicate value: ${shown}`;
  return `Invalid value: ${shown}: ${text}`;
}
