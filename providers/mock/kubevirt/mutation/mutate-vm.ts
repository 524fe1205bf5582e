import type { Json } from '../config.ts';
import { goForm } from '../crds/go-form.ts';
import type { Vm } from '../model/vm.ts';
import { atLeast } from '../version.ts';
import { traitsOf } from '../versions.ts';
import { type Draft, draftOf } from './draft.ts';
import { type MutationInputs, PCI_TOPOLOGY } from './mutate-vmi.ts';
import { hasPcieHotplug, machineTypeOf, setArchitecture } from './vmi-defaults.ts';

/** What a VM's mutation looks at beside the VM. */
export interface VmMutationInputs extends MutationInputs {
  readonly creating: boolean;
  /** `spec` of the preference that the VM names, if it exists. */
  readonly preference: Json | undefined;
}

/** A VM as the mutating webhook leaves it. The template must be there. Source: vm-mutator.go and pkg/defaults. */
export function mutateVm(vm: Vm, inputs: VmMutationInputs): Vm {
  const { config, creating, preference } = inputs;
  const draft = draftOf(goForm(vm, 'VirtualMachine', config.version));
  draft.metadata = draftOf(vm.metadata);
  if (atLeast(config.version, 'v1.7')) setPreferredArchitecture(draft, preference);
  else setMatcherKinds(draft);
  if (creating) setIdentity(draft, inputs.uuid);
  const template = draft.spec.template;
  if (template !== undefined) {
    setArchitecture(template.spec, config);
    setMachineType(draft, inputs);
    if (creating && hasPcieHotplug(template.spec as NonNullable<Vm['spec']['template']>['spec'], config)) {
      setTopologyVersion(draft, traitsOf(config.version).pciTopology);
    }
  }
  setStorageClass(draft, preference);
  if (!atLeast(config.version, 'v1.8')) stampEmbeddedMetadata(draft);
  return goForm(draft as Vm, 'VirtualMachine', config.version);
}

/** From v1.7 an unset kind stays unset. */
function setMatcherKinds(vm: Draft<Vm>): void {
  if (vm.spec.instancetype !== undefined) vm.spec.instancetype.kind ||= 'virtualmachineclusterinstancetype';
  if (vm.spec.preference !== undefined) vm.spec.preference.kind ||= 'virtualmachineclusterpreference';
}

function setPreferredArchitecture(vm: Draft<Vm>, preference: Json | undefined): void {
  const spec = vm.spec.template?.spec;
  const preferred = preference?.preferredArchitecture;
  if (spec === undefined || typeof preferred !== 'string' || (spec.architecture ?? '') !== '') return;
  spec.architecture = preferred;
}

/** So that a guest keeps its identity over restarts. */
function setIdentity(vm: Draft<Vm>, uuid: () => string): void {
  const domain = vm.spec.template?.spec.domain;
  if (domain === undefined) return;
  domain.firmware ??= {};
  domain.firmware.uuid ||= uuid();
  domain.firmware.serial ||= uuid();
}

function setMachineType(vm: Draft<Vm>, { config, preference }: VmMutationInputs): void {
  const spec = vm.spec.template?.spec;
  if (spec === undefined) return;
  spec.domain.machine ??= {};
  const preferred = (preference?.machine as Json | undefined)?.preferredMachineType as string | undefined;
  spec.domain.machine.type ||= preferred || machineTypeOf(spec.architecture, config);
}

/** Older Kubernetes libraries wrote the time of creation even where an object is only described. */
function stampEmbeddedMetadata(vm: Draft<Vm>): void {
  for (const embedded of [vm.spec.template, ...(vm.spec.dataVolumeTemplates ?? [])]) {
    if (embedded === undefined) continue;
    const metadata = { creationTimestamp: null, ...embedded.metadata };
    embedded.metadata = metadata as unknown as NonNullable<typeof embedded.metadata>;
  }
}

function setTopologyVersion(vm: Draft<Vm>, topology: string): void {
  const { template } = vm.spec;
  if (template === undefined) return;
  const annotations = { [PCI_TOPOLOGY]: topology, ...template.metadata?.annotations };
  template.metadata = { ...template.metadata, annotations };
}

function setStorageClass(vm: Draft<Vm>, preference: Json | undefined): void {
  const preferred = (preference?.volumes as Json | undefined)?.preferredStorageClassName;
  if (typeof preferred !== 'string' || preferred === '') return;
  for (const { spec } of vm.spec.dataVolumeTemplates ?? []) {
    for (const claim of [spec?.pvc, spec?.storage] as ({ storageClassName?: string } | undefined)[]) {
      if (claim !== undefined) claim.storageClassName ??= preferred;
    }
  }
}
