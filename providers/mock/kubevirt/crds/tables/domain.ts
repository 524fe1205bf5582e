/** `spec.domain`: clock, features, firmware, machine, resources. Notation: ../shapes.ts. */
export const domainTable = `
DomainSpec
  chassis         *Chassis
  clock           *Clock               until=v1.4
  clock           *Clock               preserve since=v1.4
  cpu             *CPU
  devices!        Devices
  features        *Features
  firmware        *Firmware
  ioThreads       *DiskIOThreads       since=v1.5
  ioThreadsPolicy *string
  launchSecurity  *LaunchSecurity
  machine         *Machine
  memory          *Memory
  rebootPolicy    *string              enum=Reboot|Terminate since=v1.8
  resources       ResourceRequirements

Chassis
  asset        string
  manufacturer string
  serial       string
  sku          string
  version      string

Clock
  timer    *Timer
  timezone *string
  utc      *ClockOffsetUTC

Timer
  hpet   *HPETTimer
  hyperv *HypervTimer
  kvm    *KVMTimer
  pit    *PITTimer
  rtc    *RTCTimer

HPETTimer
  present    *bool
  tickPolicy string

HypervTimer
  present *bool

KVMTimer
  present *bool

PITTimer
  present    *bool
  tickPolicy string

RTCTimer
  present    *bool
  tickPolicy string
  track      string

ClockOffsetUTC
  offsetSeconds *int

Features
  acpi              FeatureState
  apic              *FeatureAPIC
  hyperv            *FeatureHyperv
  hypervPassthrough *HyperVPassthrough since=v1.3
  kvm               *FeatureKVM
  pvspinlock        *FeatureState
  smm               *FeatureState

FeatureAPIC
  enabled        *bool
  endOfInterrupt bool

FeatureHyperv
  evmcs           *FeatureState
  frequencies     *FeatureState
  ipi             *FeatureState
  reenlightenment *FeatureState
  relaxed         *FeatureState
  reset           *FeatureState
  runtime         *FeatureState
  spinlocks       *FeatureSpinlocks
  synic           *FeatureState
  synictimer      *SyNICTimer
  tlbflush        *FeatureState     until=v1.8
  tlbflush        *TLBFlush         since=v1.8
  vapic           *FeatureState
  vendorid        *FeatureVendorID
  vpindex         *FeatureState

FeatureSpinlocks
  enabled   *bool
  spinlocks *int32

SyNICTimer
  direct  *FeatureState
  enabled *bool

TLBFlush
  direct   *FeatureState
  enabled  *bool
  extended *FeatureState

FeatureVendorID
  enabled  *bool
  vendorid string

HyperVPassthrough
  enabled *bool

FeatureKVM
  hidden bool

Firmware
  acpi       *ACPI       since=v1.2
  bootloader *Bootloader
  kernelBoot *KernelBoot
  serial     string
  uuid       string

ACPI
  msdmNameRef string since=v1.6
  slicNameRef string

Bootloader
  bios *BIOS
  efi  *EFI

BIOS
  useSerial *bool

EFI
  persistent *bool since=v1.1
  secureBoot *bool

KernelBoot
  container  *KernelBootContainer
  kernelArgs string

KernelBootContainer
  image!          string
  imagePullPolicy string known=Always|IfNotPresent|Never
  imagePullSecret string
  initrdPath      string
  kernelPath      string

DiskIOThreads
  supplementalPoolThreadCount *int32

Machine
  type +string

ResourceRequirements
  limits                  map:quantity
  overcommitGuestOverhead bool
  requests                map:quantity
`;
