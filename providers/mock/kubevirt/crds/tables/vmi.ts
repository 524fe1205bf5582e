/** VirtualMachineInstance and its spec. Notation: ../shapes.ts. */
export const vmiTable = `
VirtualMachineInstance
  apiVersion string
  kind       string
  metadata   object
  spec!      VirtualMachineInstanceSpec
  status     VirtualMachineInstanceStatus

VirtualMachineInstanceSpec
  accessCredentials             []AccessCredential                    until=v1.4
  accessCredentials             []AccessCredential                    maxItems=256 since=v1.4
  affinity                      *Affinity
  architecture                  string                                since=v1.0
  dnsConfig                     *PodDNSConfig
  dnsPolicy                     string                                known=ClusterFirst|ClusterFirstWithHostNet|Default|None
  domain!                       DomainSpec
  evictionStrategy              *string
  hostname                      string
  livenessProbe                 *Probe
  networks                      []Network                             until=v1.4
  networks                      []Network                             maxItems=256 since=v1.4
  nodeSelector                  map:string
  priorityClassName             string
  readinessProbe                *Probe
  resourceClaims                []PodResourceClaim                    keys=name since=v1.6 until=v1.9
  resourceClaims                []VirtualMachineInstanceResourceClaim keys=name since=v1.9
  schedulerName                 string
  serviceAccountName            string                                since=v1.9
  startStrategy                 *string
  subdomain                     string
  terminationGracePeriodSeconds *int64
  tolerations                   []Toleration
  topologySpreadConstraints     []TopologySpreadConstraint            keys=topologyKey,whenUnsatisfiable
  utilityVolumes                []UtilityVolume                       maxItems=256 keys=name since=v1.8
  volumes                       []Volume                              until=v1.4
  volumes                       []Volume                              maxItems=256 since=v1.4

VirtualMachineInstanceResourceClaim
  name!                     string
  resourceClaimName         *string
  resourceClaimTemplateName *string
`;
