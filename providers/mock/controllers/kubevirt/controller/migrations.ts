import type { Component } from '../../component.ts';
import { trigger } from '../../component.ts';
import type { Loose } from '../../kinds.ts';
import { pathTo, RESOURCES } from '../../resources.ts';
import type { VmiObject } from '../vmi.ts';

/** Walks migrations as far as a cluster of one node lets them go: pending for want of a target, or failed without a guest. */
export function startMigrations(component: Component): void {
  const migrations = component.informer<Loose>(pathTo(RESOURCES.migrations));
  const vmis = component.informer<VmiObject>(pathTo(RESOURCES.vmis));
  const loop = component.loop([migrations, vmis], async (key) => {
    const migration = migrations.get(key);
    if (migration === undefined) return;
    const { namespace, name, finalizers = [] } = migration.metadata;
    const path = pathTo(RESOURCES.migrations, namespace, name);
    if (migration.metadata.deletionTimestamp !== undefined) {
      if (finalizers.length > 0) await component.rest.patch(path, 'merge', { metadata: { finalizers: null } });
      return;
    }
    const vmi = vmis.get(`${namespace}/${migration.spec?.vmiName}`);
    const phase = vmi === undefined ? 'Failed' : 'Pending';
    if (migration.status?.phase === phase || migration.status?.phase === 'Failed') return;
    await component.rest.patch(`${path}/status`, 'merge', { status: { phase } });
  });
  trigger(migrations, loop);
  trigger(vmis, loop, (vmi) =>
    migrations
      .list()
      .filter(
        ({ metadata, spec }) => metadata.namespace === vmi.metadata.namespace && spec?.vmiName === vmi.metadata.name,
      )
      .map(({ metadata }) => `${metadata.namespace}/${metadata.name}`),
  );
}
