import type { KubevirtConfig } from '../../config.ts';
import { applyInstancetype } from '../../instancetype/apply.ts';
import type { Referenced } from '../../instancetype/find.ts';
import { applyPreference } from '../../instancetype/preference.ts';
import { unmetRequirement } from '../../instancetype/requirements.ts';
import { spreadProblem } from '../../instancetype/topology.ts';
import type { Vm, VmSpec } from '../../model/vm.ts';
import type { VmiSpec } from '../../model/vmi.ts';
import { draftOf } from '../../mutation/draft.ts';
import { setSpecDefaults } from '../../mutation/vmi-defaults.ts';
import { type Cause, invalid, notFound } from '../causes.ts';

/** A VM's spec as its guest will have it, or why there is none. */
export type Expanded = { readonly spec: VmSpec } | { readonly causes: readonly Cause[] } | { readonly refusal: string };

/** Lays instancetype, preference and defaults into a copy of the template, and checks the preference's demands. Source: vms-admitter.go. */
export function expandVm(vm: Vm, referenced: Referenced, config: KubevirtConfig): Expanded {
  const { template } = vm.spec;
  if (template === undefined) return { spec: vm.spec };
  const { instancetype, preference } = referenced;
  const spread = spreadProblem(instancetype, preference);
  if (spread !== undefined) return { causes: [invalid('instancetype.spec.cpu.guest', spread)] };
  const spec = draftOf(template.spec);
  const conflicts = instancetype === undefined ? [] : applyInstancetype(spec, instancetype, preference, config.version);
  if (conflicts.length > 0) return { causes: conflicts.map(conflictWithInstancetype) };
  if (preference !== undefined) applyPreference(spec, preference, config.version);
  const refusal = setSpecDefaults(spec, config);
  if (refusal !== undefined) return { refusal };
  const unmet = unmetRequirement(spec as VmiSpec, referenced, config.version);
  if (unmet !== undefined) {
    return { causes: [notFound(unmet.fields, `failure checking preference requirements: ${unmet.problem}`)] };
  }
  return { spec: { ...vm.spec, template: { ...template, spec: spec as VmiSpec } } };
}

function conflictWithInstancetype(place: string): Cause {
  const field = `spec.template.spec.${place}`;
  return invalid(field, `VM field(s) ${field} conflicts with selected instance type`);
}
