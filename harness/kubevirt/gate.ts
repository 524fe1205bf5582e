import { gatesToList, type KubevirtVersion } from './versions.ts';

/** The gate without which every SEV guest is refused. */
export const SEV_GATE = 'WorkloadEncryptionSEV';

/** The lists of a KubeVirt's `spec.configuration.developerConfiguration`. */
interface GateLists {
  readonly featureGates?: readonly unknown[];
  readonly disabledFeatureGates?: readonly unknown[];
}

/** Why SEV guests would be refused, and the fix; undefined when the gate is in force. */
export function sevGateOff(
  { featureGates = [], disabledFeatureGates = [] }: GateLists,
  version: KubevirtVersion,
): { readonly problem: string; readonly fix: string } | undefined {
  const isDisabled = disabledFeatureGates.includes(SEV_GATE);
  if (featureGates.includes(SEV_GATE) || (gatesToList(version).length === 0 && !isDisabled)) return undefined;
  return {
    problem: `the feature gate ${SEV_GATE} is off`,
    fix: `add it to spec.configuration.developerConfiguration.featureGates${isDisabled ? ' and take it out of disabledFeatureGates' : ''}`,
  };
}
