import {
  difference,
  type ParsedQuantity,
  parseQuantity,
  quantityOf,
  quantityText,
  sum,
  wholeUnits,
} from '../../quantity.ts';
import type { Vmi } from '../model/vmi.ts';
import { atLeast } from '../version.ts';
import type { LauncherCluster } from './cluster.ts';
import { splitName } from './pod-annotations.ts';
import { hasHugepages, isCpuDedicated, isSev, isTdx, vcpuCount } from './vmi-traits.ts';

type ResourceList = Record<string, ParsedQuantity>;

/** Requests and limits as texts. */
export interface PodResources {
  readonly claims?: readonly { readonly name: string; readonly request?: string }[];
  readonly requests: Readonly<Record<string, string>>;
  readonly limits: Readonly<Record<string, string>>;
}

/**
 * Resources of the compute container: what the VMI asks for, its memory overhead, and one of each device.
 * Source: pkg/virt-controller/services/renderresources.go; the order of the steps matters.
 */
export function computeResources(vmi: Vmi, cluster: LauncherCluster, overhead: ParsedQuantity): PodResources {
  const given = vmi.spec.domain.resources;
  const requests = quantities(given?.requests);
  const limits = quantities(given?.limits);
  addEphemeralStorage(requests, limits);
  Object.assign(limits, virtualizationDevices(vmi, cluster));
  fillMemoryRequest(vmi, cluster, requests, limits);
  const calculated = { requests: {} as ResourceList, limits: {} as ResourceList };
  if (isCpuDedicated(vmi)) pinCpus(vmi, requests, limits);
  else Object.assign(calculated.requests, sharedCpus(vmi, cluster));
  if (hasHugepages(vmi)) useHugepages(vmi, { requests, limits, calculated, overhead });
  else addOverhead(vmi, overhead, requests, limits);
  for (const device of requestedDevices(vmi, cluster)) {
    const one = quantityOf(1, 'DecimalSI');
    calculated.limits[device] = sum(calculated.limits[device] ?? limits[device] ?? zero(), one);
    calculated.requests[device] = sum(calculated.requests[device] ?? requests[device] ?? zero(), one);
  }
  const claims = resourceClaims(vmi, cluster);
  // What the VMI itself names wins over what is calculated.
  return {
    ...(claims.length > 0 ? { claims } : {}),
    requests: texts({ ...calculated.requests, ...requests }),
    limits: texts({ ...calculated.limits, ...limits }),
  };
}

function addEphemeralStorage(requests: ResourceList, limits: ResourceList): void {
  const own = parseQuantity('50M');
  requests['ephemeral-storage'] = sum(requests['ephemeral-storage'] ?? zero(), own);
  const limit = limits['ephemeral-storage'];
  if (limit !== undefined) limits['ephemeral-storage'] = sum(limit, own);
}

/** Devices of every guest; requests follow their limits in the API server. */
function virtualizationDevices({ spec }: Vmi, { configuration }: LauncherCluster): ResourceList {
  const { interfaces = [], autoattachPodInterface, autoattachVSOCK } = spec.domain.devices;
  const emulated = configuration.developerConfiguration?.useEmulation === true;
  const virtioNic = interfaces.some(
    (iface) => iface.model === undefined || iface.model === '' || iface.model === 'virtio',
  );
  const devices: ResourceList = {};
  const one = quantityOf(1, 'DecimalSI');
  if (interfaces.length > 0 || autoattachPodInterface !== false) devices['devices.kubevirt.io/tun'] = one;
  if (virtioNic && !emulated) devices['devices.kubevirt.io/vhost-net'] = one;
  if (!emulated) devices['devices.kubevirt.io/kvm'] = one;
  if (autoattachVSOCK === true) devices['devices.kubevirt.io/vhost-vsock'] = one;
  return devices;
}

/** Without a request, guest memory is asked for, less what overcommitment allows. */
function fillMemoryRequest(
  { spec }: Vmi,
  { configuration }: LauncherCluster,
  requests: ResourceList,
  limits: ResourceList,
): void {
  const asked = requests.memory;
  if (asked !== undefined && asked.nano !== 0n) return;
  const limit = limits.memory;
  if (limit !== undefined && limit.nano !== 0n) requests.memory = limit;
  if (requests.memory !== undefined) return;
  const guest = spec.domain.memory?.guest ?? spec.domain.memory?.hugepages?.pageSize;
  if (guest === undefined) return;
  const memory = parseQuantity(guest);
  const percent = BigInt(configuration.developerConfiguration?.memoryOvercommit ?? 100);
  requests.memory = percent === 100n ? memory : quantityOf((wholeUnits(memory) * 100n) / percent, memory.format);
}

function pinCpus({ spec, metadata }: Vmi, requests: ResourceList, limits: ResourceList): void {
  const { cpu } = spec.domain;
  const pinned = vcpuCount(cpu) + ioThreadCpus(spec.domain);
  const toEven = metadata.annotations?.['alpha.kubevirt.io/EmulatorThreadCompleteToEvenParity'] !== undefined;
  const emulator = cpu?.isolateEmulatorThread ? (toEven && pinned % 2 === 0 ? 2 : 1) : 0;
  const count = pinned + emulator;
  limits.cpu = quantityOf(count, 'BinarySI');
  requests.cpu = quantityOf(count, 'BinarySI');
  if (requests.memory !== undefined) limits.memory = requests.memory;
}

/** One vCPU counts for a tenth of a CPU by default. */
function sharedCpus({ spec }: Vmi, { configuration }: LauncherCluster): ResourceList {
  const ratio = configuration.developerConfiguration?.cpuAllocationRatio ?? 10;
  const cpus = vcpuCount(spec.domain.cpu) + ioThreadCpus(spec.domain);
  return ratio > 0 ? { cpu: parseQuantity(`${Math.round((cpus / ratio) * 1e6) / 1e3}m`) } : {};
}

function ioThreadCpus({ ioThreads }: Vmi['spec']['domain']): number {
  return ioThreads?.supplementalPoolThreadCount ?? 0;
}

/** Guest memory comes from huge pages; what is asked beyond it counts as ordinary memory. */
function useHugepages(
  { spec }: Vmi,
  lists: {
    readonly requests: ResourceList;
    readonly limits: ResourceList;
    readonly calculated: { readonly requests: ResourceList; readonly limits: ResourceList };
    readonly overhead: ParsedQuantity;
  },
): void {
  const { requests, limits, calculated, overhead } = lists;
  const requested = requests.memory ?? zero();
  const guestText = spec.domain.memory?.guest;
  const guest = guestText === undefined ? undefined : parseQuantity(guestText);
  const beyond = (amount: ParsedQuantity) =>
    guest !== undefined && wholeUnits(amount) > wholeUnits(guest) ? difference(amount, guest) : zero();
  const pages = guest !== undefined && wholeUnits(requested) > wholeUnits(guest) ? guest : requested;
  const name = `hugepages-${spec.domain.memory?.hugepages?.pageSize ?? ''}`;
  calculated.requests[name] = pages;
  calculated.limits[name] = pages;
  requests.memory = sum(beyond(requested), overhead);
  if (limits.memory !== undefined) limits.memory = sum(beyond(limits.memory), overhead);
}

function addOverhead({ spec }: Vmi, overhead: ParsedQuantity, requests: ResourceList, limits: ResourceList): void {
  const request = requests.memory ?? zero();
  requests.memory = spec.domain.resources?.overcommitGuestOverhead ? request : sum(request, overhead);
  if (limits.memory !== undefined) limits.memory = sum(limits.memory, overhead);
}

/** Devices that are asked for in requests and limits alike, one each time they are named. */
function requestedDevices(vmi: Vmi, cluster: LauncherCluster): readonly string[] {
  const { devices } = vmi.spec.domain;
  const named = [...(devices.gpus ?? []), ...(devices.hostDevices ?? [])];
  const lun = devices.disks?.some((disk) => disk.lun?.reservation === true);
  return [
    ...networkDevices(vmi, cluster).flatMap(([, resource]) => (resource ? [resource] : [])),
    ...named.flatMap(({ deviceName, claimName }) => (deviceName && claimName === undefined ? [deviceName] : [])),
    ...(isSev(vmi, cluster) ? ['devices.kubevirt.io/sev'] : []),
    ...(isTdx(vmi) && atLeast(cluster.version, 'v1.9') ? ['devices.kubevirt.io/tdx'] : []),
    ...(lun ? ['devices.kubevirt.io/pr-helper'] : []),
    ...(cluster.gateEnabled('IOMMUFD') ? ['devices.kubevirt.io/iommufd'] : []),
  ];
}

/** Devices that come from claims in place of plugins, where the gate is on. */
function resourceClaims(vmi: Vmi, cluster: LauncherCluster): NonNullable<PodResources['claims']> {
  const { gpus = [], hostDevices = [] } = vmi.spec.domain.devices;
  const claimed = [
    ...(cluster.gateEnabled('GPUsWithDRA') ? gpus : []),
    ...(cluster.gateEnabled('HostDevicesWithDRA') ? hostDevices : []),
  ];
  return claimed.flatMap(({ deviceName, claimName, requestName }) =>
    deviceName || claimName === undefined
      ? []
      : [{ name: claimName, ...(requestName ? { request: requestName } : {}) }],
  );
}

/** Multus networks with the resource that their definition asks for. From v1.9 an outside injector does this. */
export function networkDevices(
  vmi: Vmi,
  { version, networkResource }: LauncherCluster,
): readonly (readonly [string, string])[] {
  if (atLeast(version, 'v1.9')) return [];
  return (vmi.spec.networks ?? []).flatMap(({ name, multus }): readonly (readonly [string, string])[] => {
    if (multus === undefined) return [];
    const [namespace, definition] = splitName(multus.networkName, vmi.metadata.namespace ?? '');
    return [[name, networkResource(`${namespace}/${definition}`) ?? '']];
  });
}

function quantities(list: Readonly<Record<string, string | number>> | undefined): ResourceList {
  return Object.fromEntries(Object.entries(list ?? {}).map(([name, text]) => [name, parseQuantity(text)]));
}

function texts(list: ResourceList): Record<string, string> {
  return Object.fromEntries(Object.entries(list).map(([name, amount]) => [name, quantityText(amount)]));
}

function zero(): ParsedQuantity {
  return { nano: 0n, format: 'DecimalSI' };
}
