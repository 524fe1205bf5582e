/**
 * What KubeVirt's roles allow: `[since vX.Y ]groups ; resources ; verbs`, `-` for the core group. Source:
 * pkg/virt-operator/resource/generate/rbac.
 */
export const CLUSTER_ROLES: Readonly<Record<string, string>> = {
  'kubevirt.io:default': `
kubevirt.io ; kubevirts ; get,list
subresources.kubevirt.io ; version,guestfs ; get,list`,

  'kubevirt.io:admin': `
subresources.kubevirt.io ; virtualmachineinstances/console,virtualmachineinstances/vnc,virtualmachineinstances/vnc/screenshot,virtualmachineinstances/portforward,virtualmachineinstances/guestosinfo,virtualmachineinstances/filesystemlist,virtualmachineinstances/userlist,virtualmachineinstances/sev/fetchcertchain,virtualmachineinstances/sev/querylaunchmeasurement,virtualmachineinstances/usbredir ; get
since v1.6 subresources.kubevirt.io ; virtualmachines/objectgraph,virtualmachineinstances/objectgraph ; get
subresources.kubevirt.io ; virtualmachineinstances/pause,virtualmachineinstances/unpause,virtualmachineinstances/addvolume,virtualmachineinstances/removevolume,virtualmachineinstances/freeze,virtualmachineinstances/unfreeze,virtualmachineinstances/softreboot,virtualmachineinstances/reset,virtualmachineinstances/sev/setupsession,virtualmachineinstances/sev/injectlaunchsecret ; update
since v1.7 subresources.kubevirt.io ; virtualmachineinstances/evacuate/cancel,virtualmachines/evacuate/cancel ; update
subresources.kubevirt.io ; virtualmachines/expand-spec,virtualmachines/portforward ; get
subresources.kubevirt.io ; virtualmachines/start,virtualmachines/stop,virtualmachines/restart,virtualmachines/addvolume,virtualmachines/removevolume,virtualmachines/memorydump ; update
subresources.kubevirt.io ; expand-vm-spec ; update
kubevirt.io ; virtualmachines,virtualmachineinstances,virtualmachineinstancepresets,virtualmachineinstancereplicasets ; get,delete,create,update,patch,list,watch,deletecollection
kubevirt.io ; virtualmachineinstancemigrations ; get,list,watch
snapshot.kubevirt.io ; virtualmachinesnapshots,virtualmachinesnapshotcontents,virtualmachinerestores ; get,delete,create,update,patch,list,watch,deletecollection
since v1.8 backup.kubevirt.io ; virtualmachinebackups,virtualmachinebackuptrackers ; get,delete,create,update,patch,list,watch,deletecollection
since v1.9 plugin.kubevirt.io ; plugins ; get,delete,create,update,patch,list,watch,deletecollection
export.kubevirt.io ; virtualmachineexports ; get,delete,create,update,patch,list,watch,deletecollection
clone.kubevirt.io ; virtualmachineclones ; get,delete,create,update,patch,list,watch,deletecollection
instancetype.kubevirt.io ; virtualmachineinstancetypes,virtualmachineclusterinstancetypes,virtualmachinepreferences,virtualmachineclusterpreferences ; get,delete,create,update,patch,list,watch,deletecollection
pool.kubevirt.io ; virtualmachinepools ; get,delete,create,update,patch,list,watch,deletecollection
migrations.kubevirt.io ; migrationpolicies ; get,list,watch`,

  'kubevirt.io:edit': `
subresources.kubevirt.io ; virtualmachineinstances/console,virtualmachineinstances/vnc,virtualmachineinstances/portforward,virtualmachineinstances/guestosinfo,virtualmachineinstances/filesystemlist,virtualmachineinstances/userlist,virtualmachineinstances/sev/fetchcertchain,virtualmachineinstances/sev/querylaunchmeasurement,virtualmachineinstances/usbredir ; get
since v1.6 subresources.kubevirt.io ; virtualmachines/objectgraph,virtualmachineinstances/objectgraph ; get
subresources.kubevirt.io ; virtualmachineinstances/pause,virtualmachineinstances/unpause,virtualmachineinstances/addvolume,virtualmachineinstances/removevolume,virtualmachineinstances/freeze,virtualmachineinstances/unfreeze,virtualmachineinstances/softreboot,virtualmachineinstances/reset,virtualmachineinstances/sev/setupsession,virtualmachineinstances/sev/injectlaunchsecret ; update
since v1.7 subresources.kubevirt.io ; virtualmachineinstances/evacuate/cancel,virtualmachines/evacuate/cancel ; update
subresources.kubevirt.io ; virtualmachines/expand-spec,virtualmachines/portforward ; get
subresources.kubevirt.io ; virtualmachines/start,virtualmachines/stop,virtualmachines/restart,virtualmachines/addvolume,virtualmachines/removevolume,virtualmachines/memorydump ; update
subresources.kubevirt.io ; expand-vm-spec ; update
kubevirt.io ; virtualmachines,virtualmachineinstances,virtualmachineinstancepresets,virtualmachineinstancereplicasets ; get,delete,create,update,patch,list,watch
kubevirt.io ; virtualmachineinstancemigrations ; get,list,watch
snapshot.kubevirt.io ; virtualmachinesnapshots,virtualmachinesnapshotcontents,virtualmachinerestores ; get,delete,create,update,patch,list,watch
since v1.8 backup.kubevirt.io ; virtualmachinebackups,virtualmachinebackuptrackers ; get,delete,create,update,patch,list,watch
export.kubevirt.io ; virtualmachineexports ; get,delete,create,update,patch,list,watch
clone.kubevirt.io ; virtualmachineclones ; get,delete,create,update,patch,list,watch
instancetype.kubevirt.io ; virtualmachineinstancetypes,virtualmachineclusterinstancetypes,virtualmachinepreferences,virtualmachineclusterpreferences ; get,delete,create,update,patch,list,watch
pool.kubevirt.io ; virtualmachinepools ; get,delete,create,update,patch,list,watch
kubevirt.io ; kubevirts ; get,list
migrations.kubevirt.io ; migrationpolicies ; get,list,watch`,

  'kubevirt.io:view': `
kubevirt.io ; kubevirts ; get,list
subresources.kubevirt.io ; virtualmachines/expand-spec,virtualmachineinstances/guestosinfo,virtualmachineinstances/filesystemlist,virtualmachineinstances/userlist,virtualmachineinstances/sev/fetchcertchain,virtualmachineinstances/sev/querylaunchmeasurement ; get
since v1.6 subresources.kubevirt.io ; virtualmachines/objectgraph,virtualmachineinstances/objectgraph ; get
subresources.kubevirt.io ; expand-vm-spec ; update
kubevirt.io ; virtualmachines,virtualmachineinstances,virtualmachineinstancepresets,virtualmachineinstancereplicasets,virtualmachineinstancemigrations ; get,list,watch
snapshot.kubevirt.io ; virtualmachinesnapshots,virtualmachinesnapshotcontents,virtualmachinerestores ; get,list,watch
since v1.8 backup.kubevirt.io ; virtualmachinebackups,virtualmachinebackuptrackers ; get,list,watch
export.kubevirt.io ; virtualmachineexports ; get,list,watch
clone.kubevirt.io ; virtualmachineclones ; get,list,watch
instancetype.kubevirt.io ; virtualmachineinstancetypes,virtualmachineclusterinstancetypes,virtualmachinepreferences,virtualmachineclusterpreferences ; get,list,watch
pool.kubevirt.io ; virtualmachinepools ; get,list,watch
migrations.kubevirt.io ; migrationpolicies ; get,list,watch
since v1.9 plugin.kubevirt.io ; plugins ; get,list,watch`,

  'kubevirt.io:migrate': `
subresources.kubevirt.io ; virtualmachines/migrate ; update
kubevirt.io ; virtualmachineinstancemigrations ; get,delete,create,update,patch,list,watch,deletecollection`,

  'instancetype.kubevirt.io:view': `
instancetype.kubevirt.io ; virtualmachineclusterinstancetypes,virtualmachineclusterpreferences ; get,list,watch`,

  'kubevirt-apiserver': `
- ; pods ; get,list,delete,patch
kubevirt.io ; virtualmachines,virtualmachineinstances ; get,list,watch,patch,update
- ; persistentvolumeclaims ; get,list
kubevirt.io ; virtualmachines/status ; patch
kubevirt.io ; virtualmachineinstancemigrations ; create,get,list,watch,patch
kubevirt.io ; virtualmachineinstancepresets ; watch,list
- ; configmaps,namespaces ; get,list,watch
- ; limitranges ; watch,list
apiextensions.k8s.io ; customresourcedefinitions ; get,list,watch
kubevirt.io ; kubevirts ; get,list,watch
snapshot.kubevirt.io ; virtualmachinesnapshots,virtualmachinerestores,virtualmachinesnapshotcontents ; get,list,watch
since v1.8 backup.kubevirt.io ; virtualmachinebackups,virtualmachinebackuptrackers ; get,list,watch
cdi.kubevirt.io ; datasources,datavolumes ; get,list,watch
instancetype.kubevirt.io ; virtualmachineinstancetypes,virtualmachineclusterinstancetypes,virtualmachinepreferences,virtualmachineclusterpreferences ; get,list,watch
migrations.kubevirt.io ; migrationpolicies ; get,list,watch
apps ; controllerrevisions ; create,list,get
- ; nodes ; get`,

  'kubevirt-controller': `
- ; namespaces ; get,list,watch,patch
policy ; poddisruptionbudgets ; get,list,watch,delete,create,patch
- ; pods,configmaps,endpoints,services ; get,list,watch,delete,update,create,patch
- ; events ; update,create,patch
- ; secrets ; create
- ; pods/finalizers ; update
- ; pods/eviction ; create
- ; pods/status ; patch
- ; nodes ; get,list,watch,update,patch
apps ; daemonsets ; list
apps ; controllerrevisions ; watch,list,create,delete,get,update
- ; persistentvolumeclaims ; get,list,watch,create,update,delete,patch
snapshot.kubevirt.io ; * ; get,list,watch,create,update,delete,patch
export.kubevirt.io ; virtualmachineexports,virtualmachineexports/status,virtualmachineexports/finalizers ; get,list,watch,create,update,delete,patch
since v1.8 backup.kubevirt.io ; virtualmachinebackups,virtualmachinebackups/status,virtualmachinebackups/finalizers,virtualmachinebackuptrackers,virtualmachinebackuptrackers/status ; get,list,watch,create,update,delete,patch
pool.kubevirt.io ; virtualmachinepools,virtualmachinepools/finalizers,virtualmachinepools/status,virtualmachinepools/scale ; watch,list,create,delete,update,patch,get
kubevirt.io ; * ; *
subresources.kubevirt.io ; virtualmachines/stop,virtualmachineinstances/addvolume,virtualmachineinstances/removevolume,virtualmachineinstances/freeze,virtualmachineinstances/unfreeze,virtualmachineinstances/reset,virtualmachineinstances/softreboot,virtualmachineinstances/sev/setupsession,virtualmachineinstances/sev/injectlaunchsecret ; update
cdi.kubevirt.io ; * ; *
apiextensions.k8s.io ; customresourcedefinitions ; get,list,watch
authorization.k8s.io ; subjectaccessreviews ; create
snapshot.storage.k8s.io ; volumesnapshotclasses,volumesnapshots ; get,list,watch,create,update,delete
storage.k8s.io ; storageclasses ; get,list,watch
instancetype.kubevirt.io ; virtualmachineinstancetypes,virtualmachineclusterinstancetypes,virtualmachinepreferences,virtualmachineclusterpreferences ; get,list,watch
migrations.kubevirt.io ; migrationpolicies ; get,list,watch
clone.kubevirt.io ; virtualmachineclones,virtualmachineclones/status,virtualmachineclones/finalizers ; get,list,watch,update,patch,delete
- ; resourcequotas ; list,watch
batch ; jobs ; create,get,delete
since v1.6 resource.k8s.io ; resourceslices,resourceclaims ; list,watch,get`,

  'kubevirt-handler': `
kubevirt.io ; virtualmachineinstances ; update,list,watch
- ; nodes ; patch,list,watch,get
- ; configmaps ; get,list,watch
- ; events ; create,patch
apiextensions.k8s.io ; customresourcedefinitions ; get,list,watch
kubevirt.io ; kubevirts ; get,list,watch
migrations.kubevirt.io ; migrationpolicies ; get,list,watch
since v1.8 backup.kubevirt.io ; virtualmachinebackuptrackers,virtualmachinebackuptrackers/status ; list,watch,patch
since v1.9 plugin.kubevirt.io ; plugins ; get,list,watch`,

  'kubevirt-exportproxy': `
export.kubevirt.io ; virtualmachineexports ; get,list,watch
kubevirt.io ; kubevirts ; list,watch`,

  'kubevirt-synchronization-controller': `
kubevirt.io ; virtualmachineinstances ; get,list,watch,update,patch
kubevirt.io ; virtualmachineinstancemigrations ; get,list,watch,patch,delete
kubevirt.io ; kubevirts ; get,list,watch
- ; events ; update,create,patch
apiextensions.k8s.io ; customresourcedefinitions ; get,list,watch`,
};

/** What the components may do in KubeVirt's own namespace. */
export const NAMESPACE_ROLES: Readonly<Record<string, string>> = {
  'kubevirt-apiserver': `
- ; configmaps ; get,list,watch`,
  'kubevirt-controller': `
- ; configmaps ; get,list,watch
coordination.k8s.io ; leases ; get,list,watch,delete,update,create,patch
route.openshift.io ; routes ; list,get,watch
networking.k8s.io ; ingresses ; list,get,watch
- ; secrets ; get,list,watch`,
  'kubevirt-handler': `
- ; configmaps ; get,list,watch`,
  'kubevirt-exportproxy': `
- ; configmaps ; get,list,watch`,
  'kubevirt-synchronization-controller': `
- ; configmaps ; get,list,watch
coordination.k8s.io ; leases ; get,list,watch,delete,update,create,patch`,
};

/** What the operator may do: its own work, and all that it grants to others. */
export const OPERATOR_RULES = `
kubevirt.io ; kubevirts ; get,list,watch,patch,update
kubevirt.io ; kubevirts/status,kubevirts/finalizers ; patch,update
- ; serviceaccounts,services,endpoints,pods/exec,configmaps,secrets ; get,list,watch,create,update,patch,delete
- ; pods ; get,list,watch,delete,update,create,patch
- ; nodes ; get,list,watch,patch
- ; events ; get,create,update,patch
- ; namespaces ; get,list,watch,patch
batch ; jobs ; get,list,watch,create,delete,patch
apps ; controllerrevisions,deployments,daemonsets ; get,list,watch,create,delete,patch,update
policy ; poddisruptionbudgets ; get,list,watch,create,delete,patch
networking.k8s.io ; networkpolicies ; get,list,watch,create,delete,patch
coordination.k8s.io ; leases ; get,list,watch,delete,update,create,patch
rbac.authorization.k8s.io ; clusterroles,clusterrolebindings,roles,rolebindings ; get,list,watch,create,update,patch,delete,bind,escalate
apiextensions.k8s.io ; customresourcedefinitions ; get,list,watch,create,delete,patch,update
admissionregistration.k8s.io ; validatingwebhookconfigurations,mutatingwebhookconfigurations,validatingadmissionpolicies,validatingadmissionpolicybindings ; get,list,watch,create,delete,update,patch
apiregistration.k8s.io ; apiservices ; get,list,watch,create,delete,update,patch
monitoring.coreos.com ; servicemonitors,prometheusrules ; get,list,watch,create,delete,update,patch
security.openshift.io ; securitycontextconstraints ; get,list,watch,create,update,delete,patch
kubevirt.io ; * ; *
subresources.kubevirt.io,snapshot.kubevirt.io,export.kubevirt.io,clone.kubevirt.io,pool.kubevirt.io,instancetype.kubevirt.io,migrations.kubevirt.io,backup.kubevirt.io,plugin.kubevirt.io,cdi.kubevirt.io ; * ; *
authorization.k8s.io ; subjectaccessreviews ; create
authentication.k8s.io ; tokenreviews ; create
- ; persistentvolumeclaims,pods/status,pods/finalizers,pods/eviction,limitranges,resourcequotas ; get,list,watch,create,update,delete,patch
snapshot.storage.k8s.io,storage.k8s.io,resource.k8s.io ; * ; get,list,watch,create,update,delete`;
