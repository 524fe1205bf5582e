/** What a comparison of a cluster does not look at, and why. */
export interface Ignored {
  /** Kinds as kubectl names them, e.g. `leases.coordination.k8s.io`; a pattern matches the whole name. */
  readonly of: RegExp;
  /** Only objects whose `namespace/name` (or `name`) matches. */
  readonly object?: RegExp;
  /** The way to the field, `*` for any key or index; without it the whole object is not looked at. */
  readonly field?: readonly string[];
  /** Only values that say this. */
  readonly value?: string;
  readonly because: string;
}

const ANY = /^/;
const WORKS_BY_ITSELF = 'comes and goes by itself on every cluster';

/** The one table of what is ignored. Everything else that is otherwise after a run than before is told. */
export const IGNORED: readonly Ignored[] = [
  { of: /^events(\.events\.k8s\.io)?$/, because: `tells what happened and expires; ${WORKS_BY_ITSELF}` },
  { of: /^endpoints$/, because: 'made by a controller from Services and Pods, which are looked at' },
  { of: /^endpointslices\.discovery\.k8s\.io$/, because: 'made by a controller from Services and Pods' },
  { of: /^componentstatuses$/, because: 'no object: asked anew with every list' },
  { of: /\.(custom\.|external\.)?metrics\.k8s\.io$/, because: 'measurements, no objects' },
  { of: /^certificatesigningrequests\./, because: `kubelets renew their certificates; ${WORKS_BY_ITSELF}` },
  {
    of: /^leases\.coordination\.k8s\.io$/,
    object: /^kube-node-lease\//,
    because: "a kubelet's heartbeat; the Node itself is looked at",
  },
  {
    of: /^leases\.coordination\.k8s\.io$/,
    object: /\/sevlane$/,
    because: 'our own: it stays by design, and its holder is whoever works now',
  },
  {
    of: /^leases\.coordination\.k8s\.io$/,
    object: /\/sevlane-waiting-/,
    because: 'the place of a run in the queue: it comes and goes with that run',
  },
  {
    of: /^validatingadmissionpolic(ies|ybindings)\.admissionregistration\.k8s\.io$/,
    object: /^sevlane-fence-/,
    because: 'our own: it stays by design, as the Lease does, to refuse what a run writes that lost it',
  },
  ...['holderIdentity', 'acquireTime', 'renewTime', 'leaseTransitions', 'leaseDurationSeconds'].map((name) => ({
    of: /^leases\.coordination\.k8s\.io$/,
    field: ['spec', name],
    because: 'who leads at the moment; that the Lease is there is looked at',
  })),
  ...['resourceVersion', 'generation', 'managedFields', 'creationTimestamp', 'selfLink', 'uid'].map((name) => ({
    of: ANY,
    field: ['metadata', name],
    because: 'the server gives it anew with every write or creation, also of the same content',
  })),
  {
    of: ANY,
    field: ['metadata', 'ownerReferences', '*', 'uid'],
    because: 'follows the uid of the owner, which is named beside it',
  },
  { of: ANY, field: ['metadata', 'deletionTimestamp'], because: 'a time; that it ends shows in its finalizers' },
  ...[
    'kubevirt.io/heartbeat',
    'control-plane.alpha.kubernetes.io/leader',
    'node.alpha.kubernetes.io/ttl',
    'endpoints.kubernetes.io/last-change-trigger-time',
  ].map((name) => ({
    of: ANY,
    field: ['metadata', 'annotations', name],
    // Whether a heartbeat of ours is left is told by the one who takes it off: harness/kube/node-note.ts.
    because: 'written again and again by whoever lives on the node or in the cluster',
  })),
  { of: /^(?!nodes$|namespaces$)/, field: ['status'], because: 'its controller keeps it in step with the rest' },
  ...['images', 'volumesInUse', 'volumesAttached', 'config', 'runtimeHandlers', 'features'].map((name) => ({
    of: /^nodes$/,
    field: ['status', name],
    because: 'what the kubelet happens to hold, such as images that it keeps for a while',
  })),
  ...['lastHeartbeatTime', 'lastTransitionTime', 'message'].map((name) => ({
    of: /^(nodes|namespaces)$/,
    field: ['status', 'conditions', '*', name],
    because: 'a time, or words with a time in them',
  })),
  {
    of: /^nodes$/,
    field: ['status', 'capacity'],
    because: 'holds the devices of a plugin for minutes after it went; what is allocatable is looked at',
  },
  {
    of: /^nodes$/,
    field: ['status', 'allocatable', '*'],
    value: '0',
    because: 'a device that the kubelet once knew: it stays with 0 until the kubelet is started anew',
  },
  ...['ephemeral-storage', 'memory'].map((name) => ({
    of: /^nodes$/,
    field: ['status', 'allocatable', name],
    because: 'the kubelet measures it anew',
  })),
  {
    of: /^configmaps$/,
    object: /^[^/]+\/sevlane-run-/,
    because: 'our own note of what the nodes had before; it goes last of all',
  },
];
