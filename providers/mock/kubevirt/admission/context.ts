import type { KubeObject } from '../../api/objects.ts';
import { effectiveConfig, type Json, type KubevirtConfig } from '../config.ts';
import type { KubevirtVersion } from '../version.ts';
import type { PatchOperation } from './verdict.ts';

/** What webhooks do with other objects. Paths are API paths, e.g. `/apis/kubevirt.io/v1/namespaces/a/virtualmachines/b`. */
export interface Cluster {
  /** Undefined: there is none. */
  get(path: string): Promise<KubeObject | undefined>;
  list(path: string): Promise<readonly KubeObject[]>;
  /** A JSON patch. @throws Error with the API server's message. */
  patch(path: string, operations: readonly PatchOperation[], options: { readonly dryRun: boolean }): Promise<void>;
}

/** What virt-api and virt-operator know when a review comes in. */
export interface AdmissionContext {
  readonly version: KubevirtVersion;
  /** The KubeVirt CR, with status. Undefined: none, so defaults hold. */
  readonly kubevirt: KubeObject | undefined;
  readonly cluster: Cluster;
  /** Where KubeVirt is installed. */
  readonly namespace: string;
  readonly now: () => Date;
  readonly uuid: () => string;
}

/** The configuration that the CR of a context makes. */
export function configOf(context: AdmissionContext): KubevirtConfig {
  const config = effectiveConfig(context.version, context.kubevirt?.spec as Json | undefined);
  const architecture = (context.kubevirt?.status as Json | undefined)?.defaultArchitecture;
  if (typeof architecture !== 'string') return config;
  const configured = config.configuration.architectureConfiguration as Json;
  const architectureConfiguration = { ...configured, defaultArchitecture: architecture };
  return { ...config, configuration: { ...config.configuration, architectureConfiguration } };
}

/** User names of KubeVirt's own components. Source: pkg/virt-api/webhooks/serviceaccounts.go. */
export function kubevirtAccounts(namespace: string): readonly string[] {
  return ['apiserver', 'controller', 'handler', 'synchronization-controller'].map(
    (component) => `system:serviceaccount:${namespace}:kubevirt-${component}`,
  );
}

/** True if this user is one of KubeVirt's own components. */
export function isKubevirtAccount(username: string, namespace: string): boolean {
  return kubevirtAccounts(namespace).includes(username);
}
