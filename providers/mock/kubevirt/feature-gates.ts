import { atLeast, type KubevirtVersion } from './version.ts';

/** Life of a gate. `ga` and `discontinued` cannot be switched; `beta` is on by default from v1.9 only. */
export type GateState = 'alpha' | 'beta' | 'ga' | 'deprecated' | 'discontinued';

/**
 * The state of a gate in a version; undefined where the version does not know it. Source: pkg/virt-config/featuregate
 * (up to v1.4 gates had no states: those on by default read as ga here, the others as alpha).
 */
export function gateState(name: string, version: KubevirtVersion): GateState | undefined {
  let state: GateState | undefined;
  for (const step of GATES.get(name) ?? []) if (atLeast(version, step.since)) state = step.state;
  return state;
}

/** All gates a version knows. */
export function knownGates(version: KubevirtVersion): readonly string[] {
  return [...GATES.keys()].filter((name) => gateState(name, version) !== undefined);
}

/** What whoever lists a gate that no longer switches anything is told; undefined for gates that do. Source: featuregate/inactive.go. */
export function gateMessage(name: string, version: KubevirtVersion): string | undefined {
  const state = gateState(name, version);
  if (state === 'ga') {
    const redundant = 'therefore it can be safely removed and is redundant';
    const more = 'https://github.com/kubevirt/kubevirt/blob/main/docs/deprecation.md';
    const deprecated = `feature gate ${name} is deprecated (feature state is "General Availability")`;
    return `${deprecated}, ${redundant}. For more info, please look at: ${more}`;
  }
  return state === 'deprecated' || state === 'discontinued' ? (INACTIVE[name] ?? '') : undefined;
}

const USER_GUIDE = 'Please refer to Kubevirt user guide for alternatives.';

const INACTIVE: Readonly<Record<string, string>> = {
  DisableMDEVConfiguration: 'DisableMDEVConfiguration has been deprecated since v1.8.0',
  DockerSELinuxMCSWorkaround: 'DockerSELinuxMCSWorkaround has been deprecated since v1.4.',
  ExperimentalVirtiofsSupport:
    'Virtiofs ExperimentalVirtiofsSupport feature gate is discontinued since v1.7. Please use ' +
    'EnableVirtioFsConfigVolumes or EnableVirtioFsPVC feature gates instead',
  HotplugVolumes: 'HotplugVolumes has been deprecated since v1.9.0 and has been replaced by DeclarativeHotplugVolumes',
  Macvtap: `Macvtap network binding is discontinued since v1.3. ${USER_GUIDE}`,
  MultiArchitecture: 'MultiArchitecture has been deprecated since v1.8.0',
  Passt: `Passt network binding is discontinued since v1.3. ${USER_GUIDE}`,
  PasstIPStackMigration:
    'Seamless migration with passt network binding plugin is no longer supported since KubeVirt v1.8. ' +
    'Please use the passt core binding instead.',
};

interface Step {
  readonly since: string;
  readonly state: GateState | undefined;
}

const TABLE = `
AlignCPUs: v1.4 alpha
AutoResourceLimitsGate: v1.0 alpha, v1.5 ga
BochsDisplayForEFIGuests: v1.4 ga
CPUManager: v0.59 alpha
CPUNodeDiscovery: v0.59 alpha, v1.4 ga
ClusterProfiler: v0.59 alpha, v1.6 ga
CommonInstancetypesDeploymentGate: v1.4 ga
ConfigurableHypervisor: v1.8 alpha
ContainerPathVolumes: v1.8 alpha
CrossArchitectureVirtualization: v1.9 alpha
DecentralizedLiveMigration: v1.6 alpha
DeclarativeHotplugVolumes: v1.6 alpha, v1.9 beta
DisableCustomSELinuxPolicy: v0.59 alpha, v1.5 ga
DisableMDEVConfiguration: v0.59 alpha, v1.8 deprecated
DockerSELinuxMCSWorkaround: v0.59 alpha, v1.5 deprecated
DownwardMetrics: v0.59 alpha
DynamicPodInterfaceNaming: v1.4 alpha, v1.5 ga
EnableVirtioFsConfigVolumes: v1.5 alpha, v1.8 ga
EnableVirtioFsStorageVolumes: v1.5 alpha
ExpandDisks: v0.59 alpha, v1.9 ga
ExperimentalIgnitionSupport: v0.59 alpha
ExperimentalVirtiofsSupport: v0.59 alpha, v1.5 deprecated, v1.8 discontinued
ExternalNetResourceInjection: v1.8 beta
FirmwareAutoSelection: v1.9 alpha
GPU: v0.59 alpha, v1.4 ga
GPUsWithDRA: v1.6 alpha, v1.9 beta
GraceIOVirtualization: v1.9 alpha
HostDevices: v0.59 alpha
HostDevicesWithDRA: v1.6 alpha, v1.9 beta
HostDisk: v0.59 alpha
HotplugNICs: v1.0 alpha, v1.4 ga
HotplugVolumes: v0.59 alpha, v1.9 deprecated
HypervStrictCheck: v0.59 alpha
IOMMUFD: v1.9 alpha
ImageVolume: v1.6 alpha, v1.7 beta
IncrementalBackup: v1.7 alpha
InstancetypeReferencePolicy: v1.4 alpha, v1.5 beta, v1.6 ga
KubevirtSeccompProfile: v0.59 alpha, v1.7 beta
LibvirtHooksServerAndClient: v1.8 alpha, v1.9 beta
LiveMigration: v0.59 ga
LiveUpdateNADRef: v1.8 beta, v1.9 ga
Macvtap: v0.59 alpha, v1.5 discontinued
MigrationPriorityQueue: v1.7 alpha, v1.8 beta, v1.9 ga
MigrationStallDetection: v1.9 alpha
MultiArchitecture: v1.0 alpha, v1.8 deprecated
NUMA: v0.59 alpha, v1.4 ga
NetworkBindingPlugins: v1.4 alpha, v1.5 ga
NetworkDevicesWithDRA: v1.9 alpha
NodeRestriction: v1.4 alpha, v1.6 beta
NonRoot: v0.59 ga
NonRootExperimental: v0.59 ga, v1.4 absent
OCIExport: v1.9 alpha
ObjectGraph: v1.9 alpha
OptOutRoleAggregation: v1.8 alpha, v1.9 beta
PCINUMAAwareTopology: v1.8 alpha
PSA: v0.59 ga
PanicDevices: v1.6 alpha, v1.7 beta, v1.9 ga
Passt: v0.59 alpha, v1.5 discontinued
PasstBinding: v1.8 beta
PasstIPStackMigration: v1.6 alpha, v1.8 discontinued
PersistentReservation: v1.0 alpha, v1.9 ga
Plugins: v1.9 alpha
PodSecondaryInterfaceNamingUpgrade: v1.8 beta
PortRangesSpec: v1.9 alpha
RebootPolicy: v1.8 alpha, v1.9 beta
ReservedOverheadMemlock: v1.8 alpha
Root: v0.59 alpha
SRIOVLiveMigration: v0.59 ga
SecureExecution: v1.7 beta, v1.9 ga
Sidecar: v0.59 alpha
Snapshot: v0.59 alpha, v1.6 beta
Template: v1.8 alpha, v1.9 beta
UtilityVolumes: v1.8 alpha
VGPULiveMigration: v1.9 alpha
VMExport: v0.59 alpha, v1.6 beta, v1.9 ga
VMLiveUpdateFeatures: v1.0 alpha, v1.5 ga
VMPersistentState: v1.0 alpha, v1.6 ga
VMStatsCollector: v1.9 alpha
VSOCK: v0.59 alpha
VideoConfig: v1.6 alpha, v1.7 beta, v1.9 ga
VmiMemoryOverheadReport: v1.8 alpha, v1.9 beta
VolumeMigration: v1.4 alpha, v1.5 ga
VolumesUpdateStrategy: v1.4 alpha, v1.5 ga
WorkloadEncryptionSEV: v0.59 alpha, v1.9 beta
WorkloadEncryptionTDX: v1.7 alpha
`;

const GATES: ReadonlyMap<string, readonly Step[]> = new Map(TABLE.trim().split('\n').map(parseRow));

function parseRow(row: string): [string, Step[]] {
  const [name = '', steps = ''] = row.split(': ');
  return [
    name,
    steps.split(', ').map((step) => {
      const [since = '', state = ''] = step.split(' ');
      return { since, state: state === 'absent' ? undefined : (state as GateState) };
    }),
  ];
}
