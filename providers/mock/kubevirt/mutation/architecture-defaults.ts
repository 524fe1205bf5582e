import type { KubevirtConfig } from '../config.ts';
import type { DiskTarget } from '../model/devices.ts';
import type { VmiSpec } from '../model/vmi.ts';
import { atLeast } from '../version.ts';
import type { Draft } from './draft.ts';

/** What depends on the guest's architecture: buses, watchdog, firmware. Source: pkg/defaults/{amd64,arm64,s390x}.go. */
export function architectureDefaults(spec: Draft<VmiSpec>, config: KubevirtConfig): void {
  switch (spec.architecture) {
    case 'arm64':
      setArm64Defaults(spec, config);
      break;
    case 's390x':
      setDiskBus(spec, 'virtio');
      setWatchdog(spec, 'diag288');
      break;
    default:
      // SATA works with any guest; q35 has no IDE.
      setDiskBus(spec, 'sata');
      setWatchdog(spec, 'i6300esb');
  }
}

function setArm64Defaults(spec: Draft<VmiSpec>, config: KubevirtConfig): void {
  spec.domain.cpu ??= {};
  spec.domain.cpu.model ||= 'host-passthrough';
  spec.domain.firmware ??= {};
  spec.domain.firmware.bootloader ??= { efi: { secureBoot: false } };
  const { efi } = spec.domain.firmware.bootloader;
  if (efi !== undefined && atLeast(config.version, 'v1.8')) efi.secureBoot ??= false;
  setDiskBus(spec, 'virtio');
}

function setDiskBus(spec: Draft<VmiSpec>, bus: string): void {
  for (const { disk, cdrom, lun } of spec.domain.devices.disks ?? []) {
    for (const target of [disk, cdrom, lun]) if (target !== undefined) setBus(target, bus);
  }
}

function setBus(target: Draft<DiskTarget>, bus: string): void {
  if ((target.bus ?? '') === '') target.bus = bus;
}

function setWatchdog(spec: Draft<VmiSpec>, model: 'i6300esb' | 'diag288'): void {
  const { watchdog } = spec.domain.devices;
  if (watchdog === undefined) return;
  const device = { ...(watchdog[model] as { action?: string } | undefined) };
  watchdog[model] = { ...device, action: device.action || 'reset' };
}
