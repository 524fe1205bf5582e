import { parseAllDocuments } from 'yaml';
import { InfraError } from '../errors/errors.ts';
import { isRecord } from './record.ts';

/** A Kubernetes object as a manifest has it. */
export interface ManifestObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly [field: string]: unknown;
  };
  readonly [field: string]: unknown;
}

/** All objects of a YAML text, those of lists too. @throws InfraError naming `place` and the reason. */
export function readObjects(text: string, place: string): readonly ManifestObject[] {
  if (/^\s*<(!doctype|html|\?xml)/i.test(text)) throw wrong(place, 'it is a web page, not YAML');
  const documents = parseAllDocuments(text);
  const objects: ManifestObject[] = [];
  for (const document of 'empty' in documents ? [] : documents) {
    const [error] = document.errors;
    if (error !== undefined) throw noYaml(text, place, error.message);
    const value = plain(() => document.toJS(), place);
    if (value === null) continue;
    objects.push(...objectsIn(value, place));
  }
  if (objects.length === 0) throw wrong(place, 'it is empty');
  return objects;
}

/** Whether it is the object that KubeVirt's operator installs KubeVirt for. */
export function isCustomResource({ kind, apiVersion }: Pick<ManifestObject, 'kind' | 'apiVersion'>): boolean {
  return kind === 'KubeVirt' && apiVersion.startsWith('kubevirt.io/');
}

/** For a file of the source tree that is no manifest yet. */
export const RENDER = 'run make manifests in KubeVirt and give its _out/manifests/release';
/** The reason for the same. */
export const TEMPLATE = 'it is a template that nobody filled in';
const FETCH = 'fetch the manifest again, or name another folder with --kubevirt-mirror or --kubevirt PATH';

function objectsIn(value: unknown, place: string): readonly ManifestObject[] {
  if (isRecord(value) && value.kind === 'List' && Array.isArray(value.items))
    return value.items.flatMap((item) => objectsIn(item, place));
  if (!isObject(value)) throw wrong(place, 'it holds something that is no Kubernetes object');
  return [value];
}

function plain(read: () => unknown, place: string): unknown {
  try {
    return read();
  } catch (error) {
    throw wrong(place, `it is no YAML: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function noYaml(text: string, place: string, message: string): InfraError {
  if (text.includes('{{')) return wrong(place, TEMPLATE, RENDER);
  return wrong(place, `it is no YAML: ${message.split('\n')[0]}`);
}

function isObject(value: unknown): value is ManifestObject {
  if (!isRecord(value)) return false;
  const { apiVersion, kind, metadata } = value;
  const isNamed = isRecord(metadata) && typeof metadata.name === 'string' && metadata.name !== '';
  return typeof apiVersion === 'string' && typeof kind === 'string' && isNamed;
}

/** The first few of them by kind and name, for errors. */
export function listed(objects: readonly ManifestObject[]): string {
  const names = objects.slice(0, 4).map(({ kind, metadata }) => `${kind} ${metadata.name}`);
  return `${names.join(', ')}${objects.length > 4 ? ` and ${objects.length - 4} more` : ''}`;
}

/** The refusal of a file, with what was found in it. */
export function wrong(place: string, reason: string, hint = FETCH): InfraError {
  return new InfraError(`${place} is not what its name says: ${reason}`, { hint });
}
