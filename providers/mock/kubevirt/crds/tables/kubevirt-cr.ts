/** The KubeVirt CR itself: install options and status. Notation: ../shapes.ts. */
export const kubevirtCrTable = `
KubeVirt
  apiVersion string
  kind       string
  metadata   object
  spec!      KubeVirtSpec
  status     KubeVirtStatus

KubeVirtSpec
  certificateRotateStrategy KubeVirtCertificateRotateStrategy
  configuration             KubeVirtConfiguration
  customizeComponents       CustomizeComponents
  imagePullPolicy           string                            known=Always|IfNotPresent|Never
  imagePullSecrets          []LocalObjectReference
  imageRegistry             string
  imageTag                  string
  infra                     *ComponentConfig
  monitorAccount            string
  monitorNamespace          string
  productComponent          string
  productName               string
  productVersion            string
  serviceMonitorNamespace   string
  synchronizationPort       string                            since=v1.6
  uninstallStrategy         string
  workloadUpdateStrategy    KubeVirtWorkloadUpdateStrategy
  workloads                 *ComponentConfig

KubeVirtCertificateRotateStrategy
  selfSigned *KubeVirtSelfSignConfiguration

KubeVirtSelfSignConfiguration
  ca                 *CertConfig
  caOverlapInterval  *string
  caRotateInterval   *string
  certRotateInterval *string
  server             *CertConfig

CertConfig
  duration    *string
  renewBefore *string

CustomizeComponents
  flags   *Flags
  patches []CustomizeComponentsPatch

Flags
  api        map:string
  controller map:string
  handler    map:string

CustomizeComponentsPatch
  patch!        string
  resourceName! string minLength=1
  resourceType! string minLength=1
  type!         string

ComponentConfig
  nodePlacement *NodePlacement
  replicas      *int

NodePlacement
  affinity     *Affinity
  nodeSelector map:string
  tolerations  []Toleration

KubeVirtWorkloadUpdateStrategy
  batchEvictionInterval *string
  batchEvictionSize     *int
  workloadUpdateMethods []string

KubeVirtStatus
  conditions                              []KubeVirtCondition
  defaultArchitecture                     string              since=v1.0
  generations                             []GenerationStatus
  observedDeploymentConfig                string
  observedDeploymentID                    string
  observedGeneration                      *int64
  observedKubeVirtRegistry                string
  observedKubeVirtVersion                 string
  operatorVersion                         string
  outdatedVirtualMachineInstanceWorkloads *int
  phase                                   string
  synchronizationAddresses                []string            since=v1.6
  targetDeploymentConfig                  string
  targetDeploymentID                      string
  targetKubeVirtRegistry                  string
  targetKubeVirtVersion                   string

KubeVirtCondition
  lastProbeTime      time   nullable
  lastTransitionTime time   nullable
  message            string
  reason             string
  status!            string
  type!              string

GenerationStatus
  group!          string
  hash            string
  lastGeneration! int64
  name!           string
  namespace       string
  resource!       string
`;
