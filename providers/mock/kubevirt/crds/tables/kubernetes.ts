/** Core Kubernetes types that KubeVirt's kinds embed: affinity, tolerations, probes' handlers, selectors, claims. Notation: ../shapes.ts. */
export const kubernetesTable = `
Affinity
  nodeAffinity    *NodeAffinity
  podAffinity     *PodAffinity
  podAntiAffinity *PodAntiAffinity

NodeAffinity
  preferredDuringSchedulingIgnoredDuringExecution []PreferredSchedulingTerm
  requiredDuringSchedulingIgnoredDuringExecution  *NodeSelector

PreferredSchedulingTerm
  preference! NodeSelectorTerm
  weight!     int32

NodeSelectorTerm atomic
  matchExpressions []NodeSelectorRequirement
  matchFields      []NodeSelectorRequirement

NodeSelectorRequirement
  key!      string
  operator! string   known=DoesNotExist|Exists|Gt|In|Lt|NotIn
  values    []string

NodeSelector atomic
  nodeSelectorTerms! []NodeSelectorTerm

PodAffinity
  preferredDuringSchedulingIgnoredDuringExecution []WeightedPodAffinityTerm
  requiredDuringSchedulingIgnoredDuringExecution  []PodAffinityTerm

WeightedPodAffinityTerm
  podAffinityTerm! PodAffinityTerm
  weight!          int32

PodAffinityTerm
  labelSelector     *LabelSelector
  matchLabelKeys    []string       since=v1.3
  mismatchLabelKeys []string       since=v1.3
  namespaceSelector *LabelSelector
  namespaces        []string
  topologyKey!      string

LabelSelector atomic
  matchExpressions []LabelSelectorRequirement
  matchLabels      map:string

LabelSelectorRequirement
  key!      string
  operator! string
  values    []string

PodAntiAffinity
  preferredDuringSchedulingIgnoredDuringExecution []WeightedPodAffinityTerm
  requiredDuringSchedulingIgnoredDuringExecution  []PodAffinityTerm

CorePersistentVolumeClaimVolumeSource
  claimName! string
  readOnly   bool

CoreResourceRequirements
  claims   []ResourceClaim keys=name since=v1.0
  limits   map:quantity
  requests map:quantity

ResourceClaim
  name!   string
  request string since=v1.4

DownwardAPIVolumeFile
  fieldRef         *ObjectFieldSelector
  mode             *int32
  path!            string
  resourceFieldRef *ResourceFieldSelector

ObjectFieldSelector atomic
  apiVersion string
  fieldPath! string

ResourceFieldSelector atomic
  containerName string
  divisor       quantity
  resource!     string

ExecAction
  command []string

HTTPGetAction
  host        string
  httpHeaders []HTTPHeader
  path        string
  port!       intOrString
  scheme      string       known=HTTP|HTTPS

HTTPHeader
  name!  string
  value! string

LocalObjectReference atomic
  name string until=v1.4
  name string default="" since=v1.4

PersistentVolumeClaimSpec
  accessModes               []string
  dataSource                *TypedLocalObjectReference
  dataSourceRef             *TypedLocalObjectReference until=v1.0
  dataSourceRef             *TypedObjectReference      since=v1.0
  resources                 CoreResourceRequirements   until=v1.4
  resources                 VolumeResourceRequirements since=v1.4
  selector                  *LabelSelector
  storageClassName          *string
  volumeAttributesClassName *string                    since=v1.3
  volumeMode                *string                    known=Block|Filesystem|FromStorageProfile
  volumeName                string

TypedLocalObjectReference atomic
  apiGroup *string
  kind!    string
  name!    string

TypedObjectReference
  apiGroup  *string
  kind!     string
  name!     string
  namespace *string

VolumeResourceRequirements
  limits   map:quantity
  requests map:quantity

PodDNSConfig
  nameservers []string
  options     []PodDNSConfigOption
  searches    []string

PodDNSConfigOption
  name  string
  value *string

PodResourceClaim
  name!                     string
  resourceClaimName         *string
  resourceClaimTemplateName *string

TCPSocketAction
  host  string
  port! intOrString

Toleration
  effect            string known=NoExecute|NoSchedule|PreferNoSchedule
  key               string
  operator          string known=Equal|Exists
  tolerationSeconds *int64
  value             string

TopologySpreadConstraint
  labelSelector      *LabelSelector
  matchLabelKeys     []string       since=v1.0
  maxSkew!           int32
  minDomains         *int32         since=v1.0
  nodeAffinityPolicy *string        known=Honor|Ignore since=v1.0
  nodeTaintsPolicy   *string        known=Honor|Ignore since=v1.0
  topologyKey!       string
  whenUnsatisfiable! string         known=DoNotSchedule|ScheduleAnyway
`;
