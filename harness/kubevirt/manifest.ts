import { parseAllDocuments } from 'yaml';
import { InfraError } from '../errors/errors.ts';
import type { KubevirtVersion } from './versions.ts';

/** A Kubernetes object as a manifest has it. */
export interface ManifestObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
  readonly [field: string]: unknown;
}

/** What the run changes in a release's manifest: where its images come from and to whom its objects belong. */
export interface ManifestChanges {
  readonly labels: Readonly<Record<string, string>>;
  readonly imagePrefix: string | undefined;
  readonly imageTag: string | undefined;
  readonly imagePullPolicy: string | undefined;
}

/**
 * Reads a release's manifest and makes sure that it is what its name says.
 * @throws InfraError naming `place` and the reason: no YAML, an HTML page, a cut-off file, another version.
 */
export function readOperatorManifest(text: string, version: KubevirtVersion, place: string): readonly ManifestObject[] {
  const objects = readObjects(text, place);
  const operator = objects.find((each) => each.kind === 'Deployment' && each.metadata.name === 'virt-operator');
  if (operator === undefined) throw wrong(place, 'it holds no Deployment virt-operator');
  if (!objects.some((each) => each.kind === 'CustomResourceDefinition'))
    throw wrong(place, 'it holds no CustomResourceDefinition');
  const images = JSON.stringify(operator).match(/virt-operator[:@][^"]+/g) ?? [];
  if (!images.some((image) => image.endsWith(`:${version.text}`))) {
    throw wrong(place, `its virt-operator is ${images[0] ?? 'without an image'}, not ${version.text}`);
  }
  return objects;
}

/** Reads a KubeVirt custom resource. @throws InfraError as readOperatorManifest. */
export function readCustomResource(text: string, place: string): ManifestObject {
  const objects = readObjects(text, place);
  const [resource] = objects.filter((each) => each.kind === 'KubeVirt');
  if (resource === undefined) throw wrong(place, 'it holds no KubeVirt object');
  return resource;
}

/** The manifest with the run's labels and the user's own images. */
export function changeManifest(
  objects: readonly ManifestObject[],
  changes: ManifestChanges,
): readonly ManifestObject[] {
  return objects.map((object) => {
    const labelled = {
      ...object,
      metadata: { ...object.metadata, labels: { ...object.metadata.labels, ...changes.labels } },
    };
    return object.kind === 'Deployment' ? (rewriteImages(labelled, changes) as ManifestObject) : labelled;
  });
}

function readObjects(text: string, place: string): readonly ManifestObject[] {
  if (/^\s*<(!doctype|html|\?xml)/i.test(text)) throw wrong(place, 'it is a web page, not YAML');
  const documents = parseAllDocuments(text);
  const objects: ManifestObject[] = [];
  for (const document of 'empty' in documents ? [] : documents) {
    const [error] = document.errors;
    if (error !== undefined) throw wrong(place, `it is no YAML: ${error.message.split('\n')[0]}`);
    const value: unknown = document.toJS();
    if (value === null) continue;
    if (!isObject(value)) throw wrong(place, 'it holds something that is no Kubernetes object');
    objects.push(value);
  }
  if (objects.length === 0) throw wrong(place, 'it is empty');
  return objects;
}

function isObject(value: unknown): value is ManifestObject {
  if (typeof value !== 'object' || value === null) return false;
  const { apiVersion, kind, metadata } = value as Record<string, unknown>;
  const named = typeof metadata === 'object' && metadata !== null && 'name' in metadata;
  return typeof apiVersion === 'string' && typeof kind === 'string' && named;
}

/** KubeVirt's components are named virt-*; the operator finds the others beside its own image. */
function rewriteImages(value: unknown, changes: ManifestChanges): unknown {
  if (typeof value === 'string') return rewriteImage(value, changes);
  if (Array.isArray(value)) return value.map((each) => rewriteImages(each, changes));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => {
      const policy = key === 'imagePullPolicy' ? changes.imagePullPolicy : undefined;
      return [key, policy ?? rewriteImages(each, changes)];
    }),
  );
}

function rewriteImage(text: string, { imagePrefix, imageTag }: ManifestChanges): string {
  const match = /^(\S+)\/(virt-[a-z]+):([\w.-]+)$/.exec(text);
  if (match === null) return text;
  return `${imagePrefix ?? match[1]}/${match[2]}:${imageTag ?? match[3]}`;
}

function wrong(place: string, reason: string): InfraError {
  return new InfraError(`${place} is not what its name says: ${reason}`, {
    hint: 'fetch the manifest of the release again, or name another folder with --kubevirt-mirror',
  });
}
