/** `spec.domain.devices`: disks, interfaces, GPUs, inputs, TPM and the rest. Notation: ../shapes.ts. */
export const devicesTable = `
Devices
  autoattachGraphicsDevice   *bool
  autoattachInputDevice      *bool
  autoattachMemBalloon       *bool
  autoattachPodInterface     *bool
  autoattachSerialConsole    *bool
  autoattachVSOCK            *bool
  blockMultiQueue            *bool
  clientPassthrough          *object
  disableHotplug             bool
  disks                      []Disk        until=v1.4
  disks                      []Disk        maxItems=256 since=v1.4
  downwardMetrics            *object       since=v1.1
  filesystems                []Filesystem
  gpus                       []GPU
  hostDevices                []HostDevice
  inputs                     []Input
  interfaces                 []Interface   until=v1.4
  interfaces                 []Interface   maxItems=256 since=v1.4
  logSerialConsole           *bool         since=v1.1
  networkInterfaceMultiqueue *bool
  panicDevices               []PanicDevice since=v1.6
  rng                        *object
  sound                      *SoundDevice
  tpm                        *object       until=v1.0
  tpm                        *TPMDevice    since=v1.0
  useVirtioTransitional      *bool
  video                      *VideoDevice  since=v1.6
  watchdog                   *Watchdog

Disk
  blockSize            *BlockSize
  bootOrder            *int
  cache                string
  cdrom                *CDRomTarget
  changedBlockTracking *bool        since=v1.7
  dedicatedIOThread    *bool
  disk                 *DiskTarget
  errorPolicy          *string      since=v1.1
  io                   string
  lun                  *LunTarget
  name!                string
  serial               string
  shareable            *bool
  tag                  string

BlockSize
  custom      *CustomBlockSize
  matchVolume *FeatureState

CustomBlockSize
  discardGranularity *int since=v1.7
  logical!           int  until=v1.7
  logical            int  since=v1.7
  physical!          int  until=v1.7
  physical           int  since=v1.7

FeatureState
  enabled *bool

CDRomTarget
  bus      string
  readonly *bool
  tray     string

DiskTarget
  bus        string
  pciAddress string
  readonly   bool

LunTarget
  bus         string
  readonly    bool
  reservation bool   since=v1.0

Filesystem
  name!     string
  virtiofs! *object

GPU
  claimName         string       since=v1.6
  deviceName!       string       until=v1.6
  deviceName        string       since=v1.6
  name!             string
  requestName       string       since=v1.6
  tag               string
  virtualGPUOptions *VGPUOptions

VGPUOptions
  display *VGPUDisplayOptions

VGPUDisplayOptions
  enabled *bool
  ramFB   *FeatureState

HostDevice
  claimName   string since=v1.6
  deviceName! string until=v1.6
  deviceName  string since=v1.6
  name!       string
  requestName string since=v1.6
  tag         string

Input
  bus   string
  name! string
  type! string

Interface
  acpiIndex    int
  binding      *PluginBinding since=v1.1
  bootOrder    *int
  bridge       *object
  dhcpOptions  *DHCPOptions
  macAddress   string
  macvtap      *object
  masquerade   *object
  model        string
  name!        string
  passt        *object
  passtBinding *object        since=v1.8
  pciAddress   string
  portRanges   []PortRange    since=v1.9
  ports        []Port
  slirp        *object
  sriov        *object
  state        string         since=v1.0
  tag          string

PluginBinding
  name! string

DHCPOptions
  bootFileName   string
  ntpServers     []string
  privateOptions []DHCPPrivateOptions
  tftpServerName string

DHCPPrivateOptions
  option! int
  value!  string

PortRange
  end!      int32
  protocol! string
  start!    int32

Port
  name     string
  port!    int32
  protocol string

PanicDevice
  model *string

SoundDevice
  model string
  name! string

TPMDevice
  enabled    *bool since=v1.4
  persistent *bool

VideoDevice
  type string

Watchdog
  diag288  *Diag288Watchdog  since=v1.5
  i6300esb *I6300ESBWatchdog
  name!    string

Diag288Watchdog
  action string

I6300ESBWatchdog
  action string
`;
