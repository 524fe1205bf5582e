import type { KubevirtConfig } from '../../config.ts';
import type { VmSpec } from '../../model/vm.ts';
import { isLiveUpdate, whyNoMemoryHotplug } from '../../mutation/hotplug-defaults.ts';
import { type Cause, invalid, required } from '../causes.ts';
import { vmiMetadata } from '../vmi/metadata.ts';
import { specCauses } from '../vmi/spec.ts';
import { dataVolumeTemplates } from './data-volumes.ts';

/** What is wrong with a VM, its instancetype and preference laid in. Source: ValidateVirtualMachineSpec in vms-admitter.go. */
export function vmSpecCauses(spec: VmSpec, config: KubevirtConfig, byKubevirt: boolean): readonly Cause[] {
  const { template } = spec;
  if (template === undefined) return [required('spec.template', 'missing virtual machine template.')];
  return [
    ...templateMetadata(spec, config, byKubevirt),
    ...specCauses(template.spec, 'spec.template.spec', config),
    ...dataVolumeTemplates(spec),
    ...runStrategy(spec, config),
    ...liveUpdate(spec, config),
  ];
}

function* templateMetadata(spec: VmSpec, config: KubevirtConfig, byKubevirt: boolean): Iterable<Cause> {
  for (const cause of vmiMetadata(spec.template?.metadata ?? {}, config, byKubevirt)) {
    const inTemplate = (text: string): string => text.replaceAll('metadata.', 'spec.template.metadata.');
    yield { ...cause, message: inTemplate(cause.message), field: inTemplate(cause.field) };
  }
}

const STRATEGIES = ['Halted', 'Manual', 'Always', 'RerunOnFailure', 'Once'];

/** `running` or `runStrategy`, not both. */
function* runStrategy({ running, runStrategy: strategy }: VmSpec, config: KubevirtConfig): Iterable<Cause> {
  if (running !== undefined && strategy !== undefined) {
    const instead = 'Note that Running is deprecated, please use RunStrategy instead';
    yield invalid('spec.running', `Running and RunStrategy are mutually exclusive. ${instead}`);
  }
  if (running === undefined && strategy === undefined) yield invalid('spec.running', 'RunStrategy must be specified');
  if (strategy === undefined || STRATEGIES.includes(strategy)) return;
  if (strategy !== 'WaitAsReceiver') {
    yield invalid('spec.runStrategy', `Invalid RunStrategy (${strategy})`);
    return;
  }
  const gate = 'DecentralizedLiveMigration';
  if (config.gateEnabled(gate)) return;
  const message = `Invalid RunStrategy (${strategy}), ${gate} feature gate is not enabled in kubevirt resource`;
  yield invalid('spec.runStrategy', message);
}

/** Limits to growth that the guest cannot keep. A bare VMI with the same limits is not looked at. */
function* liveUpdate({ template }: VmSpec, config: KubevirtConfig): Iterable<Cause> {
  if (template === undefined || !isLiveUpdate(config)) return;
  const { cpu, memory } = template.spec.domain;
  const { sockets = 0, maxSockets = 0 } = cpu ?? {};
  if (maxSockets !== 0 && sockets > maxSockets) {
    const message = 'Number of sockets in CPU topology is greater than the maximum sockets allowed';
    yield invalid('spec.template.spec.domain.cpu.sockets', message);
  }
  if (memory?.maxGuest === undefined) return;
  const problem = whyNoMemoryHotplug(template.spec, memory.maxGuest);
  if (problem !== undefined) yield invalid('spec.template.spec.domain.memory.guest', problem);
}
