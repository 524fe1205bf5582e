import type { GuestKind, Technology } from './technology.ts';

/** What is asked of a guest of one kind, and everything that must follow from it on a host that can do it. */
export interface GuestSpec {
  readonly kind: GuestKind;
  /** As people call it: `SEV-ES guest`. */
  readonly name: string;
  /** `spec.domain.launchSecurity` of the VirtualMachineInstance; absent for the control. */
  readonly launchSecurity?: Readonly<Record<string, unknown>>;
  /** Labels that its launcher pod must ask of the node, beside the ordinary ones. */
  readonly nodeLabels: readonly string[];
  /** Devices `devices.kubevirt.io/sev` that its launcher pod must ask for. */
  readonly sevDevices: 0 | 1;
  /** `<launchSecurity>` of its domain XML. Source: KubeVirt, pkg/virt-launcher converter, v1.6 to v1.9. */
  readonly domain?: { readonly type: 'sev' | 'sev-snp'; readonly policy: number };
  /** Exactly what its kernel must name as active, no more and no less. */
  readonly activeFeatures: readonly string[];
  /** Labels for filters, as KubeVirt's own SEV suite has them (tests/decorators). */
  readonly labels: readonly string[];
}

/** The guests of the lane, the control last. */
export const GUESTS: Readonly<Record<GuestKind, GuestSpec>> = {
  sev: {
    kind: 'sev',
    name: 'SEV guest',
    launchSecurity: { sev: {} },
    nodeLabels: ['kubevirt.io/sev'],
    sevDevices: 1,
    // Policy bit 0: no debugging.
    domain: { type: 'sev', policy: 0x1 },
    activeFeatures: ['SEV'],
    labels: ['sig-compute', 'SEV'],
  },
  'sev-es': {
    kind: 'sev-es',
    name: 'SEV-ES guest',
    launchSecurity: { sev: { policy: { encryptedState: true } } },
    nodeLabels: ['kubevirt.io/sev', 'kubevirt.io/sev-es'],
    sevDevices: 1,
    // Bit 2: encrypted state.
    domain: { type: 'sev', policy: 0x5 },
    activeFeatures: ['SEV', 'SEV-ES'],
    labels: ['sig-compute', 'SEV', 'SEVES'],
  },
  'sev-snp': {
    kind: 'sev-snp',
    name: 'SEV-SNP guest',
    launchSecurity: { snp: {} },
    nodeLabels: ['kubevirt.io/sev', 'kubevirt.io/sev-snp'],
    sevDevices: 1,
    // Bit 16: SMT allowed, bit 17: reserved, must be one.
    domain: { type: 'sev-snp', policy: 0x30000 },
    activeFeatures: ['SEV', 'SEV-ES', 'SEV-SNP'],
    labels: ['sig-compute', 'SEV', 'SEVSNP'],
  },
  plain: {
    kind: 'plain',
    name: 'control guest',
    nodeLabels: [],
    sevDevices: 0,
    activeFeatures: [],
    labels: ['sig-compute', 'SEV', 'control'],
  },
};

/** Guests of a run that are alive at the same time: one's cases are through and it is gone before the next one boots. */
export const GUESTS_AT_ONCE = 1;

/** The label that virt-handler gives a node which can launch guests of this technology. */
export const NODE_LABELS: Readonly<Record<Technology, string>> = {
  sev: 'kubevirt.io/sev',
  'sev-es': 'kubevirt.io/sev-es',
  'sev-snp': 'kubevirt.io/sev-snp',
};

/** The extended resource that stands for /dev/sev. */
export const SEV_DEVICE = 'devices.kubevirt.io/sev';
