import { binaryQuantity, compareQuantities, wholeValue } from '../../quantity.ts';
import type { Json, KubevirtConfig } from '../config.ts';
import type { Quantity } from '../model/domain.ts';
import type { VmiSpec } from '../model/vmi.ts';
import type { Draft } from './draft.ts';

/** How far CPUs and memory can grow later, while the rollout strategy is LiveUpdate. Source: setupHotplug in pkg/defaults. */
export function setHotplugLimits(spec: Draft<VmiSpec>, config: KubevirtConfig): void {
  if (!isLiveUpdate(config)) return;
  setMaxSockets(spec, config);
  setMaxGuest(spec, config);
}

/** True while changes to a VM's template reach its running guest. Unset means LiveUpdate. */
export function isLiveUpdate(config: KubevirtConfig): boolean {
  const strategy = config.configuration.vmRolloutStrategy;
  return strategy === undefined || strategy === null || strategy === 'LiveUpdate';
}

/**
 * Why a guest's memory cannot grow to `maxGuest`, or undefined. An encrypted guest's never can.
 * Source: pkg/liveupdate/memory/memory.go.
 */
export function whyNoMemoryHotplug(
  spec: Pick<VmiSpec, 'architecture' | 'domain'>,
  maxGuest: Quantity | undefined,
): string | undefined {
  const { cpu, memory, launchSecurity } = spec.domain;
  if (cpu?.realtime !== undefined) return 'Memory hotplug is not compatible with realtime VMs';
  if (cpu?.numa?.guestMappingPassthrough !== undefined) {
    return 'Memory hotplug is not compatible with guest mapping passthrough';
  }
  if (launchSecurity !== undefined) return 'Memory hotplug is not compatible with encrypted VMs';
  if (memory?.guest === undefined) return 'Guest memory must be configured when memory hotplug is enabled';
  if (maxGuest === undefined) return 'Max guest memory must be configured when memory hotplug is enabled';
  if (compareQuantities(memory.guest, maxGuest) > 0)
    return 'Guest memory is greater than the configured maxGuest memory';
  const block = memory.hugepages?.pageSize === '1Gi' ? GIB : 2n * MIB;
  if (wholeValue(memory.guest) % block !== 0n) return `Guest memory must be ${binaryQuantity(block)} aligned`;
  if (wholeValue(maxGuest) % block !== 0n) return `MaxGuest must be ${binaryQuantity(block)} aligned`;
  if (spec.architecture !== 'amd64') return 'Memory hotplug is only available for x86_64 VMs';
  if (wholeValue(memory.guest) < GIB)
    return 'Memory hotplug is only available for VMs with at least 1Gi of guest memory';
  return undefined;
}

const MIB = 1024n * 1024n;
const GIB = 1024n * MIB;
const MAX_VCPUS = 512;

function setMaxSockets(spec: Draft<VmiSpec>, config: KubevirtConfig): void {
  spec.domain.cpu ??= {};
  const cpu = spec.domain.cpu;
  if ((cpu.maxSockets ?? 0) > 0) return;
  const { maxCpuSockets } = liveUpdate(config);
  const sockets = cpu.sockets ?? 0;
  if (typeof maxCpuSockets === 'number' && maxCpuSockets > 0) {
    cpu.maxSockets = Math.max(maxCpuSockets, sockets);
    return;
  }
  const perSocket = (cpu.cores ?? 0) * (cpu.threads ?? 0);
  const grown = sockets * hotplugRatio(config);
  const limited = grown * perSocket > MAX_VCPUS ? Math.max(Math.floor(MAX_VCPUS / perSocket), sockets) : grown;
  if (limited > 0) cpu.maxSockets = limited;
}

function setMaxGuest(spec: Draft<VmiSpec>, config: KubevirtConfig): void {
  const memory = spec.domain.memory;
  if (memory === undefined || memory.maxGuest !== undefined) return;
  const configured = liveUpdate(config).maxGuest as Quantity | undefined;
  const grown =
    memory.guest === undefined ? undefined : binaryQuantity(wholeValue(memory.guest) * BigInt(hotplugRatio(config)));
  const maxGuest = configured ?? grown;
  if (maxGuest === undefined || whyNoMemoryHotplug(spec, maxGuest) !== undefined) return;
  memory.maxGuest = maxGuest;
}

function liveUpdate(config: KubevirtConfig): Json {
  return (config.configuration.liveUpdateConfiguration ?? {}) as Json;
}

function hotplugRatio(config: KubevirtConfig): number {
  const ratio = liveUpdate(config).maxHotplugRatio;
  return typeof ratio === 'number' ? ratio : 1;
}
