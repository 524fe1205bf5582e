import { type ParsedQuantity, parseQuantity, quantityOf, sum, thousandsOf, wholeValue } from '../../quantity.ts';
import type { Probe } from '../model/pod.ts';
import type { Vmi } from '../model/vmi.ts';
import { atLeast, type KubevirtVersion } from '../version.ts';
import type { LauncherCluster } from './cluster.ts';
import { hasTpm, isCpuDedicated, isSev, vcpuCount, wantsGuaranteedQos } from './vmi-traits.ts';

/**
 * Memory of a launcher pod beyond the guest's own: helpers, QEMU, page tables, devices, and 256Mi for SEV of any kind.
 * Source: pkg/hypervisor/kvm/hypervisorbackend.go (earlier services/renderresources.go).
 */
export function memoryOverhead(vmi: Vmi, cluster: LauncherCluster): ParsedQuantity {
  const { domain } = vmi.spec;
  const parts: ParsedQuantity[] = [pageTables(vmi), ...helperProcesses(cluster.version).map(parseQuantity)];
  parts.push(mebibytes(8 * cpusForOverhead(vmi)), mebibytes(8));
  if (domain.devices.autoattachGraphicsDevice !== false)
    parts.push(mebibytes(atLeast(cluster.version, 'v1.6') ? 32 : 16));
  if (vmi.spec.architecture === 'arm64') parts.push(mebibytes(128));
  if (hasVfio(vmi)) parts.push(mebibytes(1024));
  if (vmi.spec.volumes?.some((volume) => volume.downwardMetrics !== undefined)) parts.push(mebibytes(1));
  parts.push(probes(vmi.spec.livenessProbe, vmi.spec.readinessProbe));
  if (isSev(vmi, cluster)) parts.push(mebibytes(256));
  if (hasTpm(vmi)) parts.push(mebibytes(53));
  if (isCpuDedicated(vmi) || wantsGuaranteedQos(vmi)) parts.push(mebibytes(100));
  const reserved = domain.memory?.reservedOverhead?.addedOverhead;
  if (reserved !== undefined && atLeast(cluster.version, 'v1.8')) parts.push(parseQuantity(reserved));
  const total = sum(...parts);
  const ratio = Number(cluster.configuration.additionalGuestMemoryOverheadRatio ?? 1);
  const stretchedTotal = ratio === 1 || Number.isNaN(ratio) ? total : stretched(total, ratio);
  // The ratio is not for the network's helper.
  const passt = vmi.spec.domain.devices.interfaces?.some(({ passtBinding }) => passtBinding !== undefined);
  return passt ? sum(stretchedTotal, mebibytes(250)) : stretchedTotal;
}

/** Resident sizes of virt-launcher-monitor, virt-launcher, virtlogd, virtqemud and QEMU, as each release measured them. */
function helperProcesses(version: KubevirtVersion): readonly string[] {
  if (atLeast(version, 'v1.5')) return ['25Mi', '100Mi', '25Mi', '40Mi', '30Mi'];
  if (atLeast(version, 'v1.4')) return ['25Mi', '100Mi', '20Mi', '40Mi', '30Mi'];
  return ['25Mi', '100Mi', '20Mi', '35Mi', '30Mi'];
}

/** One bit for each 512 bits of the requested memory. */
function pageTables({ spec }: Vmi): ParsedQuantity {
  const requested = thousandsOf(parseQuantity(spec.domain.resources?.requests?.memory ?? 0)) * 1000n;
  return quantityOf(requested / 512n, 'DecimalSI');
}

function cpusForOverhead({ spec }: Vmi): number {
  if (spec.domain.cpu !== undefined) return vcpuCount(spec.domain.cpu);
  const { limits, requests } = spec.domain.resources ?? {};
  return Math.max(1, Number(wholeValue(limits?.cpu ?? requests?.cpu ?? 1)));
}

/** Guest memory is locked and the devices' own space with it. */
function hasVfio({ spec }: Vmi): boolean {
  const { hostDevices = [], gpus = [], interfaces = [] } = spec.domain.devices;
  return hostDevices.length > 0 || gpus.length > 0 || interfaces.some((iface) => iface.sriov !== undefined);
}

function probes(...given: readonly (Probe | undefined)[]): ParsedQuantity {
  const executed = given.filter((probe) => probe?.exec !== undefined).length;
  return mebibytes(executed === 0 ? 0 : 100 + 10 * executed);
}

/** The ratio works on whole thousands of bytes. */
function stretched(total: ParsedQuantity, ratio: number): ParsedQuantity {
  const added = Math.trunc(Number(thousandsOf(total)) * (ratio - 1));
  return sum(total, quantityOf(BigInt(added) * 1000n, 'DecimalSI'));
}

function mebibytes(count: number): ParsedQuantity {
  return quantityOf(BigInt(count) * 1048576n, 'BinarySI');
}
