import type { KubevirtConfig } from '../../config.ts';
import type { Disk } from '../../model/devices.ts';
import type { VmiSpec } from '../../model/vmi.ts';
import type { Volume } from '../../model/volumes.ts';
import { atLeast } from '../../version.ts';
import { type Cause, invalid, required } from '../causes.ts';

/** Disks have their volume, and no two devices the same place in the boot order. Source: validateBootOrder. */
export function* bootOrder(spec: VmiSpec, path: string, config: KubevirtConfig): Iterable<Cause> {
  const { disks = [], interfaces = [] } = spec.domain.devices;
  const volumes = new Map((spec.volumes ?? []).map((volume) => [volume.name, volume]));
  const taken = new Set<number>();
  for (const [index, disk] of disks.entries()) {
    const at = `${path}.domain.devices.disks[${index}]`;
    yield* volumeOfDisk(disk, volumes.get(disk.name), { at, config });
    if (disk.bootOrder === undefined) continue;
    if (taken.has(disk.bootOrder)) yield orderTaken(at);
    taken.add(disk.bootOrder);
  }
  for (const [index, { bootOrder: order }] of interfaces.entries()) {
    if (order === undefined) continue;
    const at = `${path}.domain.devices.interfaces[${index}]`;
    if (order < 1) {
      const place = `${path}[${index}]`;
      yield invalid(`${place}.bootOrder`, `${place} must have a boot order > 0, if supplied`);
      continue;
    }
    if (taken.has(order)) yield orderTaken(at);
    taken.add(order);
  }
}

interface Place {
  readonly at: string;
  readonly config: KubevirtConfig;
}

function* volumeOfDisk(disk: Disk, volume: Volume | undefined, { at, config }: Place): Iterable<Cause> {
  if (volume === undefined) {
    yield* noVolume(disk, { at, config });
    return;
  }
  if (disk.lun !== undefined && volume.persistentVolumeClaim === undefined && volume.dataVolume === undefined) {
    yield invalid(`${at}.lun`, `${at}.lun can only be mapped to a DataVolume or PersistentVolumeClaim volume.`);
  }
  if (volume.downwardMetrics === undefined) return;
  const { bus = '' } = disk.disk ?? {};
  if (disk.disk === undefined) {
    const message = `DownwardMetrics volume must be mapped to a disk, but disk is not set on ${at}.disk.`;
    yield required(`${at}.disk`, message);
  } else if (bus !== 'virtio' && bus !== '') {
    const message = `DownwardMetrics volume must be mapped to virtio bus, but ${at}.disk.bus is set to ${bus}`;
    yield invalid(`${at}.disk.bus`, message);
  }
}

/** An empty CD-ROM drive is one that a volume can be hotplugged into. */
function* noVolume(disk: Disk, { at, config }: Place): Iterable<Cause> {
  const emptyDrives = atLeast(config.version, 'v1.6') && disk.cdrom !== undefined;
  if (!emptyDrives) yield invalid(`${at}.name`, `${at}.Name '${disk.name}' not found.`);
  else if (!config.gateEnabled('DeclarativeHotplugVolumes')) {
    const message = 'DeclarativeHotplugVolumes feature gate not enabled, cannot define an empty CD-ROM disk';
    yield invalid(`${at}.name`, message);
  }
}

function orderTaken(at: string): Cause {
  return invalid(`${at}.bootOrder`, `Boot order for ${at}.bootOrder already set for a different device.`);
}
