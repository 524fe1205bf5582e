/** Kinds that guests here do not use; replica sets, presets and pools in full, the rest without fields. Notation: ../shapes.ts. */
export const othersTable = `
VirtualMachineInstanceReplicaSet
  apiVersion string
  kind       string
  metadata   object
  spec!      VirtualMachineInstanceReplicaSetSpec
  status     VirtualMachineInstanceReplicaSetStatus nullable

VirtualMachineInstanceReplicaSetSpec
  paused    bool
  replicas  int32
  selector! LabelSelector
  template! VirtualMachineInstanceTemplateSpec

VirtualMachineInstanceReplicaSetStatus
  conditions    []any
  labelSelector string
  readyReplicas int32
  replicas      int32

VirtualMachineInstancePreset
  apiVersion string
  kind       string
  metadata   object
  spec       VirtualMachineInstancePresetSpec

VirtualMachineInstancePresetSpec
  domain    DomainSpec
  selector! LabelSelector

VirtualMachinePool
  apiVersion string
  kind       string
  metadata   object
  spec!      VirtualMachinePoolSpec
  status     any

VirtualMachinePoolSpec
  autohealing             any            since=v1.8
  maxUnavailable          intOrString    since=v1.6
  nameGeneration          any            since=v1.5
  paused                  bool
  replicas                int32
  scaleInStrategy         any            since=v1.6
  selector!               LabelSelector
  updateStrategy          any            since=v1.7
  virtualMachineTemplate! VirtualMachinePoolTemplate

VirtualMachinePoolTemplate
  metadata any
  spec     VirtualMachineSpec

Unspecified
  apiVersion string
  kind       string
  metadata   object
  spec       any
  status     any

VirtualMachineClusterInstancetype
  apiVersion string
  kind       string
  metadata   object
  spec!      VirtualMachineInstancetypeSpec

VirtualMachineClusterPreference
  apiVersion string
  kind       string
  metadata   object
  spec!      VirtualMachinePreferenceSpec
`;
