import { compareQuantities, parseQuantity, wholeValue } from '../../quantity.ts';
import { architectureSettings, type Json, type KubevirtConfig } from '../config.ts';
import type { Quantity } from '../model/domain.ts';
import type { Vmi, VmiSpec } from '../model/vmi.ts';
import { atLeast } from '../version.ts';
import { architectureDefaults } from './architecture-defaults.ts';
import type { Draft } from './draft.ts';
import { featureDefaults, hypervDependencies } from './feature-defaults.ts';
import { setHotplugLimits } from './hotplug-defaults.ts';

/**
 * Fills in what a new VMI leaves open, in KubeVirt's order. `uuid` makes the firmware's. Returns why the object cannot
 * be completed, or undefined. Source: pkg/defaults/defaults.go.
 */
export function setVmiDefaults(vmi: Draft<Vmi>, config: KubevirtConfig, uuid: () => string): string | undefined {
  const { spec } = vmi;
  const refusal = setSpecDefaults(spec, config);
  if (refusal !== undefined) return refusal;
  if (spec.architecture === 's390x') switchOffAcpi(spec);
  objectDefaults(spec, uuid, config);
  hypervDependencies(spec);
  architectureDefaults(spec, config);
  setCpuModel(spec, config);
  setStatus(vmi);
  if (spec.architecture !== 'arm64') setHotplugLimits(spec, config);
  return undefined;
}

/** The part of the defaults that a VM's template is judged with too. */
export function setSpecDefaults(spec: Draft<VmiSpec>, config: KubevirtConfig): string | undefined {
  setArchitecture(spec, config);
  setMachineType(spec, config);
  setCpuRequest(spec, config);
  setGuestMemory(spec);
  setCpuTopology(spec);
  setPullPolicies(spec);
  spec.evictionStrategy ??= config.configuration.evictionStrategy as string;
  const refusal = setDefaultNetwork(spec, config);
  if (refusal === undefined) addDisksForVolumes(spec);
  return refusal;
}

/** The architecture of the cluster where the object names none. */
export function setArchitecture(spec: Draft<VmiSpec>, config: KubevirtConfig): void {
  if ((spec.architecture ?? '') !== '') return;
  spec.architecture = (config.configuration.architectureConfiguration as Json).defaultArchitecture as string;
}

/** The machine type that the CR sets for an architecture, or the release's default. */
export function machineTypeOf(architecture: string | undefined, config: KubevirtConfig): string {
  const { machineType } = config.configuration;
  if (typeof machineType === 'string' && machineType !== '') return machineType;
  return String(architectureSettings(architecture, config).machineType ?? '');
}

function setMachineType(spec: Draft<VmiSpec>, config: KubevirtConfig): void {
  spec.domain.machine ??= {};
  if ((spec.domain.machine.type ?? '') === '') spec.domain.machine.type = machineTypeOf(spec.architecture, config);
}

/** A CPU limit without a request is one; a cluster-wide request that differs from the default is another. */
function setCpuRequest(spec: Draft<VmiSpec>, config: KubevirtConfig): void {
  spec.domain.resources ??= {};
  const resources = spec.domain.resources;
  const limit = resources.limits?.cpu;
  if (isSet(limit) && !isSet(resources.requests?.cpu)) resources.requests = { ...resources.requests, cpu: limit };
  const asked = config.configuration.cpuRequest as Quantity;
  if (compareQuantities(asked, DEFAULT_CPU_REQUEST) === 0 || resources.requests?.cpu !== undefined) return;
  if (spec.domain.cpu?.dedicatedCpuPlacement === true) return;
  resources.requests = { ...resources.requests, cpu: asked };
}

function setGuestMemory(spec: Draft<VmiSpec>): void {
  if (spec.domain.memory?.guest !== undefined) return;
  spec.domain.memory ??= {};
  const { requests, limits } = spec.domain.resources ?? {};
  const pageSize = spec.domain.memory.hugepages?.pageSize;
  const guest = [requests?.memory, limits?.memory].find(isSet) ?? (isQuantity(pageSize) ? pageSize : undefined);
  if (guest !== undefined) spec.domain.memory.guest = guest;
}

function setCpuTopology(spec: Draft<VmiSpec>): void {
  spec.domain.cpu ??= {};
  const cpu = spec.domain.cpu;
  if ((cpu.cores ?? 0) + (cpu.sockets ?? 0) + (cpu.threads ?? 0) > 0) return;
  const { limits, requests } = spec.domain.resources ?? {};
  const wanted = limits?.cpu ?? requests?.cpu;
  cpu.sockets = wanted === undefined ? 1 : Number(wholeValue(wanted));
  cpu.cores = 1;
  cpu.threads = 1;
}

function setPullPolicies(spec: Draft<VmiSpec>): void {
  for (const { containerDisk } of spec.volumes ?? []) {
    if (containerDisk === undefined || (containerDisk.imagePullPolicy ?? '') !== '') continue;
    const { image } = containerDisk;
    containerDisk.imagePullPolicy = image.endsWith(':latest') || !/[:@]/.test(image) ? 'Always' : 'IfNotPresent';
  }
}

/** Source: pkg/network/vmispec SetDefaultNetworkInterface. */
function setDefaultNetwork(spec: Draft<VmiSpec>, config: KubevirtConfig): string | undefined {
  const { devices } = spec.domain;
  if (devices.autoattachPodInterface === false) return undefined;
  if ((spec.networks ?? []).length > 0 || (devices.interfaces ?? []).length > 0) return undefined;
  const network = config.configuration.network as Json;
  switch (network.defaultNetworkInterface) {
    case 'bridge':
      if (network.permitBridgeInterfaceOnPodNetwork !== true)
        return 'bridge interface is not enabled in kubevirt-config';
      devices.interfaces = [{ name: 'default', bridge: {} }];
      break;
    case 'masquerade':
      devices.interfaces = [{ name: 'default', masquerade: {} }];
      break;
    case 'slirp':
      return 'slirp interface is deprecated as of v1.3';
    default:
  }
  spec.networks = [{ name: 'default', pod: {} }];
  return undefined;
}

function addDisksForVolumes(spec: Draft<VmiSpec>): void {
  const { devices } = spec.domain;
  const known = new Set([...(devices.disks ?? []), ...(devices.filesystems ?? [])].map(({ name }) => name));
  const missing = (spec.volumes ?? []).filter(({ name }) => !known.has(name)).map(({ name }) => ({ name }));
  if (missing.length > 0) devices.disks = [...(devices.disks ?? []), ...missing];
}

function switchOffAcpi(spec: Draft<VmiSpec>): void {
  spec.domain.features ??= {};
  spec.domain.features.acpi ??= {};
  spec.domain.features.acpi.enabled ??= false;
}

/** Source: staging/src/kubevirt.io/api/core/v1/defaults.go. */
function objectDefaults(spec: Draft<VmiSpec>, uuid: () => string, config: KubevirtConfig): void {
  spec.domain.firmware ??= {};
  if ((spec.domain.firmware.uuid ?? '') === '') spec.domain.firmware.uuid = uuid();
  featureDefaults(spec, config);
  for (const disk of spec.domain.devices.disks ?? []) {
    if (disk.disk === undefined && disk.cdrom === undefined && disk.lun === undefined) disk.disk = {};
    if (disk.cdrom !== undefined) {
      disk.cdrom.readonly ??= true;
      disk.cdrom.tray ||= 'closed';
    }
    if (disk.blockSize?.matchVolume !== undefined) disk.blockSize.matchVolume.enabled ??= true;
  }
  for (const gpu of spec.domain.devices.gpus ?? []) {
    const ramFB = gpu.virtualGPUOptions?.display?.ramFB;
    if (ramFB !== undefined) ramFB.enabled ??= true;
  }
  for (const input of spec.domain.devices.inputs ?? []) {
    input.bus ||= 'usb';
    input.type ||= 'tablet';
  }
  for (const probe of [spec.readinessProbe, spec.livenessProbe]) if (probe !== undefined) setProbeDefaults(probe);
}

function setProbeDefaults(probe: Draft<NonNullable<VmiSpec['livenessProbe']>>): void {
  const timing = probe as Record<string, unknown>;
  const minimum = { timeoutSeconds: 1, periodSeconds: 10, successThreshold: 1, failureThreshold: 3 };
  for (const [field, value] of Object.entries(minimum)) {
    if (Number(timing[field] ?? 0) < 1) timing[field] = value;
  }
}

function setCpuModel(spec: Draft<VmiSpec>, config: KubevirtConfig): void {
  spec.domain.cpu ??= {};
  if ((spec.domain.cpu.model ?? '') !== '') return;
  spec.domain.cpu.model = String(config.configuration.cpuModel ?? '') || 'host-model';
}

function setStatus(vmi: Draft<Vmi>): void {
  const status: Record<string, unknown> = { ...vmi.status };
  const guest = vmi.spec.domain.memory?.guest;
  if (guest !== undefined) status.memory = { guestAtBoot: guest, guestCurrent: guest, guestRequested: guest };
  const { sockets, cores, threads } = vmi.spec.domain.cpu ?? {};
  status.currentCPUTopology ??= { ...(sockets && { sockets }), ...(cores && { cores }), ...(threads && { threads }) };
  vmi.status = status as Draft<NonNullable<Vmi['status']>>;
}

const DEFAULT_CPU_REQUEST = '100m';

function isSet(quantity: Quantity | undefined): quantity is Quantity {
  return quantity !== undefined && parseQuantity(quantity).nano !== 0n;
}

function isQuantity(text: string | undefined): text is string {
  return text !== undefined && /^\d+([KMGTPE]i|[mkMGTPE])?$/.test(text);
}

/** True for machines on PCIe, which have a hotplug topology of a version. Source: SupportsPCIeHotplug. */
export function hasPcieHotplug(spec: Pick<VmiSpec, 'architecture' | 'domain'>, config: KubevirtConfig): boolean {
  if (!atLeast(config.version, 'v1.6') || !['amd64', 'arm64', ''].includes(spec.architecture ?? '')) return false;
  const machine = spec.domain.machine?.type;
  return spec.domain.machine === undefined || machine?.includes('q35') === true || machine?.startsWith('virt') === true;
}
