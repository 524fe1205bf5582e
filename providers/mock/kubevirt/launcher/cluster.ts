import type { KubevirtConfig } from '../config.ts';
import type { KubevirtVersion } from '../version.ts';
import { traitsOf } from '../versions.ts';

/** What of the cluster, beside the VMI itself, shapes a launcher pod and its domain. */
export interface LauncherCluster {
  readonly version: KubevirtVersion;
  /** e.g. `quay.io/kubevirt/virt-launcher:v1.9.0`. */
  readonly launcherImage: string;
  readonly configuration: KubevirtConfiguration;
  readonly gateEnabled: (name: string) => boolean;
  /** How a claim is bound; undefined when there is none of this name. */
  readonly claim: (name: string) => Claim | undefined;
  /** The resource that a NetworkAttachmentDefinition asks for, by `<namespace>/<name>`. */
  readonly networkResource: (definition: string) => string | undefined;
  /** Claim that holds the persistent TPM and EFI state of a VMI. */
  readonly backendStorageClaim: (vmiName: string) => string;
}

export interface Claim {
  readonly uid?: string;
  readonly volumeMode?: 'Block' | 'Filesystem';
  readonly accessModes?: readonly string[];
}

/** The parts of `spec.configuration` of the KubeVirt object that are read here. */
export interface KubevirtConfiguration {
  readonly developerConfiguration?: {
    readonly featureGates?: readonly string[];
    readonly disabledFeatureGates?: readonly string[];
    readonly useEmulation?: boolean;
    readonly cpuAllocationRatio?: number;
    readonly memoryOvercommit?: number;
    readonly nodeSelectors?: Readonly<Record<string, string>>;
    readonly diskVerification?: { readonly memoryLimit?: string };
    readonly logVerbosity?: { readonly virtLauncher?: number };
  };
  readonly additionalGuestMemoryOverheadRatio?: string;
  readonly imagePullPolicy?: string;
  readonly evictionStrategy?: string;
  readonly selinuxLauncherType?: string;
  readonly defaultRuntimeClass?: string;
  readonly memBalloonStatsPeriod?: number;
  readonly supportContainerResources?: readonly {
    readonly type: string;
    readonly resources: {
      readonly requests?: Readonly<Record<string, string | number>>;
      readonly limits?: Readonly<Record<string, string | number>>;
    };
  }[];
  readonly virtualMachineOptions?: {
    readonly disableSerialConsoleLog?: unknown;
    readonly disableFreePageReporting?: unknown;
  };
  readonly seccompConfiguration?: {
    readonly virtualMachineInstanceProfile?: {
      readonly customProfile?: { readonly localhostProfile?: string; readonly runtimeDefaultProfile?: boolean };
    };
  };
  readonly smbios?: Readonly<Record<string, string>>;
}

/** The cluster of an effective configuration, with bound Filesystem claims of any name and nothing from multus. */
export function launcherCluster(config: KubevirtConfig, registry = 'quay.io/kubevirt'): LauncherCluster {
  return {
    version: config.version,
    launcherImage: `${registry}/virt-launcher:${config.version.text}`,
    // Its types were checked against the KubeVirt CRD's field tables.
    configuration: config.configuration as KubevirtConfiguration,
    gateEnabled: config.gateEnabled,
    claim: () => ({ volumeMode: 'Filesystem', accessModes: ['ReadWriteOnce'] }),
    networkResource: () => undefined,
    backendStorageClaim: (vmiName) => `persistent-state-for-${vmiName}`,
  };
}

/** Resources of a helper container: built-in figures, replaced by what the KubeVirt object says of its type. */
export function supportResources(
  type: string,
  { configuration }: LauncherCluster,
  defaults: SupportResources,
): SupportResources {
  const own = configuration.supportContainerResources?.find((entry) => entry.type === type)?.resources;
  const pick = (list: 'requests' | 'limits') => {
    const given = own?.[list];
    const texts = Object.fromEntries(Object.entries(given ?? {}).map(([name, value]) => [name, String(value)]));
    return { ...defaults[list], ...texts };
  };
  return { requests: pick('requests'), limits: pick('limits') };
}

export interface SupportResources {
  readonly requests: Readonly<Record<string, string>>;
  readonly limits: Readonly<Record<string, string>>;
}

export function imagePullPolicy({ configuration }: LauncherCluster): string {
  return configuration.imagePullPolicy ?? 'IfNotPresent';
}

export function ovmfDirectory(cluster: LauncherCluster, architecture: string): string {
  if (architecture === 'arm64') return '/usr/share/AAVMF';
  return architecture === 's390x' ? '' : traitsOf(cluster.version).ovmfPath;
}
