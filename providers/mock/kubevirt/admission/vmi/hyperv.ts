import type { VmiSpec } from '../../model/vmi.ts';
import { HYPERV_NEEDS } from '../../mutation/feature-defaults.ts';
import { type Cause, invalid, required } from '../causes.ts';

/** Hyper-V features have what they need, and are not given twice. VMIs only. Source: pkg/virt-api/webhooks/hyperv.go. */
export function* hyperv(spec: VmiSpec, path: string): Iterable<Cause> {
  const features = spec.domain.features?.hyperv;
  if (features === undefined) return;
  // KubeVirt starts its path at the feature's place and then appends the same place again.
  const field = `${path}.domain.features.hyperv.domain.features.hyperv`;
  for (const [feature, need] of HYPERV_NEEDS) {
    if (features[feature]?.enabled !== true || features[need]?.enabled === true) continue;
    yield invalid(`${field}.${feature}`, `'${field}.${feature}' requires '${field}.${need}', which was disabled.`);
  }
  yield* vmxRequired(spec);
  if (spec.domain.features?.hypervPassthrough !== undefined) {
    const cannot = 'Cannot explicitly set hyperV features if HypervPassthrough is being used.';
    yield invalid(`${path}.domain.features.hyperv`, `${cannot} Please use either HyperV or HypervPassthrough.`);
  }
}

/** Nested enlightenment needs the CPU's own virtualisation. */
function* vmxRequired(spec: VmiSpec): Iterable<Cause> {
  const evmcs = spec.domain.features?.hyperv?.evmcs;
  if (evmcs === undefined || evmcs.enabled === false) return;
  const features = spec.domain.cpu?.features ?? [];
  if (features.length === 0) {
    yield required('spec.domain.cpu.features', 'vmx cpu feature is required when evmcs is set');
  }
  for (const [index, { name, policy }] of features.entries()) {
    if (name !== 'vmx' || policy === 'require') continue;
    yield invalid(`spec.domain.cpu.features[${index}].policy`, 'vmx cpu feature has to be set to require policy');
  }
}
