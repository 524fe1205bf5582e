import type { KubeObject } from '../../api/objects.ts';

/** Where a release's images come from and where its components run. */
export interface Placement {
  readonly namespace: string;
  /** e.g. `quay.io/kubevirt`. */
  readonly registry: string;
  /** e.g. `v1.9.0`. */
  readonly tag: string;
  readonly imagePullPolicy: string;
  readonly replicas: number;
}

/** The Deployment of virt-operator, as its manifest has it. */
export function operatorDeployment(placement: Placement): KubeObject {
  const image = imageOf('virt-operator', placement);
  const env = [
    { name: 'VIRT_OPERATOR_IMAGE', value: image },
    { name: 'WATCH_NAMESPACE', valueFrom: { fieldRef: { fieldPath: "metadata.annotations['olm.targetNamespaces']" } } },
    { name: 'KUBEVIRT_VERSION', value: placement.tag },
  ];
  const deployed = deployment('virt-operator', placement, {
    account: 'kubevirt-operator',
    args: ['--port', '8443', '-v', '2'],
    env,
    ports: [port(8443, 'metrics'), port(8444, 'webhooks')],
    probe: '/metrics',
    memory: '450Mi',
    secrets: { 'kubevirt-operator-certs': '/etc/virt-operator/certificates' },
  });
  return { ...deployed, metadata: { ...deployed.metadata, labels: { 'kubevirt.io': 'virt-operator' } } };
}

/** virt-api: webhooks and the subresource API. */
export function apiDeployment(placement: Placement): KubeObject {
  return deployment('virt-api', placement, {
    account: 'kubevirt-apiserver',
    args: ['--port', '8443', '--console-server-port', '8186', '--subresources-only', '-v', '2'],
    ports: [port(8443, 'virt-api'), port(8443, 'metrics')],
    probe: '/apis/subresources.kubevirt.io/v1/healthz',
    memory: '500Mi',
    secrets: {
      'kubevirt-virt-api-certs': '/etc/virt-api/certificates',
      'kubevirt-virt-handler-certs': '/etc/virt-handler/clientcertificates',
    },
  });
}

/** virt-controller: makes launcher pods and walks guests through their phases. */
export function controllerDeployment(placement: Placement): KubeObject {
  return deployment('virt-controller', placement, {
    account: 'kubevirt-controller',
    args: [
      ...['--launcher-image', imageOf('virt-launcher', placement)],
      ...['--exporter-image', imageOf('virt-exportserver', placement)],
      ...['--port', '8443', '-v', '2'],
    ],
    env: [{ name: 'SIDECAR_SHIM_IMAGE', value: imageOf('sidecar-shim', placement) }],
    ports: [port(8443, 'metrics')],
    probe: '/leader',
    memory: '275Mi',
    secrets: {
      'kubevirt-controller-certs': '/etc/virt-controller/certificates',
      'kubevirt-export-ca': '/etc/virt-controller/exportca',
    },
  });
}

/** virt-exportproxy, there while the gate VMExport is on. */
export function exportProxyDeployment(placement: Placement): KubeObject {
  return deployment('virt-exportproxy', placement, {
    account: 'kubevirt-exportproxy',
    args: ['--port', '8443', '-v', '2'],
    ports: [port(8443, 'metrics')],
    probe: '/healthz',
    memory: '150Mi',
    secrets: { 'kubevirt-exportproxy-certs': '/etc/virt-exportproxy/certificates' },
  });
}

/** Keeps one of a component's pods while nodes are drained; KubeVirt makes it only for more than one replica. */
export function podDisruptionBudget(component: string, placement: Placement): KubeObject {
  return {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: {
      name: `${component}-pdb`,
      namespace: placement.namespace,
      labels: { 'kubevirt.io': `${component}-pdb` },
    },
    spec: { minAvailable: placement.replicas - 1, selector: { matchLabels: { 'kubevirt.io': component } } },
  };
}

/** The image of a component, e.g. `quay.io/kubevirt/virt-api:v1.9.0`. */
export function imageOf(component: string, placement: Placement): string {
  return `${placement.registry}/${component}:${placement.tag}`;
}

/** Of all core components. */
export const PRIORITY_CLASS = 'kubevirt-cluster-critical';

interface Component {
  readonly account: string;
  readonly args: readonly string[];
  readonly env?: readonly object[];
  readonly ports: readonly object[];
  readonly probe: string;
  readonly memory: string;
  /** Secret → where it is mounted. */
  readonly secrets: Readonly<Record<string, string>>;
}

function deployment(name: string, placement: Placement, component: Component): KubeObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: placement.namespace, labels: componentLabels(name, placement) },
    spec: {
      replicas: placement.replicas,
      selector: { matchLabels: { 'kubevirt.io': name } },
      strategy: { type: 'RollingUpdate' },
      template: {
        metadata: {
          name,
          annotations: { 'openshift.io/required-scc': 'restricted-v2' },
          labels: { ...podLabels(name, placement), 'np.kubevirt.io/allow-access-cluster-services': 'true' },
        },
        spec: podSpec(name, placement, component),
      },
    },
  };
}

function podSpec(name: string, placement: Placement, component: Component): object {
  return {
    serviceAccountName: component.account,
    priorityClassName: PRIORITY_CLASS,
    affinity: { nodeAffinity: CONTROL_PLANE, podAntiAffinity: apart(name) },
    nodeSelector: { 'kubernetes.io/os': 'linux' },
    tolerations: [
      { key: 'CriticalAddonsOnly', operator: 'Exists' },
      ...CONTROL_PLANE_ROLES.map((key) => ({ key, operator: 'Exists', effect: 'NoSchedule' })),
    ],
    securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
    containers: [
      {
        name,
        image: imageOf(name, placement),
        imagePullPolicy: placement.imagePullPolicy,
        command: [name],
        args: component.args,
        ...(component.env !== undefined && { env: component.env }),
        ports: component.ports,
        readinessProbe: probe(component.probe),
        resources: { requests: { cpu: '10m', memory: component.memory } },
        securityContext: {
          allowPrivilegeEscalation: false,
          capabilities: { drop: ['ALL'] },
          seccompProfile: { type: 'RuntimeDefault' },
        },
        terminationMessagePolicy: 'FallbackToLogsOnError',
        volumeMounts: Object.entries(component.secrets).map(([secret, mountPath]) => ({
          name: secret,
          mountPath,
          readOnly: true,
        })),
      },
    ],
    volumes: Object.keys(component.secrets).map(secretVolume),
  };
}

const CONTROL_PLANE_ROLES = ['node-role.kubernetes.io/control-plane', 'node-role.kubernetes.io/master'];

const CONTROL_PLANE = {
  preferredDuringSchedulingIgnoredDuringExecution: [
    {
      weight: 100,
      preference: { matchExpressions: [{ key: 'node-role.kubernetes.io/worker', operator: 'DoesNotExist' }] },
    },
  ],
  requiredDuringSchedulingIgnoredDuringExecution: {
    nodeSelectorTerms: CONTROL_PLANE_ROLES.map((key) => ({ matchExpressions: [{ key, operator: 'Exists' }] })),
  },
};

function apart(name: string): object {
  const labelSelector = { matchExpressions: [{ key: 'kubevirt.io', operator: 'In', values: [name] }] };
  const podAffinityTerm = { labelSelector, topologyKey: 'kubernetes.io/hostname' };
  return { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 1, podAffinityTerm }] };
}

/** Labels of a component's workload. */
export function componentLabels(name: string, placement: Placement): Readonly<Record<string, string>> {
  return { 'kubevirt.io': name, 'app.kubernetes.io/name': name, 'app.kubernetes.io/version': placement.tag };
}

/** Labels of a component's pods. */
export function podLabels(name: string, placement: Placement): Readonly<Record<string, string>> {
  return {
    'kubevirt.io': name,
    'app.kubernetes.io/component': 'kubevirt',
    'app.kubernetes.io/version': placement.tag,
    'prometheus.kubevirt.io': 'true',
  };
}

/** A TCP port of a container. */
export function port(containerPort: number, name: string): object {
  return { containerPort, name, protocol: 'TCP' };
}

/** A readiness probe over HTTPS. */
export function probe(path: string): object {
  return {
    httpGet: { path, port: 8443, scheme: 'HTTPS' },
    initialDelaySeconds: 15,
    periodSeconds: 10,
    timeoutSeconds: 10,
  };
}

/** The volume of a Secret that may come later than the pod. */
export function secretVolume(name: string): object {
  return { name, secret: { secretName: name, optional: true } };
}
