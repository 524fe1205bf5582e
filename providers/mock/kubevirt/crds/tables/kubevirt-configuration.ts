/** `spec.configuration` of the KubeVirt CR. Notation: ../shapes.ts. */
export const kubevirtConfigurationTable = `
KubeVirtConfiguration
  additionalGuestMemoryOverheadRatio *string
  apiConfiguration                   *ReloadableComponentConfiguration
  architectureConfiguration          *ArchConfiguration                  since=v1.0
  autoCPULimitNamespaceLabelSelector *LabelSelector                      since=v1.0
  changedBlockTrackingLabelSelectors *ChangedBlockTrackingSelectors      nullable since=v1.7
  commonInstancetypesDeployment      *CommonInstancetypesDeployment      nullable since=v1.4
  confidentialCompute                *ConfidentialComputeConfiguration   nullable since=v1.9
  controllerConfiguration            *ReloadableComponentConfiguration
  cpuModel                           string
  cpuRequest                         *quantity
  defaultRuntimeClass                string
  developerConfiguration             *DeveloperConfiguration
  emulatedMachines                   []string
  evictionStrategy                   *string
  handlerConfiguration               *ReloadableComponentConfiguration
  hypervisors                        []HypervisorConfiguration           maxItems=1 since=v1.8
  imagePullPolicy                    string                              known=Always|IfNotPresent|Never
  instancetype                       *InstancetypeConfiguration          nullable since=v1.4
  ksmConfiguration                   *KSMConfiguration                   since=v1.0
  liveUpdateConfiguration            *LiveUpdateConfiguration            since=v1.0
  machineType                        string
  mediatedDevicesConfiguration       *MediatedDevicesConfiguration
  memBalloonStatsPeriod              *int32
  migrations                         *MigrationConfiguration
  minCPUModel                        string
  network                            *NetworkConfiguration
  obsoleteCPUModels                  map:bool
  ovmfPath                           string
  permittedHostDevices               *PermittedHostDevices
  persistentReservationConfiguration *PersistentReservationConfiguration nullable since=v1.9
  roleAggregationStrategy            *string                             enum=AggregateToDefault|Manual since=v1.8
  seccompConfiguration               *SeccompConfiguration
  selinuxLauncherType                string
  smbios                             *SMBiosConfiguration
  supportContainerResources          []SupportContainerResources         keys=type since=v1.0
  supportedGuestAgentVersions        []string
  tlsConfiguration                   *TLSConfiguration
  virtTemplateDeployment             *VirtTemplateDeployment             nullable since=v1.8
  virtualMachineInstancesPerNode     *int
  virtualMachineOptions              *VirtualMachineOptions              since=v1.0
  vmRolloutStrategy                  *string                             nullable enum=Stage|LiveUpdate since=v1.2
  vmStateStorageClass                string                              since=v1.0
  webhookConfiguration               *ReloadableComponentConfiguration

ReloadableComponentConfiguration
  restClient *RESTClientConfiguration

RESTClientConfiguration
  rateLimiter *RateLimiter

RateLimiter
  tokenBucketRateLimiter *TokenBucketRateLimiter

TokenBucketRateLimiter
  burst! int
  qps!   number

ArchConfiguration
  amd64               *ArchSpecificConfiguration
  arm64               *ArchSpecificConfiguration
  defaultArchitecture string
  ppc64le             *ArchSpecificConfiguration
  s390x               *ArchSpecificConfiguration since=v1.7

ArchSpecificConfiguration
  emulatedMachines []string
  machineType      string
  ovmfPath         string

ChangedBlockTrackingSelectors
  namespaceLabelSelector      *LabelSelector
  virtualMachineLabelSelector *LabelSelector

CommonInstancetypesDeployment
  enabled *bool nullable

ConfidentialComputeConfiguration
  tdx *TDXConfiguration nullable

TDXConfiguration
  attestation *TDXAttestationConfiguration

TDXAttestationConfiguration
  enforced      *bool   default=false
  qgsSocketPath *string default="/var/run/tdx-qgs/qgs.socket"

DeveloperConfiguration
  clusterProfiler                 bool              since=v1.6
  cpuAllocationRatio              int
  disabledFeatureGates            []string          since=v1.8
  diskVerification                *DiskVerification
  featureGates                    []string
  logVerbosity                    *LogVerbosity
  memoryOvercommit                int               until=v1.6
  memoryOvercommit                int               min=10 since=v1.6
  minimumClusterTSCFrequency      *int64
  minimumReservePVCBytes          int64
  nodeSelectors                   map:string
  pvcTolerateLessSpaceUpToPercent int
  useEmulation                    bool

DiskVerification
  memoryLimit! *quantity

LogVerbosity
  nodeVerbosity                 map:int
  virtAPI                       int
  virtController                int
  virtHandler                   int
  virtLauncher                  int
  virtOperator                  int
  virtSynchronizationController int     since=v1.6

HypervisorConfiguration
  name string enum=kvm|hyperv-direct

InstancetypeConfiguration
  referencePolicy *string nullable enum=reference|expand|expandAll

KSMConfiguration
  nodeLabelSelector *LabelSelector

LiveUpdateConfiguration
  maxCpuSockets   *int32
  maxGuest        *quantity since=v1.1
  maxHotplugRatio int32     since=v1.1

MediatedDevicesConfiguration
  enabled                 *bool                           since=v1.8
  mediatedDeviceTypes     []string
  mediatedDevicesTypes    []string
  nodeMediatedDeviceTypes []NodeMediatedDeviceTypesConfig

NodeMediatedDeviceTypesConfig
  mediatedDeviceTypes  []string
  mediatedDevicesTypes []string
  nodeSelector!        map:string

NetworkConfiguration
  binding                           map:InterfaceBindingPlugin since=v1.1
  defaultNetworkInterface           string
  permitBridgeInterfaceOnPodNetwork *bool
  permitSlirpInterface              *bool

InterfaceBindingPlugin
  computeResourceOverhead     *ResourceRequirementsWithoutClaims
  domainAttachmentType        string
  downwardAPI                 string
  migration                   *InterfaceBindingMigration
  networkAttachmentDefinition string
  sidecarImage                string

ResourceRequirementsWithoutClaims
  limits   map:quantity
  requests map:quantity

InterfaceBindingMigration
  method string

PermittedHostDevices
  mediatedDevices []MediatedHostDevice
  pciHostDevices  []PciHostDevice
  usb             []USBHostDevice      since=v1.1

MediatedHostDevice
  externalResourceProvider bool
  mdevNameSelector!        string
  resourceName!            string

PciHostDevice
  externalResourceProvider bool
  pciVendorSelector!       string
  resourceName!            string

USBHostDevice
  externalResourceProvider bool
  resourceName!            string
  selectors                []USBSelector

USBSelector
  product! string
  vendor!  string

PersistentReservationConfiguration
  enabled *bool nullable

SeccompConfiguration
  virtualMachineInstanceProfile *VirtualMachineInstanceProfile

VirtualMachineInstanceProfile
  customProfile *CustomProfile

CustomProfile
  localhostProfile      *string
  runtimeDefaultProfile bool

SMBiosConfiguration
  family       string
  manufacturer string
  product      string
  sku          string
  version      string

SupportContainerResources
  resources! CoreResourceRequirements          until=v1.4
  resources! ResourceRequirementsWithoutClaims since=v1.4
  type!      string

TLSConfiguration
  ciphers       []string set
  minTLSVersion string   enum=VersionTLS10|VersionTLS11|VersionTLS12|VersionTLS13

VirtTemplateDeployment
  enabled *bool nullable

VirtualMachineOptions
  disableFreePageReporting *object
  disableSerialConsoleLog  *object since=v1.1
`;
