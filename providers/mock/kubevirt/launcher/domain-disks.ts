import type { Disk, DiskTarget } from '../model/devices.ts';
import type { Vmi } from '../model/vmi.ts';
import type { Volume } from '../model/volumes.ts';
import type { LauncherCluster } from './cluster.ts';
import { configDirectory, diskDirectory } from './data-volumes.ts';
import type { DomainHost } from './domain-host.ts';
import { alias, pciAddress, virtioModel } from './domain-parts.ts';
import { ioThreadCount } from './domain-threads.ts';
import { isSev, vcpuCount } from './vmi-traits.ts';
import { element, textElement, type XmlElement } from './xml.ts';

/** The disks of the domain, named vda, sda and so on in the VMI's order. @throws Error for a disk without its volume. */
export function diskElements(vmi: Vmi, cluster: LauncherCluster, host: DomainHost): readonly XmlElement[] {
  const threads = threadNumbers(vmi);
  const taken = new Map<string, number>();
  return (vmi.spec.domain.devices.disks ?? []).map((disk, index) => {
    const bus = targetOf(disk).bus ?? '';
    const prefix = bus === 'virtio' ? 'vd' : 'sd';
    const unit = taken.get(prefix) ?? 0;
    taken.set(prefix, unit + 1);
    const medium = mediumOf(disk, vmi, { cluster, host });
    return diskElement(disk, { vmi, cluster, medium, dev: prefix + letters(unit), unit, thread: threads[index] });
  });
}

/** What lies behind a disk. */
interface Medium {
  readonly type: 'file' | 'block';
  readonly source: Readonly<Record<string, string>>;
  readonly format: string;
  /** Freed blocks go back to the storage even from a CD-ROM. */
  readonly discards?: boolean;
  /** The host's metrics for the guest. */
  readonly isMetrics?: boolean;
  readonly backing?: XmlElement;
}

interface Placing {
  readonly vmi: Vmi;
  readonly cluster: LauncherCluster;
  readonly medium: Medium;
  readonly dev: string;
  readonly unit: number;
  readonly thread: number | undefined;
}

function diskElement(disk: Disk, placing: Placing): XmlElement {
  const { vmi, medium, dev } = placing;
  const target = targetOf(disk);
  const isCdrom = disk.cdrom !== undefined;
  const readonly = medium.isMetrics || (target.readonly ?? isCdrom);
  const model = medium.isMetrics || (target.bus === 'virtio' && disk.disk !== undefined) ? virtioModel(vmi) : undefined;
  return element(
    'disk',
    { device: isCdrom ? 'cdrom' : disk.lun ? 'lun' : 'disk', type: medium.type, model },
    element('source', medium.source, disk.lun?.reservation === true && reservations()),
    element('target', { bus: target.bus, dev, tray: disk.cdrom?.tray }),
    disk.serial && disk.disk ? textElement('serial', disk.serial) : undefined,
    driverElement(disk, placing),
    readonly && element('readonly'),
    alias(disk.name),
    medium.backing,
    disk.bootOrder !== undefined && element('boot', { order: disk.bootOrder }),
    addressOf(disk, placing),
    blockIo(disk, medium),
    disk.disk !== undefined && disk.shareable === true && element('shareable'),
  );
}

/** How QEMU handles the image. The disk with the host's metrics has nothing but the plainest driver. */
function driverElement(disk: Disk, { vmi, cluster, medium, thread }: Placing): XmlElement {
  const virtio = targetOf(disk).bus === 'virtio';
  const { pool, total } = ioThreadCount(vmi);
  const pooled = Array.from({ length: virtio && pool ? total : 0 }, (_, index) =>
    element('iothread', { id: index + 1 }),
  );
  const threads = pooled.length > 0 ? element('iothreads', {}, pooled) : undefined;
  const error_policy = disk.errorPolicy ?? 'stop';
  if (medium.isMetrics) {
    return element('driver', { cache: 'none', error_policy, name: 'qemu', type: 'raw', iothread: thread }, threads);
  }
  const cache = disk.cache || 'none';
  const attributes = {
    cache,
    error_policy,
    io: disk.io || (medium.type === 'block' && cache === 'none' ? 'native' : undefined),
    name: 'qemu',
    type: medium.format,
    iothread: thread,
    queues: virtio && vmi.spec.domain.devices.blockMultiQueue ? vcpuCount(vmi.spec.domain.cpu) : undefined,
    discard: disk.cdrom !== undefined && !medium.discards ? undefined : 'unmap',
    iommu: virtio && isSev(vmi, cluster) ? 'on' : undefined,
  };
  return element('driver', attributes, threads);
}

function addressOf(disk: Disk, { unit }: Placing): XmlElement | undefined {
  const { bus, pciAddress: address } = targetOf(disk);
  if (bus === 'scsi' && disk.cdrom === undefined)
    return element('address', { type: 'drive', bus: 0, controller: 0, unit });
  return address ? pciAddress(address) : undefined;
}

/** How QEMU reaches the helper that may issue SCSI reservations. */
function reservations(): XmlElement {
  const helper = { type: 'unix', path: '/var/run/kubevirt/daemons/pr/pr-helper.sock', mode: 'client' };
  return element('reservations', { managed: 'no', migration: 'yes' }, element('source', helper));
}

/** Block sizes that the VMI sets, or those of the file system that the image lies on. */
function blockIo({ blockSize }: Disk, { type }: Medium): XmlElement | undefined {
  const { custom, matchVolume } = blockSize ?? {};
  if (custom !== undefined) {
    const sizes = { logical_block_size: custom.logical, physical_block_size: custom.physical };
    return element('blockio', { ...sizes, discard_granularity: custom.discardGranularity });
  }
  if (matchVolume === undefined || matchVolume.enabled === false) return undefined;
  const size = type === 'file' ? 4096 : 512;
  return element('blockio', { logical_block_size: size, physical_block_size: size, discard_granularity: size });
}

function targetOf({ disk, lun, cdrom }: Disk): DiskTarget {
  return disk ?? lun ?? cdrom ?? {};
}

function mediumOf(
  disk: Disk,
  vmi: Vmi,
  { cluster, host }: { readonly cluster: LauncherCluster; readonly host: DomainHost },
): Medium {
  const volumes = vmi.spec.volumes ?? [];
  const index = volumes.findIndex(({ name }) => name === disk.name);
  const volume = volumes[index];
  if (volume === undefined) {
    if (disk.cdrom !== undefined) return { type: 'block', source: {}, format: 'raw', discards: true };
    throw new Error(`disk "${disk.name}" of "${vmi.metadata.name}" has no volume of its name`);
  }
  const file = (path: string, format = 'raw'): Medium => ({
    type: 'file',
    source: { file: path },
    format,
    discards: true,
  });
  const copyOnWrite = `/var/run/kubevirt-ephemeral-disks/disk-data/${disk.name}/disk.qcow2`;
  if (volume.containerDisk !== undefined) {
    return {
      ...file(copyOnWrite, 'qcow2'),
      backing: backing(host.diskFormat, `/var/run/kubevirt/container-disks/disk_${index}.img`),
    };
  }
  if (volume.ephemeral !== undefined) {
    return { ...file(copyOnWrite, 'qcow2'), backing: backing('raw', `${diskDirectory(disk.name)}/disk.img`) };
  }
  const claim = volume.persistentVolumeClaim?.claimName ?? volume.dataVolume?.name;
  if (claim !== undefined && cluster.claim(claim)?.volumeMode === 'Block') {
    return { type: 'block', source: { dev: `/dev/${disk.name}`, name: disk.name }, format: 'raw', discards: true };
  }
  if (claim !== undefined) return file(`${diskDirectory(disk.name)}/disk.img`);
  if (volume.emptyDisk !== undefined) return file(`/var/run/libvirt/empty-disks/${disk.name}.qcow2`, 'qcow2');
  const isMetrics = volume.downwardMetrics !== undefined;
  return { ...file(generatedFile(volume, vmi)), discards: false, isMetrics };
}

/** Images that virt-launcher makes from other data before the guest starts. */
function generatedFile(volume: Volume, { metadata }: Vmi): string {
  const cloudInit = `/var/run/kubevirt-ephemeral-disks/cloud-init-data/${metadata.namespace}/${metadata.name}`;
  if (volume.cloudInitNoCloud !== undefined) return `${cloudInit}/noCloud.iso`;
  if (volume.cloudInitConfigDrive !== undefined) return `${cloudInit}/configdrive.iso`;
  if (volume.hostDisk !== undefined) return `${diskDirectory(volume.name)}/${volume.hostDisk.path.split('/').at(-1)}`;
  const root = '/var/run/kubevirt-private';
  if (volume.sysprep !== undefined) return `${root}/sysprep-disks/${volume.name}.iso`;
  if (volume.serviceAccount !== undefined) return `${root}/service-account-disk/service-account.iso`;
  if (volume.downwardMetrics !== undefined) return `${root}/downwardapi-disks/vhostmd0`;
  const directory = configDirectory(volume);
  if (directory === undefined) throw new Error(`volume "${volume.name}" of "${metadata.name}" has no known source`);
  return `${directory.replace(/\/[^/]+$/, '-disks')}/${volume.name}.iso`;
}

function backing(format: string, path: string): XmlElement {
  return element(
    'backingStore',
    { type: 'file' },
    element('format', { type: format }),
    element('source', { file: path }),
  );
}

/** I/O thread of each virtio disk: shared ones in turn, then one for each disk that wants its own. */
function threadNumbers(vmi: Vmi): readonly (number | undefined)[] {
  const { total, shared, pool } = ioThreadCount(vmi);
  let [nextShared, nextOwn] = [1, shared + 1];
  return (vmi.spec.domain.devices.disks ?? []).map((disk) => {
    if (total === 0 || pool || targetOf(disk).bus !== 'virtio') return undefined;
    if (disk.dedicatedIOThread) return nextOwn++;
    const own = nextShared;
    nextShared = (nextShared % shared) + 1;
    return own;
  });
}

function letters(index: number): string {
  const last = String.fromCharCode(97 + (index % 26));
  return index < 26 ? last : letters(Math.floor(index / 26) - 1) + last;
}
