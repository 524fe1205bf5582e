import { parseQuantity } from '../../../quantity.ts';
import type { KubevirtConfig } from '../../config.ts';
import type { VmiSpec } from '../../model/vmi.ts';
import type { Volume } from '../../model/volumes.ts';
import { type Cause, invalid, notFound, required } from '../causes.ts';
import { cloudInit } from './cloud-init.ts';
import { filePath } from './paths.ts';

/** Volumes have a name of their own and exactly one source, whose gate is on. Source: validateVolumes. */
export function* volumes(spec: VmiSpec, path: string, config: KubevirtConfig): Iterable<Cause> {
  const field = `${path}.volumes`;
  const list = spec.volumes ?? [];
  const first = new Map<string, number>();
  for (const [index, volume] of list.entries()) {
    const at = `${field}[${index}]`;
    const other = first.get(volume.name);
    if (other === undefined) first.set(volume.name, index);
    else yield invalid(`${at}.name`, `${at} and ${field}[${other}] must not have the same Name.`);
    yield* oneSource(volume, at);
    yield* cloudInit(volume, at);
    if (volume.downwardMetrics !== undefined && !config.gateEnabled('DownwardMetrics')) {
      yield invalid(at, 'downwardMetrics disks are not allowed: DownwardMetrics feature gate is not enabled.');
    }
    yield* hostDisk(volume, at, config);
    yield* namedSource(volume, at);
  }
  yield* atMostOne(list, field);
}

/** Paths into container disks are absolute. Source: ValidateContainerDisks. */
export function* containerDiskPaths(spec: VmiSpec, path: string): Iterable<Cause> {
  for (const [index, { containerDisk }] of (spec.volumes ?? []).entries()) {
    if (containerDisk?.path) yield* filePath(containerDisk.path, `${path}.volumes[${index}].containerDisk`);
  }
}

/** Utility volumes come by hotplug only. */
export function* noUtilityVolumes(spec: VmiSpec, path: string): Iterable<Cause> {
  if (spec.utilityVolumes === undefined) return;
  const message = 'cannot create VMI with utility volumes in spec, utility volumes can only be added via hotplug';
  yield invalid(`${path}.utilityVolumes`, message);
}

/** Every volume has its disk or filesystem. VMIs only. Source: validateVirtualMachineInstanceSpecVolumeDisks. */
export function* volumesAreUsed(spec: VmiSpec, path: string): Iterable<Cause> {
  const { disks = [], filesystems = [] } = spec.domain.devices;
  const diskNames = new Set(disks.map(({ name }) => name));
  const filesystemNames = new Set(filesystems.map(({ name }) => name));
  for (const [index, volume] of (spec.volumes ?? []).entries()) {
    if (volume.memoryDump !== undefined) continue;
    const { name, containerPath } = volume;
    const at = `${path}.domain.volumes[${index}]`;
    if (!diskNames.has(name) && !filesystemNames.has(name))
      yield invalid(`${at}.name`, `${at}.name '${name}' not found.`);
    if (containerPath === undefined) continue;
    const what = `ContainerPath volume '${name}'`;
    if (diskNames.has(name)) yield invalid(at, `${what} must be mapped to a filesystem, not a disk`);
    if (!filesystemNames.has(name)) {
      yield invalid(at, `${what} must have a matching filesystem defined in spec.domain.devices.filesystems`);
    }
    const reserved = ['/var/run/kubevirt', '/var/run/libvirt'].find((prefix) => containerPath.path.startsWith(prefix));
    if (reserved !== undefined) {
      yield invalid(`${at}.containerPath.path`, `${what} uses reserved path prefix '${reserved}'`);
    }
  }
}

const SOURCES = [
  ...['persistentVolumeClaim', 'sysprep', 'cloudInitNoCloud', 'cloudInitConfigDrive', 'containerDisk', 'ephemeral'],
  ...['emptyDisk', 'hostDisk', 'dataVolume', 'configMap', 'secret', 'downwardAPI', 'serviceAccount'],
  ...['downwardMetrics', 'memoryDump', 'containerPath'],
] as readonly (keyof Volume)[];

function* oneSource(volume: Volume, at: string): Iterable<Cause> {
  if (volume.dataVolume !== undefined && !volume.dataVolume.name) {
    yield required(`${at}.name`, "DataVolume 'name' must be set");
  }
  const sources = SOURCES.filter((source) => volume[source] !== undefined);
  if (sources.length !== 1) yield invalid(at, `${at} must have exactly one source type set`);
}

function* hostDisk({ hostDisk: disk }: Volume, at: string, config: KubevirtConfig): Iterable<Cause> {
  if (disk === undefined) return;
  const field = `${at}.hostDisk`;
  if (!config.gateEnabled('HostDisk')) yield invalid(at, 'HostDisk feature gate is not enabled');
  if (!disk.path) yield notFound(`${field}.path`, `${field}.path is required for hostDisk volume`);
  if (!['Disk', 'DiskOrCreate'].includes(disk.type)) {
    const message = `${field}.type has invalid value '${disk.type}', allowed are 'Disk' or 'DiskOrCreate'`;
    yield invalid(`${field}.type`, message);
  }
  if (disk.type === 'Disk' && disk.capacity !== undefined && parseQuantity(disk.capacity).nano !== 0n) {
    const message = `${field}.capacity is allowed to pass only with ${field}.type equal to 'DiskOrCreate'`;
    yield invalid(`${field}.capacity`, message);
  }
}

function* namedSource({ configMap, secret, serviceAccount }: Volume, at: string): Iterable<Cause> {
  const missing: (readonly [given: string | undefined, field: string])[] = [];
  if (configMap !== undefined) missing.push([configMap.name, `${at}.configMap.name`]);
  if (secret !== undefined) missing.push([secret.secretName, `${at}.secret.secretName`]);
  if (serviceAccount !== undefined) {
    missing.push([serviceAccount.serviceAccountName, `${at}.serviceAccount.serviceAccountName`]);
  }
  for (const [given, field] of missing) if (!given) yield invalid(field, `${field} is a required field`);
}

function* atMostOne(list: readonly Volume[], field: string): Iterable<Cause> {
  const kinds = [
    ['serviceAccount', 'serviceAccount'],
    ['downwardMetrics', 'downwardMetric'],
    ['memoryDump', 'memory dump'],
  ] as const;
  for (const [source, name] of kinds) {
    const count = list.filter((volume) => volume[source] !== undefined).length;
    if (count > 1) yield invalid(field, `${field} must have max one ${name} volume set`);
  }
}
