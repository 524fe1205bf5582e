/** VirtualMachine: template, run strategy, status. Notation: ../shapes.ts. */
export const vmTable = `
VirtualMachine
  apiVersion string
  kind       string
  metadata   object
  spec!      VirtualMachineSpec
  status     VirtualMachineStatus

VirtualMachineSpec
  dataVolumeTemplates   []DataVolumeTemplateSpec            item:nullable
  instancetype          *InstancetypeMatcher
  liveUpdateFeatures    *LiveUpdateFeatures                 since=v1.0 until=v1.4
  preference            *PreferenceMatcher
  runStrategy           *string
  running               *bool
  template!             *VirtualMachineInstanceTemplateSpec
  updateVolumesStrategy *string                             since=v1.3

InstancetypeMatcher
  inferFromVolume              string
  inferFromVolumeFailurePolicy *string since=v1.1
  kind                         string
  name                         string
  revisionName                 string

LiveUpdateFeatures
  cpu *LiveUpdateCPU

LiveUpdateCPU
  maxSockets *int32

PreferenceMatcher
  inferFromVolume              string
  inferFromVolumeFailurePolicy *string since=v1.1
  kind                         string
  name                         string
  revisionName                 string

VirtualMachineInstanceTemplateSpec
  metadata any                        nullable
  spec     VirtualMachineInstanceSpec

VirtualMachineStatus
  changedBlockTracking   *ChangedBlockTrackingStatus        nullable since=v1.7
  conditions             []VirtualMachineCondition
  created                bool
  desiredGeneration      int64                              since=v1.0
  instancetypeRef        *InstancetypeStatusRef             nullable since=v1.5
  interfaceRequests      []VirtualMachineInterfaceRequest   since=v1.0 until=v1.4
  memoryDumpRequest      *VirtualMachineMemoryDumpRequest   nullable
  observedGeneration     int64                              since=v1.0
  preferenceRef          *InstancetypeStatusRef             nullable since=v1.5
  printableStatus        string                             until=v1.4
  printableStatus        string                             default="Stopped" since=v1.4
  ready                  bool
  restoreInProgress      *string
  runStrategy            string                             since=v1.2
  snapshotInProgress     *string
  startFailure           *VirtualMachineStartFailure        nullable
  stateChangeRequests    []VirtualMachineStateChangeRequest
  volumeRequests         []VirtualMachineVolumeRequest
  volumeSnapshotStatuses []VolumeSnapshotStatus
  volumeUpdateState      *VolumeUpdateState                 since=v1.4

VirtualMachineCondition
  lastProbeTime      time   nullable
  lastTransitionTime time   nullable
  message            string
  reason             string
  status!            string
  type!              string

InstancetypeStatusRef
  controllerRevisionRef        *ControllerRevisionRef
  inferFromVolume              string
  inferFromVolumeFailurePolicy *string
  kind                         string
  name                         string

ControllerRevisionRef
  name string

VirtualMachineInterfaceRequest
  addInterfaceOptions    *AddInterfaceOptions
  removeInterfaceOptions *RemoveInterfaceOptions

AddInterfaceOptions
  name!                            *string
  networkAttachmentDefinitionName! *string

RemoveInterfaceOptions
  name! *string

VirtualMachineMemoryDumpRequest
  claimName!     string
  endTimestamp   *time
  fileName       *string
  message        string
  phase!         string
  remove         bool
  startTimestamp *time

VirtualMachineStartFailure
  consecutiveFailCount int
  lastFailedVMIUID     string
  retryAfterTimestamp  *time

VirtualMachineStateChangeRequest
  action! string
  data    map:string
  uid     *string

VirtualMachineVolumeRequest
  addVolumeOptions    *AddVolumeOptions
  removeVolumeOptions *RemoveVolumeOptions

AddVolumeOptions
  disk!         *Disk
  dryRun        []string
  name!         string
  volumeSource! *HotplugVolumeSource

HotplugVolumeSource
  dataVolume            *DataVolumeSource
  persistentVolumeClaim *PersistentVolumeClaimVolumeSource

RemoveVolumeOptions
  dryRun []string
  name!  string

VolumeSnapshotStatus
  enabled! bool
  name!    string
  reason   string

VolumeUpdateState
  volumeMigrationState *VolumeMigrationState

VolumeMigrationState
  migratedVolumes []StorageMigratedVolumeInfo
`;
