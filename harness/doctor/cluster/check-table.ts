import type { Check } from '../check.ts';
import { API_CHECKS } from './api-checks.ts';
import { CERTIFICATE_CHECKS } from './certificate-checks.ts';
import { GROUND_CHECKS } from './ground-checks.ts';
import { KUBEVIRT_CHECKS } from './kubevirt-checks.ts';
import { NETWORK_CHECKS } from './network-checks.ts';
import { NODE_CHECKS } from './node-checks.ts';
import type { ClusterReadings } from './readings.ts';
import { TENANT_CHECKS } from './tenant-checks.ts';

/** The checks of the cluster, in the order in which their failures explain one another. */
export const CLUSTER_CHECKS: readonly Check<ClusterReadings>[] = [
  ...CERTIFICATE_CHECKS,
  ...API_CHECKS,
  ...NODE_CHECKS,
  ...NETWORK_CHECKS,
  ...GROUND_CHECKS,
  ...TENANT_CHECKS,
  ...KUBEVIRT_CHECKS,
];
