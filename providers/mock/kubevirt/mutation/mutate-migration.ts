import type { KubeObject } from '../../api/objects.ts';
import type { Json } from '../config.ts';
import type { KubevirtVersion } from '../version.ts';
import { traitsOf } from '../versions.ts';

/** A new migration with its finalizer and the label that finds it by VMI. Source: migration-create-mutator.go. */
export function mutateNewMigration(migration: KubeObject, version: KubevirtVersion): KubeObject {
  const { metadata } = migration;
  const vmiName = String((migration.spec as Json | undefined)?.vmiName ?? '');
  return {
    ...migration,
    metadata: {
      ...metadata,
      labels: { ...metadata.labels, 'kubevirt.io/vmi-name': vmiName },
      finalizers: [...(metadata.finalizers ?? []), traitsOf(version).migrationFinalizer],
    },
  };
}
