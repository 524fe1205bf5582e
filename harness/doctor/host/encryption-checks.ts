import { disagreements } from '../../host/asids.ts';
import { generationOf } from '../../host/cpu.ts';
import { fixFor } from '../../host/facts.ts';
import { valueIn } from '../../host/readings.ts';
import { TECHNOLOGIES, type Technology, technologyName } from '../../model/technology.ts';
import { fatal, type Judgement, note, ok, unread, warning } from '../check.ts';
import { AS_ROOT, BIOS, BY_HAND, elsewhere, type HostCheck, type HostExam, judged, there } from './exam.ts';

/** What the host gives of memory encryption, and whether all that speak of it agree. */
export const ENCRYPTION_CHECKS: readonly HostCheck[] = [
  {
    id: 'host-encryption-flags',
    group: 'host',
    title: 'processor and kernel show the memory encryption that the silicon has',
    expected: 'the flags sev, sev_es and sev_snp as far as the generation and CPUID leaf 0x8000001F have them',
    why: 'the kernel takes a flag away when the BIOS has the technology off: the difference says where to look',
    judge: judgeFlags,
  },
  technology('sev', 'host-sev', fatal, 'a lane without a wish of its own boots SEV guests at least'),
  technology('sev-es', 'host-sev-es', warning, 'without it no SEV-ES guest is tested, and the run says so'),
  technology('sev-snp', 'host-sev-snp', warning, 'without it no SEV-SNP guest is tested, and the run says so'),
  {
    id: 'host-dev-sev',
    group: 'host',
    title: '/dev/sev is there',
    expected: 'a character device of the ccp driver',
    why: 'QEMU talks to the secure processor through it, and KubeVirt counts it as devices.kubevirt.io/sev',
    judge({ state }) {
      const found = state.devices['/dev/sev'];
      const from = there('ls -l /dev/sev');
      const fault = valueIn(state.log)?.faults.sev.at(-1);
      const told = fault === undefined ? '' : `; dmesg: ${fault}`;
      if (found.state === 'absent')
        return fatal(`${found.why}${told}`, from, elsewhere(state) ?? `modprobe ccp; else ${BIOS}`);
      return judged(found, BY_HAND, ({ kind, mode }) =>
        kind === 'character'
          ? ok(mode, from)
          : fatal(`no device: ${mode}`, from, 'remove what lies there, modprobe ccp'),
      );
    },
  },
  {
    id: 'host-asid-split',
    group: 'host',
    title: 'CPUID, the misc controller and the kernel log agree on the ASIDs',
    expected: 'the same numbers for SEV and for SEV-ES with SEV-SNP from each of them',
    why: 'one number that is off means a BIOS setting or firmware that the kernel has not taken over: guests fail late and oddly',
    judge: judgeAsids,
  },
  {
    id: 'host-asids-free',
    group: 'host',
    title: 'an ASID is free for each kind of guest',
    expected: 'more ASIDs than encrypted guests that run now',
    why: 'KubeVirt does not schedule by ASIDs: one guest too many is launched and fails with EBUSY',
    judge: judgeFree,
  },
];

function technology(kind: Technology, id: string, lacking: typeof fatal, why: string): HostCheck {
  const name = technologyName(kind);
  return {
    ...{ id, group: 'host', why },
    title: `the host gives ${name} guests`,
    expected: `the kernel has ${name} on, and an ASID is left for it`,
    judge({ state }) {
      const support = state.facts.support[kind];
      const { given, readFrom, slots, cause } = support;
      const from = there('/sys/module/kvm_amd, /dev/sev, the misc controller and dmesg');
      if (given === 'unknown') return unread(readFrom, from, AS_ROOT);
      if (given === 'yes') return ok(`${readFrom}${slots === undefined ? '' : `, ${slots} guests at once`}`, from);
      // What no setting can change is no trouble, unless the lane cannot be without it.
      const isTold = kind !== 'sev' && (cause === 'silicon' || cause === 'virtual');
      if (isTold) return note(readFrom, from);
      const isAlone = TECHNOLOGIES.every((one) => state.facts.support[one].given !== 'yes');
      return isAlone ? lacking(readFrom, from, fixFor(support)) : warning(readFrom, from, fixFor(support));
    },
  };
}

function judgeFlags({ state }: HostExam): Judgement {
  return judged(state.cpu, BY_HAND, (cpu) => {
    const from = there('/proc/cpuinfo and CPUID leaf 0x8000001F');
    const words: Readonly<Record<Technology, string>> = { sev: 'sev', 'sev-es': 'sev_es', 'sev-snp': 'sev_snp' };
    const shown = TECHNOLOGIES.filter((one) => cpu.flags.has(words[one]));
    const read = `flags ${shown.map((one) => words[one]).join(' ') || 'none of sev, sev_es, sev_snp'}`;
    const leaf = valueIn(state.leaf);
    const silicon =
      leaf === undefined || leaf === 'none' ? generationOf(cpu)?.has : TECHNOLOGIES.filter((one) => leaf.has[one]);
    const source = leaf === undefined ? 'the generation' : 'CPUID';
    if (leaf === 'none') return fatal(`${read}, and CPUID has no leaf of memory encryption`, from, 'name another node');
    if (silicon === undefined)
      return unread(`${read}; ${state.leaf.state === 'read' ? '' : state.leaf.why}`, from, AS_ROOT);
    const hidden = silicon.filter((one) => !shown.includes(one));
    if (hidden.length === 0 && shown.length > 0) return ok(`${read}, as ${source} has it`, from);
    const lost = `${source} has ${hidden.map(technologyName).join(', ')} beyond`;
    if (!shown.includes('sev')) return fatal(`${read}; ${lost}`, from, elsewhere(state) ?? BIOS);
    return note(`${read}; ${lost}: the kernel does not know it or found it off`, from);
  });
}

function judgeAsids({ state }: HostExam): Judgement {
  const { sources } = state.asids;
  const names = sources.map(({ name, sev, es }) => `${name} sev ${sev ?? '-'}, sev_es ${es ?? '-'}`);
  const from = there('CPUID leaf 0x8000001F, misc.capacity and dmesg');
  const action = `${AS_ROOT}; modprobe cpuid`;
  if (valueIn(state.leaf) === 'none') return note('CPUID shows no memory encryption: there is nothing to split', from);
  if (sources.length === 0) return unread('none of the three tells of ASIDs', from, action);
  const different = disagreements(sources);
  if (different.length > 0)
    return warning(
      different.join('; '),
      from,
      'reboot the node; then compare the BIOS setting "SEV-ES ASID Space Limit"',
    );
  return sources.length > 1 ? ok(names.join('; '), from) : note(`${names.join('')}; the others do not tell`, from);
}

function judgeFree({ state }: HostExam): Judgement {
  const { slots, current } = state.asids;
  const given = TECHNOLOGIES.filter((one) => state.facts.support[one].given !== 'no');
  const from = there('the misc controller');
  if (given.length === 0) return note('the host gives no encrypted guests', from);
  if (current.state !== 'read')
    return unread(current.why, from, 'it needs a kernel from 5.13 on and control groups v2');
  const told = given.map((one) => {
    const [row, used] = one === 'sev' ? ['sev', current.value.sev] : ['sev_es', current.value.sevEs];
    return { one, row, used, all: slots[one]?.count };
  });
  const silent = told.find(({ used }) => used === undefined);
  // A kernel that counts them has the row also when none is in use.
  if (silent !== undefined) return unread(`misc.current has no row ${silent.row}`, from, AS_ROOT);
  const unknown = told.find(({ all }) => all === undefined);
  if (unknown !== undefined)
    return unread(`how many ${technologyName(unknown.one)} guests there can be is not told`, from, AS_ROOT);
  const read = told.map(({ one, used, all }) => `${technologyName(one)} ${used} of ${all}`).join(', ');
  const full = told.filter(({ used, all }) => (used ?? 0) >= (all ?? 0));
  if (full.length === 0) return ok(read, from);
  return warning(read, from, 'stop encrypted guests of others on this node, or wait for their end');
}
