import { parseQuantity } from '../../quantity.ts';
import type { Cpu, Resources } from '../model/domain.ts';
import type { Vmi } from '../model/vmi.ts';
import { atLeast, type KubevirtVersion } from '../version.ts';

/** User and group that everything in a launcher runs as, save with the deprecated Root gate. */
export const QEMU_UID = 107;

/** Counts as an SEV guest: SNP does too, from the release that knows it. */
export function isSev({ spec }: Vmi, { version }: { readonly version: KubevirtVersion }): boolean {
  const { sev, snp } = spec.domain.launchSecurity ?? {};
  return sev != null || (snp != null && atLeast(version, 'v1.7'));
}

export function isSevEs({ spec }: Vmi): boolean {
  return spec.domain.launchSecurity?.sev?.policy?.encryptedState === true;
}

export function isSnp({ spec }: Vmi): boolean {
  return spec.domain.launchSecurity?.snp != null;
}

export function isTdx({ spec }: Vmi): boolean {
  return spec.domain.launchSecurity?.tdx != null;
}

/** On s390x any launchSecurity means Secure Execution. */
export function isSecureExecution({ spec }: Vmi): boolean {
  return spec.architecture === 's390x' && spec.domain.launchSecurity != null;
}

/** The guest's clock must run at a known frequency: invtsc is demanded, or Hyper-V reenlightenment used. */
export function requiresTscFrequency(vmi: Vmi): boolean {
  const demanded = vmi.spec.domain.cpu?.features?.some(
    ({ name, policy }) => name === 'invtsc' && (policy === 'require' || policy === 'force'),
  );
  return demanded === true || requiresTscForMigration(vmi);
}

export function requiresTscForMigration({ spec }: Vmi): boolean {
  const { reenlightenment } = spec.domain.features?.hyperv ?? {};
  return reenlightenment !== undefined && reenlightenment.enabled !== false;
}

export function isNonRoot({ status, metadata }: Vmi): boolean {
  return (status?.runtimeUser ?? 0) !== 0 || metadata.annotations?.['kubevirt.io/nonroot'] !== undefined;
}

export function isCpuDedicated({ spec }: Vmi): boolean {
  return spec.domain.cpu?.dedicatedCpuPlacement === true;
}

export function hasHugepages({ spec }: Vmi): boolean {
  return spec.domain.memory?.hugepages !== undefined;
}

export function hasTpm({ spec }: Vmi): boolean {
  const tpm = spec.domain.devices.tpm;
  return tpm !== undefined && tpm.enabled !== false;
}

/** Keeps state in a claim of its own: a persistent TPM or persistent EFI variables. */
export function needsBackendStorage(vmi: Vmi): boolean {
  return hasPersistentTpm(vmi) || hasPersistentEfi(vmi);
}

export function hasPersistentTpm(vmi: Vmi): boolean {
  return hasTpm(vmi) && vmi.spec.domain.devices.tpm?.persistent === true;
}

export function hasPersistentEfi({ spec }: Vmi): boolean {
  return spec.domain.firmware?.bootloader?.efi?.persistent === true;
}

/** vCPUs that the topology gives at boot. */
export function vcpuCount(cpu: Cpu | undefined): number {
  const { sockets = 0, cores = 0, threads = 0 } = cpu ?? {};
  return [sockets, cores, threads].reduce((product, factor) => (factor === 0 ? product : product * factor), 1);
}

/** Its requests and limits of cpu and memory make the pod's QoS Guaranteed. */
export function wantsGuaranteedQos({ spec }: Vmi): boolean {
  const amount = (list: Resources['requests'], name: string) => parseQuantity(list?.[name] ?? 0).nano;
  const { requests, limits } = spec.domain.resources ?? {};
  const [memory, memoryLimit] = [amount(requests, 'memory'), amount(limits, 'memory')];
  const memoryFits = memory === 0n ? memoryLimit !== 0n : memory === memoryLimit;
  const cpu = amount(requests, 'cpu');
  return memoryFits && cpu !== 0n && cpu === amount(limits, 'cpu');
}

/** Root is the deprecated exception: everything of the launcher lies elsewhere then. */
export function nvramDirectory(vmi: Vmi): string {
  return isNonRoot(vmi) ? '/var/run/kubevirt-private/libvirt/qemu/nvram' : '/var/lib/libvirt/qemu/nvram';
}
