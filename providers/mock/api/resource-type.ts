import type { KubeObject, StatusCause } from './objects.ts';
import type { Schema } from './schema.ts';

/** One column of a Table answer. */
export interface PrinterColumn {
  readonly name: string;
  readonly type: 'string' | 'integer' | 'number' | 'boolean' | 'date';
  readonly format?: string;
  readonly description?: string;
  /** Columns above 0 are shown with `-o wide` only. */
  readonly priority?: number;
  /** The cell of one object. Custom resources get theirs made from `jsonPath`. */
  readonly cell: (object: KubeObject, now: Date) => unknown;
}

/** One served version of a resource, built-in or custom. */
export interface ResourceType {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly listKind: string;
  readonly plural: string;
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly namespaced: boolean;
  readonly verbs: readonly string[];
  /** e.g. `status`, `scale`, `log`, `exec`, `binding`, `eviction`, `token`, `finalize`. */
  readonly subresources: readonly string[];
  /** The whole object's schema, without apiVersion, kind and metadata. */
  readonly schema: Schema;
  readonly columns: readonly PrinterColumn[];
  /** True for resources that a CustomResourceDefinition defines: pruned and validated by their schema. */
  readonly custom: boolean;
  readonly strategy: Strategy;
}

/** What a resource does beyond its schema. All functions are pure. */
export interface Strategy {
  /** The API's defaults, e.g. a Pod's restartPolicy. */
  readonly defaults: (object: KubeObject) => KubeObject;
  /** Before storing a new object: status dropped, generation 1, and so on. */
  readonly prepareForCreate: (object: KubeObject) => KubeObject;
  /** Before storing a change through the main resource or through `subresource`. */
  readonly prepareForUpdate: (object: KubeObject, old: KubeObject, subresource: string) => KubeObject;
  readonly validate: (object: KubeObject) => readonly StatusCause[];
  readonly validateUpdate: (object: KubeObject, old: KubeObject, subresource: string) => readonly StatusCause[];
  /** Fields that a fieldSelector may name, beside metadata.name and metadata.namespace. */
  readonly selectableFields: (object: KubeObject) => Readonly<Record<string, string>>;
}
