import type { KubeObject } from '../../api/objects.ts';
import type { Vmi } from '../model/vmi.ts';
import { atLeast } from '../version.ts';
import type { LauncherCluster } from './cluster.ts';
import { computeContainer, GRACE_PADDING_SECONDS } from './compute-container.ts';
import { consoleLogContainer, isNativeSidecar } from './console-log.ts';
import { diskContainers, diskInitContainers } from './container-disks.ts';
import { hookContainers, hookSidecars, hookVolumes } from './hook-sidecars.ts';
import { nonEmpty, present } from './json.ts';
import { memoryOverhead } from './memory-overhead.ts';
import { guestHostname, instanceId } from './naming.ts';
import { podAnnotations } from './pod-annotations.ts';
import { affinity, nodeSelector, reservationLabels, withoutSharers } from './pod-placement.ts';
import { podVolumes } from './pod-volumes.ts';
import { virtiofsContainers } from './virtiofs.ts';
import { isNonRoot, QEMU_UID } from './vmi-traits.ts';

/**
 * The launcher pod that virt-controller POSTs for a VMI: no name, none of the API server's defaults.
 * Source of the rules: pkg/virt-controller/services of each release.
 */
export function launcherPod(vmi: Vmi, cluster: LauncherCluster): KubeObject {
  const overhead = memoryOverhead(vmi, cluster);
  const hooks = hookSidecars(vmi, cluster);
  const volumes = podVolumes(vmi, cluster, hooks.length > 0);
  const log = consoleLogContainer(vmi, cluster);
  const native = isNativeSidecar(cluster.version);
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      generateName: `virt-launcher-${vmi.metadata.name}-`,
      ...(vmi.metadata.namespace === undefined ? {} : { namespace: vmi.metadata.namespace }),
      labels: podLabels(vmi, cluster),
      annotations: podAnnotations(vmi, cluster, overhead),
      ownerReferences: [
        {
          apiVersion: 'kubevirt.io/v1',
          kind: 'VirtualMachineInstance',
          name: vmi.metadata.name ?? '',
          uid: vmi.metadata.uid ?? '',
          controller: true,
          blockOwnerDeletion: true,
        },
      ],
    },
    spec: present({
      ...podSpec(vmi, cluster),
      containers: [
        computeContainer(vmi, cluster, { overhead, volumes, hooks }),
        ...diskContainers(vmi, cluster),
        ...virtiofsContainers(vmi, cluster),
        ...hookContainers(vmi, cluster, hooks),
        ...(log !== undefined && !native ? [log] : []),
      ],
      initContainers: nonEmpty([...(log !== undefined && native ? [log] : []), ...diskInitContainers(vmi, cluster)]),
      volumes: [...volumes.volumes, ...hookVolumes(hooks)],
    }),
    status: {},
  };
}

function podSpec(vmi: Vmi, cluster: LauncherCluster): Record<string, unknown> {
  const { spec } = vmi;
  const grace = spec.terminationGracePeriodSeconds ?? 30;
  const serviceAccount = spec.volumes?.find((volume) => volume.serviceAccount !== undefined)?.serviceAccount;
  const injected = vmi.metadata.annotations?.['sidecar.istio.io/inject']?.toLowerCase() === 'true';
  return {
    hostname: guestHostname(vmi),
    subdomain: spec.subdomain,
    securityContext: podSecurityContext(vmi, cluster),
    terminationGracePeriodSeconds: grace + 2 * GRACE_PADDING_SECONDS,
    restartPolicy: 'Never',
    nodeSelector: nodeSelector(vmi, cluster),
    affinity: withoutSharers(affinity(vmi), reservationLabels(vmi, cluster)),
    imagePullSecrets: nonEmpty(pullSecrets(vmi)),
    dnsConfig: spec.dnsConfig,
    dnsPolicy: spec.dnsPolicy,
    readinessGates: [{ conditionType: 'kubevirt.io/virtual-machine-unpaused' }],
    enableServiceLinks: false,
    schedulerName: spec.schedulerName,
    tolerations: spec.tolerations,
    topologySpreadConstraints: spec.topologySpreadConstraints,
    resourceClaims: spec.resourceClaims,
    runtimeClassName: cluster.configuration.defaultRuntimeClass,
    priorityClassName: spec.priorityClassName,
    serviceAccountName:
      (atLeast(cluster.version, 'v1.9') ? spec.serviceAccountName : undefined) ?? serviceAccount?.serviceAccountName,
    automountServiceAccountToken: serviceAccount !== undefined || injected,
  };
}

function podLabels(vmi: Vmi, cluster: LauncherCluster): Record<string, string> {
  const { name = '', uid = '', labels, annotations } = vmi.metadata;
  const istio = annotations?.['sidecar.istio.io/inject'];
  return {
    ...labels,
    'kubevirt.io': 'virt-launcher',
    'kubevirt.io/created-by': uid,
    'vm.kubevirt.io/name': guestHostname(vmi),
    ...(atLeast(cluster.version, 'v1.7') ? { 'vmi.kubevirt.io/id': instanceId(name) } : {}),
    ...reservationLabels(vmi, cluster),
    ...(atLeast(cluster.version, 'v1.7') && istio !== undefined ? { 'sidecar.istio.io/inject': istio } : {}),
  };
}

function pullSecrets({ spec }: Vmi): readonly { readonly name: string }[] {
  const names = [
    ...(spec.volumes ?? []).map((volume) => volume.containerDisk?.imagePullSecret),
    spec.domain.firmware?.kernelBoot?.container?.imagePullSecret,
  ];
  return [...new Set(names)].flatMap((name) => (name ? [{ name }] : []));
}

function podSecurityContext(vmi: Vmi, { configuration }: LauncherCluster): Record<string, unknown> {
  const profile = configuration.seccompConfiguration?.virtualMachineInstanceProfile?.customProfile;
  const seccompProfile =
    profile?.localhostProfile !== undefined
      ? { type: 'Localhost', localhostProfile: profile.localhostProfile }
      : profile?.runtimeDefaultProfile
        ? { type: 'RuntimeDefault' }
        : undefined;
  const user = isNonRoot(vmi) ? { runAsUser: QEMU_UID, runAsGroup: QEMU_UID, runAsNonRoot: true } : { runAsUser: 0 };
  const type = configuration.selinuxLauncherType;
  return present({ fsGroup: QEMU_UID, ...user, seccompProfile, seLinuxOptions: type ? { type } : undefined });
}
