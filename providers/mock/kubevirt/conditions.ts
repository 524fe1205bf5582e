import type { LauncherCluster } from './launcher/cluster.ts';
import { isSecureExecution, isSev, isTdx, requiresTscForMigration } from './launcher/vmi-traits.ts';
import type { Condition, Vmi } from './model/vmi.ts';
import type { Volume } from './model/volumes.ts';
import { applies, atLeast } from './version.ts';

/** What virt-handler says of a VMI's migration, all at once. */
export interface MigrationStatus {
  readonly liveMigratable: Condition;
  readonly storageLiveMigratable: Condition;
  readonly method: 'BlockMigration' | 'LiveMigration';
  /** Text of the warning with reason `Migrated`; only where an eviction strategy asks for what cannot be. */
  readonly warning?: string;
}

/**
 * LiveMigratable tells the first obstacle only, StorageLiveMigratable all of them.
 * Source: pkg/virt-handler/vm.go, updateLiveMigrationConditions.
 */
export function migrationStatus(
  vmi: Vmi,
  {
    cluster,
    nodeName,
    hostModel,
  }: { readonly cluster: LauncherCluster; readonly nodeName: string; readonly hostModel: string | undefined },
): MigrationStatus {
  const obstacles = OBSTACLES.flatMap((obstacle) => {
    if (!applies(cluster.version, obstacle)) return [];
    const message = obstacle.find(vmi, { cluster, nodeName, hostModel });
    return message === undefined ? [] : [{ ...obstacle, message }];
  });
  const live = obstacles.filter(({ liveUntil }) => liveUntil === undefined || !atLeast(cluster.version, liveUntil));
  const storage = obstacles.filter(({ storage }) => storage);
  const first = live[0];
  const strategy = vmi.spec.evictionStrategy ?? cluster.configuration.evictionStrategy;
  return {
    liveMigratable:
      first === undefined
        ? { type: 'LiveMigratable', status: 'True' }
        : { type: 'LiveMigratable', status: 'False', reason: first.reason, message: first.message },
    storageLiveMigratable:
      storage.length === 0
        ? { type: 'StorageLiveMigratable', status: 'True' }
        : {
            type: 'StorageLiveMigratable',
            status: 'False',
            reason: 'NotMigratable',
            message: storage.map(({ reason, message }) => `${reason}: ${message}`).join(', '),
          },
    method: hasLocalVolume(vmi) ? 'BlockMigration' : 'LiveMigration',
    ...(first !== undefined && strategy === 'LiveMigrate'
      ? { warning: `EvictionStrategy is set but vmi is not migratable; ${first.message}` }
      : {}),
  };
}

interface Place {
  readonly cluster: LauncherCluster;
  readonly nodeName: string;
  readonly hostModel: string | undefined;
}

interface Obstacle {
  readonly reason: string;
  readonly since?: string;
  readonly until?: string;
  /** Also an obstacle for migrating storage. */
  readonly storage: boolean;
  /** Release from which it no longer counts for live migration. */
  readonly liveUntil?: string;
  readonly find: (vmi: Vmi, place: Place) => string | undefined;
}

/** In the order in which they are looked for. */
const OBSTACLES: readonly Obstacle[] = [
  {
    reason: 'DisksNotLiveMigratable',
    until: 'v1.6',
    storage: false,
    find: (vmi, { cluster }) => unsharedVolume(vmi, cluster),
  },
  { reason: 'InterfaceNotLiveMigratable', storage: true, find: (vmi, { cluster }) => unmovableInterface(vmi, cluster) },
  { reason: 'CPUModeLiveMigratable', storage: true, find: (vmi, place) => unknownHostModel(vmi, place) },
  { reason: 'HostDeviceNotLiveMigratable', storage: true, find: (vmi, { cluster }) => hostDevice(vmi, cluster) },
  {
    reason: 'SEVNotLiveMigratable',
    storage: true,
    find: (vmi, { cluster }) => (isSev(vmi, cluster) ? 'VMI uses SEV' : undefined),
  },
  {
    reason: 'TDXNotLiveMigratable',
    since: 'v1.7',
    storage: true,
    find: (vmi) => (isTdx(vmi) ? 'VMI uses TDX' : undefined),
  },
  {
    reason: 'SecureExecutionNotLiveMigratable',
    storage: false,
    find: (vmi) => (isSecureExecution(vmi) ? 'VMI uses Secure Execution' : undefined),
  },
  {
    reason: 'PersistentReservationNotLiveMigratable',
    storage: true,
    liveUntil: 'v1.9',
    find: ({ spec }) =>
      spec.domain.devices.disks?.some(({ lun }) => lun?.reservation)
        ? 'VMI uses SCSI persistent reservation'
        : undefined,
  },
  {
    reason: 'NoTSCFrequencyNotLiveMigratable',
    storage: true,
    find: (vmi) =>
      requiresTscForMigration(vmi) && !vmi.status?.topologyHints?.tscFrequency
        ? 'HyperV Reenlightenment VMIs cannot migrate when TSC Frequency is not exposed on the cluster: guest timers might be inconsistent'
        : undefined,
  },
  {
    reason: 'HypervPassthroughNotLiveMigratable',
    storage: true,
    find: ({ spec }) => (spec.domain.features?.hypervPassthrough?.enabled ? 'VMI uses hyperv passthrough' : undefined),
  },
  {
    reason: 'DisksNotLiveMigratable',
    since: 'v1.6',
    storage: false,
    find: (vmi, { cluster }) => unsharedVolume(vmi, cluster),
  },
];

const BRIDGE_MAY_MOVE = 'kubevirt.io/allow-pod-bridge-network-live-migration';

/** The pod network must be behind masquerade, or a bridge that is declared movable. */
function unmovableInterface({ spec, metadata }: Vmi, { version }: LauncherCluster): string | undefined {
  const interfaces = spec.domain.devices.interfaces ?? [];
  const network = spec.networks?.find(({ pod }) => pod !== undefined);
  const newer = atLeast(version, 'v1.8');
  if (interfaces.length === 0 || (newer && network === undefined)) return undefined;
  const primary = interfaces.find(({ name }) => name === network?.name);
  if (newer && primary === undefined) return `no primary interface found for network ${network?.name}`;
  if (primary?.masquerade !== undefined || primary?.passtBinding !== undefined) return undefined;
  if (primary?.bridge !== undefined && metadata.annotations?.[BRIDGE_MAY_MOVE] !== undefined) return undefined;
  const bridge = newer ? '' : `, bridge with ${BRIDGE_MAY_MOVE} VM annotation`;
  return `cannot migrate VMI which does not use masquerade${bridge} or a migratable plugin to connect to the pod network`;
}

function unknownHostModel({ spec }: Vmi, { nodeName, hostModel }: Place): string | undefined {
  if (spec.domain.cpu?.model !== 'host-model' || hostModel) return undefined;
  return `the node "${nodeName}" does not allow migration with host-model`;
}

function hostDevice({ spec }: Vmi, cluster: LauncherCluster): string | undefined {
  const { hostDevices = [], gpus = [] } = spec.domain.devices;
  if (!atLeast(cluster.version, 'v1.9'))
    return hostDevices.length + gpus.length > 0 ? 'VMI uses a PCI host devices' : undefined;
  if (hostDevices.length > 0) return 'VMI specifies non-migratable generic PCI host device';
  if (gpus.length > 1) return 'VMI specifies too many GPUs';
  if (gpus.length === 1 && !cluster.gateEnabled('VGPULiveMigration')) {
    return 'VMI specifies a GPU but feature gate VGPULiveMigration is not enabled';
  }
  return undefined;
}

/** All claims must be shared; other volumes are copied along. */
function unsharedVolume(vmi: Vmi, { claim }: LauncherCluster): string | undefined {
  for (const volume of vmi.spec.volumes ?? []) {
    if (volume.hostDisk !== undefined && !volume.hostDisk.shared) return 'cannot migrate VMI with non-shared HostDisk';
    const name = claimName(volume);
    if (name === undefined) continue;
    const bound = claim(name);
    const rule = 'live migration requires that all PVCs must be shared (using ReadWriteMany access mode)';
    if (bound === undefined) return `cannot migrate VMI: Unable to determine if PVC ${name} is shared, ${rule}`;
    if (!bound.accessModes?.includes('ReadWriteMany')) return `cannot migrate VMI: PVC ${name} is not shared, ${rule}`;
  }
  return undefined;
}

function claimName({ persistentVolumeClaim, dataVolume }: Volume): string | undefined {
  return persistentVolumeClaim?.claimName ?? dataVolume?.name;
}

/** A volume that lives on the node alone, unless it is shared as a filesystem or read-only. */
function hasLocalVolume({ spec }: Vmi): boolean {
  const { filesystems = [], disks = [] } = spec.domain.devices;
  return (spec.volumes ?? []).some((volume) => {
    if (claimName(volume) !== undefined || volume.hostDisk !== undefined) return !volume.hostDisk?.shared;
    const readOnly = disks.some(
      ({ name, cdrom }) => name === volume.name && cdrom !== undefined && cdrom.readonly !== false,
    );
    return !readOnly && !filesystems.some(({ name }) => name === volume.name);
  });
}
