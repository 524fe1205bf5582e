import { gateState } from './feature-gates.ts';
import { atLeast, type KubevirtVersion } from './version.ts';
import { traitsOf } from './versions.ts';

/** JSON as it comes from a custom resource. */
export type Json = Readonly<Record<string, unknown>>;

/** What KubeVirt's components take from the KubeVirt CR, defaults filled in. */
export interface KubevirtConfig {
  readonly version: KubevirtVersion;
  /** `spec.configuration` laid over the release's defaults. */
  readonly configuration: Json;
  readonly gateEnabled: (name: string) => boolean;
}

/**
 * The effective configuration for a CR's `spec` (undefined: no CR, or one that sets nothing). As in KubeVirt, maps are
 * merged and lists replaced. Source: pkg/virt-config/configuration.go.
 */
export function effectiveConfig(version: KubevirtVersion, spec?: Json): KubevirtConfig {
  const configuration = overlay(defaultConfiguration(version), asMap(spec?.configuration));
  const developer = asMap(configuration.developerConfiguration);
  const listed = asNames(developer.featureGates);
  const disabled = atLeast(version, 'v1.9') ? asNames(developer.disabledFeatureGates) : [];
  return {
    version,
    configuration,
    gateEnabled: (name) => {
      const state = gateState(name, version);
      if (state === 'ga') return true;
      if (listed.includes(name)) return true;
      if (disabled.includes(name)) return false;
      return state === 'beta' && atLeast(version, 'v1.9');
    },
  };
}

/** What a CR without configuration means. Source: virt-config.go's defaultClusterConfig. */
export function defaultConfiguration(version: KubevirtVersion): Json {
  const v17 = atLeast(version, 'v1.7');
  const client = (qps: number, burst: number) => ({
    restClient: { rateLimiter: { tokenBucketRateLimiter: { qps, burst } } },
  });
  const verbose = ['virtAPI', 'virtController', 'virtHandler', 'virtLauncher', 'virtOperator'];
  return {
    apiConfiguration: client(200, 400),
    architectureConfiguration: architectures(version),
    controllerConfiguration: client(200, 400),
    cpuRequest: '100m',
    developerConfiguration: {
      cpuAllocationRatio: 10,
      diskVerification: { memoryLimit: '2000Mi' },
      logVerbosity: Object.fromEntries(verbose.map((component) => [component, 2])),
      memoryOvercommit: 100,
      minimumReservePVCBytes: 131072,
      pvcTolerateLessSpaceUpToPercent: 10,
    },
    evictionStrategy: 'None',
    handlerConfiguration: v17 ? client(50, 100) : client(5, 10),
    ...(atLeast(version, 'v1.8') && { hypervisors: [{ name: 'kvm' }] }),
    imagePullPolicy: 'IfNotPresent',
    liveUpdateConfiguration: { maxHotplugRatio: 4 },
    memBalloonStatsPeriod: 10,
    migrations: migrations(version),
    network: {
      defaultNetworkInterface: 'bridge',
      permitBridgeInterfaceOnPodNetwork: true,
      permitSlirpInterface: false,
    },
    smbios: { family: 'KubeVirt', manufacturer: 'KubeVirt', product: 'None' },
    supportedGuestAgentVersions: ['2.*', '3.*', '4.*', '5.*'],
    vmRolloutStrategy: 'LiveUpdate',
    webhookConfiguration: client(200, 400),
  };
}

function migrations(version: KubevirtVersion): Json {
  return {
    allowAutoConverge: false,
    allowPostCopy: false,
    bandwidthPerMigration: '0',
    completionTimeoutPerGiB: 150,
    ...(atLeast(version, 'v1.9') && { maxDowntimeMs: 900 }),
    nodeDrainTaintKey: 'kubevirt.io/drain',
    parallelMigrationsPerCluster: 5,
    parallelOutboundMigrationsPerNode: 2,
    progressTimeout: 150,
    unsafeMigrationOverride: false,
    ...(atLeast(version, 'v1.8') && { utilityVolumesTimeout: 150 }),
  };
}

/** Machine type and emulated machines of an architecture; amd64's for one that nobody configured. */
export function architectureSettings(architecture: string | undefined, { configuration }: KubevirtConfig): Json {
  const configured = configuration.architectureConfiguration as Readonly<Record<string, Json | undefined>>;
  // Up to v1.6 the machines of s390x could not be configured.
  return configured[architecture ?? ''] ?? (architecture === 's390x' ? S390X : (configured.amd64 ?? {}));
}

const S390X = { emulatedMachines: ['s390-ccw-virtio*'], machineType: 's390-ccw-virtio' };

function architectures(version: KubevirtVersion): Json {
  const ppc64le = { emulatedMachines: ['pseries*'], machineType: 'pseries', ovmfPath: '/usr/share/OVMF' };
  return {
    amd64: { emulatedMachines: ['q35*', 'pc-q35*'], machineType: 'q35', ovmfPath: traitsOf(version).ovmfPath },
    arm64: { emulatedMachines: ['virt*'], machineType: 'virt', ovmfPath: '/usr/share/AAVMF' },
    defaultArchitecture: 'amd64',
    ...(atLeast(version, 'v1.7') ? { s390x: S390X } : { ppc64le }),
  };
}

function overlay(base: Json, over: Json): Json {
  const merged: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(over)) {
    const below = merged[key];
    merged[key] = isMap(value) && isMap(below) ? overlay(below, value) : value;
  }
  return merged;
}

function isMap(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function asMap(value: unknown): Json {
  return isMap(value) ? value : {};
}

function asNames(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((name) => typeof name === 'string') : [];
}
