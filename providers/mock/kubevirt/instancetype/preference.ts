import type { Json } from '../config.ts';
import type { Disk } from '../model/devices.ts';
import type { LaunchSecurity } from '../model/domain.ts';
import type { VmiSpec } from '../model/vmi.ts';
import type { Draft } from '../mutation/draft.ts';
import { atLeast, type KubevirtVersion } from '../version.ts';

/** Fills in what a preference would rather have where the guest's spec says nothing. Source: pkg/instancetype/preference/apply. */
export function applyPreference(spec: Draft<VmiSpec>, preference: Json, version: KubevirtVersion): void {
  applyCpuFeatures(spec, preference);
  applyDevices(spec, preference.devices as Json | undefined, version);
  applyFeatures(spec, preference.features as Json | undefined);
  applyFirmware(spec, preference.firmware as FirmwarePreference | undefined);
  const machine = (preference.machine as Json | undefined)?.preferredMachineType;
  if (typeof machine === 'string' && machine !== '')
    spec.domain.machine = { type: spec.domain.machine?.type || machine };
  applyClock(spec, preference.clock as Json | undefined);
  if (preference.preferredSubdomain !== undefined) spec.subdomain ||= String(preference.preferredSubdomain);
  if (preference.preferredTerminationGracePeriodSeconds !== undefined) {
    spec.terminationGracePeriodSeconds ??= Number(preference.preferredTerminationGracePeriodSeconds);
  }
  if (preference.preferredArchitecture) spec.architecture ||= String(preference.preferredArchitecture);
  if (preference.preferredLaunchSecurity !== undefined) {
    spec.domain.launchSecurity ??= structuredClone(preference.preferredLaunchSecurity) as LaunchSecurity;
  }
}

interface FirmwarePreference {
  readonly preferredUseBios?: boolean;
  readonly preferredUseBiosSerial?: boolean;
  readonly preferredUseEfi?: boolean;
  readonly preferredUseSecureBoot?: boolean;
  readonly preferredEfi?: { readonly secureBoot?: boolean; readonly persistent?: boolean };
}

function applyCpuFeatures(spec: Draft<VmiSpec>, preference: Json): void {
  const preferred = ((preference.cpu as Json | undefined)?.preferredCPUFeatures ?? []) as readonly { name: string }[];
  if (preferred.length === 0) return;
  spec.domain.cpu ??= {};
  const features = spec.domain.cpu.features ?? [];
  const missing = preferred.filter(({ name }) => !features.some((feature) => feature.name === name));
  spec.domain.cpu.features = [...features, ...missing];
}

/** Preferred → the device field that it stands for. */
const DEVICE_FIELDS: Readonly<Record<string, string>> = {
  preferredUseVirtioTransitional: 'useVirtioTransitional',
  preferredBlockMultiQueue: 'blockMultiQueue',
  preferredNetworkInterfaceMultiQueue: 'networkInterfaceMultiqueue',
  preferredRng: 'rng',
  preferredTPM: 'tpm',
  preferredAutoattachGraphicsDevice: 'autoattachGraphicsDevice',
  preferredAutoattachMemBalloon: 'autoattachMemBalloon',
  preferredAutoattachPodInterface: 'autoattachPodInterface',
  preferredAutoattachSerialConsole: 'autoattachSerialConsole',
  preferredAutoattachInputDevice: 'autoattachInputDevice',
};

function applyDevices(spec: Draft<VmiSpec>, preferred: Json | undefined, version: KubevirtVersion): void {
  if (preferred === undefined) return;
  const devices = spec.domain.devices as Record<string, unknown>;
  for (const [from, to] of Object.entries(DEVICE_FIELDS)) {
    if (preferred[from] !== undefined && devices[to] === undefined) devices[to] = structuredClone(preferred[from]);
  }
  if (preferred.preferredDisableHotplug !== undefined) devices.disableHotplug = preferred.preferredDisableHotplug;
  const { sound, inputs = [], panicDevices = [] } = spec.domain.devices;
  if (sound !== undefined && preferred.preferredSoundModel) sound.model ||= String(preferred.preferredSoundModel);
  if (preferred.preferredVideoType !== undefined) {
    spec.domain.devices.video = { type: spec.domain.devices.video?.type || String(preferred.preferredVideoType) };
  }
  for (const disk of spec.domain.devices.disks ?? []) applyToDisk(disk, preferred);
  applyToInterfaces(spec, preferred);
  for (const input of inputs) {
    if (preferred.preferredInputBus) input.bus ||= String(preferred.preferredInputBus);
    if (preferred.preferredInputType) input.type ||= String(preferred.preferredInputType);
  }
  const model = preferred.preferredPanicDeviceModel;
  if (model === undefined) return;
  if (panicDevices.length === 0 && atLeast(version, 'v1.9')) {
    spec.domain.devices.panicDevices = [{ model: String(model) }];
  }
  for (const device of panicDevices) device.model ??= String(model);
}

function applyToDisk(disk: Draft<Disk>, preferred: Json): void {
  const text = (name: string): string | undefined => (preferred[name] as string | undefined) || undefined;
  if (disk.disk === undefined && disk.cdrom === undefined && disk.lun === undefined) disk.disk = {};
  const kind = disk.disk !== undefined ? 'Disk' : disk.cdrom !== undefined ? 'Cdrom' : 'Lun';
  const target = disk.disk ?? disk.cdrom ?? disk.lun;
  const bus = text(`preferred${kind}Bus`);
  if (target !== undefined && bus !== undefined) target.bus ||= bus;
  if (kind !== 'Disk') return;
  const blockSize = preferred.preferredDiskBlockSize as Draft<Disk>['blockSize'];
  if (blockSize !== undefined) disk.blockSize ??= structuredClone(blockSize);
  const [cache, io] = [text('preferredDiskCache'), text('preferredDiskIO')];
  if (cache !== undefined) disk.cache ||= cache;
  if (io !== undefined) disk.io ||= io;
  if (preferred.preferredDiskDedicatedIoThread !== undefined && disk.disk?.bus === 'virtio') {
    disk.dedicatedIOThread ??= preferred.preferredDiskDedicatedIoThread === true;
  }
}

function applyToInterfaces(spec: Draft<VmiSpec>, preferred: Json): void {
  const pods = new Set((spec.networks ?? []).filter(({ pod }) => pod !== undefined).map(({ name }) => name));
  for (const nic of spec.domain.devices.interfaces ?? []) {
    if (preferred.preferredInterfaceModel) nic.model ||= String(preferred.preferredInterfaceModel);
    const bound = [
      nic.bridge,
      nic.masquerade,
      nic.sriov,
      nic.slirp,
      nic.macvtap,
      nic.passt,
      nic.passtBinding,
      nic.binding,
    ];
    const unbound = bound.every((binding) => binding === undefined);
    if (preferred.preferredInterfaceMasquerade !== undefined && unbound && pods.has(nic.name)) nic.masquerade = {};
  }
}

function applyFeatures(spec: Draft<VmiSpec>, preferred: Json | undefined): void {
  if (preferred === undefined) return;
  spec.domain.features ??= {};
  const features = spec.domain.features as Record<string, unknown>;
  if (preferred.preferredAcpi !== undefined) features.acpi = structuredClone(preferred.preferredAcpi);
  for (const name of ['Apic', 'Kvm', 'Pvspinlock', 'Smm']) {
    const value = preferred[`preferred${name}`];
    if (value !== undefined) features[name.toLowerCase()] ??= structuredClone(value);
  }
  if (preferred.preferredHyperv === undefined) return;
  features.hyperv = { ...structuredClone(preferred.preferredHyperv), ...(features.hyperv as object | undefined) };
}

function applyFirmware(spec: Draft<VmiSpec>, preferred: FirmwarePreference | undefined): void {
  if (preferred === undefined) return;
  spec.domain.firmware ??= {};
  spec.domain.firmware.bootloader ??= {};
  const { bootloader } = spec.domain.firmware;
  const unset = (): boolean => bootloader.bios === undefined && bootloader.efi === undefined;
  if (preferred.preferredUseBios === true && unset()) bootloader.bios = {};
  if (preferred.preferredUseBiosSerial !== undefined && bootloader.bios !== undefined) {
    bootloader.bios.useSerial ??= preferred.preferredUseBiosSerial;
  }
  if (unset() && preferred.preferredEfi !== undefined) {
    bootloader.efi = { ...preferred.preferredEfi };
    return;
  }
  if (preferred.preferredUseEfi === true && unset()) bootloader.efi = {};
  if (preferred.preferredUseSecureBoot !== undefined && bootloader.efi !== undefined) {
    bootloader.efi.secureBoot ??= preferred.preferredUseSecureBoot;
  }
}

function applyClock(spec: Draft<VmiSpec>, preferred: Json | undefined): void {
  if (preferred === undefined) return;
  const clock: Record<string, unknown> = { ...spec.domain.clock };
  const offset = preferred.preferredClockOffset as object | undefined;
  if (offset !== undefined && clock.utc === undefined && clock.timezone === undefined) Object.assign(clock, offset);
  clock.timer ??= structuredClone(preferred.preferredTimer);
  spec.domain.clock = clock as NonNullable<Draft<VmiSpec>['domain']['clock']>;
}
