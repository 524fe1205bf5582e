import type { Component } from '../component.ts';
import { startClusterRoleAggregation } from './cluster-roles.ts';
import { startDaemonSets } from './daemon-set.ts';
import { startDeployments } from './deployment.ts';
import { startDisruption } from './disruption.ts';
import { startEndpointSlices } from './endpoint-slices.ts';
import { startGarbageCollector } from './garbage-collector.ts';
import { startJobs } from './job.ts';
import { startNamespaces } from './namespace.ts';
import { startNodeLifecycle } from './node-lifecycle.ts';
import { startReplicaSets } from './replica-set.ts';
import { startServiceAccounts } from './service-accounts.ts';
import { startTaintEviction } from './taint-eviction.ts';

/** What the controllers of kube-controller-manager get from it. */
export interface ControllerManager {
  /** A client that acts as this ServiceAccount of kube-system, over the informers that all share. */
  as(account: string): Component;
  /** PEM of the CA that clients inside the cluster trust. */
  readonly clusterCa: string;
}

/** Kubernetes' own controllers by name, each under the account that the default RBAC rules are written for. */
export const KUBERNETES_CONTROLLERS: Readonly<Record<string, (manager: ControllerManager) => void>> = {
  'service-account': ({ as, clusterCa }) =>
    startServiceAccounts(as('service-account-controller'), as('root-ca-cert-publisher'), clusterCa),
  'cluster-role-aggregation': ({ as }) => startClusterRoleAggregation(as('clusterrole-aggregation-controller')),
  'node-lifecycle': ({ as }) => startNodeLifecycle(as('node-controller')),
  'taint-eviction': ({ as }) => startTaintEviction(as('node-controller')),
  deployment: ({ as }) => startDeployments(as('deployment-controller')),
  replicaset: ({ as }) => startReplicaSets(as('replicaset-controller')),
  daemonset: ({ as }) => startDaemonSets(as('daemon-set-controller')),
  job: ({ as }) => startJobs(as('job-controller')),
  disruption: ({ as }) => startDisruption(as('disruption-controller')),
  endpoints: ({ as }) => startEndpointSlices(as('endpointslice-controller')),
  'garbage-collector': ({ as }) => startGarbageCollector(as('generic-garbage-collector')),
  namespace: ({ as }) => startNamespaces(as('namespace-controller')),
};
