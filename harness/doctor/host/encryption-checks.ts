import { disagreements } from '../../host/asids.ts';
import { generationOf } from '../../host/cpu.ts';
import { fixFor } from '../../host/facts.ts';
import { valueIn } from '../../host/readings.ts';
import { ES_REFUSED_WITH_SNP_FROM, refusesEs } from '../../host/support.ts';
import { TECHNOLOGIES, type Technology, technologyName } from '../../model/technology.ts';
import { fatal, type Judgement, note, ok, unread, warning } from '../check.ts';
import { AS_ROOT, BY_HAND, type HostCheck, type HostExam, judged, there } from './exam.ts';

const BIOS = 'switch SMEE on in the BIOS, and SEV-SNP with its memory coverage where the processor has it';

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
      if (found.state === 'absent') return fatal(`${found.why}${told}`, from, `modprobe ccp; else ${BIOS}`);
      return judged(found, BY_HAND, ({ kind, mode }) =>
        kind === 'character'
          ? ok(mode, from)
          : fatal(`no device: ${mode}`, from, 'remove what lies there, modprobe ccp'),
      );
    },
  },
  {
    id: 'host-kernel-log',
    group: 'host',
    title: 'the kernel log names no fault of memory encryption',
    expected: 'a readable log from the boot on, without errors of ccp, SEV, RMP or IOMMU',
    why: 'only the log says why something is off',
    judge: judgeLog,
  },
  {
    id: 'host-firmware',
    group: 'host',
    title: 'the SEV firmware is new enough for what the host gives',
    expected: 'API 0.17 or later, 1.51 or later with SEV-SNP',
    why: 'older firmware refuses the commands that KVM sends',
    judge: judgeFirmware,
  },
  {
    id: 'host-es-beside-snp',
    group: 'host',
    title: 'the SEV firmware launches SEV-ES guests beside SEV-SNP',
    expected: `SNP off, or firmware before API ${ES_REFUSED_WITH_SNP_FROM.major}.${ES_REFUSED_WITH_SNP_FROM.minor}`,
    why: 'from that level on LAUNCH_START of a SEV-ES guest ends with error 21 where SNP is on: no fault of KubeVirt',
    judge: judgeEsBesideSnp,
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
  {
    id: 'host-rmp',
    group: 'host',
    title: 'the BIOS has reserved memory for the RMP table',
    expected: 'an RMP table over all memory, where the processor has SEV-SNP',
    why: 'SEV-SNP cannot be initialised without it',
    judge: judgeRmp,
  },
  {
    id: 'host-iommu',
    group: 'host',
    title: 'the IOMMU is on and translates',
    expected: 'IOMMUs in /sys/class/iommu, and neither iommu=pt nor iommu=off nor amd_iommu=off on the command line',
    why: 'SEV-SNP cannot be initialised with the IOMMU off or in passthrough mode',
    judge: judgeIommu,
  },
  {
    id: 'host-sme',
    group: 'host',
    title: 'whether the host encrypts its own memory is known',
    expected: 'anything: it is told because it is easily taken for SEV',
    why: 'a line of the log about AMD SME is about the host and proves nothing about guests',
    judge: ({ state: { log } }) =>
      judged(log, AS_ROOT, ({ sme, isWhole }) => {
        if (sme !== undefined) return note(sme, there('dmesg'));
        if (isWhole) return ok('not active', there('dmesg'));
        return unread('the kernel log has lost its beginning', there('dmesg'), 'reboot the node to see it');
      }),
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
    if (!shown.includes('sev')) return fatal(`${read}; ${lost}`, from, BIOS);
    return note(`${read}; ${lost}: the kernel does not know it or found it off`, from);
  });
}

function judgeLog({ state }: HostExam): Judgement {
  return judged(state.log, AS_ROOT, ({ faults, isWhole }, from) => {
    const found = TECHNOLOGIES.flatMap((one) => faults[one]);
    if (found.length > 0) return warning(found.join('; '), from, BIOS);
    if (!isWhole)
      return unread('the kernel log has lost its beginning, and no journal has it', from, 'reboot the node to see it');
    return ok('no fault is named', from);
  });
}

function judgeFirmware({ state }: HostExam): Judgement {
  const needed = state.facts.support['sev-snp'].given === 'yes' ? [1, 51] : [0, 17];
  const [wantedMajor = 0, wantedMinor = 0] = needed;
  return judged(state.log, AS_ROOT, ({ firmware, isWhole }, from) => {
    if (firmware === undefined) {
      if (isWhole && valueIn(state.leaf) === 'none')
        return note('no SEV firmware is there: CPUID shows no memory encryption', from);
      const why = isWhole ? 'the ccp driver told no API level' : 'the kernel log has lost its beginning';
      return unread(why, from, 'load ccp with SEV on in the BIOS, or ask sevctl or snphost on the node');
    }
    const { major, minor, line } = firmware;
    if (major > wantedMajor || (major === wantedMajor && minor >= wantedMinor)) return ok(line, from);
    return warning(line, from, `update the SEV firmware to API ${wantedMajor}.${wantedMinor} or later, with the BIOS`);
  });
}

function judgeEsBesideSnp({ state }: HostExam): Judgement {
  const from = there('kvm_amd.sev_snp and dmesg');
  const snp = state.parameters.sev_snp;
  if (snp.state === 'absent') {
    const kvm = state.moduleFolders.kvm_amd.state;
    if (kvm === 'unreadable' || kvm === 'unknown') return unread(snp.why, from, AS_ROOT);
    return ok('this kernel has no SNP', from);
  }
  if (snp.state !== 'read') return unread(snp.why, from, AS_ROOT);
  if (!snp.value) return ok('SNP is off', from);
  return judged(state.log, AS_ROOT, ({ firmware }) => {
    if (firmware === undefined) return unread('SNP is on, and the API level is not told', from, AS_ROOT);
    const read = `SNP is on, firmware API ${firmware.major}.${firmware.minor}`;
    return refusesEs(firmware) ? note(`${read}: no SEV-ES guests are demanded`, from) : ok(read, from);
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
    const used = (one === 'sev' ? current.value.sev : current.value.sevEs) ?? 0;
    return { one, used, all: slots[one]?.count };
  });
  const unknown = told.find(({ all }) => all === undefined);
  if (unknown !== undefined)
    return unread(`how many ${technologyName(unknown.one)} guests there can be is not told`, from, AS_ROOT);
  const read = told.map(({ one, used, all }) => `${technologyName(one)} ${used} of ${all}`).join(', ');
  const full = told.filter(({ used, all }) => used >= (all ?? 0));
  if (full.length === 0) return ok(read, from);
  return warning(read, from, 'stop encrypted guests of others on this node, or wait for their end');
}

function judgeRmp({ state }: HostExam): Judgement {
  const from = there('dmesg');
  if (state.cpu.state === 'read') {
    const generation = generationOf(state.cpu.value);
    const canSnp = generation?.has.includes('sev-snp') ?? state.cpu.value.flags.has('sev_snp');
    const isGuest = state.cpu.value.flags.has('hypervisor');
    if (isGuest) return note('a virtual machine has none', there('/proc/cpuinfo'));
    if (!canSnp) return note('no SEV-SNP in this processor', there('/proc/cpuinfo'));
  }
  return judged(state.log, AS_ROOT, ({ rmp, faults, isWhole }) => {
    const fault = faults['sev-snp'].findLast((line) => line.includes('RMP'));
    const action = 'switch "SNP Memory Coverage" on in the BIOS';
    if (fault !== undefined) return warning(fault, from, action);
    if (rmp !== undefined) return ok(rmp, from);
    if (!isWhole) return unread('the kernel log has lost its beginning', from, 'reboot the node to see it');
    return note('the kernel does not speak of it: SEV-SNP is off, or the kernel is older than 6.9', from);
  });
}

const OFF = /^(amd_)?iommu=(.*,)?(off|pt)(,.*)?$|^iommu\.passthrough=1$/;

function judgeIommu({ state }: HostExam): Judgement {
  const from = there('/proc/cmdline and /sys/class/iommu');
  return judged(state.commandLine, BY_HAND, (words) => {
    const bad = words.filter((word) => OFF.test(word));
    const snp = state.facts.support['sev-snp'];
    const action = 'take it from the kernel command line and reboot, with the IOMMU on in the BIOS';
    if (bad.length > 0)
      return snp.given === 'yes'
        ? note(`${bad.join(' ')}, and yet SNP is on`, from)
        : warning(bad.join(' '), from, action);
    if (state.iommus.state === 'absent')
      return warning('/sys/class/iommu is absent', from, 'switch the IOMMU on in the BIOS');
    return judged(state.iommus, BY_HAND, (names) =>
      names.length > 0
        ? ok(`${names.length} IOMMUs, nothing against it on the command line`, from)
        : warning('the kernel uses no IOMMU', from, 'switch the IOMMU on in the BIOS'),
    );
  });
}
