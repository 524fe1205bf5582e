import type { HostFacts, HostSupport } from '../model/host-facts.ts';
import { TECHNOLOGIES, type Technology } from '../model/technology.ts';
import { readEncryptionLog } from './kernel-log.ts';
import type { Readings } from './readings.ts';
import { readSupport } from './support.ts';

/** Makes the host's facts out of what was read there. Pure; what was not told reads as `unknown`, 0 or absent. */
export function hostFacts(readings: Readings): HostFacts {
  const cpu = firstProcessor(readings.text('/proc/cpuinfo') ?? '');
  const log = readEncryptionLog(readings.text('dmesg') ?? '');
  const flags = new Set((cpu.get('flags') ?? '').split(/\s+/));
  const support = (technology: Technology): HostSupport => readSupport(technology, { readings, log, flags });
  return {
    hostname: readings.text('uname -n') ?? 'unknown',
    cpuModel: cpu.get('model name') ?? 'unknown',
    cpuFamily: numberOf(cpu.get('cpu family')),
    cpuModelNumber: numberOf(cpu.get('model')),
    microcode: cpu.get('microcode') ?? 'unknown',
    kernel: readings.text('uname -r') ?? 'unknown',
    os: osName(readings.text('/etc/os-release') ?? ''),
    memoryBytes: memoryBytes(readings.text('/proc/meminfo') ?? ''),
    ...(log.firmware === undefined ? {} : { firmware: log.firmware }),
    support: { sev: support('sev'), 'sev-es': support('sev-es'), 'sev-snp': support('sev-snp') },
  };
}

/** A demanded technology that the host lacks. */
export interface MissingCapability {
  readonly technology: Technology;
  /** What is lacking and where that was read. */
  readonly message: string;
  readonly hint: string;
}

const FIXES: Readonly<Record<Technology, string>> = {
  sev: 'switch SMEE on in the BIOS and load kvm_amd and ccp; SEV is not there inside a virtual machine',
  'sev-es': 'set the "SEV-ES ASID Space Limit" of the BIOS above 1, with a kernel from 5.11 on',
  'sev-snp':
    'needs EPYC Milan or later, SNP and its memory coverage on in the BIOS, IOMMU on without iommu=pt, and a kernel from 6.11 on',
};

/** What of the demanded the host cannot give, weakest first; empty when it can give all. */
export function missingCapabilities(facts: HostFacts, demanded: Iterable<Technology>): readonly MissingCapability[] {
  const wanted = new Set(demanded);
  return TECHNOLOGIES.filter((technology) => wanted.has(technology) && !facts.support[technology].supported).map(
    (technology) => ({
      technology,
      message: `host ${facts.hostname} (${facts.cpuModel}, kernel ${facts.kernel}) lacks ${technology.toUpperCase()}: ${facts.support[technology].readFrom}`,
      hint: FIXES[technology],
    }),
  );
}

/** The fields of the first processor; the others of a host tell the same. */
function firstProcessor(cpuinfo: string): ReadonlyMap<string, string> {
  const block = cpuinfo.split(/\n\s*\n/, 1)[0] ?? '';
  return new Map(
    block.split('\n').flatMap((line) => {
      const colon = line.indexOf(':');
      return colon < 0 ? [] : [[line.slice(0, colon).trim(), line.slice(colon + 1).trim()] as const];
    }),
  );
}

function osName(osRelease: string): string {
  const value = (key: string) => new RegExp(`^${key}=["']?(.*?)["']?\\s*$`, 'm').exec(osRelease)?.[1];
  return value('PRETTY_NAME') ?? value('NAME') ?? 'unknown';
}

function memoryBytes(meminfo: string): number {
  return numberOf(/^MemTotal:\s+(\d+) kB/m.exec(meminfo)?.[1]) * 1024;
}

function numberOf(text: string | undefined): number {
  const value = Number(text);
  return text !== undefined && Number.isFinite(value) ? value : 0;
}
