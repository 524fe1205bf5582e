import { TECHNOLOGIES, type Technology } from '../model/technology.ts';
import type { EncryptionLeaf } from './cpu.ts';
import type { EncryptionLog } from './kernel-log.ts';
import { type AsidCounts, parseMisc } from './parse.ts';
import { firstRead, type Reading, type Readings, valueIn } from './readings.ts';

/** One place that tells how many encrypted guests there can be. */
export interface AsidSource {
  /** e.g. `misc.capacity`. */
  readonly name: string;
  readonly from: string;
  /** Absent parts were not told. `es` are shared by SEV-ES and SEV-SNP. */
  readonly sev?: number;
  readonly es?: number;
}

/** ASIDs of the host: how many, by whom that was told, and how many are in use. */
export interface Asids {
  /** All that could be read; they should agree. */
  readonly sources: readonly AsidSource[];
  /** Slots of each technology, with the place; absent where nobody tells. */
  readonly slots: Readonly<Partial<Record<Technology, { readonly count: number; readonly from: string }>>>;
  readonly current: Reading<AsidCounts>;
}

interface Told {
  readonly readings: Readings;
  readonly leaf: Reading<EncryptionLeaf | 'none'>;
  readonly log: Reading<EncryptionLog>;
  readonly hidingAsids: Reading<number>;
}

const CAPACITY = ['/sys/fs/cgroup/misc.capacity', '/sys/fs/cgroup/misc/misc.capacity'] as const;

/**
 * Counts ASIDs. Plain SEV has those from CPUID's minimum up, SEV-ES and SEV-SNP share those below; with ciphertext
 * hiding SEV-SNP has the lowest for itself. Source: arch/x86/kvm/svm/sev.c.
 */
export function readAsids({ readings, leaf, log, hidingAsids }: Told): Asids {
  const capacity = firstRead(readings.parse(CAPACITY[0], parseMisc), readings.parse(CAPACITY[1], parseMisc));
  const sources = [fromMisc(capacity), fromLeaf(valueIn(leaf)), fromLog(valueIn(log), valueIn(hidingAsids))].flatMap(
    (source) => (source === undefined ? [] : [source]),
  );
  const slots: Partial<Record<Technology, { readonly count: number; readonly from: string }>> = {};
  for (const technology of TECHNOLOGIES) {
    const found = countSlots(technology, sources, valueIn(log));
    if (found !== undefined) slots[technology] = split(technology, found, valueIn(hidingAsids));
  }
  return { sources, slots, current: readCurrent(readings) };
}

/** In which pools the sources differ, in words; empty when they agree. */
export function disagreements(sources: readonly AsidSource[]): readonly string[] {
  return (['sev', 'es'] as const).flatMap((pool) => {
    const told = sources.flatMap((source) => {
      const count = source[pool];
      return count === undefined ? [] : [{ name: source.name, count }];
    });
    const words = told.map(({ name, count }) => `${name} ${count}`).join(', ');
    return new Set(told.map(({ count }) => count)).size > 1 ? [`${pool === 'sev' ? 'SEV' : 'SEV-ES'}: ${words}`] : [];
  });
}

function fromMisc(capacity: Reading<AsidCounts>): AsidSource | undefined {
  if (capacity.state !== 'read') return undefined;
  const { sev, sevEs } = capacity.value;
  if (sev === undefined && sevEs === undefined) return undefined;
  return source('misc.capacity', capacity.from, sev, sevEs);
}

function fromLeaf(leaf: EncryptionLeaf | 'none' | undefined): AsidSource | undefined {
  if (leaf === undefined || leaf === 'none' || !leaf.has.sev) return undefined;
  const { maxAsid, minSevAsid } = leaf;
  const es = leaf.has['sev-es'] ? Math.max(0, minSevAsid - 1) : undefined;
  return source('CPUID', 'CPUID leaf 0x8000001F', Math.max(0, maxAsid - minSevAsid + 1), es);
}

/** With ciphertext hiding the log counts SEV-ES apart from SEV-SNP: together they are the pool. */
function fromLog(log: EncryptionLog | undefined, hiding: number | undefined): AsidSource | undefined {
  const count = (technology: Technology) => {
    const told = log?.asids[technology];
    return told === undefined || Number.isNaN(told.count) ? undefined : told.count;
  };
  const [sev, es, snp] = [count('sev'), count('sev-es'), count('sev-snp')];
  if (sev === undefined && es === undefined) return undefined;
  const pool = hiding !== undefined && hiding > 0 && es !== undefined && snp !== undefined ? es + snp : es;
  return source('dmesg', 'dmesg', sev, pool);
}

function source(name: string, from: string, sev: number | undefined, es: number | undefined): AsidSource {
  return { name, from, ...(sev === undefined ? {} : { sev }), ...(es === undefined ? {} : { es }) };
}

function countSlots(technology: Technology, sources: readonly AsidSource[], log: EncryptionLog | undefined) {
  const pool = technology === 'sev' ? 'sev' : 'es';
  // The log counts SNP on a line of its own, which alone says that this kernel knows it; the others count the pool.
  for (const { name, from, [pool]: count } of sources) {
    if (count === undefined) continue;
    if (name === 'dmesg' && technology === 'sev-snp' && log?.asids['sev-snp'] === undefined) continue;
    const line = name === 'dmesg' ? log?.asids[technology]?.line : undefined;
    const row = name === 'misc.capacity' ? `${pool === 'sev' ? 'sev' : 'sev_es'} ${count}` : `${count} ASIDs`;
    return { count, from: `${from}: ${line ?? row}` };
  }
  return undefined;
}

function split(technology: Technology, found: { readonly count: number; readonly from: string }, hiding = 0) {
  if (technology === 'sev' || hiding === 0) return found;
  const hidden = Math.min(hiding, found.count);
  const from = `${found.from}, of which ciphertext hiding keeps ${hidden} for SEV-SNP`;
  return { count: technology === 'sev-snp' ? hidden : found.count - hidden, from };
}

/** The root group tells since 6.6; before that the groups right below it, which count all that is inside them. */
function readCurrent(readings: Readings): Reading<AsidCounts> {
  const root = ['/sys/fs/cgroup/misc.current', '/sys/fs/cgroup/misc/misc.current'] as const;
  const below = readings.parse('misc.current below', (text) => (text.trim() === '' ? undefined : parseMisc(text)));
  const told = firstRead(readings.parse(root[0], parseMisc), readings.parse(root[1], parseMisc), below);
  if (told.state === 'read' || told.state === 'unreadable' || readings.state(root[0]) !== 'absent') return told;
  return { ...told, why: 'no misc controller tells how many encrypted guests run' };
}
