import type { ManifestObject } from '../manifest.ts';
import { type Fields, fieldsOf, isRecord, itemsOf, valueAt } from '../record.ts';

/** A field that the definition of the object does not know. */
export interface UndeclaredField {
  readonly path: readonly string[];
  /** What stands in its place in the definition. */
  readonly known: readonly string[];
}

/**
 * The fields of a custom resource that its definition does not declare, and that a server refuses or drops. Where the
 * definition leaves open what may stand there, or has not this version, nothing is told. Source: structural schemas of
 * apiextensions.k8s.io/v1.
 */
export function undeclaredFields(
  object: ManifestObject,
  definition: ManifestObject | undefined,
): readonly UndeclaredField[] {
  if (valueAt(definition, ['spec', 'preserveUnknownFields']) === true) return [];
  const name = object.apiVersion.split('/').at(-1);
  const versions = itemsOf(valueAt(definition, ['spec', 'versions'])).map(fieldsOf);
  const schema = valueAt(
    versions.find((each) => each.name === name),
    ['schema', 'openAPIV3Schema'],
  );
  return isRecord(schema) ? inFields(withoutHead(object), schema, []) : [];
}

function below(value: unknown, schema: Fields, path: readonly string[]): readonly UndeclaredField[] {
  if (Array.isArray(value)) {
    const { items } = schema;
    return isRecord(items) ? value.flatMap((item, at) => below(item, items, [...path, String(at)])) : [];
  }
  if (!isRecord(value)) return [];
  return inFields(schema['x-kubernetes-embedded-resource'] === true ? withoutHead(value) : value, schema, path);
}

function inFields(value: Fields, schema: Fields, path: readonly string[]): readonly UndeclaredField[] {
  const { properties, additionalProperties } = schema;
  // Without either, some servers take anything and others nothing: that is theirs to say.
  const isOpen =
    schema['x-kubernetes-preserve-unknown-fields'] === true ||
    additionalProperties === true ||
    (properties === undefined && additionalProperties === undefined);
  const declared = fieldsOf(properties);
  return Object.entries(value).flatMap(([name, child]) => {
    const own = [...path, name];
    const known = Object.hasOwn(declared, name) ? declared[name] : additionalProperties;
    if (isRecord(known)) return below(child, known, own);
    return isOpen ? [] : [{ path: own, known: Object.keys(declared) }];
  });
}

/** What every object has, and no definition declares wholly. */
function withoutHead({ apiVersion: _version, kind: _kind, metadata: _metadata, ...rest }: Fields): Fields {
  return rest;
}
