import { randomInt } from 'node:crypto';
import type { KubeObject, StatusCause } from './objects.ts';
import { forbiddenField, invalidField, required } from './options.ts';
import type { ResourceType } from './resource-type.ts';

// The generator's alphabet: no vowels, no look-alikes, so that no words come about.
const ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';

/** Five characters as generateName appends them. */
export function randomSuffix(): string {
  return Array.from({ length: 5 }, () => ALPHABET[randomInt(ALPHABET.length)]).join('');
}

/** Fills in the name from generateName. */
export function withGeneratedName(object: KubeObject): KubeObject {
  const { name, generateName } = object.metadata;
  if (name !== undefined && name !== '') return object;
  if (generateName === undefined || generateName === '') return object;
  const made = `${generateName.slice(0, 58)}${randomSuffix()}`;
  return { ...object, metadata: { ...object.metadata, name: made } };
}

const LABEL_TEXT =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const SUBDOMAIN_TEXT =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const DNS1035_TEXT =
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";
const QUALIFIED_TEXT =
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
const LABEL_VALUE_TEXT =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";

const LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const DNS1035 = /^[a-z]([-a-z0-9]*[a-z0-9])?$/;
const QUALIFIED_PART = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/;
const LABEL_VALUE = /^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/;

/** What is wrong with a new object's name, labels, annotations, owners and finalizers, in the real words. */
export function metadataProblems(type: ResourceType, { metadata }: KubeObject): readonly StatusCause[] {
  return [
    ...nameProblems(type, metadata.name ?? '', metadata.generateName ?? ''),
    ...labelProblems(metadata.labels ?? {}),
    ...annotationProblems(metadata.annotations ?? {}),
    ...ownerProblems(metadata.ownerReferences ?? []),
    ...(metadata.finalizers ?? []).flatMap(finalizerProblems(type)),
  ];
}

function nameProblems(type: ResourceType, name: string, generateName: string): readonly StatusCause[] {
  if (name === '') {
    return generateName === '' ? [required('metadata.name', 'name or generateName is required')] : [];
  }
  return nameTexts(type, name).map((text) => invalidField('metadata.name', name, text));
}

function nameTexts(type: ResourceType, name: string): readonly string[] {
  const core = type.group === '';
  if (type.group === 'rbac.authorization.k8s.io') return pathSegmentTexts(name);
  if (core && type.plural === 'namespaces') return checked(LABEL, LABEL_TEXT, name, 63);
  if (core && type.plural === 'services') return checked(DNS1035, DNS1035_TEXT, name, 63);
  return checked(SUBDOMAIN, SUBDOMAIN_TEXT, name, 253);
}

function pathSegmentTexts(name: string): readonly string[] {
  if (name === '.' || name === '..') return [`may not be '${name}'`];
  return ['/', '%']
    .filter((character) => name.includes(character))
    .map((character) => `may not contain '${character}'`);
}

function checked(pattern: RegExp, text: string, name: string, longest: number): readonly string[] {
  const long = name.length > longest ? [`must be no more than ${longest} characters`] : [];
  return [...long, ...(pattern.test(name) ? [] : [text])];
}

function labelProblems(labels: Readonly<Record<string, unknown>>): readonly StatusCause[] {
  return Object.entries(labels).flatMap(([key, value]) => {
    const keys = qualifiedNameTexts(key).map((text) => invalidField('metadata.labels', key, text));
    const text = String(value);
    if (text.length > 63) return [...keys, invalidField('metadata.labels', text, 'must be no more than 63 characters')];
    return LABEL_VALUE.test(text) ? keys : [...keys, invalidField('metadata.labels', text, LABEL_VALUE_TEXT)];
  });
}

function annotationProblems(annotations: Readonly<Record<string, unknown>>): readonly StatusCause[] {
  return Object.keys(annotations).flatMap((key) =>
    qualifiedNameTexts(key.toLowerCase()).map((text) => invalidField('metadata.annotations', key, text)),
  );
}

function qualifiedNameTexts(key: string): readonly string[] {
  const slash = key.indexOf('/');
  const prefix = slash < 0 ? undefined : key.slice(0, slash);
  const name = key.slice(slash + 1);
  const texts: string[] = [];
  if (prefix === '') texts.push('prefix part must be non-empty');
  else if (prefix !== undefined && !SUBDOMAIN.test(prefix)) texts.push(`prefix part ${SUBDOMAIN_TEXT}`);
  if (name === '') texts.push('name part must be non-empty');
  if (name.length > 63) texts.push('name part must be no more than 63 characters');
  if (!QUALIFIED_PART.test(name)) texts.push(QUALIFIED_TEXT);
  return texts;
}

function ownerProblems(owners: NonNullable<KubeObject['metadata']['ownerReferences']>): readonly StatusCause[] {
  const problems: StatusCause[] = [];
  const field = 'metadata.ownerReferences';
  for (const owner of owners) {
    if (!owner.apiVersion) problems.push(invalidField(`${field}.apiVersion`, '', 'version must not be empty'));
    if (!owner.kind) problems.push(invalidField(`${field}.kind`, '', 'must not be empty'));
    if (!owner.name) problems.push(invalidField(`${field}.name`, '', 'must not be empty'));
    if (!owner.uid) problems.push(invalidField(`${field}.uid`, '', 'must not be empty'));
  }
  if (owners.filter((owner) => owner.controller === true).length > 1) {
    problems.push(invalidField(field, owners, 'Only one reference can have Controller set to true'));
  }
  return problems;
}

const STANDARD_FINALIZERS = ['kubernetes', 'orphan', 'foregroundDeletion'];

/** Kubernetes' own kinds want a domain before a finalizer's name, custom resources only a valid name. */
function finalizerProblems({ custom }: ResourceType): (finalizer: string, index: number) => readonly StatusCause[] {
  return (finalizer, index) => {
    const field = `metadata.finalizers[${index}]`;
    const bad = qualifiedNameTexts(finalizer).map((text) => invalidField(field, finalizer, text));
    if (custom || bad.length > 0 || finalizer.includes('/') || STANDARD_FINALIZERS.includes(finalizer)) return bad;
    return [invalidField(field, finalizer, 'name is neither a standard finalizer name nor is it fully qualified')];
  };
}

/** What an update does to metadata that it may not do. */
export function metadataUpdateProblems(
  type: ResourceType,
  object: KubeObject,
  old: KubeObject,
): readonly StatusCause[] {
  const { metadata } = object;
  const problems: StatusCause[] = [...newFinalizerProblems(object, old)];
  if (metadata.name !== old.metadata.name) problems.push(immutable('metadata.name', metadata.name));
  if (metadata.namespace !== old.metadata.namespace) problems.push(immutable('metadata.namespace', metadata.namespace));
  if (metadata.uid !== old.metadata.uid) problems.push(immutable('metadata.uid', metadata.uid));
  return [
    ...problems,
    ...labelProblems(metadata.labels ?? {}),
    ...annotationProblems(metadata.annotations ?? {}),
    ...ownerProblems(metadata.ownerReferences ?? []),
    ...(metadata.finalizers ?? []).flatMap(finalizerProblems(type)),
  ];
}

function newFinalizerProblems({ metadata }: KubeObject, old: KubeObject): readonly StatusCause[] {
  if (old.metadata.deletionTimestamp === undefined) return [];
  const had = new Set(old.metadata.finalizers ?? []);
  const added = (metadata.finalizers ?? []).filter((finalizer) => !had.has(finalizer)).sort();
  if (added.length === 0) return [];
  const list = added.map((finalizer) => JSON.stringify(finalizer)).join(', ');
  const why = `no new finalizers can be added if the object is being deleted, found new finalizers []string{${list}}`;
  return [forbiddenField('metadata.finalizers', why)];
}

function immutable(field: string, value: unknown): StatusCause {
  return invalidField(field, value ?? '', 'field is immutable');
}
