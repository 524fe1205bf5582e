import { isObject, type Json, listAt, objectAt, sameJson, textAt } from './json.ts';
import { parseJsonPath } from './json-path.ts';
import { duplicate, forbidden, invalid, required, unsupported } from './kinds/causes.ts';
import { dns1035Label, dnsSubdomain } from './kinds/names.ts';
import type { KubeObject, StatusCause } from './objects.ts';

/** What is wrong with a CustomResourceDefinition. */
export function crdProblems(crd: KubeObject): readonly StatusCause[] {
  const spec = objectAt(crd, 'spec');
  const [group, names] = [textAt(spec, 'group'), objectAt(spec, 'names')];
  const plural = textAt(names, 'plural');
  const causes: StatusCause[] = [];
  const name = crd.metadata.name ?? '';
  if (name !== `${plural}.${group}`) {
    causes.push(invalid('metadata.name', name, 'must be spec.names.plural+"."+spec.group'));
  }
  if (group === '') causes.push(required('spec.group'));
  else if (dnsSubdomain(group).length > 0) {
    causes.push(...dnsSubdomain(group).map((problem) => invalid('spec.group', group, problem)));
  } else if (!group.includes('.'))
    causes.push(invalid('spec.group', group, 'should be a domain with at least one dot'));
  const scopes = ['Cluster', 'Namespaced'];
  if (textAt(spec, 'scope') === '') causes.push(required('spec.scope'));
  else if (!scopes.includes(textAt(spec, 'scope'))) causes.push(unsupported('spec.scope', spec.scope, scopes));
  return [...causes, ...versionsProblems(spec), ...namesProblems(names)];
}

/** What an update may not do to a CustomResourceDefinition. */
export function crdUpdateProblems(crd: KubeObject, old: KubeObject): readonly StatusCause[] {
  const [now, before] = [objectAt(crd, 'spec'), objectAt(old, 'spec')];
  const causes: StatusCause[] = [];
  for (const path of [['group'], ['scope'], ['names', 'plural'], ['names', 'kind']]) {
    const value = path.length === 1 ? now[path[0] ?? ''] : objectAt(now, 'names')[path[1] ?? ''];
    const had = path.length === 1 ? before[path[0] ?? ''] : objectAt(before, 'names')[path[1] ?? ''];
    if (!sameJson(value, had)) causes.push(invalid(`spec.${path.join('.')}`, value, 'field is immutable'));
  }
  const present = listAt(now, 'versions').map((version) => textAt(version, 'name'));
  for (const [index, stored] of listAt(crd, 'status', 'storedVersions').entries()) {
    if (present.includes(`${stored}`)) continue;
    const text = `missing from spec.versions; ${stored} was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in ${stored} and removes ${stored} from status.storedVersions`;
    causes.push(invalid(`status.storedVersions[${index}]`, stored, text));
  }
  return causes;
}

function namesProblems(names: Json): readonly StatusCause[] {
  const causes: StatusCause[] = [];
  const field = 'spec.names';
  for (const name of ['plural', 'singular'] as const) {
    const value = textAt(names, name);
    if (value === '' && name === 'plural') causes.push(required(`${field}.${name}`));
    else if (value !== '')
      causes.push(...dns1035Label(value).map((problem) => invalid(`${field}.${name}`, value, problem)));
  }
  for (const name of ['kind', 'listKind'] as const) {
    const value = textAt(names, name);
    if (value === '') causes.push(required(`${field}.${name}`));
    else {
      const problems = dns1035Label(value.toLowerCase());
      const text = `may have mixed case, but should otherwise match: ${problems.join(',')}`;
      if (problems.length > 0) causes.push(invalid(`${field}.${name}`, value, text));
    }
  }
  for (const [index, short] of listAt(names, 'shortNames').entries()) {
    causes.push(...dns1035Label(`${short}`).map((problem) => invalid(`${field}.shortNames[${index}]`, short, problem)));
  }
  if (textAt(names, 'kind') !== '' && textAt(names, 'kind') === textAt(names, 'listKind')) {
    causes.push(invalid(`${field}.listKind`, names.listKind, 'kind and listKind may not be the same'));
  }
  return causes;
}

function versionsProblems(spec: Json): readonly StatusCause[] {
  const versions = listAt(spec, 'versions');
  const causes: StatusCause[] = [];
  const names = new Set<string>();
  for (const [index, version] of versions.entries()) {
    const name = textAt(version, 'name');
    const at = `spec.versions[${index}].name`;
    if (names.has(name)) causes.push(duplicate(at, name));
    names.add(name);
    causes.push(...dns1035Label(name).map((problem) => invalid(at, name, problem)));
    causes.push(...schemaProblems(version, schemaField(versions, index)));
    causes.push(...columnProblems(version, `spec.versions[${index}].additionalPrinterColumns`));
    causes.push(...selectableProblems(version, `spec.versions[${index}].selectableFields`));
  }
  const storage = versions.filter((version) => isObject(version) && version.storage === true);
  if (storage.length !== 1) {
    const text = 'must have exactly one version marked as storage version';
    causes.push(
      invalid(
        'spec.versions',
        versions.map((version) => textAt(version, 'name')),
        text,
      ),
    );
  }
  return causes;
}

/** A single version's schema is named as if it stood at the top, as the server's own form has it. */
function schemaField(versions: readonly unknown[], index: number): string {
  const [first, ...others] = versions.map((version) => objectAt(version, 'schema'));
  const alike = others.every((other) => sameJson(other, first));
  return alike ? 'spec.validation.openAPIV3Schema' : `spec.versions[${index}].schema.openAPIV3Schema`;
}

function schemaProblems(version: unknown, field: string): readonly StatusCause[] {
  const schema = objectAt(version, 'schema').openAPIV3Schema;
  if (!isObject(schema)) {
    const place = field.replace('.openAPIV3Schema', '');
    return [
      required(
        `${place === 'spec.validation' ? 'spec.versions[0].schema' : place}.openAPIV3Schema`,
        'schemas are required',
      ),
    ];
  }
  if (schema.type !== 'object') {
    const text = 'must be object at the root';
    return [
      schema.type === undefined
        ? required(`${field}.type`, 'must not be empty at the root')
        : invalid(`${field}.type`, schema.type, text),
    ];
  }
  return structuralProblems(schema, field, 'root');
}

type Spot = 'root' | 'field' | 'item' | 'value';

const MISSING_TYPE: Readonly<Record<Spot, string>> = {
  root: 'must not be empty at the root',
  field: 'must not be empty for specified object fields',
  item: 'must not be empty for specified array items',
  value: 'must not be empty for specified object fields',
};

/** A structural schema says the type of everything, and forbids what pruning could not follow. */
function structuralProblems(schema: Json, field: string, spot: Spot): readonly StatusCause[] {
  const causes: StatusCause[] = [];
  const typeless =
    schema['x-kubernetes-int-or-string'] === true || schema['x-kubernetes-preserve-unknown-fields'] === true;
  if (!typeless && textAt(schema, 'type') === '') causes.push(required(`${field}.type`, MISSING_TYPE[spot]));
  if (isObject(schema.properties) && schema.additionalProperties !== undefined) {
    causes.push(forbidden(`${field}.additionalProperties`, 'additionalProperties and properties are mutual exclusive'));
  }
  if (schema['x-kubernetes-preserve-unknown-fields'] === false) {
    causes.push(invalid(`${field}.x-kubernetes-preserve-unknown-fields`, false, 'must be true or undefined'));
  }
  causes.push(...listTypeProblems(schema, field));
  for (const [name, property] of Object.entries(objectAt(schema, 'properties'))) {
    if (isObject(property)) causes.push(...structuralProblems(property, `${field}.properties[${name}]`, 'field'));
  }
  if (isObject(schema.items)) causes.push(...structuralProblems(schema.items, `${field}.items`, 'item'));
  else if (schema.type === 'array') causes.push(required(`${field}.items`, 'must be specified'));
  if (isObject(schema.additionalProperties)) {
    causes.push(...structuralProblems(schema.additionalProperties, `${field}.additionalProperties`, 'value'));
  }
  return causes;
}

function listTypeProblems(schema: Json, field: string): readonly StatusCause[] {
  const type = schema['x-kubernetes-list-type'];
  if (type === undefined) return [];
  if (schema.type !== 'array') {
    return [invalid(`${field}.type`, schema.type ?? '', 'must be array if x-kubernetes-list-type is set')];
  }
  const keys = listAt(schema, 'x-kubernetes-list-map-keys');
  if (type === 'map' && keys.length === 0) {
    return [required(`${field}.x-kubernetes-list-map-keys`, 'must not be empty if x-kubernetes-list-type is map')];
  }
  const supported = ['atomic', 'map', 'set'];
  return supported.includes(`${type}`) ? [] : [unsupported(`${field}.x-kubernetes-list-type`, type, supported)];
}

function columnProblems(version: unknown, field: string): readonly StatusCause[] {
  const types = ['boolean', 'date', 'integer', 'number', 'string'];
  return listAt(version, 'additionalPrinterColumns').flatMap((column, index) => {
    const at = `${field}[${index}]`;
    const causes: StatusCause[] = [];
    if (textAt(column, 'name') === '') causes.push(required(`${at}.name`));
    if (textAt(column, 'type') === '') causes.push(required(`${at}.type`, `must be one of ${types.join(',')}`));
    else if (!types.includes(textAt(column, 'type'))) {
      causes.push(invalid(`${at}.type`, textAt(column, 'type'), `must be one of ${types.join(',')}`));
    }
    const path = textAt(column, 'jsonPath');
    if (path === '') causes.push(required(`${at}.JSONPath`));
    return [...causes, ...pathProblems(path, `${at}.jsonPath`)];
  });
}

function selectableProblems(version: unknown, field: string): readonly StatusCause[] {
  return listAt(version, 'selectableFields').flatMap((one, index) => {
    const at = `${field}[${index}].jsonPath`;
    const path = textAt(one, 'jsonPath');
    return path === '' ? [required(at)] : pathProblems(path, at);
  });
}

function pathProblems(path: string, field: string): readonly StatusCause[] {
  try {
    parseJsonPath(path);
    return [];
  } catch (error) {
    return [invalid(field, path, `is an invalid JSONPath: ${error instanceof Error ? error.message : String(error)}`)];
  }
}
