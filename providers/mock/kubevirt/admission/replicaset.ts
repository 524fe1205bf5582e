import type { KubeObject } from '../../api/objects.ts';
import { selects } from '../../label-selector.ts';
import type { KubevirtConfig } from '../config.ts';
import type { VmTemplate } from '../model/vm.ts';
import { type Cause, invalid, required } from './causes.ts';
import { discontinuedGates } from './vmi/discontinued-gates.ts';
import { specCauses } from './vmi/spec.ts';

/** What is wrong with a replica set of guests. Source: vmirs-admitter.go. */
export function replicaSetCauses(replicaSet: KubeObject, config: KubevirtConfig, creating: boolean): readonly Cause[] {
  const { template, selector } = (replicaSet.spec ?? {}) as { template?: VmTemplate; selector?: object };
  if (template === undefined) return [required('spec.template', 'missing virtual machine template.')];
  const isSelected = selects(selector ?? {}, template.metadata?.labels ?? {});
  return [
    ...specCauses(template.spec, 'spec.template.spec', config),
    ...(isSelected ? [] : [invalid('spec.selector', 'selector does not match labels.')]),
    ...(creating ? discontinuedGates(template.spec, config) : []),
  ];
}
