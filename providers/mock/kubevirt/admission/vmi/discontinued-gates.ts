import type { Json, KubevirtConfig } from '../../config.ts';
import type { Interface } from '../../model/devices.ts';
import type { VmiSpec } from '../../model/vmi.ts';
import { type Cause, notSupported } from '../causes.ts';

/** Features whose listed gate is discontinued and which the guest still uses. Source: pkg/virt-config/featuregate/validator.go. */
export function discontinuedGates(spec: VmiSpec, config: KubevirtConfig): readonly Cause[] {
  const developer = config.configuration.developerConfiguration as Json | undefined;
  const listed = (developer?.featureGates ?? []) as readonly string[];
  const interfaces = spec.domain.devices.interfaces ?? [];
  return listed.flatMap((gate) => {
    const binding = BINDINGS[gate];
    if (binding === undefined || !interfaces.some((nic) => nic[binding] !== undefined)) return [];
    const message = `${gate} network binding is discontinued since v1.3. Please refer to Kubevirt user guide for alternatives.`;
    return [notSupported('', message)];
  });
}

const BINDINGS: Readonly<Record<string, keyof Interface>> = { Macvtap: 'macvtap', Passt: 'passt' };
