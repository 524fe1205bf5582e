/** How a field's value is written. */
export type WireType =
  | { readonly form: 'string' | 'int' | 'bool' | 'bytes' | 'time' | 'intstr' | 'quantity' }
  | { readonly form: 'message'; readonly name: string }
  | { readonly form: 'list' | 'map'; readonly of: WireType };

/** A field of a message. */
export interface MessageField {
  readonly name: string;
  readonly type: WireType;
  /** A zero value stays when it was sent. */
  readonly pointer: boolean;
}

/** Messages by name, their fields by number. */
export type Messages = Readonly<Record<string, ReadonlyMap<number, MessageField>>>;

// `number=name:type`, default string; `[T]` a list, `{T}` a map, `?` a pointer. Source: the field numbers of the
// Kubernetes API's generated.proto files, as far as kubectl's create, auth and delete commands use them.
const TABLE = `
TypeMeta: 1=apiVersion 2=kind
Unknown: 1=typeMeta:TypeMeta 2=raw:bytes 3=contentEncoding 4=contentType
OwnerReference: 1=kind 3=name 4=uid 5=apiVersion 6=controller:bool? 7=blockOwnerDeletion:bool?
ObjectMeta: 1=name 2=generateName 3=namespace 4=selfLink 5=uid 6=resourceVersion 7=generation:int 8=creationTimestamp:time
  9=deletionTimestamp:time 10=deletionGracePeriodSeconds:int? 11=labels:{string} 12=annotations:{string}
  13=ownerReferences:[OwnerReference] 14=finalizers:[string]
LabelSelectorRequirement: 1=key 2=operator 3=values:[string]
LabelSelector: 1=matchLabels:{string} 2=matchExpressions:[LabelSelectorRequirement]
Preconditions: 1=uid? 2=resourceVersion?
DeleteOptions: 1=gracePeriodSeconds:int? 2=preconditions:Preconditions? 3=orphanDependents:bool? 4=propagationPolicy? 5=dryRun:[string]
ObjectReference: 1=kind 2=namespace 3=name 4=uid 5=apiVersion 6=resourceVersion 7=fieldPath
LocalObjectReference: 1=name
NamespaceSpec: 1=finalizers:[string]
Namespace: 1=metadata:ObjectMeta 2=spec:NamespaceSpec
ConfigMap: 1=metadata:ObjectMeta 2=data:{string} 3=binaryData:{bytes} 4=immutable:bool?
Secret: 1=metadata:ObjectMeta 2=data:{bytes} 3=type 4=stringData:{string} 5=immutable:bool?
ServiceAccount: 1=metadata:ObjectMeta 2=secrets:[ObjectReference] 3=imagePullSecrets:[LocalObjectReference]
  4=automountServiceAccountToken:bool?
BoundObjectReference: 1=kind 2=apiVersion 3=name 4=uid
TokenRequestSpec: 1=audiences:[string] 3=boundObjectRef:BoundObjectReference? 4=expirationSeconds:int?
TokenRequest: 1=metadata:ObjectMeta 2=spec:TokenRequestSpec
TokenReviewSpec: 1=token 2=audiences:[string]
TokenReview: 1=metadata:ObjectMeta 2=spec:TokenReviewSpec
SelfSubjectReview: 1=metadata:ObjectMeta
ResourceAttributes: 1=namespace 2=verb 3=group 4=version 5=resource 6=subresource 7=name
NonResourceAttributes: 1=path 2=verb
SelfSubjectAccessReviewSpec: 1=resourceAttributes:ResourceAttributes? 2=nonResourceAttributes:NonResourceAttributes?
SelfSubjectAccessReview: 1=metadata:ObjectMeta 2=spec:SelfSubjectAccessReviewSpec
SelfSubjectRulesReviewSpec: 1=namespace
SelfSubjectRulesReview: 1=metadata:ObjectMeta 2=spec:SelfSubjectRulesReviewSpec
PolicyRule: 1=verbs:[string] 2=apiGroups:[string] 3=resources:[string] 4=resourceNames:[string] 5=nonResourceURLs:[string]
AggregationRule: 1=clusterRoleSelectors:[LabelSelector]
Subject: 1=kind 2=apiGroup 3=name 4=namespace
RoleRef: 1=apiGroup 2=kind 3=name
Role: 1=metadata:ObjectMeta 2=rules:[PolicyRule]
ClusterRole: 1=metadata:ObjectMeta 2=rules:[PolicyRule] 3=aggregationRule:AggregationRule?
RoleBinding: 1=metadata:ObjectMeta 2=subjects:[Subject] 3=roleRef:RoleRef
ClusterRoleBinding: 1=metadata:ObjectMeta 2=subjects:[Subject] 3=roleRef:RoleRef
ContainerPort: 1=name 2=hostPort:int 3=containerPort:int 4=protocol 5=hostIP
EnvVar: 1=name 2=value
ResourceRequirements: 1=limits:{quantity} 2=requests:{quantity}
Container: 1=name 2=image 3=command:[string] 4=args:[string] 5=workingDir 6=ports:[ContainerPort] 7=env:[EnvVar]
  8=resources:ResourceRequirements 13=terminationMessagePath 14=imagePullPolicy 16=stdin:bool 17=stdinOnce:bool 18=tty:bool
  20=terminationMessagePolicy
PodSpec: 2=containers:[Container] 3=restartPolicy 4=terminationGracePeriodSeconds:int? 5=activeDeadlineSeconds:int? 6=dnsPolicy
  7=nodeSelector:{string} 8=serviceAccountName 9=serviceAccount 10=nodeName 11=hostNetwork:bool 19=schedulerName
  20=initContainers:[Container]
PodTemplateSpec: 1=metadata:ObjectMeta 2=spec:PodSpec
RollingUpdateDeployment: 1=maxUnavailable:intstr? 2=maxSurge:intstr?
DeploymentStrategy: 1=type 2=rollingUpdate:RollingUpdateDeployment?
DeploymentSpec: 1=replicas:int? 2=selector:LabelSelector? 3=template:PodTemplateSpec 4=strategy:DeploymentStrategy
  5=minReadySeconds:int 6=revisionHistoryLimit:int? 7=paused:bool 9=progressDeadlineSeconds:int?
Deployment: 1=metadata:ObjectMeta 2=spec:DeploymentSpec
JobSpec: 1=parallelism:int? 2=completions:int? 3=activeDeadlineSeconds:int? 4=selector:LabelSelector? 5=manualSelector:bool?
  6=template:PodTemplateSpec 7=backoffLimit:int? 8=ttlSecondsAfterFinished:int? 9=completionMode? 10=suspend:bool?
Job: 1=metadata:ObjectMeta 2=spec:JobSpec
JobTemplateSpec: 1=metadata:ObjectMeta 2=spec:JobSpec
CronJobSpec: 1=schedule 2=startingDeadlineSeconds:int? 3=concurrencyPolicy 4=suspend:bool? 5=jobTemplate:JobTemplateSpec
  6=successfulJobsHistoryLimit:int? 7=failedJobsHistoryLimit:int? 8=timeZone?
CronJob: 1=metadata:ObjectMeta 2=spec:CronJobSpec
ServicePort: 1=name 2=protocol 3=port:int 4=targetPort:intstr 5=nodePort:int 6=appProtocol?
ServiceSpec: 1=ports:[ServicePort] 2=selector:{string} 3=clusterIP 4=type 5=externalIPs:[string] 7=sessionAffinity
  8=loadBalancerIP 9=loadBalancerSourceRanges:[string] 10=externalName 11=externalTrafficPolicy 12=healthCheckNodePort:int
  13=publishNotReadyAddresses:bool 17=ipFamilyPolicy? 18=clusterIPs:[string] 19=ipFamilies:[string]
Service: 1=metadata:ObjectMeta 2=spec:ServiceSpec
PriorityClass: 1=metadata:ObjectMeta 2=value:int 3=globalDefault:bool 4=description 5=preemptionPolicy?
PodDisruptionBudgetSpec: 1=minAvailable:intstr? 2=selector:LabelSelector? 3=maxUnavailable:intstr? 4=unhealthyPodEvictionPolicy?
PodDisruptionBudget: 1=metadata:ObjectMeta 2=spec:PodDisruptionBudgetSpec
ResourceQuotaSpec: 1=hard:{quantity} 2=scopes:[string]
ResourceQuota: 1=metadata:ObjectMeta 2=spec:ResourceQuotaSpec
`;

/** The messages that are understood. */
export const MESSAGES: Messages = readTable(TABLE);

/** Kinds that may stand in a request, with their group and version. */
export const KINDS: ReadonlySet<string> = new Set([
  ...['Namespace', 'ConfigMap', 'Secret', 'ServiceAccount', 'Service', 'ResourceQuota', 'DeleteOptions'].map(
    (kind) => `v1/${kind}`,
  ),
  ...['TokenRequest', 'TokenReview', 'SelfSubjectReview'].map((kind) => `authentication.k8s.io/v1/${kind}`),
  ...['SelfSubjectAccessReview', 'SelfSubjectRulesReview'].map((kind) => `authorization.k8s.io/v1/${kind}`),
  ...['Role', 'ClusterRole', 'RoleBinding', 'ClusterRoleBinding'].map((kind) => `rbac.authorization.k8s.io/v1/${kind}`),
  'apps/v1/Deployment',
  'batch/v1/Job',
  'batch/v1/CronJob',
  'policy/v1/PodDisruptionBudget',
  'scheduling.k8s.io/v1/PriorityClass',
]);

function readTable(text: string): Messages {
  const messages: Record<string, Map<number, MessageField>> = {};
  let fields = new Map<number, MessageField>();
  for (const line of text.split('\n')) {
    const head = /^(\w+):/.exec(line);
    if (head?.[1] !== undefined) {
      fields = new Map();
      messages[head[1]] = fields;
    }
    for (const [, number, name, type, pointer] of line.matchAll(/(\d+)=(\w+)(?::([\w[\]{}]+))?(\??)/g)) {
      if (name === undefined) continue;
      fields.set(Number(number), { name, type: readType(type ?? 'string'), pointer: pointer === '?' });
    }
  }
  return messages;
}

function readType(text: string): WireType {
  const list = /^\[(.+)\]$/.exec(text)?.[1];
  if (list !== undefined) return { form: 'list', of: readType(list) };
  const map = /^\{(.+)\}$/.exec(text)?.[1];
  if (map !== undefined) return { form: 'map', of: readType(map) };
  switch (text) {
    case 'string':
    case 'int':
    case 'bool':
    case 'bytes':
    case 'time':
    case 'intstr':
    case 'quantity':
      return { form: text };
    default:
      return { form: 'message', name: text };
  }
}
