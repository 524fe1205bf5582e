import type { KubevirtConfig } from '../../config.ts';
import type { Vmi } from '../../model/vmi.ts';
import type { Cause } from '../causes.ts';
import { architectureDevices } from './architecture.ts';
import { discontinuedGates } from './discontinued-gates.ts';
import { hyperv } from './hyperv.ts';
import { asksForMemory } from './memory.ts';
import { vmiMetadata } from './metadata.ts';
import { discontinuedBindings, networks } from './networks.ts';
import { specCauses } from './spec.ts';
import { volumesAreUsed } from './volumes.ts';

/**
 * What is wrong with a new VMI, after defaults. Networks are looked at twice, so each of their causes is told twice.
 * `byKubevirt`: one of its components makes it. Source: vmi-create-admitter.go.
 */
export function vmiCreateCauses(vmi: Vmi, config: KubevirtConfig, byKubevirt: boolean): readonly Cause[] {
  const { spec, metadata } = vmi;
  return [
    ...discontinuedGates(spec, config),
    ...discontinuedBindings(spec, 'spec', config),
    ...networks(spec, 'spec', config),
    ...specCauses(spec, 'spec', config),
    ...volumesAreUsed(spec, 'spec'),
    ...asksForMemory(spec, 'spec', config),
    ...vmiMetadata(metadata, config, byKubevirt),
    ...hyperv(spec, 'spec'),
    ...architectureDevices(spec, 'spec', config),
  ];
}
