import type { KubeObject } from './objects.ts';
import type { ResourceType } from './resource-type.ts';

const META = 'meta.k8s.io/v1';

/** How a Table is to be made. */
export interface TableOptions {
  readonly now: Date;
  /** What each row carries of its object; `Metadata` unless the request says so. */
  readonly includeObject: 'None' | 'Metadata' | 'Object';
  /** A list's metadata; of a single object its resourceVersion. */
  readonly metadata?: Readonly<Record<string, unknown>>;
}

/** The Table answer for objects of a type, as kubectl asks for it. */
export function asTable(type: ResourceType, objects: readonly KubeObject[], options: TableOptions) {
  return {
    kind: 'Table',
    apiVersion: META,
    metadata: options.metadata ?? {},
    columnDefinitions: type.columns.map((column) => ({
      name: column.name,
      type: column.type,
      format: column.format ?? '',
      description: column.description ?? '',
      priority: column.priority ?? 0,
    })),
    rows: objects.map((object) => ({
      cells: type.columns.map((column) => column.cell(object, options.now)),
      object: shownObject(object, options.includeObject),
    })),
  };
}

function shownObject(object: KubeObject, include: TableOptions['includeObject']): unknown {
  if (include === 'None') return null;
  return include === 'Object' ? object : partialMetadata(object);
}

/** An object's metadata alone. */
export function partialMetadata(object: KubeObject) {
  return { kind: 'PartialObjectMetadata', apiVersion: META, metadata: object.metadata };
}

/** The metadata of a list's objects. */
export function partialMetadataList(objects: readonly KubeObject[], metadata: Readonly<Record<string, unknown>>) {
  return { kind: 'PartialObjectMetadataList', apiVersion: META, metadata, items: objects.map(partialMetadata) };
}
