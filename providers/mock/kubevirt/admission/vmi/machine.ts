import { architectureSettings, type KubevirtConfig } from '../../config.ts';
import type { Firmware } from '../../model/domain.ts';
import type { VmiSpec } from '../../model/vmi.ts';
import type { Volume } from '../../model/volumes.ts';
import { atLeast } from '../../version.ts';
import { type Cause, invalid, required } from '../causes.ts';
import { filePath } from './paths.ts';

/* Rules on machine type and firmware. Source: vmi-create-admitter.go. */

/** The machine type is one that the CR or the release allows for the architecture. */
export function* emulatedMachine(spec: VmiSpec, path: string, config: KubevirtConfig): Iterable<Cause> {
  const type = spec.domain.machine?.type ?? '';
  if (type === '') return;
  const allowed = emulatedMachines(spec.architecture, config);
  if (allowed.some((pattern) => matches(pattern, type))) return;
  const field = `${path}.domain.machine.type`;
  yield invalid(field, `${field} is not supported: ${type} (allowed values: [${allowed.join(' ')}])`);
}

/** ACPI tables come from Secrets. */
export function* acpiTables(spec: VmiSpec, path: string): Iterable<Cause> {
  const acpi = spec.domain.firmware?.acpi;
  if (acpi === undefined) return;
  const field = `${path}.acpi`;
  if (!acpi.slicNameRef && !acpi.msdmNameRef) {
    yield invalid(field, 'ACPI was set but no SLIC nor MSDM volume reference was set');
    return;
  }
  for (const name of ['slicNameRef', 'msdmNameRef'] as const) yield* acpiTable(acpi[name], name, field, spec.volumes);
}

/** EFI or BIOS, a kernel with its image, SecureBoot with SMM. Also the disks' place in the order of causes. */
export function* firmware(spec: VmiSpec, path: string, config: KubevirtConfig): Iterable<Cause> {
  const field = `${path}.domain`;
  const ware = spec.domain.firmware;
  if (ware !== undefined) {
    yield* oneBootloader(ware, `${field}.firmware.bootloader`);
    yield* kernelBoot(ware, `${field}.firmware.kernelBoot`);
  }
  const efi = ware?.bootloader?.efi;
  const smm = spec.domain.features?.smm;
  const tdx = atLeast(config.version, 'v1.8') && spec.domain.launchSecurity?.tdx !== undefined;
  if (efi === undefined || efi.secureBoot === false || (smm !== undefined && smm.enabled !== false) || tdx) return;
  yield invalid(field, `${field} has EFI SecureBoot enabled. SecureBoot requires SMM, which is currently disabled.`);
}

function* acpiTable(
  name: string | undefined,
  reference: string,
  field: string,
  volumes: readonly Volume[] | undefined,
): Iterable<Cause> {
  if (!name) return;
  const volume = volumes?.find((each) => each.name === name);
  if (volume?.secret !== undefined) return;
  const what = volume === undefined ? 'does not have a matching Volume.' : 'refers to Volume of unsupported type.';
  yield invalid(`${field}.${reference}`, `${field} ${what}`);
}

function* oneBootloader({ bootloader }: Firmware, field: string): Iterable<Cause> {
  if (bootloader?.efi === undefined || bootloader.bios === undefined) return;
  yield invalid(field, `${field} has both EFI and BIOS configured, but they are mutually exclusive.`);
}

function* kernelBoot({ kernelBoot: boot }: Firmware, field: string): Iterable<Cause> {
  if (boot === undefined) return;
  const { container } = boot;
  if (container === undefined) {
    const message = 'kernel arguments cannot be provided without an external kernel';
    if (boot.kernelArgs) yield invalid(`${field}.kernelArgs`, message);
    return;
  }
  const place = `${field}.container`;
  if (!container.image) yield required(`${place}.image`, `${place} must be defined with an image`);
  if (!container.initrdPath && !container.kernelPath) {
    yield required(place, `${place} must be defined with at least one of the following: kernelPath, initrdPath`);
  }
  if (container.kernelPath) yield* filePath(container.kernelPath, `${place}.kernelPath`);
  if (container.initrdPath) yield* filePath(container.initrdPath, `${place}.initrdPath`);
}

function emulatedMachines(architecture: string | undefined, config: KubevirtConfig): readonly string[] {
  const { emulatedMachines: everywhere } = config.configuration;
  if (Array.isArray(everywhere)) return everywhere;
  return (architectureSettings(architecture, config).emulatedMachines as readonly string[] | undefined) ?? [];
}

/** Shell patterns, as the CR writes them. */
function matches(pattern: string, type: string): boolean {
  const escaped = pattern.replace(/[.+^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`^${escaped.replaceAll('*', '[^/]*').replaceAll('?', '[^/]')}$`).test(type);
}
