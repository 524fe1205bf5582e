import { customStrategy } from './crd-strategy.ts';
import { crdProblems } from './crd-validation.ts';
import { isObject, listAt, numberAt, objectAt, textAt } from './json.ts';
import { parseJsonPath } from './json-path.ts';
import { ageColumn, ageOf, nameColumn } from './kinds/columns.ts';
import type { KubeObject, StatusCause } from './objects.ts';
import type { PrinterColumn, ResourceType } from './resource-type.ts';
import type { Schema } from './schema.ts';

/** The served versions that a CustomResourceDefinition defines, and what is wrong with it. With problems: no types. */
export function typesOfCrd(crd: KubeObject): {
  readonly types: readonly ResourceType[];
  readonly problems: readonly StatusCause[];
} {
  const problems = crdProblems(crd);
  if (problems.length > 0) return { types: [], problems };
  const versions = listAt(crd, 'spec', 'versions').filter((version) => isObject(version) && version.served === true);
  return { types: versions.map((version) => typeOfVersion(crd, version)), problems };
}

// What a real server lists for a custom resource, in its order.
const VERBS = ['delete', 'deletecollection', 'get', 'list', 'patch', 'create', 'update', 'watch'];

function typeOfVersion(crd: KubeObject, version: unknown): ResourceType {
  const names = objectAt(crd, 'spec', 'names');
  const kind = textAt(names, 'kind');
  const subresources = objectAt(version, 'subresources');
  const schema = objectAt(version, 'schema', 'openAPIV3Schema') as Schema;
  const texts = (field: string) => listAt(names, field).map(String);
  return {
    group: textAt(crd, 'spec', 'group'),
    version: textAt(version, 'name'),
    kind,
    listKind: textAt(names, 'listKind') || `${kind}List`,
    plural: textAt(names, 'plural'),
    singular: textAt(names, 'singular') || kind.toLowerCase(),
    shortNames: texts('shortNames'),
    categories: texts('categories'),
    namespaced: textAt(crd, 'spec', 'scope') === 'Namespaced',
    verbs: VERBS,
    subresources: ['status', 'scale'].filter((name) => isObject(subresources[name])),
    schema,
    columns: columnsOf(version),
    custom: true,
    strategy: customStrategy(version, schema),
  };
}

function columnsOf(version: unknown): readonly PrinterColumn[] {
  const own = listAt(version, 'additionalPrinterColumns').map(columnOf);
  return own.length === 0 ? [nameColumn, { ...ageColumn, type: 'date' }] : [nameColumn, ...own];
}

function columnOf(definition: unknown): PrinterColumn {
  const jsonPath = textAt(definition, 'jsonPath');
  const type = textAt(definition, 'type') as PrinterColumn['type'];
  const find = parseJsonPath(jsonPath);
  return {
    name: textAt(definition, 'name'),
    type,
    format: textAt(definition, 'format'),
    description:
      textAt(definition, 'description') || `Custom resource definition column (in JSONPath format): ${jsonPath}`,
    priority: numberAt(definition, 'priority') ?? 0,
    cell: (object, now) => cellOf(find(object)[0], type, now),
  };
}

/** A value that does not fit its column's type leaves the cell empty. */
function cellOf(value: unknown, type: PrinterColumn['type'], now: Date): unknown {
  if (value === undefined || value === null) return null;
  switch (type) {
    case 'integer':
      return typeof value === 'number' ? Math.trunc(value) : null;
    case 'number':
      return typeof value === 'number' ? value : null;
    case 'boolean':
      return typeof value === 'boolean' ? value : null;
    case 'date':
      if (typeof value !== 'string') return null;
      return Number.isNaN(Date.parse(value)) ? '<invalid>' : ageOf(value, now);
    default:
      return typeof value === 'string' ? value : JSON.stringify(value);
  }
}
