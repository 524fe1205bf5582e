import type { Technology } from '../model/technology.ts';

/** The processor as the kernel shows it in /proc/cpuinfo. */
export interface Cpu {
  /** `AuthenticAMD`, `GenuineIntel`, ...; empty when it was not said. */
  readonly vendor: string;
  readonly model: string;
  readonly family: number;
  readonly modelNumber: number;
  readonly microcode: string;
  readonly flags: ReadonlySet<string>;
}

/** Reads the first processor's block; the others of a host tell the same. Undefined when there are no flags in it. */
export function parseCpuinfo(cpuinfo: string): Cpu | undefined {
  const block = cpuinfo.split(/\n\s*\n/, 1)[0] ?? '';
  const fields = new Map(
    block.split('\n').flatMap((line) => {
      const colon = line.indexOf(':');
      return colon < 0 ? [] : [[line.slice(0, colon).trim(), line.slice(colon + 1).trim()] as const];
    }),
  );
  const flags = fields.get('flags');
  if (flags === undefined) return undefined;
  return {
    vendor: fields.get('vendor_id') ?? '',
    model: fields.get('model name') ?? 'unknown',
    family: numberOf(fields.get('cpu family')),
    modelNumber: numberOf(fields.get('model')),
    microcode: fields.get('microcode') ?? 'unknown',
    flags: new Set(flags.split(/\s+/)),
  };
}

/** A generation of EPYC, with the technologies that its silicon has. */
export interface Generation {
  readonly name: string;
  readonly has: readonly Technology[];
}

/** Family and range of models; source: AMD's processor programming references and `amd_families` of Linux. */
const GENERATIONS: readonly (readonly [family: number, first: number, last: number, Generation])[] = [
  [0x17, 0x00, 0x0f, { name: 'Naples', has: ['sev'] }],
  [0x17, 0x30, 0x3f, { name: 'Rome', has: ['sev', 'sev-es'] }],
  [0x19, 0x00, 0x0f, { name: 'Milan', has: ['sev', 'sev-es', 'sev-snp'] }],
  [0x19, 0x10, 0x1f, { name: 'Genoa', has: ['sev', 'sev-es', 'sev-snp'] }],
  [0x19, 0xa0, 0xaf, { name: 'Bergamo or Siena', has: ['sev', 'sev-es', 'sev-snp'] }],
  [0x1a, 0x00, 0x1f, { name: 'Turin', has: ['sev', 'sev-es', 'sev-snp'] }],
];

/** Undefined for a processor that is no EPYC that we know. */
export function generationOf(cpu: Cpu): Generation | undefined {
  if (cpu.vendor !== 'AuthenticAMD') return undefined;
  return GENERATIONS.find(
    ([family, first, last]) => cpu.family === family && cpu.modelNumber >= first && cpu.modelNumber <= last,
  )?.[3];
}

/** CPUID leaf 0x8000001F. Source: AMD APM volume 3, appendix E. */
export interface EncryptionLeaf {
  readonly sme: boolean;
  readonly has: Readonly<Record<Technology, boolean>>;
  /** Highest ASID: encrypted guests of all sorts. */
  readonly maxAsid: number;
  /** Lowest ASID of plain SEV; those below are for SEV-ES and SEV-SNP. */
  readonly minSevAsid: number;
}

const ENCRYPTION_LEAF = 0x8000001f;

/**
 * Reads what `cpuid -r` or od over the cpuid device print, one leaf a line: first leaf 0x80000000, which says how far
 * the leaves go, since a processor answers a leaf beyond with those of another.
 */
export function parseEncryptionLeaf(text: string): EncryptionLeaf | 'none' | undefined {
  const leaves = new Map(text.split('\n').flatMap((line) => leafOf(line)));
  const last = leaves.get(0x80000000)?.[0];
  if (last === undefined || last < 0x80000000) return undefined;
  if (last < ENCRYPTION_LEAF) return 'none';
  const [eax, , ecx, edx] = leaves.get(ENCRYPTION_LEAF) ?? [];
  if (eax === undefined || ecx === undefined || edx === undefined) return undefined;
  const bit = (n: number) => (eax & (1 << n)) !== 0;
  if (!bit(0) && !bit(1)) return 'none';
  return { sme: bit(0), has: { sev: bit(1), 'sev-es': bit(3), 'sev-snp': bit(4) }, maxAsid: ecx, minSevAsid: edx };
}

function leafOf(line: string): readonly (readonly [number, readonly number[]])[] {
  const leaf = /^\s*(0x8[0-9a-f]{7})\b/i.exec(line)?.[1];
  if (leaf === undefined) return [];
  const named = /eax=0x([0-9a-f]+) ebx=0x([0-9a-f]+) ecx=0x([0-9a-f]+) edx=0x([0-9a-f]+)/i.exec(line);
  const plain = /^\s*0x[0-9a-f]+\s+([0-9a-f]{8}) ([0-9a-f]{8}) ([0-9a-f]{8}) ([0-9a-f]{8})\s*$/i.exec(line);
  const words = (named ?? plain)?.slice(1);
  return words === undefined ? [] : [[Number(leaf), words.map((word) => Number.parseInt(word, 16))]];
}

function numberOf(text: string | undefined): number {
  const value = Number(text);
  return text !== undefined && Number.isFinite(value) ? value : 0;
}
