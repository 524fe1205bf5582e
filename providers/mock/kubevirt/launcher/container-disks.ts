import type { Vmi } from '../model/vmi.ts';
import { atLeast } from '../version.ts';
import { imagePullPolicy, type LauncherCluster, type SupportResources, supportResources } from './cluster.ts';
import { helperSecurity, XDG_VARIABLES } from './helper-security.ts';
import { present } from './json.ts';
import { KERNEL_BOOT_VOLUME } from './pod-volumes.ts';
import { isCpuDedicated, wantsGuaranteedQos } from './vmi-traits.ts';

/** Containers that hold container disks open while the guest runs; none where they are image volumes. */
export function diskContainers(vmi: Vmi, cluster: LauncherCluster): readonly Record<string, unknown>[] {
  if (cluster.gateEnabled('ImageVolume')) return [];
  return images(vmi).map((image) => diskContainer(vmi, cluster, image, false));
}

/** Init containers of container disks: a binary copied and images pulled early, or no-ops that make digests known. */
export function diskInitContainers(vmi: Vmi, cluster: LauncherCluster): readonly Record<string, unknown>[] {
  const all = images(vmi);
  if (all.length === 0) return [];
  if (!cluster.gateEnabled('ImageVolume')) {
    return [binaryContainer(vmi, cluster), ...all.map((image) => diskContainer(vmi, cluster, image, true))];
  }
  const skips = vmi.metadata.annotations?.['kubevirt.io/image-volume-skip-digest-resolution'] === 'true';
  if (skips || !atLeast(cluster.version, 'v1.7')) return [];
  return all.map(({ name, image, imagePullPolicy: pull }) => ({
    ...present({ name: `volume${name}`, image, imagePullPolicy: pull || undefined }),
    command: ['/container-disk-binary/usr/bin/container-disk'],
    args: ['--no-op'],
    resources: diskResources(vmi, cluster),
    securityContext: helperSecurity(),
    volumeMounts: [{ name: 'launcher-volume', mountPath: '/container-disk-binary', readOnly: true }],
  }));
}

interface DiskImage {
  readonly name: string;
  readonly image: string;
  readonly imagePullPolicy?: string;
  /** Name of the disk in the shared folder: its number, or `kernel-boot`. */
  readonly target: string;
}

function images({ spec }: Vmi): readonly DiskImage[] {
  const disks = (spec.volumes ?? []).flatMap(({ name, containerDisk }, index) =>
    containerDisk === undefined ? [] : [{ ...containerDisk, name, target: `disk_${index}` }],
  );
  const kernel = spec.domain.firmware?.kernelBoot?.container;
  return kernel === undefined ? disks : [...disks, { ...kernel, name: KERNEL_BOOT_VOLUME, target: 'kernel-boot' }];
}

function diskContainer(vmi: Vmi, cluster: LauncherCluster, disk: DiskImage, isInit: boolean): Record<string, unknown> {
  const directory = `/var/run/kubevirt/container-disks/${vmi.metadata.uid}`;
  return {
    name: `volume${disk.name}${isInit ? '-init' : ''}`,
    ...present({ image: disk.image, imagePullPolicy: disk.imagePullPolicy || undefined }),
    command: ['/usr/bin/container-disk'],
    args: isInit ? ['--no-op'] : ['--copy-path', `${directory}/${disk.target}`],
    volumeMounts: [
      { name: 'container-disks', mountPath: directory },
      { name: 'virt-bin-share-dir', mountPath: '/usr/bin' },
    ],
    resources: diskResources(vmi, cluster),
    securityContext: helperSecurity(),
  };
}

function diskResources(vmi: Vmi, cluster: LauncherCluster): SupportResources {
  const { requests, limits } = supportResources('container-disk', cluster, {
    requests: { cpu: '1m', memory: '1M' },
    limits: { cpu: '10m', memory: '40M' },
  });
  const storage = { 'ephemeral-storage': '50M' };
  return { requests: { ...(isDedicated(vmi) ? limits : requests), ...storage }, limits };
}

/** Copies the program that holds disks open into the folder that the disk containers share. */
function binaryContainer(vmi: Vmi, cluster: LauncherCluster): Record<string, unknown> {
  const dedicated = isDedicated(vmi);
  const { requests, limits } = supportResources('container-disk', cluster, {
    requests: { cpu: '10m', memory: '1M' },
    limits: { cpu: dedicated ? '10m' : '100m', memory: '40M' },
  });
  return present({
    name: 'container-disk-binary',
    image: cluster.launcherImage,
    imagePullPolicy: imagePullPolicy(cluster),
    command: [
      '/usr/bin/cp',
      ...(atLeast(cluster.version, 'v1.8') ? ['--preserve=all'] : []),
      '/usr/bin/container-disk',
      '/init/usr/bin/container-disk',
    ],
    env: XDG_VARIABLES,
    resources: { requests: dedicated ? limits : requests, limits },
    securityContext: {
      ...helperSecurity({ group: true }),
      ...(atLeast(cluster.version, 'v1.7') ? {} : { privileged: false }),
    },
    terminationMessagePolicy: 'FallbackToLogsOnError',
    volumeMounts: [{ name: 'virt-bin-share-dir', mountPath: '/init/usr/bin' }],
  });
}

function isDedicated(vmi: Vmi): boolean {
  return isCpuDedicated(vmi) || wantsGuaranteedQos(vmi);
}
