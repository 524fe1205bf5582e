import type { Vmi } from '../model/vmi.ts';
import { atLeast } from '../version.ts';
import type { LauncherCluster } from './cluster.ts';
import { diskElements } from './domain-disks.ts';
import type { DomainHost } from './domain-host.ts';
import { interfaceElements } from './domain-interfaces.ts';
import { alias, pciAddress, virtioModel } from './domain-parts.ts';
import { ioThreadCount } from './domain-threads.ts';
import { hasHugepages, hasPersistentTpm, hasTpm, isCpuDedicated, isSev, vcpuCount } from './vmi-traits.ts';
import { element, textElement, type XmlElement } from './xml.ts';

/** All devices of the domain, in the marshaller's order. */
export function domainDevices(vmi: Vmi, cluster: LauncherCluster, host: DomainHost): XmlElement {
  const { devices } = vmi.spec.domain;
  const serial = devices.autoattachSerialConsole !== false;
  return element(
    'devices',
    {},
    interfaceElements(vmi, cluster),
    channels(vmi),
    hostDevices(vmi, host),
    (devices.panicDevices ?? []).map(({ model }) => element('panic', { model })),
    controllers(vmi, cluster),
    graphics(vmi, cluster),
    balloon(vmi, cluster),
    diskElements(vmi, cluster, host),
    inputs(vmi),
    serial && serialElement(vmi, cluster),
    serial && element('console', { type: 'pty' }, element('target', { type: 'serial', port: 0 })),
    devices.watchdog?.i6300esb !== undefined &&
      element(
        'watchdog',
        { model: 'i6300esb', action: devices.watchdog.i6300esb.action },
        alias(devices.watchdog.name),
      ),
    devices.rng !== undefined && rng(vmi, cluster),
    filesystems(vmi),
    usbRedirection(vmi),
    devices.sound !== undefined &&
      element('sound', { model: devices.sound.model || 'ich9' }, alias(devices.sound.name)),
    tpm(vmi),
    host.vsockCid !== undefined &&
      devices.autoattachVSOCK === true &&
      element('vsock', { model: 'virtio-non-transitional' }, element('cid', { auto: 'no', address: host.vsockCid })),
  );
}

function channels({ spec }: Vmi): readonly XmlElement[] {
  const agent = element('target', { name: 'org.qemu.guest_agent.0', type: 'virtio' });
  const path = '/var/run/kubevirt-private/downwardmetrics-channel/downwardmetrics.sock';
  return [
    element('channel', { type: 'unix' }, agent),
    ...(spec.domain.devices.downwardMetrics === undefined
      ? []
      : [
          element(
            'channel',
            { type: 'unix' },
            element('source', { mode: 'bind', path }),
            element('target', { name: 'org.github.vhostmd.1', type: 'virtio' }),
          ),
        ]),
  ];
}

function hostDevices({ spec }: Vmi, host: DomainHost): readonly XmlElement[] {
  const of = (kind: string, list: readonly { readonly name: string; readonly deviceName?: string }[] | undefined) =>
    (list ?? []).flatMap(({ name, deviceName }) => {
      const address = deviceName === undefined ? undefined : host.hostDevice(deviceName);
      if (address === undefined) return [];
      return [
        element(
          'hostdev',
          { type: 'pci', managed: 'no' },
          element('source', {}, pciAddress(address)),
          alias(`${kind}-${name}`),
        ),
      ];
    });
  return [...of('hostdevice', spec.domain.devices.hostDevices), ...of('gpu', spec.domain.devices.gpus)];
}

function controllers(vmi: Vmi, cluster: LauncherCluster): readonly XmlElement[] {
  const { disks = [], autoattachSerialConsole, disableHotplug } = vmi.spec.domain.devices;
  const driver = isSev(vmi, cluster) ? element('driver', { iommu: 'on' }) : undefined;
  const model = virtioModel(vmi);
  const scsi = !disableHotplug || disks.some(({ disk, lun, cdrom }) => (disk ?? lun ?? cdrom)?.bus === 'scsi');
  const noHole = vmi.metadata.annotations?.['kubevirt.io/disablePCIHole64']?.toLowerCase() === 'true';
  return [
    element('controller', { type: 'usb', index: 0, model: needsUsb(vmi) ? 'qemu-xhci' : 'none' }),
    ...(scsi ? [element('controller', { type: 'scsi', index: 0, model }, scsiDriver(vmi, driver))] : []),
    ...(noHole
      ? [
          element(
            'controller',
            { type: 'pci', index: 0, model: 'pcie-root' },
            textElement('pcihole64', 0, { unit: 'KiB' }),
          ),
        ]
      : []),
    ...(autoattachSerialConsole === false
      ? []
      : [element('controller', { type: 'virtio-serial', index: 0, model }, driver)]),
  ];
}

/** A SCSI disk with a thread of its own gives the whole controller one. */
function scsiDriver(vmi: Vmi, driver: XmlElement | undefined): XmlElement | undefined {
  const { disks = [] } = vmi.spec.domain.devices;
  const { shared } = ioThreadCount(vmi);
  const bus = ({ disk, lun, cdrom }: (typeof disks)[number]) => (disk ?? lun ?? cdrom)?.bus;
  if (shared === 0 || !disks.some((disk) => bus(disk) === 'scsi' && disk.dedicatedIOThread)) return driver;
  const before = disks.filter((disk) => bus(disk) === 'virtio' && !disk.dedicatedIOThread).length;
  const iommu = driver === undefined ? undefined : 'on';
  return element('driver', { iothread: (before % shared) + 1, queues: vcpuCount(vmi.spec.domain.cpu), iommu });
}

function needsUsb({ spec }: Vmi): boolean {
  const { inputs = [], disks = [], clientPassthrough } = spec.domain.devices;
  return (
    inputs.some(({ bus }) => !bus || bus === 'usb') ||
    disks.some(({ disk }) => disk?.bus === 'usb') ||
    clientPassthrough !== undefined
  );
}

function graphics(vmi: Vmi, { version }: LauncherCluster): readonly XmlElement[] {
  const { devices, firmware } = vmi.spec.domain;
  if (devices.autoattachGraphicsDevice === false) return [];
  const bochs = firmware?.bootloader?.efi !== undefined && atLeast(version, 'v1.4');
  const model = bochs ? { type: 'bochs', heads: 1 } : { type: 'vga', heads: 1, vram: 16384 };
  const socket = `/var/run/kubevirt-private/${vmi.metadata.uid}/virt-vnc`;
  const own = devices.video?.type;
  return [
    element('video', {}, element('model', own === undefined ? model : { type: own, heads: 1, vram: 16384 })),
    element('graphics', { type: 'vnc' }, element('listen', { type: 'socket', socket })),
  ];
}

/** Pages that the guest frees go back to the host, unless they are pinned or promised. */
function balloon(vmi: Vmi, cluster: LauncherCluster): XmlElement {
  if (vmi.spec.domain.devices.autoattachMemBalloon === false) return element('memballoon', { model: 'none' });
  const { virtualMachineOptions, memBalloonStatsPeriod } = cluster.configuration;
  const kept =
    virtualMachineOptions?.disableFreePageReporting !== undefined ||
    isCpuDedicated(vmi) ||
    vmi.spec.domain.cpu?.realtime !== undefined ||
    hasHugepages(vmi) ||
    vmi.metadata.annotations?.['kubevirt.io/free-page-reporting-disabled'] === 'true';
  const period = memBalloonStatsPeriod ?? 10;
  return element(
    'memballoon',
    { model: virtioModel(vmi), freePageReporting: kept ? 'off' : 'on' },
    period > 0 && element('stats', { period }),
    isSev(vmi, cluster) && element('driver', { iommu: 'on' }),
  );
}

function inputs(vmi: Vmi): readonly XmlElement[] {
  return (vmi.spec.domain.devices.inputs ?? []).map(({ name, type, bus }) =>
    element('input', { type, bus: bus || 'usb', model: bus === 'virtio' ? 'virtio' : undefined }, alias(name)),
  );
}

function serialElement(vmi: Vmi, { configuration }: LauncherCluster): XmlElement {
  const path = `/var/run/kubevirt-private/${vmi.metadata.uid}/virt-serial0`;
  const logged =
    vmi.spec.domain.devices.logSerialConsole ??
    configuration.virtualMachineOptions?.disableSerialConsoleLog === undefined;
  return element(
    'serial',
    { type: 'unix' },
    element('target', { port: 0 }),
    element('source', { mode: 'bind', path }),
    logged && element('log', { file: `${path}-log`, append: 'on' }),
  );
}

function rng(vmi: Vmi, cluster: LauncherCluster): XmlElement {
  return element(
    'rng',
    { model: virtioModel(vmi) },
    textElement('backend', '/dev/urandom', { model: 'random' }),
    isSev(vmi, cluster) && element('driver', { iommu: 'on' }),
  );
}

function filesystems({ spec }: Vmi): readonly XmlElement[] {
  return (spec.domain.devices.filesystems ?? []).flatMap(({ name, virtiofs }) =>
    virtiofs === undefined
      ? []
      : [
          element(
            'filesystem',
            { type: 'mount', accessMode: 'passthrough' },
            element('source', { dir: '', socket: `/var/run/kubevirt/virtiofs-containers/${name}.sock` }),
            element('target', { dir: name }),
            element('driver', { type: 'virtiofs', queue: 1024 }),
          ),
        ],
  );
}

/** Four slots, as many as KubeVirt allows. */
function usbRedirection({ spec, metadata }: Vmi): readonly XmlElement[] {
  if (spec.domain.devices.clientPassthrough === undefined) return [];
  return [0, 1, 2, 3].map((slot) =>
    element(
      'redirdev',
      { type: 'unix', bus: 'usb' },
      element('source', { mode: 'bind', path: `/var/run/kubevirt-private/${metadata.uid}/virt-usbredir-${slot}` }),
    ),
  );
}

function tpm(vmi: Vmi): XmlElement | undefined {
  if (!hasTpm(vmi)) return undefined;
  const persistent = hasPersistentTpm(vmi);
  const backend = { type: 'emulator', version: '2.0', persistent_state: persistent ? 'yes' : undefined };
  return element('tpm', { model: persistent ? 'tpm-crb' : 'tpm-tis' }, element('backend', backend));
}
