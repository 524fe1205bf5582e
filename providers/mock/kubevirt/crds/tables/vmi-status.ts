/** `status` of a VirtualMachineInstance. Notation: ../shapes.ts. */
export const vmiStatusTable = String.raw`
VirtualMachineInstanceStatus
  VSOCKCID                      *int32                                           until=v1.8
  VSOCKCID                      *int64                                           min=0 max=4294967295 since=v1.8
  activePods                    map:string
  changedBlockTracking          *ChangedBlockTrackingStatus                      nullable since=v1.7
  conditions                    []VirtualMachineInstanceCondition
  currentCPUTopology            *CPUTopology                                     since=v1.0
  deviceStatus                  *DeviceStatus                                    since=v1.6 until=v1.8
  evacuationNodeName            string
  fsFreezeStatus                string
  guestOSInfo                   VirtualMachineInstanceGuestOSInfo
  interfaces                    []VirtualMachineInstanceNetworkInterface
  kernelBootStatus              *KernelBootStatus                                since=v1.1
  launcherContainerImageVersion string
  machine                       *Machine                                         since=v1.0
  memory                        *MemoryStatus                                    since=v1.1
  migratedVolumes               []StorageMigratedVolumeInfo                      since=v1.3
  migrationMethod               string
  migrationState                *VirtualMachineInstanceMigrationState
  migrationTransport            string
  nodeName                      string
  phase                         string
  phaseTransitionTimestamps     []VirtualMachineInstancePhaseTransitionTimestamp
  qosClass                      *string                                          known=BestEffort|Burstable|Guaranteed
  reason                        string
  runtimeUser                   +int64
  selinuxContext                string
  topologyHints                 *TopologyHints
  virtualMachineRevisionName    string
  volumeStatus                  []VolumeStatus

ChangedBlockTrackingStatus
  backupStatus *VirtualMachineInstanceBackupStatus nullable since=v1.8
  state!       string

VirtualMachineInstanceBackupStatus
  backupMsg      *string
  backupName     string
  checkpointName *string
  completed      bool
  endTimestamp   *time
  failed         bool
  quiesceStatus  string             since=v1.9
  startTimestamp *time
  volumes        []BackupVolumeInfo

BackupVolumeInfo
  dataEndpoint *string
  diskTarget!  *string
  mapEndpoint  *string
  volumeName!  *string

VirtualMachineInstanceCondition
  lastProbeTime      time   nullable
  lastTransitionTime time   nullable
  message            string
  reason             string
  status!            string
  type!              string

CPUTopology
  cores   int32
  sockets int32
  threads int32

DeviceStatus
  gpuStatuses        []DeviceStatusInfo
  hostDeviceStatuses []DeviceStatusInfo

DeviceStatusInfo
  deviceResourceClaimStatus *DeviceResourceClaimStatus
  name!                     *string

DeviceResourceClaimStatus
  attributes        *DeviceAttribute
  name              *string
  resourceClaimName *string

DeviceAttribute
  mDevUUID   *string
  pciAddress *string

VirtualMachineInstanceGuestOSInfo
  id            string
  kernelRelease string
  kernelVersion string
  machine       string
  name          string
  prettyName    string
  version       string
  versionId     string

KernelBootStatus
  initrdInfo *InitrdInfo
  kernelInfo *KernelInfo

InitrdInfo
  checksum int32 until=v1.8
  checksum int64 min=0 max=4294967295 since=v1.8

KernelInfo
  checksum int32 until=v1.8
  checksum int64 min=0 max=4294967295 since=v1.8

MemoryStatus
  guestAtBoot    *quantity
  guestCurrent   *quantity
  guestRequested *quantity
  memoryOverhead *quantity since=v1.8

StorageMigratedVolumeInfo
  destinationPVCInfo *PersistentVolumeClaimInfo
  sourcePVCInfo      *PersistentVolumeClaimInfo
  volumeName!        string

PersistentVolumeClaimInfo
  accessModes        []string
  capacity           map:quantity
  claimName          string       since=v1.3
  filesystemOverhead *string      pattern=^(0(?:\.\d{1,3})?|1)$
  preallocated       bool
  requests           map:quantity
  volumeMode         *string      known=Block|Filesystem|FromStorageProfile

VirtualMachineInstanceMigrationState
  abortRequested                 bool
  abortStatus                    string
  completed                      bool
  endTimestamp                   *time                                       nullable
  failed                         bool
  failureReason                  string                                      since=v1.2
  migrationConfiguration         *MigrationConfiguration                     until=v1.9
  migrationConfiguration         *VMIMConfigurationOptions                   since=v1.9
  migrationNetworkType           string                                      since=v1.6
  migrationPolicyName            *string
  migrationUid                   string
  mode                           string
  sourceNode                     string
  sourcePersistentStatePVCName   string                                      since=v1.4
  sourcePod                      string                                      since=v1.2
  sourceState                    *VirtualMachineInstanceMigrationSourceState since=v1.6
  startTimestamp                 *time                                       nullable
  targetAttachmentPodUID         string
  targetCPUSet                   []int
  targetDirectMigrationNodePorts map:int
  targetMemoryOverhead           *quantity                                   since=v1.8
  targetNode                     string
  targetNodeAddress              string
  targetNodeDomainDetected       bool
  targetNodeDomainReadyTimestamp *time                                       since=v1.0
  targetNodeTopology             string
  targetPersistentStatePVCName   string                                      since=v1.4
  targetPod                      string
  targetState                    *VirtualMachineInstanceMigrationTargetState since=v1.6

MigrationConfiguration
  allowAutoConverge                 *bool
  allowPostCopy                     *bool
  allowWorkloadDisruption           *bool     since=v1.5
  bandwidthPerMigration             *quantity
  completionTimeoutPerGiB           *int64
  disableTLS                        *bool
  matchSELinuxLevelOnMigration      *bool     since=v1.0
  maxDowntimeMs                     *int64    min=1 max=2000000 since=v1.9
  network                           *string
  nodeDrainTaintKey                 *string
  parallelMigrationsPerCluster      *int32
  parallelOutboundMigrationsPerNode *int32
  progressTimeout                   *int64
  unsafeMigrationOverride           *bool
  utilityVolumesTimeout             *int64    since=v1.8

VMIMConfigurationOptions
  allowAutoConverge                 *bool
  allowPostCopy                     *bool
  allowWorkloadDisruption           *bool
  bandwidthPerMigration             *quantity
  completionTimeoutPerGiB           *int64
  disableTLS                        *bool
  experimental                      *ExperimentalMigrationOptions
  matchSELinuxLevelOnMigration      *bool
  maxDowntimeMs                     *int64                        min=1 max=2000000
  network                           *string
  nodeDrainTaintKey                 *string
  parallelMigrationsPerCluster      *int32
  parallelOutboundMigrationsPerNode *int32
  progressTimeout                   *int64
  unsafeMigrationOverride           *bool
  utilityVolumesTimeout             *int64

ExperimentalMigrationOptions
  compression   *string               enum=none|zstd
  stallDetector *StallDetectorOptions

StallDetectorOptions
  completionTimeoutFactor   *string
  ewmaAlpha                 *string
  patienceWindowDecayFactor *string
  precopyPossibleFactor     *string
  searchLocalMinima         *bool
  stallMargin               *int64  min=0 max=100
  stallProgressTimeout      *int64
  switchoverTimeout         *int64

VirtualMachineInstanceMigrationSourceState
  domainName                *string
  domainNamespace           *string
  migrationUID              string
  node                      string
  nodeSelectors             map:string
  persistentStatePVCName    *string
  pod                       string
  selinuxContext            string
  syncAddress               *string
  virtualMachineInstanceUID *string

VirtualMachineInstanceMigrationTargetState
  attachmentPodUID          *string
  cpuSet                    []int
  directMigrationNodePorts  map:int
  domainDetected            bool
  domainName                *string
  domainNamespace           *string
  domainReadyTimestamp      *time
  migrationUID              string
  node                      string
  nodeAddress               *string
  nodeTopology              *string
  persistentStatePVCName    *string
  pod                       string
  selinuxContext            string
  syncAddress               *string
  virtualMachineInstanceUID *string

VirtualMachineInstancePhaseTransitionTimestamp
  phase                    string
  phaseTransitionTimestamp time

TopologyHints
  tscFrequency *int64

VolumeStatus
  containerDiskVolume       *ContainerDiskInfo         since=v1.1
  hotplugVolume             *HotplugVolumeStatus
  memoryDumpVolume          *DomainMemoryDumpInfo
  message                   string
  name!                     string
  persistentVolumeClaimInfo *PersistentVolumeClaimInfo
  phase                     string
  reason                    string
  size                      int64
  target!                   string

ContainerDiskInfo
  checksum int32 until=v1.8
  checksum int64 min=0 max=4294967295 since=v1.8

HotplugVolumeStatus
  attachPodName string
  attachPodUID  string

DomainMemoryDumpInfo
  claimName      string
  endTimestamp   *time
  startTimestamp *time
  targetFileName string
`;
