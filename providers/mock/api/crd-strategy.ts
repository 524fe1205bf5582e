import { goShape } from './go-shape.ts';
import { isObject, type Json, listAt, objectAt, sameJson, textAt, withField } from './json.ts';
import { parseJsonPath } from './json-path.ts';
import { invalid } from './kinds/causes.ts';
import { objectMetaSchema } from './kinds/meta.ts';
import type { KubeObject, ObjectMeta, StatusCause } from './objects.ts';
import type { Strategy } from './resource-type.ts';
import { brokenRules, hasRules } from './rules.ts';
import type { Schema } from './schema.ts';
import { validateSchema } from './validate-schema.ts';

const UNCHECKED =
  'some validation rules were not checked because the object was invalid; correct the existing errors to complete validation';
const STOPS_RULES = new Set([
  'FieldValueNotSupported',
  'FieldValueRequired',
  'FieldValueTooLong',
  'FieldValueTooMany',
  'FieldValueTypeInvalid',
]);

/** What a version of a custom resource does beyond its schema: status and scale, generation, rules, selectable fields. */
export function customStrategy(version: unknown, schema: Schema): Strategy {
  const split = isObject(objectAt(version, 'subresources').status);
  const scale = objectAt(version, 'subresources').scale;
  const rules = hasRules(schema);
  const check = (object: KubeObject, old: KubeObject | undefined) => [
    ...scaleProblems(object, scale),
    ...(rules ? ruleProblems(object, old, schema) : []),
  ];
  return {
    defaults: (object) => ({ ...object, metadata: goShape(object.metadata, objectMetaSchema) as ObjectMeta }),
    prepareForCreate: (object) => withGeneration(split ? withField(object, 'status', undefined) : object, 1),
    prepareForUpdate: (object, old, subresource) => updated(object, old, { split, subresource }),
    validate: (object) => check(object, undefined),
    validateUpdate: (object, old) => check(object, old),
    selectableFields: selectableFields(listAt(version, 'selectableFields').map((field) => textAt(field, 'jsonPath'))),
  };
}

interface Update {
  /** Whether status has a subresource of its own. */
  readonly split: boolean;
  readonly subresource: string;
}

function updated(object: KubeObject, old: KubeObject, { split, subresource }: Update): KubeObject {
  if (split && subresource === 'status') {
    const { managedFields } = object.metadata;
    const metadata = withField(old.metadata as Json, 'managedFields', managedFields) as ObjectMeta;
    const kept = { ...old, apiVersion: object.apiVersion, metadata };
    return withField(kept, 'status', object.status);
  }
  const whole = split ? withField(object, 'status', old.status) : object;
  const ignored = split ? ['metadata', 'apiVersion', 'status'] : ['metadata', 'apiVersion'];
  const content = (one: KubeObject) =>
    Object.fromEntries(Object.entries(one).filter(([name]) => !ignored.includes(name)));
  const generation = old.metadata.generation ?? 1;
  return withGeneration(whole, sameJson(content(whole), content(old)) ? generation : generation + 1);
}

function withGeneration(object: KubeObject, generation: number): KubeObject {
  return { ...object, metadata: { ...object.metadata, generation } };
}

function ruleProblems(object: KubeObject, old: KubeObject | undefined, schema: Schema): readonly StatusCause[] {
  const stopped = validateSchema(object, schema).some((cause) => STOPS_RULES.has(cause.reason ?? ''));
  return stopped ? [invalid('<nil>', null, UNCHECKED)] : brokenRules(object, old, schema);
}

function scaleProblems(object: KubeObject, scale: unknown): readonly StatusCause[] {
  if (!isObject(scale)) return [];
  return ['specReplicasPath', 'statusReplicasPath'].flatMap((name) => {
    const path = textAt(scale, name);
    const value = path === '' ? undefined : parseJsonPath(path)(object)[0];
    if (value === undefined) return [];
    if (typeof value !== 'number') {
      const text = `${path} accessor error: ${String(value)} is of the type ${typeof value}, expected int64`;
      return [invalid(path, 0, text)];
    }
    return value < 0 ? [invalid(path, value, 'should be a non-negative integer')] : [];
  });
}

function selectableFields(paths: readonly string[]): Strategy['selectableFields'] {
  const fields = paths.map((path) => ({ name: path.replace(/^\./, ''), find: parseJsonPath(path) }));
  return (object) =>
    Object.fromEntries(
      fields.map(({ name, find }) => {
        const value = find(object)[0];
        return [name, value === undefined || value === null ? '' : `${value}`];
      }),
    );
}
