/** VirtualMachineInstanceMigration. Notation: ../shapes.ts. */
export const migrationTable = `
VirtualMachineInstanceMigration
  apiVersion string
  kind       string
  metadata   object
  spec!      VirtualMachineInstanceMigrationSpec
  status     VirtualMachineInstanceMigrationStatus

VirtualMachineInstanceMigrationSpec
  addedNodeSelector map:string                             since=v1.6
  priority          *string                                since=v1.7
  receive           *VirtualMachineInstanceMigrationTarget since=v1.6
  sendTo            *VirtualMachineInstanceMigrationSource since=v1.6
  vmiName           string

VirtualMachineInstanceMigrationTarget
  migrationID! string

VirtualMachineInstanceMigrationSource
  connectURL!  string
  migrationID! string

VirtualMachineInstanceMigrationStatus
  conditions                []VirtualMachineInstanceMigrationCondition
  migrationState            *VirtualMachineInstanceMigrationState
  phase                     string
  phaseTransitionTimestamps []VirtualMachineInstanceMigrationPhaseTransitionTimestamp
  synchronizationAddresses  []string                                                  since=v1.6

VirtualMachineInstanceMigrationCondition
  lastProbeTime      time   nullable
  lastTransitionTime time   nullable
  message            string
  reason             string
  status!            string
  type!              string

VirtualMachineInstanceMigrationPhaseTransitionTimestamp
  phase                    string
  phaseTransitionTimestamp time
`;
