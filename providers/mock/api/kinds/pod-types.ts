import { META } from './meta.ts';
import { expandTable } from './notation.ts';

/** The fields of a Pod and what it is made of, as of Kubernetes 1.34. */
export const POD_TYPES = expandTable(
  'io.k8s.api.core.v1',
  `
LocalObjectReference@: name
ObjectReference@: kind namespace name uid apiVersion resourceVersion fieldPath
TypedLocalObjectReference@: apiGroup:string? kind!:string+ name!:string+
TypedObjectReference: apiGroup:string? kind!:string+ name!:string+ namespace:string?
SecretReference@: name namespace
ObjectFieldSelector@: apiVersion=v1 fieldPath!:string+
ResourceFieldSelector@: containerName resource!:string+ divisor:quantity+
ConfigMapKeySelector@: name key!:string+ optional:bool?
SecretKeySelector@: name key!:string+ optional:bool?
FileKeySelector@: volumeName!:string+ path!:string+ key!:string+ optional:bool?
EnvVarSource: fieldRef:ObjectFieldSelector resourceFieldRef:ResourceFieldSelector configMapKeyRef:ConfigMapKeySelector
  secretKeyRef:SecretKeySelector fileKeyRef:FileKeySelector
EnvVar: name!:string+ value valueFrom:EnvVarSource
ConfigMapEnvSource: name optional:bool?
SecretEnvSource: name optional:bool?
EnvFromSource: prefix configMapRef:ConfigMapEnvSource secretRef:SecretEnvSource
ContainerPort: name hostPort:int containerPort!:int+ protocol=TCP hostIP
ResourceClaim: name!:string+ request
ResourceRequirements: limits:{quantity} requests:{quantity} claims:[ResourceClaim]{name}
VolumeResourceRequirements: limits:{quantity} requests:{quantity}
ContainerResizePolicy: resourceName!:string+ restartPolicy!:string+
ContainerRestartRuleOnExitCodes: operator!:string+ values:[int]#
ContainerRestartRule: action!:string+ exitCodes:ContainerRestartRuleOnExitCodes
VolumeMount: name!:string+ readOnly:bool recursiveReadOnly:string? mountPath!:string+ subPath mountPropagation:string? subPathExpr
VolumeDevice: name!:string+ devicePath!:string+
ExecAction: command:[string]
HTTPHeader: name!:string+ value!:string+
HTTPGetAction: path=/ port!:intstr+ host scheme=HTTP httpHeaders:[HTTPHeader]
TCPSocketAction: port!:intstr+ host
GRPCAction: port!:int+ service:string+
SleepAction: seconds!:long+
LifecycleHandler: exec:ExecAction httpGet:HTTPGetAction tcpSocket:TCPSocketAction sleep:SleepAction
Lifecycle: postStart:LifecycleHandler preStop:LifecycleHandler stopSignal:string?
Probe: exec:ExecAction httpGet:HTTPGetAction tcpSocket:TCPSocketAction grpc:GRPCAction initialDelaySeconds:int
  timeoutSeconds:int=1 periodSeconds:int=10 successThreshold:int=1 failureThreshold:int=3 terminationGracePeriodSeconds:long?
Capabilities: add:[string] drop:[string]
SELinuxOptions: user role type level
WindowsSecurityContextOptions: gmsaCredentialSpecName:string? gmsaCredentialSpec:string? runAsUserName:string? hostProcess:bool?
SeccompProfile: type!:string+ localhostProfile:string?
AppArmorProfile: type!:string+ localhostProfile:string?
SecurityContext: capabilities:Capabilities privileged:bool? seLinuxOptions:SELinuxOptions
  windowsOptions:WindowsSecurityContextOptions runAsUser:long? runAsGroup:long? runAsNonRoot:bool? readOnlyRootFilesystem:bool?
  allowPrivilegeEscalation:bool? procMount:string? seccompProfile:SeccompProfile appArmorProfile:AppArmorProfile
Container: name!:string+ image command:[string] args:[string] workingDir ports:[ContainerPort]{containerPort,protocol}
  envFrom:[EnvFromSource] env:[EnvVar]{name} resources:ResourceRequirements+ resizePolicy:[ContainerResizePolicy]
  restartPolicy:string? restartPolicyRules:[ContainerRestartRule] volumeMounts:[VolumeMount]{mountPath}
  volumeDevices:[VolumeDevice]{devicePath} livenessProbe:Probe readinessProbe:Probe startupProbe:Probe lifecycle:Lifecycle
  terminationMessagePath=/dev/termination-log terminationMessagePolicy=File imagePullPolicy securityContext:SecurityContext
  stdin:bool stdinOnce:bool tty:bool
EphemeralContainer: name!:string+ image command:[string] args:[string] workingDir ports:[ContainerPort]{containerPort,protocol}
  envFrom:[EnvFromSource] env:[EnvVar]{name} resources:ResourceRequirements+ resizePolicy:[ContainerResizePolicy]
  restartPolicy:string? restartPolicyRules:[ContainerRestartRule] volumeMounts:[VolumeMount]{mountPath}
  volumeDevices:[VolumeDevice]{devicePath} livenessProbe:Probe readinessProbe:Probe startupProbe:Probe lifecycle:Lifecycle
  terminationMessagePath=/dev/termination-log terminationMessagePolicy=File imagePullPolicy securityContext:SecurityContext
  stdin:bool stdinOnce:bool tty:bool targetContainerName
KeyToPath: key!:string+ path!:string+ mode:int?
HostPathVolumeSource: path!:string+ type:string?=
EmptyDirVolumeSource: medium sizeLimit:quantity?
GCEPersistentDiskVolumeSource: pdName!:string+ fsType partition:int readOnly:bool
AWSElasticBlockStoreVolumeSource: volumeID!:string+ fsType partition:int readOnly:bool
GitRepoVolumeSource: repository!:string+ revision directory
SecretVolumeSource: secretName items:[KeyToPath] defaultMode:int?=420 optional:bool?
NFSVolumeSource: server!:string+ path!:string+ readOnly:bool
ISCSIVolumeSource: targetPortal!:string+ iqn!:string+ lun!:int+ iscsiInterface=default fsType readOnly:bool portals:[string]
  chapAuthDiscovery:bool chapAuthSession:bool secretRef:LocalObjectReference initiatorName:string?
GlusterfsVolumeSource: endpoints!:string+ path!:string+ readOnly:bool
PersistentVolumeClaimVolumeSource: claimName!:string+ readOnly:bool
RBDVolumeSource: monitors!:[string]+ image!:string+ fsType pool=rbd user=admin keyring=/etc/ceph/keyring
  secretRef:LocalObjectReference readOnly:bool
FlexVolumeSource: driver!:string+ fsType secretRef:LocalObjectReference readOnly:bool options:{string}
CinderVolumeSource: volumeID!:string+ fsType readOnly:bool secretRef:LocalObjectReference
CephFSVolumeSource: monitors!:[string]+ path user secretFile secretRef:LocalObjectReference readOnly:bool
FlockerVolumeSource: datasetName datasetUUID
DownwardAPIVolumeFile: path!:string+ fieldRef:ObjectFieldSelector resourceFieldRef:ResourceFieldSelector mode:int?
DownwardAPIVolumeSource: items:[DownwardAPIVolumeFile] defaultMode:int?=420
FCVolumeSource: targetWWNs:[string] lun:int? fsType readOnly:bool wwids:[string]
AzureFileVolumeSource: secretName!:string+ shareName!:string+ readOnly:bool
ConfigMapVolumeSource: name items:[KeyToPath] defaultMode:int?=420 optional:bool?
VsphereVirtualDiskVolumeSource: volumePath!:string+ fsType storagePolicyName storagePolicyID
QuobyteVolumeSource: registry!:string+ volume!:string+ readOnly:bool user group tenant
AzureDiskVolumeSource: diskName!:string+ diskURI!:string+ cachingMode:string?=ReadWrite fsType:string?=ext4 readOnly:bool?=false kind:string?=Shared
PhotonPersistentDiskVolumeSource: pdID!:string+ fsType
PortworxVolumeSource: volumeID!:string+ fsType readOnly:bool
ScaleIOVolumeSource: gateway!:string+ system!:string+ secretRef!:LocalObjectReference sslEnabled:bool protectionDomain storagePool
  storageMode=ThinProvisioned volumeName fsType=xfs readOnly:bool
StorageOSVolumeSource: volumeName volumeNamespace fsType readOnly:bool secretRef:LocalObjectReference
CSIVolumeSource: driver!:string+ readOnly:bool? fsType:string? volumeAttributes:{string} nodePublishSecretRef:LocalObjectReference
ServiceAccountTokenProjection: audience expirationSeconds:long?=3600 path!:string+
SecretProjection: name items:[KeyToPath] optional:bool?
ConfigMapProjection: name items:[KeyToPath] optional:bool?
DownwardAPIProjection: items:[DownwardAPIVolumeFile]
ClusterTrustBundleProjection: name:string? signerName:string? labelSelector:LabelSelector optional:bool? path!:string+
PodCertificateProjection: signerName keyType maxExpirationSeconds:int? credentialBundlePath keyPath certificateChainPath
VolumeProjection: secret:SecretProjection downwardAPI:DownwardAPIProjection configMap:ConfigMapProjection
  serviceAccountToken:ServiceAccountTokenProjection clusterTrustBundle:ClusterTrustBundleProjection
  podCertificate:PodCertificateProjection
ProjectedVolumeSource: sources:[VolumeProjection]+ defaultMode:int?=420
PersistentVolumeClaimSpec: accessModes:[string] selector:LabelSelector resources:VolumeResourceRequirements+ volumeName
  storageClassName:string? volumeMode:string?=Filesystem dataSource:TypedLocalObjectReference dataSourceRef:TypedObjectReference
  volumeAttributesClassName:string?
PersistentVolumeClaimTemplate: metadata:ObjectMeta spec!:PersistentVolumeClaimSpec+
EphemeralVolumeSource: volumeClaimTemplate:PersistentVolumeClaimTemplate
ImageVolumeSource: reference pullPolicy
Volume: name!:string+ hostPath:HostPathVolumeSource emptyDir:EmptyDirVolumeSource
  gcePersistentDisk:GCEPersistentDiskVolumeSource awsElasticBlockStore:AWSElasticBlockStoreVolumeSource
  gitRepo:GitRepoVolumeSource secret:SecretVolumeSource nfs:NFSVolumeSource iscsi:ISCSIVolumeSource
  glusterfs:GlusterfsVolumeSource persistentVolumeClaim:PersistentVolumeClaimVolumeSource rbd:RBDVolumeSource
  flexVolume:FlexVolumeSource cinder:CinderVolumeSource cephfs:CephFSVolumeSource flocker:FlockerVolumeSource
  downwardAPI:DownwardAPIVolumeSource fc:FCVolumeSource azureFile:AzureFileVolumeSource configMap:ConfigMapVolumeSource
  vsphereVolume:VsphereVirtualDiskVolumeSource quobyte:QuobyteVolumeSource azureDisk:AzureDiskVolumeSource
  photonPersistentDisk:PhotonPersistentDiskVolumeSource projected:ProjectedVolumeSource portworxVolume:PortworxVolumeSource
  scaleIO:ScaleIOVolumeSource storageos:StorageOSVolumeSource csi:CSIVolumeSource ephemeral:EphemeralVolumeSource
  image:ImageVolumeSource
NodeSelectorRequirement: key!:string+ operator!:string+ values:[string]
NodeSelectorTerm@: matchExpressions:[NodeSelectorRequirement] matchFields:[NodeSelectorRequirement]
NodeSelector@: nodeSelectorTerms!:[NodeSelectorTerm]+
PreferredSchedulingTerm: weight!:int+ preference!:NodeSelectorTerm+
NodeAffinity: requiredDuringSchedulingIgnoredDuringExecution:NodeSelector
  preferredDuringSchedulingIgnoredDuringExecution:[PreferredSchedulingTerm]
PodAffinityTerm: labelSelector:LabelSelector namespaces:[string] topologyKey!:string+ namespaceSelector:LabelSelector
  matchLabelKeys:[string] mismatchLabelKeys:[string]
WeightedPodAffinityTerm: weight!:int+ podAffinityTerm!:PodAffinityTerm+
PodAffinity: requiredDuringSchedulingIgnoredDuringExecution:[PodAffinityTerm]
  preferredDuringSchedulingIgnoredDuringExecution:[WeightedPodAffinityTerm]
PodAntiAffinity: requiredDuringSchedulingIgnoredDuringExecution:[PodAffinityTerm]
  preferredDuringSchedulingIgnoredDuringExecution:[WeightedPodAffinityTerm]
Affinity: nodeAffinity:NodeAffinity podAffinity:PodAffinity podAntiAffinity:PodAntiAffinity
Toleration: key operator value effect tolerationSeconds:long?
HostAlias: ip!:string+ hostnames:[string]
Sysctl: name!:string+ value!:string+
PodSecurityContext: seLinuxOptions:SELinuxOptions windowsOptions:WindowsSecurityContextOptions runAsUser:long? runAsGroup:long?
  runAsNonRoot:bool? supplementalGroups:[long] supplementalGroupsPolicy:string? fsGroup:long? sysctls:[Sysctl]
  fsGroupChangePolicy:string? seccompProfile:SeccompProfile appArmorProfile:AppArmorProfile seLinuxChangePolicy:string?
PodDNSConfigOption: name value:string?
PodDNSConfig: nameservers:[string] searches:[string] options:[PodDNSConfigOption]
PodReadinessGate: conditionType!:string+
PodSchedulingGate: name!:string+
PodOS: name!:string+
PodResourceClaim: name!:string+ resourceClaimName:string? resourceClaimTemplateName:string?
TopologySpreadConstraint: maxSkew!:int+ topologyKey!:string+ whenUnsatisfiable!:string+ labelSelector:LabelSelector
  minDomains:int? nodeAffinityPolicy:string? nodeTaintsPolicy:string? matchLabelKeys:[string]
PodSpec: volumes:[Volume]^name initContainers:[Container]{name} containers!:[Container]{name}+
  ephemeralContainers:[EphemeralContainer]{name} restartPolicy=Always terminationGracePeriodSeconds:long?=30
  activeDeadlineSeconds:long? dnsPolicy=ClusterFirst nodeSelector:{string}@ serviceAccountName serviceAccount
  automountServiceAccountToken:bool? nodeName hostNetwork:bool hostPID:bool hostIPC:bool shareProcessNamespace:bool?
  securityContext:PodSecurityContext imagePullSecrets:[LocalObjectReference]{name} hostname subdomain affinity:Affinity
  schedulerName=default-scheduler tolerations:[Toleration] hostAliases:[HostAlias]{ip} priorityClassName priority:int?
  dnsConfig:PodDNSConfig readinessGates:[PodReadinessGate] runtimeClassName:string? enableServiceLinks:bool?
  preemptionPolicy:string? overhead:{quantity} topologySpreadConstraints:[TopologySpreadConstraint]{topologyKey,whenUnsatisfiable}
  setHostnameAsFQDN:bool? os:PodOS hostUsers:bool? schedulingGates:[PodSchedulingGate]{name}
  resourceClaims:[PodResourceClaim]^name resources:ResourceRequirements hostnameOverride:string?
PodCondition: type!:string+ observedGeneration:long status!:string+ lastProbeTime:time+ lastTransitionTime:time+ reason message
ContainerStateWaiting: reason message
ContainerStateRunning: startedAt:time+
ContainerStateTerminated: exitCode!:int+ signal:int reason message startedAt:time+ finishedAt:time+ containerID
ContainerState: waiting:ContainerStateWaiting running:ContainerStateRunning terminated:ContainerStateTerminated
ResourceHealth: resourceID!:string+ health
ResourceStatus: name!:string+ resources:[ResourceHealth]{resourceID}
LinuxContainerUser: uid!:long+ gid!:long+ supplementalGroups:[long]
ContainerUser: linux:LinuxContainerUser
VolumeMountStatus: name!:string+ mountPath!:string+ readOnly:bool recursiveReadOnly:string?
ContainerStatus: name!:string+ state:ContainerState+ lastState:ContainerState+ ready!:bool+ restartCount!:int+ image!:string+
  imageID!:string+ containerID started:bool? allocatedResources:{quantity} resources:ResourceRequirements
  volumeMounts:[VolumeMountStatus]{mountPath} user:ContainerUser allocatedResourcesStatus:[ResourceStatus]{name} stopSignal:string?
HostIP: ip!:string+
PodIP: ip!:string+
PodResourceClaimStatus: name!:string+ resourceClaimName:string?
ContainerExtendedResourceRequest: containerName!:string+ resourceName!:string+ requestName!:string+
PodExtendedResourceClaimStatus: requestMappings!:[ContainerExtendedResourceRequest] resourceClaimName!:string+
PodStatus: observedGeneration:long phase conditions:[PodCondition]{type} message reason nominatedNodeName hostIP
  hostIPs:[HostIP]~ip podIP podIPs:[PodIP]{ip} startTime:time initContainerStatuses:[ContainerStatus]
  containerStatuses:[ContainerStatus] qosClass ephemeralContainerStatuses:[ContainerStatus] resize
  resourceClaimStatuses:[PodResourceClaimStatus]^name extendedResourceClaimStatus:PodExtendedResourceClaimStatus
Pod: spec:PodSpec+ status:PodStatus+
PodTemplateSpec: metadata:ObjectMeta+ spec:PodSpec+
PodTemplate: template:PodTemplateSpec+
`,
  META,
);
