import type { Vmi } from '../model/vmi.ts';
import type { CloudInit, Volume } from '../model/volumes.ts';
import type { LauncherCluster } from './cluster.ts';
import { present } from './json.ts';

/** One volume of a pod with what the compute container sees of it. */
export interface DataSource {
  readonly volume?: Record<string, unknown>;
  readonly mounts?: readonly Record<string, unknown>[];
  readonly device?: Record<string, unknown>;
  readonly sharedPath?: string;
}

/** Pod volumes behind the VMI's volumes: configuration first, then claims and generated media. */
export function diskSources(vmi: Vmi, cluster: LauncherCluster): readonly DataSource[] {
  const volumes = vmi.spec.volumes ?? [];
  const plugged = new Set((vmi.status?.volumeStatus ?? []).flatMap((s) => (s.hotplugVolume ? [s.name] : [])));
  const atBoot = volumes.filter(
    ({ name, dataVolume, persistentVolumeClaim }) =>
      !plugged.has(name) && !dataVolume?.hotpluggable && !persistentVolumeClaim?.hotpluggable,
  );
  return [
    ...volumes.flatMap(configVolume),
    ...(vmi.spec.domain.devices.disks ?? []).flatMap((disk) => {
      const volume = volumes.find(({ name }) => name === disk.name);
      return volume === undefined ? [] : configMount(volume);
    }),
    ...atBoot.flatMap((volume) => storage(volume, cluster)),
  ];
}

/** Where the launcher finds a secret, a config map or other configuration by its volume's name. */
export function configDirectory({ name, configMap, secret, downwardAPI, serviceAccount }: Volume): string | undefined {
  const root = '/var/run/kubevirt-private';
  if (configMap !== undefined) return `${root}/config-map/${name}`;
  if (secret !== undefined) return `${root}/secret/${name}`;
  if (serviceAccount !== undefined) return '/var/run/secrets/kubernetes.io/serviceaccount/';
  return downwardAPI === undefined ? undefined : `${root}/downwardapi/${name}`;
}

function configVolume({ name, configMap, secret, downwardAPI }: Volume): readonly DataSource[] {
  if (secret !== undefined) return [{ volume: { name, secret: { ...secret } } }];
  if (configMap !== undefined) return [{ volume: { name, configMap: { ...configMap } } }];
  if (downwardAPI !== undefined) return [{ volume: { name, downwardAPI: present({ items: downwardAPI.fields }) } }];
  return [];
}

function configMount(volume: Volume): readonly DataSource[] {
  const mountPath = volume.serviceAccount === undefined ? configDirectory(volume) : undefined;
  return mountPath === undefined ? [] : [{ mounts: [{ name: volume.name, mountPath, readOnly: true }] }];
}

function storage(volume: Volume, cluster: LauncherCluster): readonly DataSource[] {
  const { name } = volume;
  if (volume.persistentVolumeClaim !== undefined) {
    const { claimName, readOnly } = volume.persistentVolumeClaim;
    return [claimSource(name, present({ claimName, readOnly: readOnly || undefined }), cluster)];
  }
  if (volume.ephemeral !== undefined)
    return [claimSource(name, { ...volume.ephemeral.persistentVolumeClaim }, cluster)];
  if (volume.dataVolume !== undefined) return [claimSource(name, { claimName: volume.dataVolume.name }, cluster)];
  if (volume.hostDisk !== undefined) return [hostDisk(name, volume.hostDisk)];
  if (volume.downwardMetrics !== undefined) return [downwardMetrics(name)];
  if (volume.sysprep !== undefined) return [sysprep(name, volume.sysprep)];
  return [...cloudInit(name, volume.cloudInitNoCloud), ...cloudInit(name, volume.cloudInitConfigDrive)];
}

function claimSource(
  name: string,
  persistentVolumeClaim: Record<string, unknown>,
  cluster: LauncherCluster,
): DataSource {
  const claim = cluster.claim(String(persistentVolumeClaim.claimName));
  const volume = { name, persistentVolumeClaim };
  if (claim?.volumeMode === 'Block') return { volume, device: { name, devicePath: `/dev/${name}` } };
  const mountPath = diskDirectory(name);
  const shared = claim?.accessModes?.includes('ReadWriteMany') === true;
  return { volume, mounts: [{ name, mountPath }], ...(shared ? { sharedPath: mountPath } : {}) };
}

/** Where disks in files are mounted. */
export function diskDirectory(name: string): string {
  return `/var/run/kubevirt-private/vmi-disks/${name}`;
}

function hostDisk(name: string, { path, type }: NonNullable<Volume['hostDisk']>): DataSource {
  const directory = path.slice(0, path.lastIndexOf('/')) || '/';
  const hostPathType = type === 'Disk' ? 'Directory' : 'DirectoryOrCreate';
  return {
    volume: { name, hostPath: { path: directory, type: hostPathType } },
    mounts: [{ name, mountPath: diskDirectory(name) }],
  };
}

function downwardMetrics(name: string): DataSource {
  return {
    volume: { name, emptyDir: { medium: 'Memory', sizeLimit: '1Mi' } },
    mounts: [{ name, mountPath: '/var/run/kubevirt-private/downwardmetric-disk' }],
  };
}

function sysprep(name: string, { secret, configMap }: NonNullable<Volume['sysprep']>): DataSource {
  const source =
    secret === undefined ? { configMap: { name: configMap?.name } } : { secret: { secretName: secret.name } };
  return {
    volume: { name, ...source },
    mounts: [{ name, mountPath: `/var/run/kubevirt-private/sysprep/${name}`, readOnly: true }],
  };
}

/** Secrets with cloud-init's user and network data; both spellings of the key are accepted. */
function cloudInit(name: string, source: CloudInit | undefined): readonly DataSource[] {
  const of = (secret: string | undefined, suffix: string, keys: readonly string[]): readonly DataSource[] => {
    if (secret === undefined) return [];
    const volumeName = `${name}-${suffix}`;
    const directory = `/var/run/kubevirt-private/secret/${name}`;
    return [
      {
        volume: { name: volumeName, secret: { secretName: secret } },
        mounts: keys.map((key) => ({
          name: volumeName,
          mountPath: `${directory}/${key}`,
          subPath: key,
          readOnly: true,
        })),
      },
    ];
  };
  return [
    ...of(source?.secretRef?.name, 'udata', ['userdata', 'userData']),
    ...of(source?.networkDataSecretRef?.name, 'ndata', ['networkdata', 'networkData']),
  ];
}
