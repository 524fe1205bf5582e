import { parse } from 'yaml';
import { builtinTypes } from './kinds/builtin-types.ts';
import type { KubeObject, StatusCause } from './objects.ts';
import type { ResourceType } from './resource-type.ts';
import type { Schema } from './schema.ts';

export { builtinTypes } from './kinds/builtin-types.ts';
export { jsonPatch } from './patch/json-patch.ts';
export { mergePatch } from './patch/merge-patch.ts';
export { strategicMergePatch } from './patch/strategic-merge-patch.ts';
export { trackUpdate } from './patch/track-update.ts';
export { applyDefaults, prune } from './structural.ts';

// Thin stand-ins for the functions of the types room; each goes as soon as the real one is there.

export function typesOfCrd(crd: KubeObject): { types: readonly ResourceType[]; problems: readonly StatusCause[] } {
  const spec = crd.spec as {
    group: string;
    scope: string;
    names: { plural: string; singular?: string; kind: string; listKind?: string; shortNames?: string[] };
    versions: readonly {
      name: string;
      served: boolean;
      subresources?: object;
      schema?: { openAPIV3Schema?: Schema };
    }[];
  };
  const [sample] = builtinTypes();
  if (sample === undefined) return { types: [], problems: [] };
  const types = spec.versions
    .filter((version) => version.served)
    .map(
      (version): ResourceType => ({
        ...sample,
        group: spec.group,
        version: version.name,
        kind: spec.names.kind,
        listKind: spec.names.listKind ?? `${spec.names.kind}List`,
        plural: spec.names.plural,
        singular: spec.names.singular ?? spec.names.kind.toLowerCase(),
        namespaced: spec.scope === 'Namespaced',
        subresources: Object.keys(version.subresources ?? {}),
        schema: version.schema?.openAPIV3Schema ?? {},
        custom: true,
      }),
    );
  return { types, problems: [] };
}

export function decodeBody(bytes: Buffer, mediaType: string): { value: unknown; duplicates: readonly string[] } {
  const text = bytes.toString('utf8');
  return { value: mediaType.includes('yaml') ? parse(text) : JSON.parse(text), duplicates: [] };
}

export function validateSchema(_object: KubeObject, _schema: Schema): readonly StatusCause[] {
  return [];
}

export type IncludeObject = 'None' | 'Object' | 'Metadata';

export function asTable(type: ResourceType, objects: readonly KubeObject[], now: Date, include: IncludeObject) {
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata: {},
    columnDefinitions: type.columns.map(({ cell: _, ...column }) => column),
    rows: objects.map((object) => ({
      cells: type.columns.map((column) => column.cell(object, now)),
      object: include === 'None' ? null : object,
    })),
  };
}
