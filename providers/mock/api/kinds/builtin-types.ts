import type { ResourceType } from '../resource-type.ts';
import { ADMISSION_KINDS } from './admission.ts';
import { APISERVICE_KINDS } from './apiservices.ts';
import { BATCH_KINDS } from './batch.ts';
import { COORDINATION_KINDS } from './coordination.ts';
import { CORE_KINDS } from './core.ts';
import { CRD_KINDS } from './crds.ts';
import { EVENT_KINDS } from './events.ts';
import { NODE_KINDS } from './nodes.ts';
import { POD_KINDS } from './pods.ts';
import { POLICY_KINDS } from './policy.ts';
import { QUOTA_KINDS } from './quotas.ts';
import { RBAC_KINDS } from './rbac.ts';
import { REVIEW_KINDS } from './reviews.ts';
import { SERVICE_KINDS } from './services.ts';
import { STORAGE_KINDS } from './storage.ts';
import { WORKLOAD_KINDS } from './workloads.ts';

/** Every built-in type that the simulated API server serves, or those that a Kubernetes like `v1.29.4` has. */
export function builtinTypes(version?: string): readonly ResourceType[] {
  const minor = /^v1\.(\d+)/.exec(version ?? '')?.[1];
  return minor === undefined ? BUILTIN : BUILTIN.filter(({ kind }) => (SINCE_MINOR[kind] ?? 0) <= Number(minor));
}

/** Kinds that became stable in a minor release of Kubernetes that may be played. Source: its API change logs. */
const SINCE_MINOR: Readonly<Record<string, number>> = {
  ValidatingAdmissionPolicy: 30,
  ValidatingAdmissionPolicyBinding: 30,
};

const BUILTIN: readonly ResourceType[] = [
  ...CORE_KINDS,
  ...NODE_KINDS,
  ...POD_KINDS,
  ...EVENT_KINDS,
  ...SERVICE_KINDS,
  ...STORAGE_KINDS,
  ...QUOTA_KINDS,
  ...WORKLOAD_KINDS,
  ...BATCH_KINDS,
  ...COORDINATION_KINDS,
  ...RBAC_KINDS,
  ...POLICY_KINDS,
  ...CRD_KINDS,
  ...ADMISSION_KINDS,
  ...APISERVICE_KINDS,
  ...REVIEW_KINDS,
];
