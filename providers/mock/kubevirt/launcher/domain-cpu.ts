import type { DomainHost } from './domain-xml.ts';
import { usesVirtiofs } from './pod-volumes.ts';
import { quantity, wholeUnits } from './quantity.ts';
import type { Cpu, Vmi } from './vmi.ts';
import { hasHugepages, isCpuDedicated } from './vmi-traits.ts';
import { element, textElement, type XmlElement } from './xml.ts';

/** Guest memory, what it may grow to, and what backs it. */
export function memoryElements(vmi: Vmi): readonly XmlElement[] {
  const bytes = guestMemoryBytes(vmi);
  const { maxGuest } = vmi.spec.domain.memory ?? {};
  const max = maxGuest === undefined ? bytes : wholeUnits(quantity(maxGuest));
  const backing = memoryBacking(vmi);
  return [
    textElement('memory', String(bytes), { unit: 'b' }),
    ...(max === bytes ? [] : [textElement('maxMemory', String(max), { unit: 'b', slots: 0 })]),
    ...(backing === undefined ? [] : [backing]),
  ];
}

/** vCPUs and their topology, pinning and memory nodes. */
export function cpuElements(vmi: Vmi, host: DomainHost): readonly XmlElement[] {
  const topology = topologyOf(vmi);
  const enabled = topology.sockets * topology.cores * topology.threads;
  const sockets = isCpuDedicated(vmi) ? topology.sockets : (vmi.spec.domain.cpu?.maxSockets ?? topology.sockets);
  const count = sockets * topology.cores * topology.threads;
  const hotplug = vmi.spec.domain.cpu?.maxSockets !== undefined && !isCpuDedicated(vmi);
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
    ...(isCpuDedicated(vmi) ? pinning(vmi, count, host) : []),
  ];
}

/** The guest's memory: what it asks for, or what its resources request. */
export function guestMemoryBytes({ spec }: Vmi): bigint {
  const { memory, resources } = spec.domain;
  return wholeUnits(quantity(memory?.guest ?? resources?.requests?.memory ?? resources?.limits?.memory ?? 0));
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
  const fallback = unset && requested !== undefined ? Number(wholeUnits(quantity(requested))) : 1;
  return { sockets: sockets || fallback, cores: cores || 1, threads: threads || 1 };
}

function memoryBacking(vmi: Vmi): XmlElement | undefined {
  const huge = hasHugepages(vmi);
  const shared = usesVirtiofs(vmi);
  if (!huge && !shared) return undefined;
  const memfd = shared || vmi.metadata.annotations?.['kubevirt.io/memfd'] !== 'false';
  const mapped = isCpuDedicated(vmi) && vmi.spec.domain.cpu?.numa?.guestMappingPassthrough !== undefined;
  const page = wholeUnits(quantity(vmi.spec.domain.memory?.hugepages?.pageSize ?? 0));
  return element(
    'memoryBacking',
    {},
    huge && element('hugepages', {}, mapped && element('page', { size: String(page), unit: 'b', nodeset: 0 })),
    memfd && element('source', { type: 'memfd' }),
    shared && element('access', { mode: 'shared' }),
    mapped && element('allocation', { mode: 'immediate' }),
    vmi.spec.domain.cpu?.realtime !== undefined && element('nosharepages'),
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
  if (!usesVirtiofs(vmi) && !hasHugepages(vmi)) return undefined;
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

function pinning(vmi: Vmi, count: number, { cpus }: DomainHost): readonly XmlElement[] {
  const { isolateEmulatorThread, numa: mapping } = vmi.spec.domain.cpu ?? {};
  const pins = Array.from({ length: count }, (_, vcpu) => element('vcpupin', { vcpu, cpuset: cpus[vcpu] ?? vcpu }));
  const emulator = isolateEmulatorThread ? element('emulatorpin', { cpuset: cpus[count] ?? count }) : undefined;
  const nodes = element(
    'numatune',
    {},
    element('memory', { mode: 'strict', nodeset: 0 }),
    element('memnode', { cellid: 0, mode: 'strict', nodeset: 0 }),
  );
  return [element('cputune', {}, pins, emulator), ...(mapping?.guestMappingPassthrough === undefined ? [] : [nodes])];
}
