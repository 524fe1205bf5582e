import type { HostProfile } from './host.ts';
import { kernelTraits } from './kernel.ts';
import { type Processor, processors, type Silicon, siliconOf, THREADS_PER_CORE } from './silicon.ts';

/** `/proc/cpuinfo` with every logical processor. */
export function cpuinfo(profile: HostProfile): string {
  const silicon = siliconOf(profile.cpu);
  const flags = cpuFlags(profile).join(' ');
  return processors(profile)
    .map((processor) => stanza(profile, silicon, { processor, flags }))
    .join('\n');
}

/** The flags line's words. The memory encryption flags stand where Linux prints them, between the AMD words. */
export function cpuFlags(profile: HostProfile): readonly string[] {
  const { flags } = profile.cpu;
  const own = new Set(flags);
  const pick = (names: readonly string[]) => names.filter((name) => own.has(name));
  const known = new Set([...BEFORE_SSBD, ...AFTER_MBA, ...AFTER_VMMCALL, ...AT_END]);
  const common = siliconOf(profile.cpu).flags.flatMap((flag) => {
    if (flag === 'ssbd') return [...pick(BEFORE_SSBD), flag];
    if (flag === 'ibrs') return [...pick(AFTER_MBA), flag];
    if (flag === 'vmmcall') return [flag, ...pick(AFTER_VMMCALL)];
    return [flag];
  });
  const present = new Set(common);
  const others = flags.filter((flag) => !known.has(flag) && !present.has(flag));
  // Since 5.19 the kernel prints the words of CPUID 0x8000001F in one place, at the end of the line.
  if (kernelTraits(profile.kernel.release).asidLines === 'supported') return [...common, ...pick(AT_END), ...others];
  const encryption = pick([...BEFORE_SSBD, ...AFTER_MBA, ...AFTER_VMMCALL, ...AT_END]);
  return [...siliconOf(profile.cpu).flags, ...encryption, ...others];
}

const BEFORE_SSBD = ['sme'];
const AFTER_MBA = ['sev'];
const AFTER_VMMCALL = ['sev_es'];
const AT_END = ['sev_snp', 'debug_swap'];

function stanza(
  { cpu }: HostProfile,
  silicon: Silicon,
  { processor, flags }: { readonly processor: Processor; readonly flags: string },
): string {
  const fields: readonly (readonly [string, string | number])[] = [
    ['processor\t', processor.index],
    ['vendor_id\t', cpu.vendor],
    ['cpu family\t', cpu.family],
    ['model\t\t', cpu.model],
    ['model name\t', cpu.modelName],
    ['stepping\t', cpu.stepping],
    ['microcode\t', cpu.microcode],
    ['cpu MHz\t\t', `${silicon.baseMhz}.000`],
    ['cache size\t', `${silicon.cacheKiB} KB`],
    ['physical id\t', processor.socket],
    ['siblings\t', cpu.coresPerSocket * THREADS_PER_CORE],
    ['core id\t\t', processor.coreId],
    ['cpu cores\t', cpu.coresPerSocket],
    ['apicid\t\t', processor.apicId],
    ['initial apicid\t', processor.apicId],
    ['fpu\t\t', 'yes'],
    ['fpu_exception\t', 'yes'],
    ['cpuid level\t', 16],
    ['wp\t\t', 'yes'],
    ['flags\t\t', flags],
    ['bugs\t\t', silicon.bugs],
    ['bogomips\t', silicon.bogomips],
    ['TLB size\t', cpu.family === 23 ? '3072 4K pages' : '2560 4K pages'],
    ['clflush size\t', 64],
    ['cache_alignment\t', 64],
    ['address sizes\t', `${silicon.physicalBits} bits physical, 48 bits virtual`],
    ['power management', 'ts ttp tm hwpstate cpb eff_freq_ro [13] [14]'],
  ];
  return `${fields.map(([name, value]) => `${name}: ${value}`).join('\n')}\n`;
}
