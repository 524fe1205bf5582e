import { wholeValue } from '../../quantity.ts';
import type { Cpu } from '../model/domain.ts';
import type { Vmi } from '../model/vmi.ts';
import type { DomainHost } from './domain-host.ts';
import { ioThreadCount } from './domain-threads.ts';
import { usesVirtiofs } from './pod-volumes.ts';
import { hasHugepages, isCpuDedicated } from './vmi-traits.ts';
import { element, textElement, type XmlElement } from './xml.ts';

/** Guest memory, what it may grow to, and what backs it. */
export function memoryElements(vmi: Vmi): readonly XmlElement[] {
  const bytes = guestMemoryBytes(vmi);
  const { maxGuest } = vmi.spec.domain.memory ?? {};
  const max = maxGuest === undefined ? bytes : wholeValue(maxGuest);
  const backing = memoryBacking(vmi);
  return [
    textElement('memory', String(bytes), { unit: 'b' }),
    ...(max === bytes ? [] : [textElement('maxMemory', String(max), { unit: 'b', slots: 0 })]),
    ...(backing === undefined ? [] : [backing]),
  ];
}

/** vCPUs and their topology, pinning and memory nodes. @throws Error for I/O threads to pin where there are none. */
export function cpuElements(vmi: Vmi, host: DomainHost): readonly XmlElement[] {
  const topology = topologyOf(vmi);
  const enabled = topology.sockets * topology.cores * topology.threads;
  const sockets = vmi.spec.domain.cpu?.maxSockets || topology.sockets;
  const count = sockets * topology.cores * topology.threads;
  const hotplug = (vmi.spec.domain.cpu?.maxSockets ?? 0) > 0;
  return [
    element(
      'cpu',
      { mode: modeOf(vmi.spec.domain.cpu) },
      modelElements(vmi.spec.domain.cpu),
      element('topology', { ...topology, sockets }),
      numa(vmi, count),
    ),
    textElement('vcpu', count, { placement: 'static' }),
    ...(hotplug ? [element('vcpus', {}, hotpluggable(count, enabled, topology.cores * topology.threads))] : []),
    ...(isCpuDedicated(vmi) ? pinning(vmi, enabled, host) : []),
  ];
}

/** The guest's memory: what it asks for, or what its resources request. */
export function guestMemoryBytes({ spec }: Vmi): bigint {
  const { memory, resources } = spec.domain;
  return wholeValue(memory?.guest ?? resources?.requests?.memory ?? resources?.limits?.memory ?? 0);
}

/** Sockets, cores and threads at boot; without a topology, a socket for each requested CPU. */
export function topologyOf({ spec }: Vmi): {
  readonly sockets: number;
  readonly cores: number;
  readonly threads: number;
} {
  const { cpu, resources } = spec.domain;
  const { sockets = 0, cores = 0, threads = 0 } = cpu ?? {};
  const requested = resources?.limits?.cpu ?? resources?.requests?.cpu;
  const unset = sockets === 0 && cores === 0 && threads === 0;
  const fallback = unset && requested !== undefined ? Number(wholeValue(requested)) : 1;
  return { sockets: sockets || fallback, cores: cores || 1, threads: threads || 1 };
}

function memoryBacking(vmi: Vmi): XmlElement | undefined {
  const huge = hasHugepages(vmi);
  const shared = needsSharedMemory(vmi);
  if (!huge && !shared) return undefined;
  const mapped = isCpuDedicated(vmi) && vmi.spec.domain.cpu?.numa?.guestMappingPassthrough !== undefined;
  const page = wholeValue(vmi.spec.domain.memory?.hugepages?.pageSize ?? 0);
  return element(
    'memoryBacking',
    {},
    huge && element('hugepages', {}, mapped && element('page', { size: String(page), unit: 'b', nodeset: 0 })),
    usesMemfd(vmi) && element('source', { type: 'memfd' }),
    shared && element('access', { mode: 'shared' }),
    mapped && element('allocation', { mode: 'immediate' }),
    mapped && vmi.spec.domain.cpu?.realtime !== undefined && element('nosharepages'),
  );
}

/** Shared memory always is one file; huge pages are too, unless the VMI says otherwise. */
function usesMemfd(vmi: Vmi): boolean {
  return needsSharedMemory(vmi) || (hasHugepages(vmi) && vmi.metadata.annotations?.['kubevirt.io/memfd'] !== 'false');
}

/** virtiofsd and passt reach into the guest's memory. */
function needsSharedMemory(vmi: Vmi): boolean {
  return (
    usesVirtiofs(vmi) ||
    vmi.spec.domain.devices.interfaces?.some(({ passtBinding }) => passtBinding !== undefined) === true
  );
}

function modeOf(cpu: Cpu | undefined): string {
  if (!cpu?.model) return 'host-model';
  return isHostMode(cpu.model) ? cpu.model : 'custom';
}

function isHostMode(model: string): boolean {
  return model === 'host-model' || model === 'host-passthrough';
}

/** A named model always loses mpx, which libvirt's definitions still list and new QEMUs cannot give. */
function modelElements(cpu: Cpu | undefined): readonly XmlElement[] {
  const features = cpu?.features ?? [];
  const named = cpu?.model !== undefined && !isHostMode(cpu.model);
  const mpx = named && !features.some(({ name }) => name === 'mpx');
  return [
    ...(named ? [textElement('model', cpu.model)] : []),
    ...features.map(({ name, policy }) => element('feature', { name, policy: policy || undefined })),
    ...(mpx ? [element('feature', { name: 'mpx', policy: 'disable' })] : []),
  ];
}

/** Memory in a memfd needs a NUMA cell to belong to. */
function numa(vmi: Vmi, count: number): XmlElement | undefined {
  const mapped = isCpuDedicated(vmi) && vmi.spec.domain.cpu?.numa?.guestMappingPassthrough !== undefined;
  const bytes = guestMemoryBytes(vmi);
  if (mapped) {
    const cpus = Array.from({ length: count }, (_, id) => id).join(',');
    return element('numa', {}, element('cell', { id: 0, cpus, memory: String(bytes), unit: 'b' }));
  }
  if (!usesMemfd(vmi)) return undefined;
  return element(
    'numa',
    {},
    element('cell', { id: 0, cpus: `0-${count - 1}`, memory: String(bytes / 1024n), unit: 'KiB' }),
  );
}

function hotpluggable(count: number, enabled: number, perSocket: number): readonly XmlElement[] {
  return Array.from({ length: count }, (_, id) =>
    element('vcpu', { id, enabled: id < enabled ? 'yes' : 'no', hotpluggable: id >= perSocket ? 'yes' : 'no' }),
  );
}

/** vCPUs on the pod's CPUs in order, then the emulator's own, then I/O threads. */
function pinning(vmi: Vmi, count: number, { cpus }: DomainHost): readonly XmlElement[] {
  const { isolateEmulatorThread, numa: mapping } = vmi.spec.domain.cpu ?? {};
  const at = (place: number) => cpus[place] ?? place;
  const threads = ioThreadCount(vmi);
  // The real converter fails here as well, and the guest never starts.
  if (threads.total === 0 && vmi.spec.domain.ioThreadsPolicy !== undefined)
    throw new Error('domain is missing IOThreads');
  const pooled = threads.pool ? threads.total : 0;
  const even = vmi.metadata.annotations?.['alpha.kubevirt.io/EmulatorThreadCompleteToEvenParity'] !== undefined;
  const own = (count + pooled) % 2 === 0 && even ? 2 : 1;
  const emulator = isolateEmulatorThread
    ? Array.from({ length: own }, (_, index) => at(count + pooled + index)).join(',')
    : undefined;
  const vcpus = Array.from({ length: count }, (_, vcpu) => element('vcpupin', { vcpu, cpuset: at(vcpu) }));
  const nodes = element(
    'numatune',
    {},
    element('memory', { mode: 'strict', nodeset: 0 }),
    element('memnode', { cellid: 0, mode: 'strict', nodeset: 0 }),
  );
  return [
    element(
      'cputune',
      {},
      vcpus,
      ioThreadPins(threads, { count, emulator, at }),
      emulator !== undefined && element('emulatorpin', { cpuset: emulator }),
    ),
    ...(mapping?.guestMappingPassthrough === undefined ? [] : [nodes]),
  ];
}

/** With the emulator if that has a CPU of its own; else spread over the guest's. */
function ioThreadPins(
  { total, pool }: ReturnType<typeof ioThreadCount>,
  place: { readonly count: number; readonly emulator: string | undefined; readonly at: (place: number) => number },
): readonly XmlElement[] {
  const { count, emulator, at } = place;
  const pin = (iothread: number, cpuset: string | number) => element('iothreadpin', { iothread, cpuset });
  if (total === 0) return [];
  if (pool) return Array.from({ length: total }, (_, index) => pin(index + 1, at(count + index)));
  if (emulator !== undefined) return [pin(1, emulator)];
  if (total >= count) return Array.from({ length: total }, (_, index) => pin(index + 1, at((index + 1) % count)));
  let next = 0;
  return Array.from({ length: total }, (_, index) => {
    const size = Math.floor(count / total) + (index < count % total ? 1 : 0);
    const cpus = Array.from({ length: size }, (_unused, offset) => at(next + offset));
    next += size;
    return pin(index + 1, cpus.join(','));
  });
}
