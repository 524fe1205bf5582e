import { generationOf } from '../../host/cpu.ts';
import { fatal, note, ok, unread, warning } from '../check.ts';
import { BY_HAND, elsewhere, type HostCheck, judged, there } from './exam.ts';

/** What the machine is and whether it can run virtual machines at all. */
export const MACHINE_CHECKS: readonly HostCheck[] = [
  {
    id: 'host-processor',
    group: 'host',
    title: 'the processor is an AMD EPYC',
    expected: 'vendor AuthenticAMD, of the generations Naples to Turin',
    why: 'SEV, SEV-ES and SEV-SNP are in AMD EPYC processors only, and each generation has its own set',
    judge: ({ state }) =>
      judged(state.cpu, BY_HAND, (cpu, from) => {
        const read = `${cpu.model} (${cpu.vendor || 'no vendor'}, family ${cpu.family}, model ${cpu.modelNumber})`;
        const machine = state.architecture.state === 'read' ? state.architecture.value : 'x86_64';
        if (machine !== 'x86_64') return fatal(`${machine}: ${read}`, from, 'name a node with an AMD EPYC processor');
        if (cpu.vendor === '') return unread(`no vendor is named: ${read}`, from, BY_HAND);
        if (cpu.vendor !== 'AuthenticAMD') return fatal(read, from, 'name a node with an AMD EPYC processor');
        const generation = generationOf(cpu);
        return generation === undefined
          ? note(`${read}, a generation that is not known here`, from)
          : ok(`${read}, ${generation.name}`, from);
      }),
  },
  {
    id: 'host-bare-metal',
    group: 'host',
    title: 'the node is no virtual machine and no container',
    expected: 'no hypervisor flag, and systemd-detect-virt says none',
    why: 'the memory encryption of a host is not handed on to virtual machines, and in a container the probe sees another system than the guests get',
    judge: judgeBareMetal,
  },
  {
    id: 'host-kernel',
    group: 'host',
    title: 'the kernel is new enough for encrypted guests',
    expected: '4.16 for SEV, 5.11 for SEV-ES, 6.11 for SEV-SNP, or a backport of them',
    why: 'kvm_amd launches such guests only from these versions on',
    judge: judgeKernel,
  },
  {
    id: 'host-kvm',
    group: 'host',
    title: 'the processor can virtualize and KVM for AMD is loaded',
    expected: 'the flag svm, and the modules kvm and kvm_amd',
    why: 'without them no guest starts: KubeVirt leaves its launcher pending, with 0 kvm devices on the node',
    judge: judgeKvm,
  },
  device('/dev/kvm', 'host-dev-kvm', {
    title: '/dev/kvm is there',
    why: 'the device plugin of KubeVirt hands it to launchers; with none of it guests stay pending',
    action: 'modprobe -a kvm kvm_amd, and name both in /etc/modules-load.d',
    missing: fatal,
  }),
  device('/dev/vhost-net', 'host-dev-vhost-net', {
    title: '/dev/vhost-net is there',
    why: 'guests with a network ask for it: without it they stay pending',
    action: 'modprobe vhost_net, and name it in /etc/modules-load.d',
    missing: warning,
  }),
  {
    id: 'host-nested',
    group: 'host',
    title: 'nested virtualization of the host is known',
    expected: 'anything: it is told because it changes what guests may do',
    why: 'with nested guests a guest cannot be saved or moved; encrypted guests cannot have any',
    judge: ({ state }) =>
      judged(state.parameters.nested, elsewhere(state) ?? 'modprobe kvm_amd', (on, from) =>
        ok(on ? 'nested=1' : 'nested=0', from),
      ),
  },
  {
    id: 'host-cgroup',
    group: 'host',
    title: 'the control groups are of version 2',
    expected: 'the unified hierarchy, with its misc controller',
    why: 'later kubelets want version 2, and only the misc controller tells how many encrypted guests run',
    judge: ({ state }) =>
      judged(state.cgroup, BY_HAND, (version, from) =>
        version === 'v2'
          ? ok(version, from)
          : note(`${version}: no misc controller counts the encrypted guests on most such hosts`, from),
      ),
  },
  {
    id: 'host-virtualizer',
    group: 'host',
    title: 'QEMU, libvirt and OVMF of the host are known',
    expected: "nothing: KubeVirt's launcher image brings its own",
    why: "guests run with the launcher image's versions: those of the host are told only so that nobody takes them for the ones that count",
    judge: ({ state: { virtualizer } }) => {
      const parts = (['qemu', 'libvirt', 'ovmf'] as const).map((name) => ({ name, reading: virtualizer[name] }));
      const failed = parts.find(({ reading }) => reading.state !== 'read');
      const from = there('--version of the programs');
      if (failed !== undefined && failed.reading.state !== 'read') return unread(failed.reading.why, from, BY_HAND);
      const told = parts.map(({ name, reading }) => `${name} ${(reading.state === 'read' && reading.value) || 'none'}`);
      return note(`${told.join(', ')}; guests use those of the launcher image`, from);
    },
  },
];

interface DeviceWords {
  readonly title: string;
  readonly why: string;
  readonly action: string;
  readonly missing: typeof fatal;
}

function device(
  name: '/dev/kvm' | '/dev/vhost-net',
  id: string,
  { title, why, action, missing }: DeviceWords,
): HostCheck {
  return {
    ...{ id, group: 'host', title, why },
    expected: 'a character device',
    judge({ state }) {
      const found = state.devices[name];
      if (found.state === 'absent') return missing(found.why, there(`ls -l ${name}`), action);
      return judged(found, BY_HAND, ({ kind, mode }) =>
        kind === 'character' ? ok(mode, there(`ls -l ${name}`)) : missing(`no device: ${mode}`, there(name), action),
      );
    },
  };
}

function judgeBareMetal({ state }: Parameters<HostCheck['judge']>[0]) {
  const { cpu, virtualization } = state;
  const hasFlag = cpu.state === 'read' && cpu.value.flags.has('hypervisor');
  const kind = virtualization.state === 'read' ? virtualization.value : undefined;
  const from = there('/proc/cpuinfo and systemd-detect-virt');
  const action = 'name a node on bare metal';
  const says = kind === undefined ? 'systemd-detect-virt does not say' : `systemd-detect-virt says ${kind}`;
  if (hasFlag) {
    const isGiven = Object.values(state.facts.support).some(({ given }) => given === 'yes');
    const read = `/proc/cpuinfo has the hypervisor flag, ${says}`;
    return isGiven ? note(`${read}, and yet memory encryption is there`, from) : fatal(read, from, action);
  }
  if (cpu.state !== 'read') return unread(cpu.why, from, BY_HAND);
  const marks = state.containerMarks.join(' and ');
  const out = 'log in to the node itself';
  if (marks !== '' && (kind === undefined || kind === 'none'))
    return warning(`no hypervisor flag, but ${marks}: the login leads into a container`, from, out);
  if (kind === undefined) return note(`no hypervisor flag, ${says}`, from);
  if (kind === 'none') return ok('no hypervisor flag, systemd-detect-virt says none', from);
  return warning(
    `no hypervisor flag, but ${says}: the login leads into a container`,
    from,
    'log in to the node itself',
  );
}

function judgeKernel({ state }: Parameters<HostCheck['judge']>[0]) {
  return judged(state.kernel, BY_HAND, ({ text, major, minor }, from) => {
    const since = (wantedMajor: number, wantedMinor: number) =>
      major > wantedMajor || (major === wantedMajor && minor >= wantedMinor);
    const update = 'update the kernel of the node';
    if (!since(4, 16)) return fatal(`${text}, older than 4.16`, from, update);
    const { support } = state.facts;
    const late = [
      ...(!since(5, 11) && support['sev-es'].given === 'yes' ? ['SEV-ES'] : []),
      ...(!since(6, 11) && support['sev-snp'].given === 'yes' ? ['SEV-SNP'] : []),
    ];
    if (late.length > 0) return ok(`${text}, with ${late.join(' and ')} by a backport`, from);
    const able = ['SEV', ...(since(5, 11) ? ['SEV-ES'] : []), ...(since(6, 11) ? ['SEV-SNP'] : [])];
    return ok(`${text}, new enough for ${able.join(', ')}`, from);
  });
}

function judgeKvm({ state }: Parameters<HostCheck['judge']>[0]) {
  return judged(state.cpu, BY_HAND, (cpu) => {
    const from = there('/proc/cpuinfo and /sys/module');
    const { kvm, kvm_amd } = state.moduleFolders;
    if (!cpu.flags.has('svm')) {
      const kind = cpu.flags.has('vmx') ? 'the flag vmx of Intel' : 'no flag svm';
      return fatal(kind, from, elsewhere(state) ?? 'switch SVM on in the BIOS');
    }
    const gone = [kvm, kvm_amd].filter((one) => one.state === 'absent').map((one) => one.from);
    if (gone.length > 0)
      return fatal(
        `${gone.join(' and ')} absent`,
        from,
        'modprobe -a kvm kvm_amd, and name both in /etc/modules-load.d',
      );
    const dark = [kvm, kvm_amd].find((one) => one.state !== 'read');
    if (dark !== undefined) return unread(dark.why, from, BY_HAND);
    return ok('svm, kvm and kvm_amd', from);
  });
}
