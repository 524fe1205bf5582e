import type { PolicyRule } from './rules.ts';

// Source: the default roles of Kubernetes 1.34 as `kubectl get clusterroles` lists them, as far as this simulator
// serves their resources. One line a rule: verbs | API groups | resources, `core` being the empty group.

const READ = 'get list watch';
const WRITE = 'create delete deletecollection patch update';
const ALL = `${WRITE} ${READ}`;
const EVENTS = 'create patch update | core events.k8s.io | events';

const VIEWED = [
  `${READ} | core | configmaps endpoints persistentvolumeclaims persistentvolumeclaims/status pods replicationcontrollers replicationcontrollers/scale serviceaccounts services services/status`,
  `${READ} | core | bindings events limitranges namespaces/status pods/log pods/status replicationcontrollers/status resourcequotas resourcequotas/status namespaces`,
  `${READ} | discovery.k8s.io | endpointslices`,
  `${READ} | apps | controllerrevisions daemonsets daemonsets/status deployments deployments/scale deployments/status replicasets replicasets/scale replicasets/status statefulsets statefulsets/scale statefulsets/status`,
  `${READ} | autoscaling | horizontalpodautoscalers horizontalpodautoscalers/status`,
  `${READ} | batch | cronjobs cronjobs/status jobs jobs/status`,
  `${READ} | policy | poddisruptionbudgets poddisruptionbudgets/status`,
  `${READ} | networking.k8s.io | ingresses ingresses/status networkpolicies`,
];
const EDITED = [
  `${READ} | core | pods/attach pods/exec pods/portforward pods/proxy secrets services/proxy`,
  'impersonate | core | serviceaccounts',
  `${WRITE} | core | pods pods/attach pods/exec pods/portforward pods/proxy`,
  'create | core | pods/eviction',
  `${WRITE} | core | configmaps events persistentvolumeclaims replicationcontrollers replicationcontrollers/scale secrets serviceaccounts services services/proxy`,
  'create | core | serviceaccounts/token',
  `${WRITE} | apps | daemonsets deployments deployments/rollback deployments/scale replicasets replicasets/scale statefulsets statefulsets/scale`,
  `${WRITE} | autoscaling | horizontalpodautoscalers`,
  `${WRITE} | batch | cronjobs jobs`,
  `${WRITE} | policy | poddisruptionbudgets`,
  `${WRITE} | networking.k8s.io | ingresses networkpolicies`,
  `${ALL} | coordination.k8s.io | leases`,
];
const ADMINISTERED = [
  'create | authorization.k8s.io | localsubjectaccessreviews',
  `${ALL} | rbac.authorization.k8s.io | roles rolebindings`,
];
const NODE = [
  'create | authentication.k8s.io | tokenreviews',
  'create | authorization.k8s.io | localsubjectaccessreviews subjectaccessreviews',
  `${READ} | core | services`,
  `create ${READ} | core | nodes`,
  'patch update | core | nodes nodes/status',
  EVENTS,
  `create delete ${READ} | core | pods`,
  'patch update | core | pods/status',
  'create | core | pods/eviction serviceaccounts/token',
  `${READ} | core | configmaps secrets persistentvolumeclaims persistentvolumes endpoints`,
  'create delete get patch update | coordination.k8s.io | leases',
  `${READ} | node.k8s.io | runtimeclasses`,
  `${READ} | storage.k8s.io | csidrivers volumeattachments`,
  `create delete get patch update | storage.k8s.io | csinodes`,
];

const CONTROLLER_ROLES: Readonly<Record<string, readonly string[]>> = {
  'system:controller:clusterrole-aggregation-controller': [
    `escalate ${READ} patch update | rbac.authorization.k8s.io | clusterroles`,
  ],
  'system:controller:daemon-set-controller': [
    `${READ} | apps | daemonsets`,
    'update | apps | daemonsets/status daemonsets/finalizers',
    'list watch | core | nodes',
    'create delete list patch watch | core | pods',
    'create | core | pods/binding',
    `create delete ${READ} patch update | apps | controllerrevisions`,
    EVENTS,
  ],
  'system:controller:deployment-controller': [
    `${READ} update | apps | deployments`,
    'update | apps | deployments/status deployments/finalizers',
    `create delete ${READ} patch update | apps | replicasets`,
    `${READ} update | core | pods`,
    EVENTS,
  ],
  'system:controller:disruption-controller': [
    `${READ} | apps | deployments replicasets statefulsets`,
    `${READ} | core | pods replicationcontrollers`,
    `${READ} | policy | poddisruptionbudgets`,
    'update | policy | poddisruptionbudgets/status',
    'patch update | core | pods/status',
    'get | * | */scale',
    EVENTS,
  ],
  'system:controller:endpoint-controller': [
    `${READ} | core | pods services`,
    `create delete ${READ} update | core | endpoints`,
    'create | core | endpoints/restricted',
    EVENTS,
  ],
  'system:controller:endpointslice-controller': [
    `${READ} | core | nodes pods services`,
    'update | core | services/finalizers',
    `create delete ${READ} update | discovery.k8s.io | endpointslices`,
    EVENTS,
  ],
  'system:controller:generic-garbage-collector': [`delete ${READ} patch update | * | *`, EVENTS],
  'system:controller:job-controller': [
    `${READ} patch update | batch | jobs`,
    'update | batch | jobs/status jobs/finalizers',
    'create delete list patch watch | core | pods',
    EVENTS,
  ],
  'system:controller:namespace-controller': [
    `delete ${READ} | core | namespaces`,
    'update | core | namespaces/finalize namespaces/status',
    'delete deletecollection get list | * | *',
  ],
  'system:controller:node-controller': [
    `${READ} delete patch update | core | nodes`,
    'patch update | core | nodes/status',
    'patch update | core | pods/status',
    'delete get list watch | core | pods',
    EVENTS,
  ],
  'system:controller:persistent-volume-binder': [
    `create delete ${READ} patch update | core | persistentvolumes`,
    'update | core | persistentvolumes/status persistentvolumeclaims/status',
    `${READ} update | core | persistentvolumeclaims`,
    `create delete ${READ} | core | pods`,
    `${READ} | storage.k8s.io | storageclasses`,
    `${READ} | core | nodes`,
    EVENTS,
  ],
  'system:controller:pod-garbage-collector': ['delete list watch | core | pods', `${READ} | core | nodes`],
  'system:controller:pvc-protection-controller': [
    `${READ} update | core | persistentvolumeclaims`,
    `${READ} | core | pods`,
    EVENTS,
  ],
  'system:controller:replicaset-controller': [
    `${READ} update | apps | replicasets`,
    'update | apps | replicasets/status replicasets/finalizers',
    'create delete list patch watch | core | pods',
    EVENTS,
  ],
  'system:controller:root-ca-cert-publisher': [`create ${READ} update | core | configmaps`, EVENTS],
  'system:controller:service-account-controller': ['create | core | serviceaccounts', EVENTS],
  'system:controller:statefulset-controller': [
    'list watch | core | pods',
    `${READ} | apps | statefulsets`,
    'update | apps | statefulsets/status statefulsets/finalizers',
    'create delete get patch update | core | pods',
    `create delete ${READ} patch update | apps | controllerrevisions`,
    'create get | core | persistentvolumeclaims',
    EVENTS,
  ],
};

/** Rules of the default ClusterRoles, by name. */
export const BOOTSTRAP_ROLES: Readonly<Record<string, readonly string[]>> = {
  'cluster-admin': ['* | * | *', '* | url | *'],
  admin: [...ADMINISTERED, ...EDITED, ...VIEWED],
  edit: [...EDITED, ...VIEWED],
  view: VIEWED,
  'system:aggregate-to-admin': ADMINISTERED,
  'system:aggregate-to-edit': EDITED,
  'system:aggregate-to-view': VIEWED,
  'system:basic-user': [
    'create | authorization.k8s.io | selfsubjectaccessreviews selfsubjectrulesreviews',
    'create | authentication.k8s.io | selfsubjectreviews',
  ],
  'system:discovery': [
    'get | url | /api /api/* /apis /apis/* /healthz /livez /openapi /openapi/* /readyz /version /version/',
  ],
  'system:public-info-viewer': ['get | url | /healthz /livez /readyz /version /version/'],
  'system:monitoring': ['get | url | /healthz /healthz/* /livez /livez/* /metrics /metrics/slis /readyz /readyz/*'],
  'system:service-account-issuer-discovery': ['get | url | /.well-known/openid-configuration /openid/v1/jwks'],
  'system:auth-delegator': [
    'create | authentication.k8s.io | tokenreviews',
    'create | authorization.k8s.io | subjectaccessreviews',
  ],
  'system:node': NODE,
  'system:node-proxier': ['list watch | core | endpoints services', `${READ} | core | nodes`, EVENTS],
  'system:kube-scheduler': [
    EVENTS,
    `create ${READ} update | coordination.k8s.io | leases`,
    `${READ} | core | nodes namespaces persistentvolumeclaims persistentvolumes pods replicationcontrollers services`,
    'delete | core | pods',
    'create | core | bindings pods/binding',
    'patch update | core | pods/status',
    `${READ} | apps | replicasets statefulsets`,
    `${READ} | policy | poddisruptionbudgets`,
    'patch update | core | persistentvolumeclaims persistentvolumes',
    'create | authentication.k8s.io | tokenreviews',
    'create | authorization.k8s.io | subjectaccessreviews',
    `${READ} | storage.k8s.io | csidrivers csinodes csistoragecapacities storageclasses volumeattachments`,
  ],
  'system:kube-controller-manager': [
    EVENTS,
    `create ${READ} update | coordination.k8s.io | leases`,
    'create | core | secrets serviceaccounts serviceaccounts/token',
    'delete | core | secrets',
    'get | core | configmaps namespaces secrets serviceaccounts',
    'update | core | secrets serviceaccounts',
    'create | authentication.k8s.io | tokenreviews',
    'create | authorization.k8s.io | subjectaccessreviews',
    'list watch | * | *',
  ],
  ...CONTROLLER_ROLES,
};

/** Who is bound to a default ClusterRole: users, groups, and accounts as `namespace/name`. */
export const BOOTSTRAP_BINDINGS: Readonly<
  Record<string, readonly (readonly ['User' | 'Group' | 'ServiceAccount', string])[]>
> = {
  'cluster-admin': [['Group', 'system:masters']],
  'system:basic-user': [['Group', 'system:authenticated']],
  'system:discovery': [['Group', 'system:authenticated']],
  'system:public-info-viewer': [
    ['Group', 'system:authenticated'],
    ['Group', 'system:unauthenticated'],
  ],
  'system:monitoring': [['Group', 'system:monitoring']],
  'system:service-account-issuer-discovery': [['Group', 'system:serviceaccounts']],
  'system:kube-scheduler': [['User', 'system:kube-scheduler']],
  'system:kube-controller-manager': [['User', 'system:kube-controller-manager']],
  'system:node-proxier': [['User', 'system:kube-proxy']],
  // The real server leaves this binding empty and has an authorizer of its own for nodes.
  'system:node': [['Group', 'system:nodes']],
  ...Object.fromEntries(
    Object.keys(CONTROLLER_ROLES).map((role) => [
      role,
      [['ServiceAccount', `kube-system/${role.slice('system:controller:'.length)}`] as const],
    ]),
  ),
};

/** Reads one line of the tables above. */
export function ruleOf(line: string): PolicyRule {
  const [verbs = '', groups = '', resources = ''] = line.split(' | ');
  if (groups === 'url') return { verbs: verbs.split(' '), nonResourceURLs: resources.split(' ') };
  return {
    verbs: verbs.split(' '),
    apiGroups: groups.split(' ').map((group) => (group === 'core' ? '' : group)),
    resources: resources.split(' '),
  };
}
