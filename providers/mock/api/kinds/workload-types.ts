import { CORE_TYPES } from './core-types.ts';
import { META } from './meta.ts';
import { expandTable } from './notation.ts';
import { POD_TYPES } from './pod-types.ts';

/** Fields of the apps group. */
export const APPS_TYPES = expandTable(
  'io.k8s.api.apps.v1',
  `
RollingUpdateDeployment: maxUnavailable:intstr? maxSurge:intstr?
DeploymentStrategy: type=RollingUpdate rollingUpdate:RollingUpdateDeployment
DeploymentSpec: replicas:int?=1 selector!:LabelSelector% template!:PodTemplateSpec+ strategy:DeploymentStrategy^+
  minReadySeconds:int revisionHistoryLimit:int?=10 paused:bool progressDeadlineSeconds:int?=600
DeploymentCondition: type!:string+ status!:string+ lastUpdateTime:time lastTransitionTime:time reason message
DeploymentStatus: observedGeneration:long replicas:int updatedReplicas:int readyReplicas:int availableReplicas:int
  unavailableReplicas:int terminatingReplicas:int? conditions:[DeploymentCondition]{type} collisionCount:int?
Deployment: spec:DeploymentSpec+ status:DeploymentStatus+
ReplicaSetSpec: replicas:int?=1 minReadySeconds:int selector!:LabelSelector% template:PodTemplateSpec+
ReplicaSetCondition: type!:string+ status!:string+ lastTransitionTime:time reason message
ReplicaSetStatus: replicas!:int+ fullyLabeledReplicas:int readyReplicas:int availableReplicas:int terminatingReplicas:int?
  observedGeneration:long conditions:[ReplicaSetCondition]{type}
ReplicaSet: spec:ReplicaSetSpec+ status:ReplicaSetStatus+
RollingUpdateDaemonSet: maxUnavailable:intstr? maxSurge:intstr?
DaemonSetUpdateStrategy: type=RollingUpdate rollingUpdate:RollingUpdateDaemonSet
DaemonSetSpec: selector!:LabelSelector% template!:PodTemplateSpec+ updateStrategy:DaemonSetUpdateStrategy+ minReadySeconds:int
  revisionHistoryLimit:int?=10
DaemonSetCondition: type!:string+ status!:string+ lastTransitionTime:time reason message
DaemonSetStatus: currentNumberScheduled!:int+ numberMisscheduled!:int+ desiredNumberScheduled!:int+ numberReady!:int+
  observedGeneration:long updatedNumberScheduled:int numberAvailable:int numberUnavailable:int collisionCount:int?
  conditions:[DaemonSetCondition]{type}
DaemonSet: spec:DaemonSetSpec+ status:DaemonSetStatus+
RollingUpdateStatefulSetStrategy: partition:int? maxUnavailable:intstr?
StatefulSetUpdateStrategy: type=RollingUpdate rollingUpdate:RollingUpdateStatefulSetStrategy
StatefulSetPersistentVolumeClaimRetentionPolicy: whenDeleted whenScaled
StatefulSetOrdinals: start:int+
StatefulSetSpec: replicas:int?=1 selector!:LabelSelector% template!:PodTemplateSpec+ volumeClaimTemplates:[PersistentVolumeClaim]
  serviceName:string+ podManagementPolicy=OrderedReady updateStrategy:StatefulSetUpdateStrategy+ revisionHistoryLimit:int?=10
  minReadySeconds:int persistentVolumeClaimRetentionPolicy:StatefulSetPersistentVolumeClaimRetentionPolicy
  ordinals:StatefulSetOrdinals
StatefulSetCondition: type!:string+ status!:string+ lastTransitionTime:time reason message
StatefulSetStatus: observedGeneration:long replicas!:int+ readyReplicas:int currentReplicas:int updatedReplicas:int currentRevision
  updateRevision collisionCount:int? conditions:[StatefulSetCondition]{type} availableReplicas:int+
StatefulSet: spec:StatefulSetSpec+ status:StatefulSetStatus+
ControllerRevision: data:any revision!:long+
`,
  META,
  POD_TYPES,
  CORE_TYPES,
);

/** Fields of the batch group. */
export const BATCH_TYPES = expandTable(
  'io.k8s.api.batch.v1',
  `
PodFailurePolicyOnExitCodesRequirement: containerName:string? operator!:string+ values!:[int]#
PodFailurePolicyOnPodConditionsPattern: type!:string+ status!:string+
PodFailurePolicyRule: action!:string+ onExitCodes:PodFailurePolicyOnExitCodesRequirement
  onPodConditions:[PodFailurePolicyOnPodConditionsPattern]
PodFailurePolicy: rules!:[PodFailurePolicyRule]+
SuccessPolicyRule: succeededIndexes:string? succeededCount:int?
SuccessPolicy: rules!:[SuccessPolicyRule]+
JobSpec: parallelism:int? completions:int? activeDeadlineSeconds:long? podFailurePolicy:PodFailurePolicy
  successPolicy:SuccessPolicy backoffLimit:int?=6 backoffLimitPerIndex:int? maxFailedIndexes:int? selector:LabelSelector
  manualSelector:bool? template!:PodTemplateSpec+ ttlSecondsAfterFinished:int? completionMode:string?=NonIndexed
  suspend:bool?=false podReplacementPolicy:string? managedBy:string?
JobCondition: type!:string+ status!:string+ lastProbeTime:time lastTransitionTime:time reason message
UncountedTerminatedPods: succeeded:[string]# failed:[string]#
JobStatus: conditions:[JobCondition]~type startTime:time completionTime:time active:int succeeded:int failed:int
  terminating:int? completedIndexes failedIndexes:string? uncountedTerminatedPods:UncountedTerminatedPods ready:int?
Job: spec:JobSpec+ status:JobStatus+
JobTemplateSpec: metadata:ObjectMeta+ spec:JobSpec+
CronJobSpec: schedule!:string+ timeZone:string? startingDeadlineSeconds:long? concurrencyPolicy=Allow suspend:bool?=false
  jobTemplate!:JobTemplateSpec+ successfulJobsHistoryLimit:int?=3 failedJobsHistoryLimit:int?=1
CronJobStatus: active:[ObjectReference] lastScheduleTime:time lastSuccessfulTime:time
CronJob: spec:CronJobSpec+ status:CronJobStatus+
`,
  META,
  POD_TYPES,
  CORE_TYPES,
);
