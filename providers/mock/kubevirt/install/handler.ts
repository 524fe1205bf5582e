import type { KubeObject } from '../../api/objects.ts';
import {
  componentLabels,
  imageOf,
  type Placement,
  PRIORITY_CLASS,
  podLabels,
  port,
  probe,
  secretVolume,
} from './workloads.ts';

/** virt-handler, on every node; its init container asks libvirt what the host can do. */
export function handlerDaemonSet(placement: Placement): KubeObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name: NAME, namespace: placement.namespace, labels: componentLabels(NAME, placement) },
    spec: {
      selector: { matchLabels: { 'kubevirt.io': NAME } },
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1 } },
      template: {
        metadata: { name: NAME, labels: podLabels(NAME, placement) },
        spec: {
          hostPID: true,
          serviceAccountName: 'kubevirt-handler',
          priorityClassName: PRIORITY_CLASS,
          nodeSelector: { 'kubernetes.io/os': 'linux' },
          tolerations: [{ key: 'CriticalAddonsOnly', operator: 'Exists' }],
          initContainers: [labeller(placement)],
          containers: [handler(placement)],
          volumes: [secretVolume(CERTIFICATES), ...HOST_FOLDERS.map(hostVolume)],
        },
      },
    },
  };
}

const NAME = 'virt-handler';
const CERTIFICATES = 'kubevirt-virt-handler-server-certs';
const LABELLER = { name: 'node-labeller', mountPath: '/var/lib/kubevirt-node-labeller' };
const HOST_FOLDERS = [
  { name: 'virt-share-dir', mountPath: '/var/run/kubevirt', mountPropagation: 'Bidirectional' },
  { name: 'virt-private-dir', mountPath: '/var/run/kubevirt-private' },
  LABELLER,
];

function handler(placement: Placement): object {
  return {
    name: NAME,
    image: imageOf(NAME, placement),
    imagePullPolicy: placement.imagePullPolicy,
    command: [NAME],
    args: [
      ...['--port', '8443', '--hostname-override', '$(NODE_NAME)', '--pod-ip-address', '$(MY_POD_IP)'],
      ...[
        '--max-metric-requests',
        '3',
        '--console-server-port',
        '8186',
        '--graceful-shutdown-seconds',
        '315',
        '-v',
        '2',
      ],
    ],
    env: [
      { name: 'NODE_NAME', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } },
      { name: 'MY_POD_IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
    ],
    ports: [port(8443, 'metrics')],
    readinessProbe: probe('/healthz'),
    resources: { requests: { cpu: '10m', memory: '325Mi' } },
    securityContext: { privileged: true, seLinuxOptions: { level: 's0' } },
    volumeMounts: [
      { name: CERTIFICATES, mountPath: '/etc/virt-handler/servercertificates', readOnly: true },
      ...HOST_FOLDERS,
    ],
  };
}

/** Leaves libvirt's domain capabilities where the node labeller reads them. */
function labeller(placement: Placement): object {
  return {
    name: 'virt-launcher',
    image: imageOf('virt-launcher', placement),
    imagePullPolicy: placement.imagePullPolicy,
    command: ['/bin/sh', '-c'],
    args: ['node-labeller.sh'],
    env: [{ name: 'PREFERRED_VIRTTYPE', value: 'kvm' }],
    securityContext: { privileged: true, runAsUser: 0 },
    volumeMounts: [LABELLER],
  };
}

function hostVolume({ name, mountPath }: { readonly name: string; readonly mountPath: string }): object {
  return { name, hostPath: { path: mountPath, type: '' } };
}
