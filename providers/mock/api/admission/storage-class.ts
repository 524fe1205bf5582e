import type { Plugin } from './attributes.ts';
import { specOf, withSpec } from './lookup.ts';

const DEFAULT_ANNOTATION = 'storageclass.kubernetes.io/is-default-class';

/** DefaultStorageClass: a claim that names no class gets the default one, the newest if there are several. */
export const defaultStorageClassPlugin: Plugin = (core, { type, operation, subresource, object }) => {
  const isClaim = type.group === '' && type.plural === 'persistentvolumeclaims' && operation === 'CREATE';
  if (!isClaim || subresource !== '' || object === undefined) return object;
  if (specOf(object).storageClassName !== undefined) return object;
  const [newest] = core.store
    .list('storageclasses.storage.k8s.io', '')
    .filter(({ metadata }) => metadata.annotations?.[DEFAULT_ANNOTATION] === 'true')
    .sort((a, b) => ((a.metadata.creationTimestamp ?? '') < (b.metadata.creationTimestamp ?? '') ? 1 : -1));
  return newest === undefined ? object : withSpec(object, { storageClassName: newest.metadata.name });
};
