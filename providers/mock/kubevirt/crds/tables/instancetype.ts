/** VirtualMachineInstancetype and its cluster-wide twin. Notation: ../shapes.ts. */
export const instancetypeTable = `
VirtualMachineInstancetype
  apiVersion string
  kind       string
  metadata   object
  spec!      VirtualMachineInstancetypeSpec

VirtualMachineInstancetypeSpec
  annotations     map:string         since=v1.1
  cpu!            CPUInstancetype
  gpus            []GPU
  hostDevices     []HostDevice
  ioThreads       *DiskIOThreads     since=v1.7
  ioThreadsPolicy *string
  launchSecurity  *LaunchSecurity
  memory!         MemoryInstancetype
  nodeSelector    map:string         since=v1.1
  schedulerName   string             since=v1.1

CPUInstancetype
  dedicatedCPUPlacement *bool
  guest!                int32
  isolateEmulatorThread *bool
  maxSockets            *int32    since=v1.3
  model                 *string
  numa                  *NUMA
  realtime              *Realtime

MemoryInstancetype
  guest!            quantity
  hugepages         *Hugepages
  maxGuest          *quantity  since=v1.3
  overcommitPercent int        min=0 max=100 since=v1.0
`;
