import { parse } from 'yaml';
import type { KubeObject } from './objects.ts';
import type { ResourceType } from './resource-type.ts';

export { typesOfCrd } from './crd.ts';
export { builtinTypes } from './kinds/builtin-types.ts';
export { jsonPatch } from './patch/json-patch.ts';
export { mergePatch } from './patch/merge-patch.ts';
export { strategicMergePatch } from './patch/strategic-merge-patch.ts';
export { trackUpdate } from './patch/track-update.ts';
export { applyDefaults, prune } from './structural.ts';
export { validateSchema } from './validate-schema.ts';

// Thin stand-ins for the functions of the types room; each goes as soon as the real one is there.

export function decodeBody(bytes: Buffer, mediaType: string): { value: unknown; duplicates: readonly string[] } {
  const text = bytes.toString('utf8');
  return { value: mediaType.includes('yaml') ? parse(text) : JSON.parse(text), duplicates: [] };
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
