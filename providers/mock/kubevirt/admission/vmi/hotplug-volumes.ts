import { isDeepStrictEqual } from 'node:util';
import type { KubevirtConfig } from '../../config.ts';
import type { Disk } from '../../model/devices.ts';
import type { Vmi, VmiSpec } from '../../model/vmi.ts';
import type { Volume } from '../../model/volumes.ts';
import { type Cause, invalid } from '../causes.ts';

/** Volumes may come and go while a guest runs, but not change. First cause only. Source: pkg/storage/admitters/storagehotplug.go. */
export function hotplugVolumes(vmi: Vmi, old: Vmi, config: KubevirtConfig): readonly Cause[] {
  const mismatch = unmapped(vmi.spec, config);
  if (mismatch !== undefined) return [invalid('', mismatch)];
  const plugged = permanentNames(old);
  const change: Change = {
    disks: byName(vmi.spec.domain.devices.disks ?? []),
    oldDisks: byName(old.spec.domain.devices.disks ?? []),
    migrated: new Set(migratedVolumes(vmi)),
  };
  const part = (spec: VmiSpec, permanent: boolean): ReadonlyMap<string, Volume> =>
    byName((spec.volumes ?? []).filter(({ name }) => plugged.has(name) === permanent));
  const problem =
    permanentProblem(part(vmi.spec, true), part(old.spec, true), change) ??
    pluggedProblem(part(vmi.spec, false), part(old.spec, false), change);
  return problem === undefined ? [] : [invalid('', problem)];
}

interface Change {
  readonly disks: ReadonlyMap<string, Disk>;
  readonly oldDisks: ReadonlyMap<string, Disk>;
  /** Volumes that are being moved to other storage. */
  readonly migrated: ReadonlySet<string>;
}

function unmapped({ domain, volumes = [] }: VmiSpec, config: KubevirtConfig): string | undefined {
  const names = new Set(volumes.filter(({ memoryDump }) => memoryDump === undefined).map(({ name }) => name));
  const emptyDrives = config.gateEnabled('DeclarativeHotplugVolumes');
  const needed = (domain.devices.disks ?? []).filter(
    ({ name, cdrom }) => names.has(name) || cdrom === undefined || !emptyDrives,
  );
  const count = needed.length + (domain.devices.filesystems ?? []).length;
  if (count === names.size) return undefined;
  return `mismatch between volumes declared (${names.size}) and required (${count})`;
}

function permanentProblem(
  now: ReadonlyMap<string, Volume>,
  before: ReadonlyMap<string, Volume>,
  { disks, oldDisks, migrated }: Change,
): string | undefined {
  if (now.size !== before.size) return 'Number of permanent volumes has changed';
  for (const [name, volume] of now) {
    if (!before.has(name)) return `permanent volume ${name}, not found`;
    if (migrated.has(name)) continue;
    if (!isDeepStrictEqual(volume, before.get(name))) return `permanent volume ${name}, changed`;
    if (!isDeepStrictEqual(disks.get(name), oldDisks.get(name))) return `permanent disk ${name}, changed`;
  }
  return undefined;
}

function pluggedProblem(
  now: ReadonlyMap<string, Volume>,
  before: ReadonlyMap<string, Volume>,
  change: Change,
): string | undefined {
  for (const [name, volume] of now) {
    const earlier = before.get(name);
    const problem = earlier === undefined ? newProblem(volume, change) : keptProblem(volume, earlier, change);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function keptProblem(volume: Volume, earlier: Volume, { disks, oldDisks, migrated }: Change): string | undefined {
  const { name, memoryDump } = volume;
  if (!isDeepStrictEqual(volume, earlier) && !migrated.has(name)) return `hotplug volume ${name}, changed`;
  if (memoryDump !== undefined) return undefined;
  if (!disks.has(name)) return `volume ${name} doesn't have a matching disk`;
  return isDeepStrictEqual(disks.get(name), oldDisks.get(name)) ? undefined : `hotplug disk ${name}, changed`;
}

function newProblem(volume: Volume, { disks, oldDisks }: Change): string | undefined {
  const { name, memoryDump, dataVolume, persistentVolumeClaim } = volume;
  if (memoryDump !== undefined) return undefined;
  if (dataVolume === undefined && persistentVolumeClaim === undefined)
    return `volume ${name} is not a PVC or DataVolume`;
  const disk = disks.get(name);
  if (disk === undefined) return `disk ${name} does not exist`;
  return oldDisks.has(name) ? undefined : diskProblem(disk);
}

function diskProblem({ name, disk, lun, bootOrder, dedicatedIOThread }: Disk): string | undefined {
  const what = 'Hotplug configuration for';
  if (disk !== undefined) {
    if (disk.bus !== 'scsi' && disk.bus !== 'virtio') {
      return `${what} disk [${name}] requires bus to be 'scsi' or 'virtio'. [${disk.bus ?? ''}] is not permitted.`;
    }
  } else if (lun !== undefined) {
    if (lun.bus !== 'scsi')
      return `${what} LUN [${name}] requires bus to be 'scsi'. [${lun.bus ?? ''}] is not permitted.`;
  } else return `${what} [${name}] requires diskDevice of type 'disk' or 'lun' to be used.`;
  if (dedicatedIOThread === true && (disk ?? lun)?.bus !== 'virtio') {
    return `${what} [${name}] requires virtio bus for IOThreads.`;
  }
  if (bootOrder !== undefined && bootOrder < 1) {
    return 'spec.domain.devices.disks[1] must have a boot order > 0, if supplied';
  }
  return undefined;
}

/** Volumes that the guest booted with: those in status that were not hotplugged. */
function permanentNames({ status }: Vmi): ReadonlySet<string> {
  const statuses = status?.volumeStatus ?? [];
  return new Set(statuses.filter(({ hotplugVolume }) => hotplugVolume === undefined).map(({ name }) => name));
}

function migratedVolumes({ status }: Vmi): readonly string[] {
  return (status?.migratedVolumes ?? []).map(({ volumeName }) => volumeName);
}

function byName<T extends { readonly name: string }>(list: readonly T[]): ReadonlyMap<string, T> {
  return new Map(list.map((each) => [each.name, each]));
}
