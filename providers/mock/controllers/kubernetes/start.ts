import type { Component } from '../component.ts';
import { startClusterRoleAggregation } from './cluster-roles.ts';
import { startDaemonSets } from './daemon-set.ts';
import { startDeployments } from './deployment.ts';
import { startEndpointSlices } from './endpoint-slices.ts';
import { startGarbageCollector } from './garbage-collector.ts';
import { startJobs } from './job.ts';
import { startNamespaces } from './namespace.ts';
import { startNodeLifecycle } from './node-lifecycle.ts';
import { startReplicaSets } from './replica-set.ts';
import { startServiceAccounts } from './service-accounts.ts';

/** Kubernetes' own controllers by name: what kube-controller-manager runs. */
export const KUBERNETES_CONTROLLERS: Readonly<Record<string, (component: Component, setup: ClusterFacts) => void>> = {
  'service-account': (component, { clusterCa }) => startServiceAccounts(component, clusterCa),
  'cluster-role-aggregation': startClusterRoleAggregation,
  'node-lifecycle': startNodeLifecycle,
  deployment: startDeployments,
  replicaset: startReplicaSets,
  daemonset: startDaemonSets,
  job: startJobs,
  endpoints: startEndpointSlices,
  'garbage-collector': startGarbageCollector,
  namespace: startNamespaces,
};

/** What a controller cannot ask the API for. */
export interface ClusterFacts {
  /** PEM of the CA that clients inside the cluster trust. */
  readonly clusterCa: string;
}
