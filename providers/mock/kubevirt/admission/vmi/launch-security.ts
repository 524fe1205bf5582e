import type { KubevirtConfig } from '../../config.ts';
import type { LaunchSecurity } from '../../model/domain.ts';
import type { VmiSpec } from '../../model/vmi.ts';
import { atLeast } from '../../version.ts';
import { type Cause, forbidden, invalid } from '../causes.ts';

/**
 * What launchSecurity asks of the rest of a guest. `path` is that of the spec; the field named is
 * `<path>.launchSecurity`, without `domain`, as in KubeVirt. Source: pkg/virt-api/webhooks/amd64.go from v1.7,
 * validateLaunchSecurity in vmi-create-admitter.go before.
 */
export function* launchSecurity(spec: VmiSpec, path: string, config: KubevirtConfig): Iterable<Cause> {
  const security = spec.domain.launchSecurity;
  if (security === undefined) return;
  if (!atLeast(config.version, 'v1.7')) {
    yield* sevOnly(spec, security, path, config);
    return;
  }
  const architecture = spec.architecture ?? '';
  if (architecture === 's390x') {
    yield* secureExecution(path, config);
    return;
  }
  if (architecture !== 'amd64') {
    yield invalid(`${path}.architecture`, `No launchSecurity support for architecture: ${architecture}`);
    return;
  }
  yield* oneTypeOfThree(spec, security, path, config);
}

/** True where launchSecurity means IBM Secure Execution or one of the x86 technologies: the guest is encrypted. */
export function asksForEncryption(spec: VmiSpec): boolean {
  return spec.domain.launchSecurity !== undefined;
}

function* oneTypeOfThree(
  spec: VmiSpec,
  security: LaunchSecurity,
  path: string,
  config: KubevirtConfig,
): Iterable<Cause> {
  const field = `${path}.launchSecurity`;
  const types = (['sev', 'snp', 'tdx'] as const).filter((type) => security[type] !== undefined);
  const [type] = types;
  if (type === undefined || types.length > 1) {
    yield forbidden(field, 'One and only one launchSecurity type can be set');
    return;
  }
  const gate = type === 'tdx' ? 'WorkloadEncryptionTDX' : 'WorkloadEncryptionSEV';
  if (!config.gateEnabled(gate)) {
    yield invalid(field, `${gate} feature gate is not enabled in kubevirt-config`);
    return;
  }
  if (type === 'tdx') yield* noSmm(spec, field);
  yield* needsFirmware(spec, type, field);
  yield* attestsPaused(spec, field);
  yield* bootsFromDisk(spec, type.toUpperCase(), field);
}

/** Up to v1.6 the branches snp and tdx do not exist and an empty launchSecurity is not looked at. */
function* sevOnly(spec: VmiSpec, security: LaunchSecurity, path: string, config: KubevirtConfig): Iterable<Cause> {
  const field = `${path}.launchSecurity`;
  const looksAtEmpty = !atLeast(config.version, 'v1.6');
  if (!looksAtEmpty && spec.architecture === 's390x') yield* secureExecution(path, config);
  if (security.sev === undefined && !looksAtEmpty) return;
  if (!config.gateEnabled('WorkloadEncryptionSEV')) {
    yield invalid(field, 'WorkloadEncryptionSEV feature gate is not enabled in kubevirt-config');
    return;
  }
  if (security.sev === undefined) return;
  yield* needsFirmware(spec, 'sev', field);
  yield* attestsPaused(spec, field);
  yield* bootsFromDisk(spec, 'SEV', field);
}

/** Any launchSecurity on s390x means IBM Secure Execution, whose gate became general in v1.9. */
function* secureExecution(path: string, config: KubevirtConfig): Iterable<Cause> {
  if (config.gateEnabled('SecureExecution')) return;
  yield invalid(`${path}.launchSecurity`, 'SecureExecution feature gate is not enabled in kubevirt-config');
}

function* noSmm(spec: VmiSpec, field: string): Iterable<Cause> {
  const smm = spec.domain.features?.smm;
  if (smm !== undefined && smm.enabled !== false) yield invalid(field, 'TDX does not work along with SMM');
}

function* needsFirmware(spec: VmiSpec, type: 'sev' | 'snp' | 'tdx', field: string): Iterable<Cause> {
  const name = type.toUpperCase();
  const efi = spec.domain.firmware?.bootloader?.efi;
  if (efi === undefined) {
    yield invalid(field, `${name} requires OVMF (UEFI)`);
    return;
  }
  // An unset secureBoot counts as true.
  if (type !== 'tdx' && efi.secureBoot !== false) yield invalid(field, `${name} does not work along with SecureBoot`);
  if (type !== 'sev' && efi.persistent === true) {
    yield invalid(field, `${name} does not work along with Persistent EFI variables`);
  }
}

function* attestsPaused(spec: VmiSpec, field: string): Iterable<Cause> {
  if (spec.domain.launchSecurity?.sev?.attestation === undefined || spec.startStrategy === 'Paused') return;
  yield invalid(field, "SEV attestation requires VMI StartStrategy 'Paused'");
}

function* bootsFromDisk(spec: VmiSpec, name: string, field: string): Iterable<Cause> {
  for (const nic of spec.domain.devices.interfaces ?? []) {
    if (nic.bootOrder !== undefined) yield invalid(field, `${name} does not work with bootable NICs: ${nic.name}`);
  }
}
