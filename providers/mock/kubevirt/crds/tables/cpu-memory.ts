/** `spec.domain.cpu` and `spec.domain.memory`: topology, NUMA, hugepages, hotplug limits. Notation: ../shapes.ts. */
export const cpuMemoryTable = `
CPU
  cores                 int32
  dedicatedCpuPlacement bool
  features              []CPUFeature
  isolateEmulatorThread bool
  maxSockets            int32        since=v1.0
  model                 string
  numa                  *NUMA
  realtime              *Realtime
  sockets               int32
  threads               int32

CPUFeature
  name!  string
  policy string

NUMA
  guestMappingPassthrough *object

Realtime
  mask string

Memory
  guest            *quantity
  hugepages        *Hugepages
  maxGuest         *quantity         since=v1.1
  reservedOverhead *ReservedOverhead since=v1.8

Hugepages
  pageSize string

ReservedOverhead
  addedOverhead *quantity
  memLock       *string   enum=NotRequired|Required
`;
