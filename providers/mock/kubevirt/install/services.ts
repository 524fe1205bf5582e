import type { KubeObject } from '../../api/objects.ts';

/** The Services through which webhooks, the subresource API, metrics and exports are reached. */
export function services(namespace: string, exports: boolean): readonly KubeObject[] {
  const webhooks = [{ name: 'webhooks', port: 443, protocol: 'TCP', targetPort: 'webhooks' }];
  const metrics = [{ name: 'metrics', port: 443, protocol: 'TCP', targetPort: 'metrics' }];
  const https = [{ port: 443, protocol: 'TCP', targetPort: 8443 }];
  const component = (name: string) =>
    service(name, namespace, { 'kubevirt.io': name }, { selector: { 'kubevirt.io': name }, ports: https });
  return [
    service('kubevirt-operator-webhook', namespace, METRICS_LABELS, {
      selector: { 'kubevirt.io': 'virt-operator' },
      ports: webhooks,
    }),
    service('kubevirt-prometheus-metrics', namespace, METRICS_LABELS, {
      selector: { 'prometheus.kubevirt.io': 'true' },
      ports: metrics,
      clusterIP: 'None',
    }),
    component('virt-api'),
    ...(exports ? [component('virt-exportproxy')] : []),
  ];
}

/** The aggregated API `subresources.kubevirt.io`, in both of its versions. */
export function apiServices(namespace: string, caBundle: string | undefined): readonly KubeObject[] {
  return ['v1', 'v1alpha3'].map((version) => ({
    apiVersion: 'apiregistration.k8s.io/v1',
    kind: 'APIService',
    metadata: {
      name: `${version}.subresources.kubevirt.io`,
      labels: { 'kubevirt.io': 'virt-api-aggregator' },
      annotations: { 'certificates.kubevirt.io/secret': 'kubevirt-virt-api-certs' },
    },
    spec: {
      group: 'subresources.kubevirt.io',
      version,
      service: { name: 'virt-api', namespace, port: 443 },
      groupPriorityMinimum: 1000,
      versionPriority: 15,
      ...(caBundle !== undefined && { caBundle }),
    },
  }));
}

const METRICS_LABELS = { 'kubevirt.io': '', 'prometheus.kubevirt.io': 'true' };

function service(
  name: string,
  namespace: string,
  labels: Readonly<Record<string, string>>,
  spec: { readonly selector: object; readonly ports: readonly object[]; readonly clusterIP?: string },
): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace, labels },
    spec: { ...spec, type: 'ClusterIP' },
  };
}
