/** VirtualMachinePreference and its cluster-wide twin. Notation: ../shapes.ts. */
export const preferenceTable = `
VirtualMachinePreference
  apiVersion string
  kind       string
  metadata   object
  spec!      VirtualMachinePreferenceSpec

VirtualMachinePreferenceSpec
  annotations                            map:string              since=v1.1
  clock                                  *ClockPreferences
  cpu                                    *CPUPreferences
  devices                                *DevicePreferences
  features                               *FeaturePreferences
  firmware                               *FirmwarePreferences
  machine                                *MachinePreferences
  preferSpreadSocketToCoreRatio          int32                   since=v1.1
  preferredArchitecture                  *string                 since=v1.7
  preferredLaunchSecurity                *LaunchSecurity         since=v1.9
  preferredSubdomain                     *string                 since=v1.0
  preferredTerminationGracePeriodSeconds *int64                  since=v1.0
  requirements                           *PreferenceRequirements since=v1.0
  volumes                                *VolumePreferences

ClockPreferences
  preferredClockOffset *ClockOffset
  preferredTimer       *Timer

ClockOffset
  timezone *string
  utc      *ClockOffsetUTC

CPUPreferences
  preferredCPUFeatures []CPUFeature   since=v1.0
  preferredCPUTopology *string
  spreadOptions        *SpreadOptions since=v1.3

SpreadOptions
  across *string
  ratio  *int32

DevicePreferences
  preferredAutoattachGraphicsDevice   *bool
  preferredAutoattachInputDevice      *bool
  preferredAutoattachMemBalloon       *bool
  preferredAutoattachPodInterface     *bool
  preferredAutoattachSerialConsole    *bool
  preferredBlockMultiQueue            *bool
  preferredCdromBus                   string
  preferredDisableHotplug             *bool
  preferredDiskBlockSize              *BlockSize
  preferredDiskBus                    string
  preferredDiskCache                  string
  preferredDiskDedicatedIoThread      *bool
  preferredDiskIO                     string
  preferredInputBus                   string
  preferredInputType                  string
  preferredInterfaceMasquerade        *object      since=v1.0
  preferredInterfaceModel             string
  preferredLunBus                     string
  preferredNetworkInterfaceMultiQueue *bool
  preferredPanicDeviceModel           *string      since=v1.6
  preferredRng                        *object
  preferredSoundModel                 string
  preferredTPM                        *object      until=v1.0
  preferredTPM                        *TPMDevice   since=v1.0
  preferredUseVirtioTransitional      *bool
  preferredVideoType                  *string      since=v1.9
  preferredVirtualGPUOptions          *VGPUOptions

FeaturePreferences
  preferredAcpi       *FeatureState
  preferredApic       *FeatureAPIC
  preferredHyperv     *FeatureHyperv
  preferredKvm        *FeatureKVM
  preferredPvspinlock *FeatureState
  preferredSmm        *FeatureState

FirmwarePreferences
  preferredEfi           *EFI  since=v1.4
  preferredUseBios       *bool
  preferredUseBiosSerial *bool
  preferredUseEfi        *bool
  preferredUseSecureBoot *bool

MachinePreferences
  preferredMachineType string

PreferenceRequirements
  architecture *string                      since=v1.7
  cpu          *CPUPreferenceRequirement
  memory       *MemoryPreferenceRequirement

CPUPreferenceRequirement
  guest! int32

MemoryPreferenceRequirement
  guest! quantity

VolumePreferences
  preferredStorageClassName string
`;
