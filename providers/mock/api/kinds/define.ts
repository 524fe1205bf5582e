import { goShape, zeroOf } from '../go-shape.ts';
import { isObject, sameJson, withField } from '../json.ts';
import type { KubeObject, StatusCause } from '../objects.ts';
import type { PrinterColumn, ResourceType } from '../resource-type.ts';
import type { Schema } from '../schema.ts';
import { applyDefaults } from '../structural.ts';
import { ageColumn, nameColumn } from './columns.ts';
import { wholeSchema } from './meta.ts';

/** What is peculiar to a built-in kind. What is left out is as most kinds have it. */
export interface KindDefinition {
  readonly group?: string;
  readonly version?: string;
  readonly kind: string;
  /** Default: the kind in lower case and an `s`. */
  readonly plural?: string;
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
  readonly clusterWide?: boolean;
  readonly verbs?: readonly string[];
  readonly subresources?: readonly string[];
  readonly schema: Schema | undefined;
  /** Between Name and Age; a list that has its own Age is taken as it is. */
  readonly columns?: readonly PrinterColumn[];
  readonly columnsWithoutAge?: boolean;
  /** Names of columns that stand behind Age. */
  readonly columnsAfterAge?: readonly string[];
  /** A new object's status is stored as sent (nodes). */
  readonly keepsStatusOnCreate?: boolean;
  /** Kinds whose `metadata.generation` counts changes of what is neither metadata nor status. */
  readonly counted?: boolean;
  readonly description?: string;
  readonly defaults?: (object: KubeObject) => KubeObject;
  readonly prepareForCreate?: (object: KubeObject) => KubeObject;
  readonly prepareForUpdate?: (object: KubeObject, old: KubeObject, subresource: string) => KubeObject;
  readonly validate?: (object: KubeObject) => readonly StatusCause[];
  readonly validateUpdate?: (object: KubeObject, old: KubeObject, subresource: string) => readonly StatusCause[];
  readonly selectableFields?: (object: KubeObject) => Readonly<Record<string, string>>;
}

/** Verbs of a kind that is stored. */
const STORED_VERBS = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'] as const;

/** Makes the full type of a built-in kind. */
export function defineKind(definition: KindDefinition): ResourceType {
  const { kind, schema: fields } = definition;
  if (fields === undefined) throw new Error(`no table of fields for ${kind}`);
  const schema: Schema = { ...fields, ...(definition.description ? { description: definition.description } : {}) };
  return {
    group: definition.group ?? '',
    version: definition.version ?? 'v1',
    kind,
    listKind: `${kind}List`,
    plural: definition.plural ?? `${kind.toLowerCase()}s`,
    singular: kind.toLowerCase(),
    shortNames: definition.shortNames ?? [],
    categories: definition.categories ?? [],
    namespaced: definition.clusterWide !== true,
    verbs: definition.verbs ?? STORED_VERBS,
    subresources: definition.subresources ?? [],
    schema,
    columns: columnsOf(definition),
    custom: false,
    strategy: {
      defaults: (object) => defaultedShape(object, schema, definition.defaults),
      prepareForCreate: (object) => createForm(object, schema, definition),
      prepareForUpdate: (object, old, subresource) => updateForm(object, old, { subresource, definition, schema }),
      validate: definition.validate ?? (() => []),
      // What may not change comes first, then what must hold always, as a real server answers.
      validateUpdate: (object, old, subresource) => [
        ...(definition.validateUpdate?.(object, old, subresource) ?? []),
        ...(subresource === 'status' ? [] : (definition.validate?.(object) ?? [])),
      ],
      selectableFields: definition.selectableFields ?? (() => ({})),
    },
  };
}

function columnsOf(definition: KindDefinition): readonly PrinterColumn[] {
  const own = definition.columns ?? [];
  if (definition.columnsWithoutAge === true) return own;
  const after = (one: PrinterColumn) => one.priority !== 0 || definition.columnsAfterAge?.includes(one.name) === true;
  return [nameColumn, ...own.filter((one) => !after(one)), ageColumn, ...own.filter(after)];
}

function defaultedShape(object: KubeObject, schema: Schema, defaults: KindDefinition['defaults']): KubeObject {
  const whole = wholeSchema(schema);
  const shaped = goShape(object, whole) as KubeObject;
  const filled = applyDefaults(shaped, schema);
  const full = defaults?.(filled) ?? filled;
  return full === shaped ? shaped : (goShape(full, whole) as KubeObject);
}

function createForm(object: KubeObject, schema: Schema, definition: KindDefinition): KubeObject {
  const status = schema.properties?.status;
  const fresh =
    hasStatus(definition) && definition.keepsStatusOnCreate !== true
      ? withField(object, 'status', emptyStatus(status))
      : object;
  const counted = definition.counted === true ? withGeneration(fresh, 1) : withGeneration(fresh, undefined);
  return definition.prepareForCreate?.(counted) ?? counted;
}

function emptyStatus(status: Schema | undefined): unknown {
  return status?.zeroValue === 'emit' ? zeroOf(status) : undefined;
}

interface Update {
  readonly subresource: string;
  readonly definition: KindDefinition;
  readonly schema: Schema;
}

function updateForm(object: KubeObject, old: KubeObject, update: Update): KubeObject {
  const { definition, subresource, schema } = update;
  const form = hasStatus(definition) ? halfUpdated(object, old, subresource) : object;
  const prepared = definition.prepareForUpdate?.(form, old, subresource) ?? form;
  const generation = old.metadata.generation;
  if (definition.counted !== true) return withGeneration(prepared, generation);
  const changed = Object.keys(schema.properties ?? {}).some(
    (name) => name !== 'status' && !sameJson(prepared[name], old[name]),
  );
  return withGeneration(prepared, changed ? (generation ?? 0) + 1 : generation);
}

/** Through `status` only the status changes, elsewhere all but it. */
function halfUpdated(object: KubeObject, old: KubeObject, subresource: string): KubeObject {
  if (subresource === 'status') {
    return withField({ ...old, metadata: object.metadata }, 'status', object.status);
  }
  return withField(object, 'status', old.status);
}

function hasStatus(definition: KindDefinition): boolean {
  return definition.subresources?.includes('status') === true;
}

function withGeneration(object: KubeObject, generation: number | undefined): KubeObject {
  if (object.metadata.generation === generation) return object;
  return { ...object, metadata: withField(object.metadata as never, 'generation', generation) };
}

/** The object's `spec`, or an empty one. */
export function specOf(object: KubeObject): Readonly<Record<string, unknown>> {
  return isObject(object.spec) ? object.spec : {};
}
