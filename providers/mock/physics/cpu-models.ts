/** AMD's server models, oldest first: a host can run its own and all before it. */
export const GENERATIONS: readonly string[] = [
  'EPYC',
  'EPYC-IBPB',
  'EPYC-Rome',
  'EPYC-Milan',
  'EPYC-Genoa',
  'EPYC-Turin',
];

/** Models that any of the simulated hosts can run. */
export const PLAIN_MODELS: readonly string[] = [
  '486',
  'qemu64',
  'qemu32',
  'kvm64',
  'kvm32',
  'pentium',
  'pentium2',
  'pentium3',
  'Nehalem',
  'Westmere',
];

/** Models that QEMU knows by name, in libvirt's order as far as it matters. */
export const CUSTOM_MODELS: readonly string[] = [
  ...PLAIN_MODELS,
  'phenom',
  'athlon',
  'Opteron_G1',
  'Opteron_G2',
  'Opteron_G3',
  'Opteron_G4',
  'Opteron_G5',
  'EPYC',
  'EPYC-v1',
  'EPYC-v2',
  'EPYC-IBPB',
  'EPYC-v3',
  'EPYC-v4',
  'EPYC-Rome',
  'EPYC-Rome-v1',
  'EPYC-Rome-v2',
  'EPYC-Rome-v3',
  'EPYC-Rome-v4',
  'EPYC-Milan',
  'EPYC-Milan-v1',
  'EPYC-Milan-v2',
  'EPYC-Genoa',
  'EPYC-Genoa-v1',
  'Penryn',
  'SandyBridge',
  'IvyBridge',
  'Haswell-noTSX',
  'Broadwell-noTSX-IBRS',
  'Skylake-Client-noTSX-IBRS',
  'Cascadelake-Server',
  'SapphireRapids',
];

/** Vendor of a model as domcapabilities give it. */
export function vendorOf(model: string): string {
  if (/^(EPYC|Opteron|phenom|athlon)/.test(model)) return 'AMD';
  return /^(486|qemu|kvm)/.test(model) ? 'unknown' : 'Intel';
}

/** What the host model requires beyond the named model. */
export const HOST_MODEL_FEATURES: readonly string[] = [
  'x2apic',
  'tsc-deadline',
  'hypervisor',
  'tsc_adjust',
  'cmp_legacy',
  'invtsc',
  'virt-ssbd',
  'svme-addr-chk',
];

/** /proc/cpuinfo words that QEMU spells differently. */
export const FLAG_NAMES: Readonly<Record<string, string>> = {
  pni: 'pni',
  sse4_1: 'sse4.1',
  sse4_2: 'sse4.2',
  nrip_save: 'nrip-save',
  vmcb_clean: 'vmcb-clean',
  tsc_scale: 'tsc-scale',
};

/** Features of the host that a guest may have. */
export const GUEST_FEATURES: ReadonlySet<string> = new Set(
  'fpu vme de pse tsc msr pae mce cx8 apic sep mtrr pge mca cmov pat pse36 clflush mmx fxsr sse sse2 ht syscall nx mmxext fxsr_opt pdpe1gb rdtscp lm pni pclmulqdq ssse3 fma cx16 pcid sse4.1 sse4.2 x2apic movbe popcnt aes xsave avx f16c rdrand lahf_lm cmp_legacy svm cr8legacy abm sse4a misalignsse 3dnowprefetch osvw topoext perfctr_core ssbd ibrs ibpb stibp fsgsbase bmi1 avx2 smep bmi2 erms invpcid rdseed adx smap clflushopt clwb sha-ni xsaveopt xsavec xgetbv1 xsaves clzero xsaveerptr wbnoinvd arat npt lbrv nrip-save tsc-scale vmcb-clean flushbyasid pausefilter pfthreshold v-vmsave-vmload vgif umip pku vaes vpclmulqdq rdpid'.split(
    ' ',
  ),
);
