import type { HostSupport } from '../model/host-facts.ts';
import type { Technology } from '../model/technology.ts';
import type { EncryptionLog } from './kernel-log.ts';
import type { Readings } from './readings.ts';

interface Sources {
  readonly readings: Readings;
  readonly log: EncryptionLog;
  /** Of /proc/cpuinfo. */
  readonly flags: ReadonlySet<string>;
}

const PARAMETERS: Readonly<Record<Technology, string>> = { sev: 'sev', 'sev-es': 'sev_es', 'sev-snp': 'sev_snp' };

/**
 * Whether the kernel gives one technology, and where that was read. kvm_amd's parameter is what its set-up ended
 * with, not what was asked for, so it decides; the rest says why. /dev/sev must be there as well.
 */
export function readSupport(technology: Technology, sources: Sources): HostSupport {
  const { readings, log } = sources;
  const parameter = `/sys/module/kvm_amd/parameters/${PARAMETERS[technology]}`;
  const value = readings.text(parameter)?.trim();
  const on = value === 'Y' || value === '1';
  const slots = countSlots(technology, sources);
  const base = { technology, ...(slots === undefined ? {} : { slots }) };
  const seen = value === undefined ? `${parameter} is ${readings.state(parameter)}` : `${parameter}=${value}`;
  if (!on) return { ...base, supported: false, readFrom: `${seen}${because(technology, sources)}` };
  if (readings.state('/dev/sev') === 'absent') {
    const fault = log.faults.sev.at(-1);
    return {
      ...base,
      supported: false,
      readFrom: `${seen}, but /dev/sev is absent${fault ? ` (dmesg: ${fault})` : ''}`,
    };
  }
  if (slots === 0) {
    return {
      ...base,
      supported: false,
      readFrom: `${seen}, but no ASID is left for it (${asidSource(technology, sources)})`,
    };
  }
  return { ...base, supported: true, readFrom: seen };
}

/** SEV draws on ASIDs of its own; SEV-ES and SEV-SNP share theirs. */
function countSlots(technology: Technology, { readings, log }: Sources): number | undefined {
  const row = technology === 'sev' ? 'sev' : 'sev_es';
  const capacity = miscCapacity(readings)?.text;
  const count = capacity === undefined ? undefined : new RegExp(`^${row} (\\d+)$`, 'm').exec(capacity)?.[1];
  if (count !== undefined) return Number(count);
  const told = log.asids[technology]?.count;
  return told === undefined || Number.isNaN(told) ? undefined : told;
}

function miscCapacity(readings: Readings): { readonly path: string; readonly text: string } | undefined {
  for (const path of ['/sys/fs/cgroup/misc.capacity', '/sys/fs/cgroup/misc/misc.capacity']) {
    const text = readings.text(path);
    if (text !== undefined) return { path, text };
  }
  return undefined;
}

function asidSource(technology: Technology, { readings, log }: Sources): string {
  const capacity = miscCapacity(readings);
  const row = capacity?.text.split('\n').find((line) => line.startsWith(technology === 'sev' ? 'sev ' : 'sev_es '));
  if (capacity && row !== undefined) return `${capacity.path}: ${row}`;
  return `dmesg: ${log.asids[technology]?.line ?? 'nothing'}`;
}

/** The most telling reason that was found, in parentheses; nothing when the host does not say. */
function because(technology: Technology, sources: Sources): string {
  const reason = findReason(technology, sources);
  return reason === undefined ? '' : ` (${reason})`;
}

function findReason(technology: Technology, { readings, log, flags }: Sources): string | undefined {
  if (readings.state('/proc/cpuinfo') === 'read' && !flags.has('svm')) {
    return '/proc/cpuinfo has no svm flag: no AMD processor, or virtualization is off in the BIOS';
  }
  if (readings.state('/sys/module/kvm_amd') === 'absent') return 'the module kvm_amd is not loaded';
  const fault = log.faults[technology].at(-1) ?? (technology === 'sev' ? undefined : log.faults.sev.at(-1));
  if (fault !== undefined) return `dmesg: ${fault}`;
  const flag = PARAMETERS[technology];
  if (flags.size > 1 && !flags.has(flag)) {
    return `/proc/cpuinfo has no ${flag} flag: the processor cannot, or the BIOS has it off`;
  }
  const line = log.asids[technology]?.line;
  if (line !== undefined) return `dmesg: ${line}`;
  if (readings.state(`/sys/module/kvm_amd/parameters/${flag}`) === 'absent') {
    return `the processor has the ${flag} flag, but this kernel's kvm_amd does not know it`;
  }
  if (technology === 'sev-es') return 'the BIOS leaves no ASID for SEV-ES: "SEV-ES ASID Space Limit"';
  return readings.state('dmesg') === 'read'
    ? undefined
    : `dmesg is ${readings.state('dmesg')}, so the reason is not known`;
}
