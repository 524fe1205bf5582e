import { generationOf } from '../../host/cpu.ts';
import { valueIn } from '../../host/readings.ts';
import { ES_REFUSED_WITH_SNP_FROM, refusesEs } from '../../host/support.ts';
import { TECHNOLOGIES } from '../../model/technology.ts';
import { type Judgement, note, ok, unread, warning } from '../check.ts';
import { AS_ROOT, BIOS, BY_HAND, elsewhere, type HostCheck, type HostExam, judged, there } from './exam.ts';

/** What firmware, BIOS and the kernel's log say of that on which memory encryption stands. */
export const PLATFORM_CHECKS: readonly HostCheck[] = [
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
    return esAlone('this kernel has no SNP', state, from);
  }
  if (snp.state !== 'read') return unread(snp.why, from, AS_ROOT);
  if (!snp.value) return esAlone('SNP is off', state, from);
  return judged(state.log, AS_ROOT, ({ firmware }) => {
    if (firmware === undefined) return unread('SNP is on, and the API level is not told', from, AS_ROOT);
    const read = `SNP is on, firmware API ${firmware.major}.${firmware.minor}`;
    return refusesEs(firmware) ? note(`${read}: no SEV-ES guests are demanded`, from) : ok(read, from);
  });
}

/** Without SNP nothing is in the way of SEV-ES; that is well only where SEV-ES itself is there. */
function esAlone(read: string, { facts }: HostExam['state'], from: string): Judgement {
  if (facts.support['sev-es'].given === 'yes') return ok(`${read}, and SEV-ES is on`, from);
  return note(`${read}, and no SEV-ES was found either: nothing is to be told of the two`, from);
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
  const switchOn = elsewhere(state) ?? 'switch the IOMMU on in the BIOS';
  return judged(state.commandLine, BY_HAND, (words) => {
    const bad = words.filter((word) => OFF.test(word));
    const snp = state.facts.support['sev-snp'];
    const action = 'take it from the kernel command line and reboot, with the IOMMU on in the BIOS';
    if (bad.length > 0)
      return snp.given === 'yes'
        ? note(`${bad.join(' ')}, and yet SNP is on`, from)
        : warning(bad.join(' '), from, action);
    if (state.iommus.state === 'absent') return warning('/sys/class/iommu is absent', from, switchOn);
    return judged(state.iommus, BY_HAND, (names) =>
      names.length > 0
        ? ok(`${names.length} IOMMUs, nothing against it on the command line`, from)
        : warning('the kernel uses no IOMMU', from, switchOn),
    );
  });
}
