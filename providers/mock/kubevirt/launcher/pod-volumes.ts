import type { Vmi } from '../model/vmi.ts';
import { imagePullPolicy, type LauncherCluster } from './cluster.ts';
import { type DataSource, diskSources } from './data-volumes.ts';
import { present } from './json.ts';
import {
  hasHugepages,
  hasPersistentEfi,
  hasPersistentTpm,
  isNonRoot,
  needsBackendStorage,
  nvramDirectory,
} from './vmi-traits.ts';

/** Volumes of a launcher pod with their mounts in the compute container. */
export interface PodVolumes {
  readonly volumes: readonly Record<string, unknown>[];
  readonly mounts: readonly Record<string, unknown>[];
  readonly devices: readonly Record<string, unknown>[];
  /** Mount paths on shared storage, which virt-launcher must treat with care. */
  readonly sharedPaths: readonly string[];
}

/** All volumes in KubeVirt's order. Source: pkg/virt-controller/services/rendervolumes.go. */
export function podVolumes(vmi: Vmi, cluster: LauncherCluster, hasHooks: boolean): PodVolumes {
  const imageVolumes = cluster.gateEnabled('ImageVolume');
  const sources: readonly DataSource[] = [
    ...diskSources(vmi, cluster),
    ...accessCredentials(vmi),
    ...backendStorage(vmi, cluster),
    ...(imageVolumes ? containerImages(vmi, cluster) : []),
    ...(hasHooks ? [emptyDirectory('hook-sidecar-sockets', '/var/run/kubevirt-hooks')] : []),
    ...(cluster.gateEnabled('Plugins') ? [emptyDirectory('kubevirt-plugin-sockets', '/var/run/kubevirt-plugin')] : []),
    ...(hasHugepages(vmi) ? hugepages() : []),
    ...(vmi.spec.domain.devices.disableHotplug ? [] : [hotplugDisks()]),
    ...(usesDeviceInfo(vmi) ? [networkInfo()] : []),
    ...(usesVirtiofs(vmi) ? [emptyDirectory('virtiofs-containers', '/var/run/kubevirt/virtiofs-containers')] : []),
  ];
  const containerDisks = { name: 'container-disks', mountPath: '/var/run/kubevirt/container-disks' };
  return {
    volumes: [
      ...['private', 'public', 'sockets', 'virt-bin-share-dir', 'libvirt-runtime', 'ephemeral-disks'].map(emptyDir),
      ...(imageVolumes ? [] : [emptyDir('container-disks')]),
      ...sources.flatMap(({ volume }) => (volume === undefined ? [] : [volume])),
    ],
    mounts: [
      { name: 'private', mountPath: '/var/run/kubevirt-private' },
      { name: 'public', mountPath: '/var/run/kubevirt' },
      { name: 'ephemeral-disks', mountPath: '/var/run/kubevirt-ephemeral-disks' },
      { name: 'libvirt-runtime', mountPath: '/var/run/libvirt' },
      { name: 'sockets', mountPath: '/var/run/kubevirt/sockets' },
      ...(imageVolumes ? [] : [{ ...containerDisks, mountPropagation: 'HostToContainer' }]),
      ...sources.flatMap(({ mounts = [] }) => mounts),
    ],
    devices: sources.flatMap(({ device }) => (device === undefined ? [] : [device])),
    sharedPaths: sources.flatMap(({ sharedPath }) => (sharedPath === undefined ? [] : [sharedPath])),
  };
}

export function usesVirtiofs({ spec }: Vmi): boolean {
  return spec.domain.devices.filesystems?.some(({ virtiofs }) => virtiofs !== undefined) ?? false;
}

function accessCredentials({ spec }: Vmi): readonly DataSource[] {
  return (spec.accessCredentials ?? []).flatMap(({ sshPublicKey, userPassword }) => {
    const secretName = sshPublicKey?.source?.secret?.secretName ?? userPassword?.source?.secret?.secretName;
    if (!secretName) return [];
    const name = `${secretName}-access-cred`;
    return [
      {
        volume: { name, secret: { secretName } },
        mounts: [{ name, mountPath: `/var/run/kubevirt-private/secret/${name}`, readOnly: true }],
      },
    ];
  });
}

/** The claim that keeps TPM and EFI state; empty directories give its mount points the right owner. */
function backendStorage(vmi: Vmi, cluster: LauncherCluster): readonly DataSource[] {
  if (!needsBackendStorage(vmi)) return [];
  const privateDir = '/var/run/kubevirt-private';
  const nonRoot = isNonRoot(vmi);
  const mount = (mountPath: string, subPath: string) => ({ name: 'vm-state', mountPath, subPath });
  const claim: DataSource = {
    volume: {
      name: 'vm-state',
      persistentVolumeClaim: { claimName: cluster.backendStorageClaim(vmi.metadata.name ?? '') },
    },
    mounts: [mount('/run/kubevirt-private/backend-storage-meta', 'meta')],
  };
  const parents = nonRoot
    ? [
        emptyDirectory('private-libvirt', `${privateDir}/libvirt`),
        emptyDirectory('private-libvirt-qemu', `${privateDir}/libvirt/qemu`),
      ]
    : [];
  const swtpm = nonRoot ? `${privateDir}/libvirt/qemu/swtpm` : '/var/lib/libvirt/swtpm';
  const localca = nonRoot ? `${privateDir}/var/lib/swtpm-localca` : '/var/lib/swtpm-localca';
  const states = [
    ...(hasPersistentTpm(vmi) ? [mount(swtpm, 'swtpm'), mount(localca, 'swtpm-localca')] : []),
    ...(hasPersistentEfi(vmi) ? [mount(nvramDirectory(vmi), 'nvram')] : []),
  ];
  return [claim, ...parents, { mounts: states }];
}

/** Container disks as image volumes; the launcher's own image lends a no-op program to their init containers. */
function containerImages({ spec }: Vmi, cluster: LauncherCluster): readonly DataSource[] {
  const disks = (spec.volumes ?? []).flatMap(({ name, containerDisk }, index): readonly DataSource[] => {
    if (containerDisk === undefined) return [];
    const mountPath = `/var/run/kubevirt-image-volume/disk_${index}`;
    return [imageVolume(name, containerDisk, mountPath)];
  });
  const kernel = spec.domain.firmware?.kernelBoot?.container;
  const boot = kernel ? [imageVolume(KERNEL_BOOT_VOLUME, kernel, '/var/run/kubevirt-kernel-boot')] : [];
  const launcher: DataSource = {
    volume: {
      name: 'launcher-volume',
      image: { reference: cluster.launcherImage, pullPolicy: imagePullPolicy(cluster) },
    },
  };
  const images = [...disks, ...boot];
  return images.length === 0 ? [] : [...images, launcher];
}

/** Name of the volume and of the container that bring a kernel to boot. */
export const KERNEL_BOOT_VOLUME = 'kernel-boot-volume';

function imageVolume(
  name: string,
  source: { readonly image: string; readonly imagePullPolicy?: string },
  mountPath: string,
): DataSource {
  return {
    volume: { name, image: present({ reference: source.image, pullPolicy: source.imagePullPolicy || undefined }) },
    mounts: [{ name, mountPath, readOnly: true }],
  };
}

function hugepages(): readonly DataSource[] {
  return [
    {
      volume: { name: 'hugepages', emptyDir: { medium: 'HugePages' } },
      mounts: [{ name: 'hugepages', mountPath: '/dev/hugepages' }],
    },
    emptyDirectory('hugetblfs-dir', '/dev/hugepages/libvirt/qemu'),
  ];
}

function hotplugDisks(): DataSource {
  const mountPath = '/var/run/kubevirt/hotplug-disks';
  return {
    volume: emptyDir('hotplug-disks'),
    mounts: [{ name: 'hotplug-disks', mountPath, mountPropagation: 'HostToContainer' }],
  };
}

function usesDeviceInfo({ spec }: Vmi): boolean {
  return spec.domain.devices.interfaces?.some(({ sriov }) => sriov !== undefined) ?? false;
}

function networkInfo(): DataSource {
  const fieldRef = { fieldPath: "metadata.annotations['kubevirt.io/network-info']" };
  return {
    volume: { name: 'network-info-annotation', downwardAPI: { items: [{ path: 'network-info', fieldRef }] } },
    mounts: [{ name: 'network-info-annotation', mountPath: '/etc/podinfo' }],
  };
}

function emptyDirectory(name: string, mountPath: string): DataSource {
  return { volume: emptyDir(name), mounts: [{ name, mountPath }] };
}

function emptyDir(name: string): Record<string, unknown> {
  return { name, emptyDir: {} };
}
