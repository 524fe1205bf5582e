import type { Vmi } from '../model/vmi.ts';
import type { Volume } from '../model/volumes.ts';
import { atLeast } from '../version.ts';
import { type LauncherCluster, supportResources } from './cluster.ts';
import { configDirectory } from './data-volumes.ts';
import { helperSecurity } from './helper-security.ts';
import { isCpuDedicated, wantsGuaranteedQos } from './vmi-traits.ts';

/** One container a shared filesystem, running virtiofsd. Source: pkg/virt-controller/services/virtiofs.go. */
export function virtiofsContainers(vmi: Vmi, cluster: LauncherCluster): readonly Record<string, unknown>[] {
  const shared = new Set(
    (vmi.spec.domain.devices.filesystems ?? []).flatMap(({ name, virtiofs }) => (virtiofs === undefined ? [] : [name])),
  );
  return (vmi.spec.volumes ?? [])
    .filter(({ name }) => shared.has(name))
    .map((volume) => container(vmi, cluster, volume));
}

function container(vmi: Vmi, cluster: LauncherCluster, volume: Volume): Record<string, unknown> {
  const directory = configDirectory(volume) ?? `/${volume.name}`;
  const sockets = '/var/run/kubevirt/virtiofs-containers';
  const serviceAccount = volume.serviceAccount !== undefined;
  return {
    name: `virtiofs-${volume.name}`,
    image: cluster.launcherImage,
    imagePullPolicy: 'IfNotPresent',
    command: ['/usr/libexec/virtiofsd'],
    args: [
      `--socket-path=${sockets}/${volume.name}.sock`,
      `--shared-dir=${directory}`,
      '--sandbox=none',
      '--cache=auto',
      '--migration-on-error=guest-error',
      '--migration-mode=find-paths',
      ...(serviceAccount && atLeast(cluster.version, 'v1.9') ? ['--translate-uid=host:107:0:1'] : []),
    ],
    volumeMounts: [
      { name: 'virtiofs-containers', mountPath: sockets },
      ...(serviceAccount ? [] : [{ name: volume.name, mountPath: directory }]),
    ],
    resources: resources(vmi, cluster),
    securityContext: helperSecurity({ group: true }),
  };
}

function resources(vmi: Vmi, cluster: LauncherCluster): Record<string, unknown> {
  const { requests, limits } = supportResources('virtiofs', cluster, {
    requests: { cpu: '10m', memory: '1M' },
    limits: { cpu: '100m', memory: '80M' },
  });
  return { requests: isCpuDedicated(vmi) || wantsGuaranteedQos(vmi) ? limits : requests, limits };
}
