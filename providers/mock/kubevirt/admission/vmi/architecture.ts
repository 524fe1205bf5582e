import type { KubevirtConfig } from '../../config.ts';
import type { VmiSpec } from '../../model/vmi.ts';
import { atLeast } from '../../version.ts';
import { type Cause, invalid, notSupported } from '../causes.ts';

/** Another architecture than the cluster's needed a gate, up to v1.7 (virt-api itself runs on amd64 here). */
export function* architectureGate(spec: VmiSpec, path: string, config: KubevirtConfig): Iterable<Cause> {
  const { architecture = '' } = spec;
  if (architecture === '' || architecture === 'amd64' || config.gateEnabled('MultiArchitecture')) return;
  const field = `${path}.architecture`;
  const message = `MultiArchitecture feature gate is not enabled in kubevirt-config, invalid entry ${field}`;
  yield { reason: 'FieldValueRequired', message, field };
}

/** Devices that the architecture has. VMIs only. Source: pkg/virt-api/webhooks/{amd64,arm64,s390x}.go. */
export function* architectureDevices(spec: VmiSpec, path: string, config: KubevirtConfig): Iterable<Cause> {
  switch (spec.architecture) {
    case 'amd64':
      yield* amd64(spec, path);
      break;
    case 'arm64':
      yield* arm64(spec, path, config);
      break;
    case 's390x':
      yield* s390x(spec, path);
      break;
    case 'ppc64le':
      if (!atLeast(config.version, 'v1.7')) break;
      yield unsupported(spec, path);
      break;
    default:
      yield unsupported(spec, path);
  }
}

function unsupported(spec: VmiSpec, path: string): Cause {
  return invalid(`${path}.architecture`, `unsupported architecture: ${spec.architecture ?? ''}`);
}

function* amd64(spec: VmiSpec, path: string): Iterable<Cause> {
  const { watchdog } = spec.domain.devices;
  if (watchdog !== undefined && (watchdog.i6300esb === undefined || watchdog.diag288 !== undefined)) {
    yield notSupported(`${path}.domain.devices.watchdog`, 'amd64 only supports I6300ESB watchdog device');
  }
  yield* videoModel(spec, path, ['vga', 'cirrus', 'virtio', 'ramfb', 'bochs']);
}

function* arm64(spec: VmiSpec, path: string, config: KubevirtConfig): Iterable<Cause> {
  const { devices, firmware, cpu } = spec.domain;
  if (firmware?.bootloader?.bios !== undefined) {
    const field = `${path}.domain.firmware.bootloader.bios`;
    yield notSupported(field, 'Arm64 does not support bios boot, please change to uefi boot');
  }
  const efi = firmware?.bootloader?.efi;
  if (!atLeast(config.version, 'v1.8') && efi !== undefined && efi.secureBoot !== false) {
    const field = `${path}.domain.firmware.bootloader.efi.secureboot`;
    yield notSupported(field, 'UEFI secure boot is currently not supported on aarch64 Arch');
  }
  if (cpu?.model && cpu.model !== 'host-passthrough') {
    yield notSupported(`${path}.domain.cpu.model`, 'currently, host-passthrough is the only model supported on Arm64');
  }
  for (const [index, disk] of (devices.disks ?? []).entries()) {
    for (const target of ['disk', 'cdrom', 'lun'] as const) {
      if (['', 'virtio', 'scsi'].includes(disk[target]?.bus ?? '')) continue;
      const field = `${path}.domain.devices.disks[${index}].${target}.bus`;
      yield notSupported(field, 'Arm64 not support this disk bus type, please use virtio or scsi');
    }
  }
  if (devices.watchdog !== undefined) {
    yield notSupported(`${path}.domain.devices.watchdog`, 'Arm64 not support Watchdog device');
  }
  if (devices.sound !== undefined) {
    yield notSupported(`${path}.domain.devices.sound`, 'Arm64 not support sound device');
  }
  yield* videoModel(spec, path, ['virtio', 'ramfb']);
}

function* s390x(spec: VmiSpec, path: string): Iterable<Cause> {
  const { watchdog } = spec.domain.devices;
  if (watchdog !== undefined && (watchdog.diag288 === undefined || watchdog.i6300esb !== undefined)) {
    yield notSupported(`${path}.domain.devices.watchdog`, 's390x only supports Diag288 watchdog device');
  }
  yield* videoModel(spec, path, ['virtio']);
}

function* videoModel(spec: VmiSpec, path: string, models: readonly string[]): Iterable<Cause> {
  const { video } = spec.domain.devices;
  if (video === undefined || models.includes(video.type ?? '')) return;
  const message = `video model '${video.type ?? ''}' is not supported on ${spec.architecture} architecture`;
  yield notSupported(`${path}.domain.devices.video.type`, message);
}
