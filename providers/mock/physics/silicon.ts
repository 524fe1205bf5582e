import type { HostProfile } from './host.ts';

/** Figures of a processor generation that no profile needs to repeat. */
export interface Silicon {
  readonly baseMhz: number;
  readonly maxMhz: number;
  readonly bogomips: string;
  readonly cacheKiB: number;
  readonly l3MiBPerSocket: number;
  readonly physicalBits: number;
  /** Cores that share one die, and the distance of core ids between dies. */
  readonly coresPerDie: number;
  readonly coreIdsPerDie: number;
  readonly flags: readonly string[];
  readonly bugs: string;
}

/** All generations that are simulated run two threads a core. */
export const THREADS_PER_CORE = 2;

/** The figures of the profile's processor, by family and model. Later AMD processors pass as Zen 4. */
export function siliconOf(cpu: HostProfile['cpu']): Silicon {
  if (cpu.vendor === 'GenuineIntel') return SAPPHIRE_RAPIDS;
  if (cpu.family === 23) return cpu.model < 0x30 ? ZEN1 : ZEN2;
  return cpu.family === 25 && cpu.model < 0x10 ? ZEN3 : ZEN4;
}

/** Number of logical processors. */
export function processorCount(profile: HostProfile): number {
  return profile.cpu.sockets * profile.cpu.coresPerSocket * THREADS_PER_CORE;
}

/** Where one logical processor sits. First threads of all cores come first, as Linux numbers AMD processors. */
export interface Processor {
  readonly index: number;
  readonly socket: number;
  readonly coreId: number;
  readonly apicId: number;
}

/** All logical processors in Linux's order. */
export function processors(profile: HostProfile): readonly Processor[] {
  const { sockets, coresPerSocket } = profile.cpu;
  const { coresPerDie, coreIdsPerDie } = siliconOf(profile.cpu);
  const idsPerSocket = 2 ** Math.ceil(Math.log2(Math.ceil(coresPerSocket / coresPerDie) * coreIdsPerDie));
  return Array.from({ length: processorCount(profile) }, (_, index) => {
    const thread = Math.floor(index / (sockets * coresPerSocket));
    const core = index % (sockets * coresPerSocket);
    const socket = Math.floor(core / coresPerSocket);
    const inSocket = core % coresPerSocket;
    const coreId = Math.floor(inSocket / coresPerDie) * coreIdsPerDie + (inSocket % coresPerDie);
    return { index, socket, coreId, apicId: (socket * idsPerSocket + coreId) * THREADS_PER_CORE + thread };
  });
}

const BEFORE_SME =
  'fpu vme de pse tsc msr pae mce cx8 apic sep mtrr pge mca cmov pat pse36 clflush mmx fxsr sse sse2 ht syscall nx mmxext fxsr_opt pdpe1gb rdtscp lm constant_tsc rep_good nopl nonstop_tsc cpuid extd_apicid aperfmperf rapl pni pclmulqdq monitor ssse3 fma cx16 pcid sse4_1 sse4_2 x2apic movbe popcnt aes xsave avx f16c rdrand lahf_lm cmp_legacy svm extapic cr8_legacy abm sse4a misalignsse 3dnowprefetch osvw ibs skinit wdt tce topoext perfctr_core perfctr_nb bpext perfctr_llc mwaitx cpb cat_l3 cdp_l3 hw_pstate ssbd mba ibrs ibpb stibp vmmcall fsgsbase bmi1 avx2 smep bmi2 erms invpcid cqm rdt_a rdseed adx smap clflushopt clwb sha_ni xsaveopt xsavec xgetbv1 xsaves cqm_llc cqm_occup_llc cqm_mbm_total cqm_mbm_local clzero irperf xsaveerptr rdpru wbnoinvd amd_ppin arat npt lbrv svm_lock nrip_save tsc_scale vmcb_clean flushbyasid decodeassists pausefilter pfthreshold v_vmsave_vmload vgif v_spec_ctrl umip pku ospke vaes vpclmulqdq rdpid overflow_recov succor smca'.split(
    ' ',
  );

const NOT_IN_ZEN2: ReadonlySet<string> = new Set(
  'rapl pcid x2apic erms invpcid rdpru v_spec_ctrl pku ospke vaes vpclmulqdq'.split(' '),
);

const ZEN2: Silicon = {
  baseMhz: 2250,
  maxMhz: 2250,
  bogomips: '4491.70',
  cacheKiB: 512,
  l3MiBPerSocket: 256,
  physicalBits: 43,
  coresPerDie: 8,
  coreIdsPerDie: 8,
  flags: BEFORE_SME.filter((flag) => !NOT_IN_ZEN2.has(flag)),
  bugs: 'sysret_ss_attrs spectre_v1 spectre_v2 spec_store_bypass retbleed',
};

const ZEN3: Silicon = {
  baseMhz: 2650,
  maxMhz: 3630,
  bogomips: '5300.05',
  cacheKiB: 512,
  l3MiBPerSocket: 128,
  physicalBits: 48,
  coresPerDie: 6,
  coreIdsPerDie: 8,
  flags: BEFORE_SME,
  bugs: 'sysret_ss_attrs spectre_v1 spectre_v2 spec_store_bypass srso ibpb_no_ret',
};

const ZEN1: Silicon = {
  ...ZEN2,
  baseMhz: 2200,
  maxMhz: 2200,
  bogomips: '4399.48',
  l3MiBPerSocket: 64,
  coresPerDie: 8,
  coreIdsPerDie: 8,
  flags: ZEN2.flags.filter((flag) => !['clwb', 'wbnoinvd', 'umip', 'rdpid', 'cqm', 'mba'].includes(flag)),
};

const ZEN4: Silicon = {
  ...ZEN3,
  baseMhz: 2400,
  maxMhz: 3700,
  bogomips: '4799.99',
  cacheKiB: 1024,
  l3MiBPerSocket: 384,
  physicalBits: 52,
  coresPerDie: 8,
  coreIdsPerDie: 8,
  flags: [...BEFORE_SME, 'avx512f', 'avx512dq', 'avx512bw', 'avx512vl', 'x2avic'],
};

const AMD_ONLY: ReadonlySet<string> = new Set(
  'mmxext fxsr_opt extd_apicid cmp_legacy svm extapic cr8_legacy sse4a misalignsse 3dnowprefetch osvw ibs skinit wdt tce topoext perfctr_core perfctr_nb bpext perfctr_llc mwaitx hw_pstate vmmcall clzero irperf xsaveerptr rdpru amd_ppin npt lbrv svm_lock nrip_save tsc_scale vmcb_clean flushbyasid decodeassists pausefilter pfthreshold v_vmsave_vmload vgif v_spec_ctrl overflow_recov succor smca'.split(
    ' ',
  ),
);

const SAPPHIRE_RAPIDS: Silicon = {
  baseMhz: 2000,
  maxMhz: 3900,
  bogomips: '4000.00',
  cacheKiB: 61_440,
  l3MiBPerSocket: 60,
  physicalBits: 46,
  coresPerDie: 32,
  coreIdsPerDie: 32,
  flags: [...BEFORE_SME.filter((flag) => !AMD_ONLY.has(flag)), 'vmx', 'ept', 'vpid', 'avx512f', 'amx_tile'],
  bugs: 'spectre_v1 spectre_v2 spec_store_bypass swapgs eibrs_pbrsb bhi',
};
