import type { Place } from '../../harness/explain/known-text.ts';

/** How a known text really looks, with some of its numbers and names as they come. */
export interface Sample {
  readonly id: string;
  readonly place: Place;
  readonly text: (n: number) => string;
}

const qemu = (id: string, text: (n: number) => string): Sample => ({ id, place: 'qemu-log', text });
const event = (id: string, text: (n: number) => string): Sample => ({ id, place: 'events', text });
const api = (id: string, text: (n: number) => string): Sample => ({ id, place: 'api', text });
const ssh = (id: string, text: (n: number) => string): Sample => ({ id, place: 'ssh', text });
const dmesg = (id: string, text: (n: number) => string): Sample => ({ id, place: 'host-dmesg', text });
const serial = (id: string, text: (n: number) => string): Sample => ({ id, place: 'guest-serial', text });

const QEMU = 'qemu-kvm: -accel kvm:';
const LAUNCH = `${QEMU} sev_launch_start: LAUNCH_START`;
const fw = (id: string, code: number, words: string): Sample =>
  qemu(id, () => `${LAUNCH} ret=-5 fw_error=${code} '${words}'`);
const nodes = (n: number, reason: string) =>
  `0/${n} nodes are available: ${n} ${reason}. preemption: 0/${n} nodes are available: ${n} Preemption is not helpful for scheduling.`;
const pull = (n: number, end: string) =>
  `Failed to pull image "quay.io/kubevirt/virt-launcher:v1.9.${n}": rpc error: code = Unknown desc = failed to pull and unpack image "quay.io/kubevirt/virt-launcher:v1.9.${n}": ${end}`;
const webhook = (n: number, end: string) =>
  `Internal error occurred: failed calling webhook "virt-api-mutator-${n}.kubevirt.io": failed to call webhook: Post "https://virt-api.kubevirt.svc:443/virtualmachineinstances-mutate?timeout=10s": ${end}`;
const denied = (end: string) =>
  `admission webhook "virtualmachineinstances-create-validator.kubevirt.io" denied the request: ${end}`;

export const SAMPLES: readonly Sample[] = [
  qemu('sev-es-refused-on-snp-host', () => `${LAUNCH} ret=-5 fw_error=21 'Feature not supported'`),
  qemu(
    'firmware-lacks-feature',
    () => `${QEMU} sev_snp_launch_start: SNP_LAUNCH_START ret=-5 fw_error=21 'Feature not supported'`,
  ),
  fw('firmware-platform-state', 1, 'Platform state is invalid'),
  fw('firmware-guest-state', 2, 'Guest state is invalid'),
  fw('firmware-platform-config', 3, 'Platform configuration is invalid'),
  fw('firmware-certificate', 6, 'Certificate is invalid'),
  fw('firmware-policy', 7, 'Policy is not allowed'),
  fw('firmware-address', 9, 'Invalid address'),
  qemu(
    'firmware-measurement',
    () => `qemu-kvm: sev_snp_launch_finish: SNP_LAUNCH_FINISH ret=-5 fw_error=11 'Bad measurement'`,
  ),
  fw('firmware-asid', 12, 'ASID is already owned'),
  fw('firmware-wants-flush', 15, 'DF_FLUSH is required'),
  fw('firmware-guest-handle', 16, 'Guest handle is invalid'),
  fw('firmware-unknown-command', 17, 'Invalid command'),
  fw('firmware-hardware', 19, 'Hardware error'),
  fw('firmware-parameter', 22, 'Invalid parameter'),
  fw('firmware-resources', 23, 'Required firmware resource depleted'),
  fw('firmware-integrity', 24, 'Part-specific integrity check failure'),
  qemu('firmware-rmp-page', () => `qemu-kvm: SNP_LAUNCH_UPDATE ret=-5 fw_error=26 'RMP page state is incorrect'`),
  qemu(
    'firmware-rmp-init',
    () => `${QEMU} sev_common_kvm_init: failed to initialize ret=-5 fw_error=32 'RMP must be initialized'`,
  ),
  fw('firmware-wants-shutdown', 35, 'unknown error'),
  fw('firmware-refused-otherwise', 0, ''),
  qemu('no-asid-left', () => `${QEMU} sev_common_kvm_init: failed to initialize ret=-16 fw_error=0 ''`),
  qemu(
    'launch-parameter-refused',
    () =>
      `2024-12-06T09:14:26.679347Z qemu-system-x86_64: -accel kvm: sev_snp_launch_start: SNP_LAUNCH_START ret=-22 fw_error=0 ''`,
  ),
  qemu(
    'kernel-lacks-command',
    () => `qemu-system-x86_64: sev_snp_launch_start: SNP_LAUNCH_START ret=-25 fw_error=0 ''`,
  ),
  qemu('dev-sev-missing', () => `${QEMU} sev_kvm_init: Failed to open /dev/sev 'No such file or directory'`),
  qemu('dev-sev-denied', () => `${QEMU} sev_kvm_init: Failed to open /dev/sev 'Permission denied'`),
  qemu('dev-sev-busy', () => `${QEMU} sev_kvm_init: Failed to open /dev/sev 'Device or resource busy'`),
  qemu(
    'sev-es-unavailable',
    () => `${QEMU} sev_kvm_init: guest policy requires SEV-ES, but host SEV-ES support unavailable`,
  ),
  qemu('c-bit-mismatch', (n) => `${QEMU} sev_kvm_init: cbitpos check failed, host '51' requested '${n}'`),
  qemu(
    'qemu-lacks-snp',
    () => 'unsupported configuration: SEV-SNP launch security is not supported with this QEMU binary',
  ),
  qemu(
    'capability-cache',
    () =>
      'error: Unable to get host SEV information error: this function is not supported by the connection driver: QEMU does not support SEV guest',
  ),
  qemu(
    'snp-cpuid-refused',
    (n) =>
      `qemu-kvm: SEV-SNP: CPUID validation failed for function 0x8000001f, index: 0x0, provided: eax:0x${n}, ebx: 0x0`,
  ),
  qemu(
    'memory-not-pinned',
    (n) =>
      `qemu-kvm: sev_ram_block_added: failed to register region (0x7f${n}fe00000+0x40000000) error 'Cannot allocate memory'`,
  ),
  {
    id: 'firmware-image-missing',
    place: 'launcher-log',
    text: (n) =>
      `failed to sync vmi: EFI OVMF roms missing for booting in EFI mode with SecureBoot=false, SEV/SEV-ES=false, SEV-SNP=true, TDX=false (manager.go:${n})`,
  },
  {
    id: 'guest-state-lock',
    place: 'launcher-log',
    text: () =>
      'Timed out during operation: cannot acquire state change lock (held by monitor=remoteDispatchDomainCreateWithFlags)',
  },
  qemu('kvm-run-failed', () => 'error: kvm run failed Invalid argument'),
  dmesg('kvm-disabled', () => 'kvm_amd: SVM disabled (by BIOS) in MSR_VM_CR on CPU 0'),
  dmesg('sev-off-in-bios', () => 'ccp 0000:46:00.1: SEV: memory encryption not enabled by BIOS'),
  dmesg('sev-init-failed', (n) => `ccp 0000:46:00.1: SEV: failed to INIT error 0x${n}, rc -5`),
  dmesg('snp-init-failed', () => 'ccp 0000:46:00.1: SEV-SNP: failed to INIT rc -5, error 0x3'),
  dmesg('tmr-allocation-failed', () => 'ccp 0000:46:00.1: SEV: TMR allocation failed, SEV-ES support unavailable'),
  dmesg('asid-split-unusable', () => 'kvm_amd: SEV unusable (ASIDs 510 - 509)'),
  dmesg('rmp-not-reserved', () => 'SEV-SNP: Memory for the RMP table has not been reserved by BIOS'),
  dmesg(
    'rmp-too-small',
    (n) =>
      `SEV-SNP: Memory reserved for the RMP table does not cover full system RAM (expected 0x40${n}000 got 0x20${n}000)`,
  ),
  dmesg(
    'iommu-forbids-snp',
    () => 'AMD-Vi: SNP: IOMMU disabled or configured in passthrough mode, SNP cannot be supported.',
  ),
  dmesg(
    'host-out-of-memory',
    (n) => `Out of memory: Killed process ${n} (qemu-kvm) total-vm:4398${n}kB, anon-rss:2097152kB`,
  ),
  event('pod-out-of-memory', () => 'Container compute was terminated: OOMKilled, exit code 137'),
  {
    id: 'inotify-exhausted',
    place: 'control-plane-log',
    text: () => 'failed to create an inotify watcher: too many open files',
  },
  ssh('disk-full', (n) => `tar: /tmp/sevlane-${n}/x: Cannot write: No space left on device`),
  serial(
    'guest-panic',
    (n) => `[    1.${n}] Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0)`,
  ),
  serial('guest-vc-exception', (n) => `[    0.${n}] unhandled #VC exception: 0x72`),
  serial('guest-lacks-driver', () => 'modprobe: FATAL: Module sev-guest not found in directory /lib/modules/6.5.6'),
  serial('login-refused', () => 'Login incorrect'),
  serial(
    'kds-throttled',
    (n) => `ERROR: https://kdsintf.amd.com/vcek/v1/Milan/cert_chain answered 429 Too Many Requests (try ${n})`,
  ),
  event('no-sev-device', (n) => nodes(n, 'Insufficient devices.kubevirt.io/sev')),
  event('no-sev-es-ids', (n) => nodes(n, 'Insufficient devices.kubevirt.io/sev-esids')),
  event('no-kvm-device', (n) => nodes(n, 'Insufficient devices.kubevirt.io/kvm')),
  event('no-cpu-or-memory-left', (n) => nodes(n, 'Insufficient memory')),
  event('no-node-matches', (n) => nodes(n, "node(s) didn't match Pod's node affinity/selector")),
  event('node-under-pressure', (n) => nodes(n, 'node(s) had untolerated taint {node.kubernetes.io/disk-pressure: }')),
  event('node-tainted', (n) => nodes(n, 'node(s) had untolerated taint {node-role.kubernetes.io/control-plane: }')),
  event('node-cordoned', (n) => nodes(n, 'node(s) were unschedulable')),
  event('volume-unbound', (n) => nodes(n, 'pod has unbound immediate PersistentVolumeClaims')),
  event('storage-class-missing', (n) => `storageclass.storage.k8s.io "fast-${n}" not found`),
  event('claim-missing', (n) => `PVC guests/root-${n} does not exist, waiting for it to appear`),
  event('import-failed', (n) => `Unable to connect to http data source: expected status code 200, got 404 (try ${n})`),
  event('image-missing', (n) =>
    pull(
      n,
      `failed to resolve reference "quay.io/kubevirt/virt-launcher:v1.9.${n}": quay.io/kubevirt/virt-launcher:v1.9.${n}: not found`,
    ),
  ),
  event('image-unauthorized', (n) =>
    pull(
      n,
      'failed to resolve reference: pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed',
    ),
  ),
  event('registry-throttles', (n) =>
    pull(
      n,
      'failed to copy: httpReadSeeker: 429 Too Many Requests - Server message: toomanyrequests: You have reached your pull rate limit',
    ),
  ),
  event('registry-unreachable', (n) =>
    pull(
      n,
      `failed to resolve reference "quay.io/kubevirt/virt-launcher:v1.9.${n}": failed to do request: Head "https://quay.io/v2/kubevirt/virt-launcher/manifests/v1.9.${n}": dial tcp 10.0.0.${n}:443: connect: no route to host`,
    ),
  ),
  event('registry-certificate', (n) =>
    pull(
      n,
      `failed to resolve reference: failed to do request: Head "https://registry:5000/v2/virt-launcher/manifests/${n}": tls: failed to verify certificate: x509: certificate signed by unknown authority`,
    ),
  ),
  event(
    'image-never-pulled',
    (n) => `Container image "localhost/virt-launcher:${n}" is not present with pull policy of Never`,
  ),
  event(
    'image-name-invalid',
    (n) => `Failed to apply default image tag "/virt-operator:": couldn't parse image name "/virt-operator:" (${n})`,
  ),
  event('image-other-architecture', () => 'exec /usr/bin/virt-launcher: exec format error'),
  event('image-pull-back-off', (n) => `Back-off pulling image "quay.io/kubevirt/virt-operator:v1.9.${n}"`),
  event(
    'crash-loop',
    (n) => `Back-off restarting failed container virt-operator in pod virt-operator-7d9f${n}_kubevirt(5a1b)`,
  ),
  event(
    'no-pod-network',
    (n) =>
      `Failed to create pod sandbox: rpc error: code = Unknown desc = failed to setup network for sandbox "8a${n}": plugin type="calico" failed (add): connection is unauthorized`,
  ),
  event(
    'pod-evicted',
    (n) => `The node was low on resource: ephemeral-storage. Threshold quantity: ${n}Gi, available: 12Mi.`,
  ),
  {
    id: 'namespace-stuck',
    place: 'objects',
    text: (n) =>
      `message: 'Some content in the namespace has finalizers remaining: kubevirt.io/virtOperatorFinalizer in ${n} resource instances'`,
  },
  {
    id: 'discovery-blocks-deletion',
    place: 'objects',
    text: () =>
      'message: "Discovery failed for some groups, 1 failing: unable to retrieve: subresources.kubevirt.io/v1"',
  },
  api('gate-off', () => denied('WorkloadEncryptionSEV feature gate is not enabled in kubevirt-config')),
  api('guest-needs-uefi', () => denied('SEV requires OVMF (UEFI)')),
  api('guest-boots-from-network', (n) => denied(`SEV does not work with bootable NICs: default${n}`)),
  api('launch-security-ambiguous', () => denied('One and only one launchSecurity type can be set')),
  api('encrypted-memory-hotplug', () => denied('Memory hotplug is not compatible with encrypted VMs')),
  api('not-migratable', () => denied('Cannot migrate VMI, Reason: SEVNotLiveMigratable, Message: VMI uses SEV')),
  api('attestation-not-asked-for', () => 'Attestation not requested for VMI'),
  api('workloads-block-uninstall', () =>
    denied('Rejecting the uninstall request, since there are still Virtual Machine Instances present.'),
  ),
  api('second-kubevirt', () => denied('Kubevirt is already created')),
  api('node-restriction', () => denied('Node restriction failed, virt-handler service account is missing node name')),
  event(
    'quota-exceeded',
    (n) =>
      `Error creating: pods "virt-launcher-sev-${n}" is forbidden: exceeded quota: small, requested: memory=1516Mi, used: memory=0, limited: memory=1Gi`,
  ),
  event(
    'pod-security',
    (n) =>
      `Error creating: pods "virt-handler-${n}" is forbidden: violates PodSecurity "restricted:latest": privileged (container "virt-handler" must not set securityContext.privileged=true)`,
  ),
  api(
    'policy-refused',
    (n) =>
      `configmaps "x-${n}" is forbidden: ValidatingAdmissionPolicy 'sevlane-epoch' with binding 'sevlane-epoch' denied request: epoch ${n} is over`,
  ),
  api('webhook-timeout', (n) => webhook(n, 'context deadline exceeded')),
  api('webhook-unreachable', (n) => webhook(n, `dial tcp 10.96.0.${n}:443: connect: connection refused`)),
  api('webhook-certificate', (n) =>
    webhook(n, 'tls: failed to verify certificate: x509: certificate signed by unknown authority'),
  ),
  api(
    'webhook-denied',
    (n) => `admission webhook "validate.kyverno.svc-fail" denied the request: policy ${n}: label owner is missing`,
  ),
  api(
    'api-not-served',
    () =>
      'unable to retrieve the complete list of server APIs: subresources.kubevirt.io/v1: the server is currently unable to handle the request',
  ),
  api('etcd-trouble', () => 'rpc error: code = Unavailable desc = etcdserver: request timed out'),
  api(
    'field-owned-by-others',
    (n) =>
      `Apply failed with ${n} conflicts: conflict with "kubectl-edit" using kubevirt.io/v1: .spec.configuration.developerConfiguration.featureGates`,
  ),
  api('kind-not-known', () => 'no matches for kind "DataVolume" in version "cdi.kubevirt.io/v1beta1"'),
  api(
    'rights-missing',
    (n) =>
      `leases.coordination.k8s.io "sevlane" is forbidden: User "system:serviceaccount:ci:lane-${n}" cannot update resource "leases" in API group "coordination.k8s.io" in the namespace "kube-system"`,
  ),
  api('token-expired', () => 'invalid bearer token, service account token has expired'),
  api('credentials-refused', () => 'GET /version: 401 Unauthorized'),
  api(
    'certificate-expired',
    () =>
      'Get "https://10.0.0.1:6443/version": tls: failed to verify certificate: x509: certificate has expired or is not yet valid: current time 2026-04-20T10:00:00Z is after 2026-04-18T16:13:31Z',
  ),
  api(
    'clocks-differ',
    () =>
      'x509: certificate has expired or is not yet valid: current time 2026-04-20T10:00:00Z is before 2026-04-21T16:13:31Z',
  ),
  api(
    'certificate-untrusted',
    () => 'tls: failed to verify certificate: x509: certificate signed by unknown authority',
  ),
  api('certificate-other-name', (n) => `x509: certificate is valid for 10.96.0.1, 10.216.91.${n}, not 127.0.0.1`),
  ssh('no-route', (n) => `ssh: connect to host 10.216.91.${n} port 22: No route to host`),
  ssh('connection-refused', (n) => `connect ECONNREFUSED 10.216.91.${n}:22`),
  ssh('name-not-resolved', () => 'getaddrinfo ENOTFOUND sev-node.example'),
  ssh('connection-timed-out', (n) => `ssh: connect to host 10.216.91.${n} port 30026: Connection timed out`),
  ssh('host-key-changed', () => 'Host key verification failed.'),
  ssh('ssh-login-refused', (n) => `kubevirt@10.216.91.${n}: Permission denied (publickey,password).`),
  ssh('forwarding-forbidden', (n) => `channel ${n}: open failed: administratively prohibited: open failed`),
  ssh(
    'ssh-algorithms',
    (n) =>
      `Unable to negotiate with 10.0.0.${n} port 22: no matching key exchange method found. Their offer: mlkem768x25519-sha256`,
  ),
  ssh('ssh-turned-away', () => 'kex_exchange_identification: Connection closed by remote host'),
  event(
    'pods-forbidden-by-account',
    (n) =>
      `Error creating: pods "virt-operator-${n}" is forbidden: error looking up service account kubevirt/kubevirt-operator: serviceaccount "kubevirt-operator" not found`,
  ),
];
