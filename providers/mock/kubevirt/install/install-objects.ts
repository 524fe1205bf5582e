import { createHash } from 'node:crypto';
import type { KubeObject } from '../../api/objects.ts';
import { effectiveConfig, type Json, type KubevirtConfig } from '../config.ts';
import { crdsOf } from '../crds/crds.ts';
import { atLeast, type KubevirtVersion } from '../version.ts';
import { webhookConfigurations } from '../webhooks.ts';
import { handlerDaemonSet } from './handler.ts';
import { rbacObjects } from './rbac.ts';
import { apiServices, services } from './services.ts';
import {
  apiDeployment,
  controllerDeployment,
  exportProxyDeployment,
  type Placement,
  podDisruptionBudget,
} from './workloads.ts';

/** Where the operator installs, and what it cannot work out from the CR alone. */
export interface InstallOptions {
  readonly namespace: string;
  /** e.g. `quay.io/kubevirt`. */
  readonly registry: string;
  /** e.g. `v1.9.0`. */
  readonly tag: string;
  /** Nodes that pods can be scheduled to: on a single one virt-api has one replica. Default 1. */
  readonly nodes?: number;
  /** PEM in base64, for webhooks and APIServices. */
  readonly caBundle?: string;
  /** `data` (base64) of a certificate's Secret; without it Secrets are left out. */
  readonly certificate?: (secret: string) => Readonly<Record<string, string>>;
}

/**
 * All that virt-operator creates for a CR, in its order: CRDs, RBAC, Services, Secrets and ConfigMaps, webhooks and
 * APIServices, then the components. Left out: monitoring, admission policies, the common instancetypes, templates.
 * Source: pkg/virt-operator/resource/apply/reconcile.go.
 */
export function installObjects(
  version: KubevirtVersion,
  cr: KubeObject,
  options: InstallOptions,
): readonly KubeObject[] {
  const { namespace, caBundle } = options;
  const spec = cr.spec as Json | undefined;
  const config = effectiveConfig(version, spec);
  const placement = placementOf(spec, options);
  const exports = config.gateEnabled('VMExport');
  const stamp = stampOf(version, cr, options);
  const service = { namespace, ...(caBundle !== undefined && { caBundle }) };
  return [
    ...crdsOf(version).slice(1),
    ...rbacObjects(version, namespace),
    ...services(namespace, exports),
    ...certificateSecrets(config, options),
    ...caConfigMaps(namespace, caBundle),
    ...webhookConfigurations(version, service),
    ...apiServices(namespace, caBundle),
    ...components(placement, { exports, nodes: options.nodes ?? 1, infraReplicas: infraReplicas(spec) }),
  ].map(stamp);
}

/** Identifies an installation: changes with version, registry and whatever of the CR alters the components. */
export function deploymentId(version: KubevirtVersion, cr: KubeObject, options: InstallOptions): string {
  const spec = cr.spec as Json | undefined;
  const parts = [version.text, options.registry, options.tag, options.namespace, spec?.infra, spec?.workloads];
  const relevant = [...parts, spec?.imagePullPolicy, spec?.customizeComponents, asJson(spec?.configuration)];
  return createHash('sha1').update(JSON.stringify(relevant)).digest('hex');
}

/** Secrets that hold the certificates of the components, of type Opaque. */
export function certificateNames(version: KubevirtVersion): readonly string[] {
  return [
    'kubevirt-ca',
    'kubevirt-export-ca',
    ...(atLeast(version, 'v1.8') ? ['kubevirt-backup-ca'] : []),
    'kubevirt-operator-certs',
    'kubevirt-virt-api-certs',
    'kubevirt-controller-certs',
    'kubevirt-exportproxy-certs',
    'kubevirt-virt-handler-certs',
    'kubevirt-virt-handler-server-certs',
  ];
}

interface Scale {
  readonly exports: boolean;
  readonly nodes: number;
  readonly infraReplicas: number | undefined;
}

function components(placement: Placement, { exports, nodes, infraReplicas: asked }: Scale): readonly KubeObject[] {
  const replicas = asked ?? 2;
  const api = { ...placement, replicas: asked ?? (nodes > 1 ? 2 : 1) };
  const controller = { ...placement, replicas };
  return [
    apiDeployment(api),
    ...(api.replicas > 1 ? [podDisruptionBudget('virt-api', api)] : []),
    controllerDeployment(controller),
    ...(replicas > 1 ? [podDisruptionBudget('virt-controller', controller)] : []),
    ...(exports ? [exportProxyDeployment(controller)] : []),
    handlerDaemonSet(placement),
  ];
}

function placementOf(spec: Json | undefined, options: InstallOptions): Placement {
  const { namespace, registry, tag } = options;
  const imagePullPolicy = typeof spec?.imagePullPolicy === 'string' ? spec.imagePullPolicy : 'IfNotPresent';
  return { namespace, registry, tag, imagePullPolicy, replicas: 2 };
}

function infraReplicas(spec: Json | undefined): number | undefined {
  const replicas = (spec?.infra as Json | undefined)?.replicas;
  return typeof replicas === 'number' ? replicas : undefined;
}

function certificateSecrets(config: KubevirtConfig, options: InstallOptions): readonly KubeObject[] {
  const { certificate, namespace } = options;
  if (certificate === undefined) return [];
  return certificateNames(config.version).map((name) => ({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace },
    type: 'Opaque',
    data: certificate(name),
  }));
}

function caConfigMaps(namespace: string, caBundle: string | undefined): readonly KubeObject[] {
  const pem = caBundle === undefined ? '' : Buffer.from(caBundle, 'base64').toString('utf8');
  return ['kubevirt-ca', 'kubevirt-export-ca'].map((name) => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace, labels: { 'kubevirt.io': '' } },
    data: { 'ca-bundle': pem },
  }));
}

function stampOf(
  version: KubevirtVersion,
  cr: KubeObject,
  options: InstallOptions,
): (object: KubeObject) => KubeObject {
  const labels = { 'app.kubernetes.io/component': 'kubevirt', 'app.kubernetes.io/managed-by': 'virt-operator' };
  const annotations = {
    'kubevirt.io/generation': String(cr.metadata.generation ?? 1),
    'kubevirt.io/install-strategy-identifier': deploymentId(version, cr, options),
    'kubevirt.io/install-strategy-registry': options.registry,
    'kubevirt.io/install-strategy-version': options.tag,
  };
  return (object) => ({
    ...object,
    metadata: {
      ...object.metadata,
      labels: { ...object.metadata.labels, ...labels },
      annotations: { ...object.metadata.annotations, ...annotations },
    },
  });
}

function asJson(value: unknown): unknown {
  return value ?? null;
}
