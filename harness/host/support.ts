import type { HostSupport, SupportCause } from '../model/host-facts.ts';
import { type Technology, technologyName } from '../model/technology.ts';
import { generationOf } from './cpu.ts';
import { type Reading, valueIn } from './readings.ts';
import type { HostState } from './state.ts';

type Sources = Omit<HostState, 'facts'>;

const PARAMETERS: Readonly<Record<Technology, 'sev' | 'sev_es' | 'sev_snp'>> = {
  sev: 'sev',
  'sev-es': 'sev_es',
  'sev-snp': 'sev_snp',
};

/** From this API level on the firmware refuses SEV-ES guests where SNP is on (LAUNCH_START ends with error 21). */
export const ES_REFUSED_WITH_SNP_FROM = { major: 1, minor: 58 } as const;

/**
 * Whether the host gives one technology, and where that was read. kvm_amd's parameter is what its set-up ended with,
 * not what was asked for, so it decides; what else is needed can only take away. Nothing is given that was not read.
 */
export function readSupport(technology: Technology, sources: Sources): HostSupport {
  const parameter = sources.parameters[PARAMETERS[technology]];
  const slots = sources.asids.slots[technology];
  const base = { technology, ...(slots === undefined ? {} : { slots: slots.count }) };
  const no = (cause: SupportCause, readFrom: string): HostSupport => {
    return { ...base, given: 'no', supported: false, cause, readFrom };
  };
  const seen = spoken(parameter);
  if (parameter.state === 'read' && parameter.value) {
    const loss = lossOf(technology, sources);
    if (loss !== undefined) return no(loss.cause, `${seen}, but ${loss.text}`);
    const doubt = doubtOf(technology, sources);
    if (doubt === undefined) return { ...base, given: 'yes', supported: true, cause: 'given', readFrom: seen };
    return { ...base, given: 'unknown', supported: true, cause: 'unread', readFrom: `${seen}, but ${doubt}` };
  }
  const isOff = parameter.state === 'read' || parameter.state === 'absent';
  if (!isOff) return { ...base, given: 'unknown', supported: false, cause: 'unread', readFrom: parameter.why };
  const { cause, text } = reasonFor(technology, sources);
  return no(cause, `${seen}${text === undefined ? '' : ` (${text})`}`);
}

interface Reason {
  readonly cause: SupportCause;
  readonly text: string;
}

/** What takes away a technology that the kernel has switched on. */
function lossOf(technology: Technology, sources: Sources): Reason | undefined {
  const { asids, devices, log, parameters } = sources;
  if (devices['/dev/sev'].state === 'absent') {
    const fault = valueIn(log)?.faults.sev.at(-1);
    return { cause: 'device', text: `/dev/sev is absent${fault ? ` (dmesg: ${fault})` : ''}` };
  }
  const slots = asids.slots[technology];
  if (slots?.count === 0) return { cause: 'asids', text: `no ASID is left for it (${slots.from})` };
  const firmware = valueIn(log)?.firmware;
  if (technology !== 'sev-es' || valueIn(parameters.sev_snp) !== true || firmware === undefined) return undefined;
  if (!refusesEs(firmware)) return undefined;
  const { major, minor } = ES_REFUSED_WITH_SNP_FROM;
  const rule = `from ${major}.${minor} on it refuses SEV-ES guests where SNP is on (${spoken(parameters.sev_snp)})`;
  return { cause: 'firmware', text: `the firmware's API is ${firmware.major}.${firmware.minor}: ${rule}` };
}

/** True for firmware that refuses SEV-ES guests where SNP is on. */
export function refusesEs({ major, minor }: { readonly major: number; readonly minor: number }): boolean {
  const limit = ES_REFUSED_WITH_SNP_FROM;
  return major > limit.major || (major === limit.major && minor >= limit.minor);
}

/** What would have to be known as well before a technology that is switched on counts as given. */
function doubtOf(technology: Technology, { cpu, devices, log, parameters }: Sources): string | undefined {
  const device = devices['/dev/sev'];
  if (device.state !== 'read') return device.why;
  if (device.value.kind !== 'character') return `/dev/sev is no device: ${device.value.mode}`;
  if (cpu.state !== 'read') return cpu.why;
  if (cpu.value.vendor !== 'AuthenticAMD') return `/proc/cpuinfo names the vendor "${cpu.value.vendor}"`;
  const snp = parameters.sev_snp;
  if (technology !== 'sev-es' || valueIn(snp) === false || snp.state === 'absent') return undefined;
  if (snp.state !== 'read') return `whether SNP is on is not known: ${snp.why}`;
  if (log.state === 'read' && log.value.firmware !== undefined) return undefined;
  const { major, minor } = ES_REFUSED_WITH_SNP_FROM;
  const why = log.state === 'read' ? 'dmesg does not tell it' : log.why;
  return `SNP is on and the firmware's API level is not known (${why}): from ${major}.${minor} on it refuses SEV-ES guests`;
}

/** The most telling reason that was found for a technology that is off; without a text when the host does not say. */
function reasonFor(
  technology: Technology,
  sources: Sources,
): { readonly cause: SupportCause; readonly text: string | undefined } {
  const { cpu, log, moduleFolders, parameters } = sources;
  const name = PARAMETERS[technology];
  const known = valueIn(cpu);
  const generation = known === undefined ? undefined : generationOf(known);
  if (known?.flags.has('hypervisor') === true && !known.flags.has(name)) {
    return { cause: 'virtual', text: '/proc/cpuinfo has the hypervisor flag: a virtual machine cannot give it on' };
  }
  if (known !== undefined && !known.flags.has('svm')) {
    return { cause: 'silicon', text: '/proc/cpuinfo has no svm flag: no AMD processor, or switched off in the BIOS' };
  }
  if (moduleFolders.kvm_amd.state === 'absent') return { cause: 'kernel', text: 'the module kvm_amd is not loaded' };
  if (generation !== undefined && !generation.has.includes(technology) && known?.flags.has(name) === false) {
    return { cause: 'silicon', text: `EPYC of the generation ${generation.name} has no ${technologyName(technology)}` };
  }
  const faults = valueIn(log)?.faults;
  const fault = faults?.[technology].at(-1) ?? (technology === 'sev' ? undefined : faults?.sev.at(-1));
  if (fault !== undefined) return { cause: /IOMMU/.test(fault) ? 'iommu' : 'bios', text: `dmesg: ${fault}` };
  const leaf = valueIn(sources.leaf);
  const silicon = leaf === undefined || leaf === 'none' ? generation?.has.includes(technology) : leaf.has[technology];
  if (silicon === true && parameters[name].state === 'absent') {
    return { cause: 'kernel', text: "the processor has it, but this kernel's kvm_amd does not know it" };
  }
  if (known !== undefined && !known.flags.has(name)) {
    return { cause: 'bios', text: `/proc/cpuinfo has no ${name} flag: the processor cannot, or the BIOS has it off` };
  }
  const line = valueIn(log)?.asids[technology]?.line;
  const none = technology === 'sev-es' && sources.asids.slots['sev-es']?.count === 0;
  if (line !== undefined) return { cause: none ? 'asids' : 'switched-off', text: `dmesg: ${line}` };
  if (parameters[name].state === 'absent') {
    return { cause: 'kernel', text: `the processor has the ${name} flag, but this kernel's kvm_amd does not know it` };
  }
  if (technology === 'sev-es' && (none || sources.asids.slots['sev-es'] === undefined)) {
    return { cause: 'asids', text: 'the BIOS leaves no ASID for SEV-ES: "SEV-ES ASID Space Limit"' };
  }
  const unread = log.state === 'read' ? undefined : `${log.why}, so the reason is not known`;
  return { cause: 'switched-off', text: unread };
}

function spoken(parameter: Reading<boolean>): string {
  if (parameter.state === 'read') return `${parameter.from}=${parameter.value ? 'Y' : 'N'}`;
  return `${parameter.from} is ${parameter.state === 'absent' ? 'absent' : 'not known'}`;
}
