import type { KubevirtConfig } from '../../config.ts';
import type { Disk } from '../../model/devices.ts';
import type { VmiSpec } from '../../model/vmi.ts';
import { atLeast } from '../../version.ts';
import { type Cause, invalid, notSupported } from '../causes.ts';
import { dnsLabel } from './names.ts';
import { isPciAddress } from './paths.ts';

/** What each disk must be. Some fields named repeat the path, as KubeVirt's do. Source: pkg/storage/admitters/disks.go. */
export function* disks(spec: VmiSpec, path: string, config: KubevirtConfig): Iterable<Cause> {
  const list = spec.domain.devices.disks ?? [];
  const field = `${path}.domain.devices.disks`;
  for (const [index, disk] of list.entries()) {
    for (const rule of DISK_RULES) yield* rule(disk, { field, at: `${field}[${index}]`, index, list, config });
  }
}

interface Place {
  readonly field: string;
  readonly at: string;
  readonly index: number;
  readonly list: readonly Disk[];
  readonly config: KubevirtConfig;
}

type DiskRule = (disk: Disk, place: Place) => Iterable<Cause>;

const DISK_RULES: readonly DiskRule[] = [
  uniqueName,
  oneTarget,
  pciAddress,
  positiveBootOrder,
  knownBus,
  serialCharacters,
  serialLength,
  cacheMode,
  ioMode,
  errorPolicy,
  nameAsContainer,
  blockSize,
];

function* uniqueName(disk: Disk, { field, at, index, list }: Place): Iterable<Cause> {
  for (const [other, { name }] of list.slice(0, index).entries()) {
    if (name === disk.name) yield invalid(`${at}.name`, `${at} and ${field}[${other}] must not have the same Name.`);
  }
}

function* oneTarget({ disk, lun, cdrom }: Disk, { at }: Place): Iterable<Cause> {
  const targets = [disk, lun, cdrom].filter((target) => target !== undefined);
  if (targets.length > 1) yield invalid(at, `${at} can only have a single target type defined`);
}

function* pciAddress({ disk }: Disk, { field, index }: Place): Iterable<Cause> {
  if (!disk?.pciAddress) return;
  const place = `${field}.domain.devices.disks.disk[${index}]`;
  if (disk.bus !== 'virtio') {
    const message = `disk ${place}.name - setting a PCI address is only possible with bus type virtio.`;
    yield invalid(`${place}.pciAddress`, message);
  }
  if (!isPciAddress(disk.pciAddress)) {
    yield invalid(`${place}.pciAddress`, `disk ${place}.name has malformed PCI address (${disk.pciAddress}).`);
  }
}

function* positiveBootOrder({ bootOrder }: Disk, { at }: Place): Iterable<Cause> {
  if (bootOrder === undefined || bootOrder >= 1) return;
  yield invalid(`${at}.bootOrder`, `${at} must have a boot order > 0, if supplied`);
}

function* knownBus(disk: Disk, { field, at, index }: Place): Iterable<Cause> {
  const [type, bus] = busOf(disk);
  if (bus === '') return;
  if (bus === 'ide') yield invalid(`${at}.${type}.bus`, 'IDE bus is not supported');
  else if (bus === 'virtio' && type === 'cdrom') {
    yield invalid(`${at}.cdrom.bus`, 'Bus type virtio is invalid for CD-ROM device');
  } else if (bus === 'sata' && disk.disk?.readonly === true) {
    yield invalid(`${at}.disk.bus`, 'sata hard-disks do not support read-only.');
  } else if (!BUSES.includes(bus)) {
    const message = `${at} is set with an unrecognized bus ${bus}, must be one of: [${BUSES.join(' ')}]`;
    yield invalid(`${at}.${type}.bus`, message);
  }
  if (disk.dedicatedIOThread === true && bus !== 'virtio') {
    const message = `IOThreads are not supported for disks on a ${bus} bus`;
    yield notSupported(`${field}.domain.devices.disks[${index}]`, message);
  }
}

const BUSES = ['virtio', 'scsi', 'sata', 'usb'];

function busOf({ disk, lun, cdrom }: Disk): readonly [type: string, bus: string] {
  if (disk !== undefined) return ['disk', disk.bus ?? ''];
  if (lun !== undefined) return ['lun', lun.bus ?? ''];
  return cdrom === undefined ? ['', ''] : ['cdrom', cdrom.bus ?? ''];
}

function* serialCharacters({ serial }: Disk, { at }: Place): Iterable<Cause> {
  if (!serial || /^[A-Za-z0-9_.+-]+$/.test(serial)) return;
  yield invalid(`${at}.serial`, `${at} must be made up of the following characters [A-Za-z0-9_.+-], if specified`);
}

function* serialLength({ serial }: Disk, { at }: Place): Iterable<Cause> {
  if (serial === undefined || [...serial].length <= 256) return;
  yield invalid(`${at}.serial`, `${at} must be less than or equal to 256 in length, if specified`);
}

function* cacheMode({ cache }: Disk, { at }: Place): Iterable<Cause> {
  if (!cache || ['none', 'writethrough', 'writeback'].includes(cache)) return;
  yield invalid(`${at}.cache`, `${at}.cache has invalid value ${cache}`);
}

function* ioMode({ io }: Disk, { field, index }: Place): Iterable<Cause> {
  if (!io || ['native', 'threads'].includes(io)) return;
  const message = `Disk IO mode for ${field} is not supported. Supported modes are: native, threads.`;
  yield notSupported(`${field}.domain.devices.disks[${index}].io`, message);
}

function* errorPolicy({ errorPolicy: policy }: Disk, { at }: Place): Iterable<Cause> {
  if (policy === undefined || ['stop', 'ignore', 'report', 'enospace'].includes(policy)) return;
  yield invalid(`${at}.errorPolicy`, `${at}.errorPolicy has invalid value "${policy}"`);
}

/** The name becomes that of a container. */
function* nameAsContainer({ name }: Disk, { field, index }: Place): Iterable<Cause> {
  for (const problem of dnsLabel(name)) yield invalid(`${field}.domain.devices.disks[${index}].name`, problem);
}

function* blockSize(disk: Disk, { at, config }: Place): Iterable<Cause> {
  const { custom, matchVolume } = disk.blockSize ?? {};
  if (custom === undefined) return;
  if (matchVolume !== undefined && matchVolume.enabled !== false) {
    yield invalid(`${at}.blockSize`, "Block size matching can't be enabled together with a custom value");
    return;
  }
  const { logical = 0, physical = 0, discardGranularity } = custom;
  const checksMore = atLeast(config.version, 'v1.7');
  const field = `${at}.blockSize.custom`;
  if (logical > physical) {
    const message = `Logical size ${logical} must be the same or less than the physical size of ${physical}`;
    yield invalid(`${field}.logical`, message);
  } else if (checksMore && busOf(disk)[1] === 'sata' && logical !== MIN_BLOCK) {
    yield invalid(`${field}.logical`, `Logical size ${logical} must be ${MIN_BLOCK} for SATA devices`);
  } else if (checksMore && discardGranularity !== undefined && logical !== 0 && discardGranularity % logical !== 0) {
    const message = `Discard granularity ${discardGranularity} must be multiples of logical size ${logical}`;
    yield invalid(`${field}.discardGranularity`, message);
  } else {
    yield* sizeInRange(logical, `${field}.logical`);
    yield* sizeInRange(physical, `${field}.physical`);
  }
}

const MIN_BLOCK = 512;
const MAX_BLOCK = 2_097_152;

function* sizeInRange(size: number, field: string): Iterable<Cause> {
  if (size < MIN_BLOCK) {
    yield invalid(field, `Provided size of ${size} is less than the supported minimum size of ${MIN_BLOCK}`);
  } else if (size > MAX_BLOCK) {
    yield invalid(field, `Provided size of ${size} is greater than the supported maximum size of ${MAX_BLOCK}`);
  } else if ((size & (size - 1)) !== 0) yield invalid(field, `Provided size of ${size} is not a power of 2`);
}
