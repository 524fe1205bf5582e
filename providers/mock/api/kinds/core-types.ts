import { META } from './meta.ts';
import { expandTable } from './notation.ts';
import { POD_TYPES } from './pod-types.ts';

/** Fields of the core group's kinds other than Pod, as of Kubernetes 1.34. */
export const CORE_TYPES = expandTable(
  'io.k8s.api.core.v1',
  `
NamespaceSpec: finalizers:[string]
NamespaceCondition: type!:string+ status!:string+ lastTransitionTime:time+ reason message
NamespaceStatus: phase=Active conditions:[NamespaceCondition]{type}
Namespace: spec:NamespaceSpec+ status:NamespaceStatus+
ConfigMap: immutable:bool? data:{string} binaryData:{bytes}
Secret: immutable:bool? data:{bytes} stringData:{string} type=Opaque
ServiceAccount: secrets:[ObjectReference]{name} imagePullSecrets:[LocalObjectReference] automountServiceAccountToken:bool?
Taint: key!:string+ value effect!:string+ timeAdded:time
NodeSpec: podCIDR podCIDRs:[string]# providerID unschedulable:bool taints:[Taint] configSource:any externalID
NodeCondition: type!:string+ status!:string+ lastHeartbeatTime:time+ lastTransitionTime:time+ reason message
NodeAddress: type!:string+ address!:string+
DaemonEndpoint: Port!:int+
NodeDaemonEndpoints: kubeletEndpoint:DaemonEndpoint+
NodeSwapStatus: capacity:long?
NodeSystemInfo: machineID!:string+ systemUUID!:string+ bootID!:string+ kernelVersion!:string+ osImage!:string+
  containerRuntimeVersion!:string+ kubeletVersion!:string+ kubeProxyVersion!:string+ operatingSystem!:string+
  architecture!:string+ swap:NodeSwapStatus
ContainerImage: names:[string]+ sizeBytes:long
AttachedVolume: name!:string+ devicePath!:string+
NodeRuntimeHandlerFeatures: recursiveReadOnlyMounts:bool? userNamespaces:bool?
NodeRuntimeHandler: name:string+ features:NodeRuntimeHandlerFeatures
NodeFeatures: supplementalGroupsPolicy:bool?
NodeStatus: capacity:{quantity} allocatable:{quantity} phase conditions:[NodeCondition]{type} addresses:[NodeAddress]{type}
  daemonEndpoints:NodeDaemonEndpoints+ nodeInfo:NodeSystemInfo+ images:[ContainerImage] volumesInUse:[string]
  volumesAttached:[AttachedVolume] config:any runtimeHandlers:[NodeRuntimeHandler] features:NodeFeatures
  declaredFeatures:[string]
Node: spec:NodeSpec+ status:NodeStatus+
EventSource: component host
EventSeries: count:int lastObservedTime:micro
Event: involvedObject!:ObjectReference+ reason message source:EventSource+ firstTimestamp:time+ lastTimestamp:time+ count:int type
  eventTime:micro+ series:EventSeries action related:ObjectReference reportingComponent!:string+ reportingInstance!:string+
ServicePort: name protocol=TCP appProtocol:string? port!:int+ targetPort:intstr+ nodePort:int
ClientIPConfig: timeoutSeconds:int?
SessionAffinityConfig: clientIP:ClientIPConfig
ServiceSpec: ports:[ServicePort]{port,protocol} selector:{string}@ clusterIP clusterIPs:[string] type=ClusterIP
  externalIPs:[string] sessionAffinity=None loadBalancerIP loadBalancerSourceRanges:[string] externalName externalTrafficPolicy
  healthCheckNodePort:int publishNotReadyAddresses:bool sessionAffinityConfig:SessionAffinityConfig ipFamilies:[string]
  ipFamilyPolicy:string? allocateLoadBalancerNodePorts:bool? loadBalancerClass:string? internalTrafficPolicy:string?
  trafficDistribution:string?
PortStatus: port!:int+ protocol!:string+ error:string?
LoadBalancerIngress: ip hostname ipMode:string? ports:[PortStatus]
LoadBalancerStatus: ingress:[LoadBalancerIngress]
ServiceStatus: loadBalancer:LoadBalancerStatus+ conditions:[Condition]{type}
Service: spec:ServiceSpec+ status:ServiceStatus+
EndpointAddress@: ip!:string+ hostname nodeName:string? targetRef:ObjectReference
EndpointPort@: name port!:int+ protocol=TCP appProtocol:string?
EndpointSubset: addresses:[EndpointAddress] notReadyAddresses:[EndpointAddress] ports:[EndpointPort]
Endpoints: subsets:[EndpointSubset]
PersistentVolumeClaimCondition: type!:string+ status!:string+ lastProbeTime:time lastTransitionTime:time reason message
ModifyVolumeStatus: targetVolumeAttributesClassName status!:string+
PersistentVolumeClaimStatus: phase=Pending accessModes:[string] capacity:{quantity}
  conditions:[PersistentVolumeClaimCondition]{type} allocatedResources:{quantity} allocatedResourceStatuses:{string}
  currentVolumeAttributesClassName:string? modifyVolumeStatus:ModifyVolumeStatus
PersistentVolumeClaim: spec:PersistentVolumeClaimSpec+ status:PersistentVolumeClaimStatus+
LocalVolumeSource: path!:string+ fsType:string?
CSIPersistentVolumeSource: driver!:string+ volumeHandle!:string+ readOnly:bool fsType volumeAttributes:{string}
  controllerPublishSecretRef:SecretReference nodeStageSecretRef:SecretReference nodePublishSecretRef:SecretReference
  controllerExpandSecretRef:SecretReference nodeExpandSecretRef:SecretReference
VolumeNodeAffinity: required:NodeSelector
PersistentVolumeSpec: capacity:{quantity} hostPath:HostPathVolumeSource nfs:NFSVolumeSource local:LocalVolumeSource
  csi:CSIPersistentVolumeSource fc:FCVolumeSource iscsi:any rbd:any cephfs:any awsElasticBlockStore:any gcePersistentDisk:any
  glusterfs:any cinder:any flocker:any flexVolume:any azureFile:any vsphereVolume:any quobyte:any azureDisk:any
  photonPersistentDisk:any portworxVolume:any scaleIO:any storageos:any accessModes:[string] claimRef:ObjectReference
  persistentVolumeReclaimPolicy=Retain storageClassName mountOptions:[string] volumeMode:string?=Filesystem
  nodeAffinity:VolumeNodeAffinity volumeAttributesClassName:string?
PersistentVolumeStatus: phase=Pending message reason lastPhaseTransitionTime:time
PersistentVolume: spec:PersistentVolumeSpec+ status:PersistentVolumeStatus+
ScopedResourceSelectorRequirement: scopeName!:string+ operator!:string+ values:[string]
ScopeSelector@: matchExpressions:[ScopedResourceSelectorRequirement]
ResourceQuotaSpec: hard:{quantity} scopes:[string] scopeSelector:ScopeSelector
ResourceQuotaStatus: hard:{quantity} used:{quantity}
ResourceQuota: spec:ResourceQuotaSpec+ status:ResourceQuotaStatus+
LimitRangeItem: type!:string+ max:{quantity} min:{quantity} default:{quantity} defaultRequest:{quantity}
  maxLimitRequestRatio:{quantity}
LimitRangeSpec: limits!:[LimitRangeItem]+
LimitRange: spec:LimitRangeSpec+
Binding: target!:ObjectReference+
`,
  META,
  POD_TYPES,
);
