import { hostEncryption } from './asids.ts';
import {
  CUSTOM_MODELS,
  FLAG_NAMES,
  GENERATIONS,
  GUEST_FEATURES,
  HOST_MODEL_FEATURES,
  PLAIN_MODELS,
  vendorOf,
} from './cpu-models.ts';
import { cpuFlags } from './cpuinfo.ts';
import type { HostProfile } from './host.ts';
import { kernelTraits } from './kernel.ts';
import { siliconOf } from './silicon.ts';

/** Which libvirt and QEMU ask: those of the launcher image, or of the host. */
export interface Virtualizer {
  /** e.g. `11.10.0`. */
  readonly libvirt: string;
  /** e.g. `10.1.0`. */
  readonly qemu: string;
  /** What `q35` stands for, e.g. `pc-q35-rhel9.6.0`. */
  readonly q35: string;
}

/** The launcher image's programs by KubeVirt's minor version (`1.6`, `1.9`); of the newest known for others. */
export function launcherVirtualizer(kubevirtMinor: string): Virtualizer {
  return BY_KUBEVIRT[kubevirtMinor] ?? NEWEST;
}

const NEWEST: Virtualizer = { libvirt: '11.10.0', qemu: '10.1.0', q35: 'pc-q35-rhel9.8.0' };

const BY_KUBEVIRT: Readonly<Record<string, Virtualizer>> = {
  '0.59': { libvirt: '9.0.0', qemu: '7.2.0', q35: 'pc-q35-rhel9.2.0' },
  '1.0': { libvirt: '9.0.0', qemu: '7.2.0', q35: 'pc-q35-rhel9.2.0' },
  '1.2': { libvirt: '9.5.0', qemu: '8.0.0', q35: 'pc-q35-rhel9.2.0' },
  '1.4': { libvirt: '10.9.0', qemu: '9.0.0', q35: 'pc-q35-rhel9.4.0' },
  '1.5': { libvirt: '10.10.0', qemu: '9.1.0', q35: 'pc-q35-rhel9.6.0' },
  '1.6': { libvirt: '10.10.0', qemu: '9.1.0', q35: 'pc-q35-rhel9.6.0' },
  '1.7': { libvirt: '10.10.0', qemu: '9.1.0', q35: 'pc-q35-rhel9.6.0' },
  '1.8': { libvirt: '11.9.0', qemu: '10.1.0', q35: 'pc-q35-rhel9.8.0' },
  '1.9': NEWEST,
};

/** `virsh domcapabilities --machine q35 --arch x86_64 --virttype kvm`: what KubeVirt's node labeller reads. */
export function domCapabilities(profile: HostProfile, virtualizer: Virtualizer): string {
  return `<domainCapabilities>
  <path>/usr/libexec/qemu-kvm</path>
  <domain>kvm</domain>
  <machine>${virtualizer.q35}</machine>
  <arch>x86_64</arch>
  <vcpu max='4096'/>
  <iothreads supported='yes'/>
  <os supported='yes'>
    <enum name='firmware'>
      <value>efi</value>
    </enum>
    <loader supported='yes'>
      <value>/usr/share/edk2/ovmf/OVMF_CODE.secboot.fd</value>
      <value>/usr/share/edk2/ovmf/OVMF.amdsev.fd</value>
      <enum name='type'>
        <value>rom</value>
        <value>pflash</value>
      </enum>
      <enum name='readonly'>
        <value>yes</value>
        <value>no</value>
      </enum>
      <enum name='secure'>
        <value>yes</value>
        <value>no</value>
      </enum>
    </loader>
  </os>
${cpuModes(profile)}
${deviceEnums()}
${features(profile, virtualizer)}
</domainCapabilities>
`;
}

/** What `virsh hypervisor-cpu-baseline --features` prints: every feature of the host model, by name. */
export function supportedFeatures(profile: HostProfile): string {
  const features = [...new Set(cpuFlags(profile).map((flag) => FLAG_NAMES[flag] ?? flag))].filter((f) =>
    GUEST_FEATURES.has(f),
  );
  return `<cpu mode='custom' match='exact'>
  <model fallback='forbid'>${profile.cpu.libvirtModel}</model>
  <vendor>AMD</vendor>
${[...features, ...HOST_MODEL_FEATURES.filter((f) => !features.includes(f))].map((f) => `  <feature policy='require' name='${f}'/>`).join('\n')}
  <feature policy='disable' name='monitor'/>
</cpu>
`;
}

/** `virsh capabilities`, as far as KubeVirt reads it: the TSC and the machine types. */
export function capabilities(profile: HostProfile, virtualizer: Virtualizer): string {
  const frequency = siliconOf(profile.cpu).baseMhz * 1_000_000;
  return `<capabilities>
  <host>
    <cpu>
      <arch>x86_64</arch>
      <model>${profile.cpu.libvirtModel}</model>
      <vendor>AMD</vendor>
      <counter name='tsc' frequency='${frequency}' scaling='yes'/>
    </cpu>
  </host>
  <guest>
    <os_type>hvm</os_type>
    <arch name='x86_64'>
      <wordsize>64</wordsize>
      <emulator>/usr/libexec/qemu-kvm</emulator>
      <machine maxCpus='240'>pc-i440fx-rhel7.6.0</machine>
      <machine canonical='pc-i440fx-rhel7.6.0' maxCpus='240'>pc</machine>
      <machine maxCpus='4096'>${virtualizer.q35}</machine>
      <machine canonical='${virtualizer.q35}' maxCpus='4096'>q35</machine>
${OLD_MACHINES.filter((m) => m < virtualizer.q35)
  .map((m) => `      <machine maxCpus='710'>${m}</machine>`)
  .join('\n')}
      <domain type='kvm'/>
    </arch>
  </guest>
</capabilities>
`;
}

const OLD_MACHINES = [
  'pc-q35-rhel9.4.0',
  'pc-q35-rhel9.2.0',
  'pc-q35-rhel9.0.0',
  'pc-q35-rhel8.6.0',
  'pc-q35-rhel7.6.0',
];

function cpuModes({ cpu }: HostProfile): string {
  const generation = GENERATIONS.indexOf(cpu.libvirtModel);
  const usable = (model: string) => {
    const at = GENERATIONS.findIndex((name) => model === name || model.startsWith(`${name}-v`));
    return at < 0 ? PLAIN_MODELS.includes(model) : at <= generation;
  };
  return `  <cpu>
    <mode name='host-passthrough' supported='yes'>
      <enum name='hostPassthroughMigratable'>
        <value>on</value>
        <value>off</value>
      </enum>
    </mode>
    <mode name='maximum' supported='yes'/>
    <mode name='host-model' supported='yes'>
      <model fallback='forbid'>${cpu.libvirtModel}</model>
      <vendor>AMD</vendor>
      <maxphysaddr mode='passthrough' limit='${siliconOf(cpu).physicalBits}'/>
${HOST_MODEL_FEATURES.map((f) => `      <feature policy='require' name='${f}'/>`).join('\n')}
      <feature policy='disable' name='monitor'/>
    </mode>
    <mode name='custom' supported='yes'>
${CUSTOM_MODELS.map((m) => `      <model usable='${usable(m) ? 'yes' : 'no'}' vendor='${vendorOf(m)}'>${m}</model>`).join('\n')}
    </mode>
  </cpu>`;
}

function features(profile: HostProfile, virtualizer: Virtualizer): string {
  const { sev, sevSnp, sevSlots, esSlots } = hostEncryption(profile);
  const [major = 0, minor = 0] = virtualizer.libvirt.split('.').map(Number);
  const namesSectypes = major > 10 || (major === 10 && minor >= 5);
  // QEMU opens /dev/sev itself: whatever kvm_amd says, without the device there is no SEV.
  const sevElement = sev
    ? `    <sev supported='yes'>
      <cbitpos>${profile.cpu.cbitpos}</cbitpos>
      <reducedPhysBits>${profile.cpu.reducedPhysBits}</reducedPhysBits>
      <maxGuests>${sevSlots}</maxGuests>
      <maxESGuests>${esSlots}</maxESGuests>
    </sev>`
    : "    <sev supported='no'/>";
  const launchSecurity = sev
    ? `    <launchSecurity supported='yes'>
      <enum name='sectype'>
        <value>sev</value>${sevSnp ? '\n        <value>sev-snp</value>' : ''}
      </enum>
    </launchSecurity>`
    : "    <launchSecurity supported='no'/>";
  return `  <features>
    <gic supported='no'/>
    <vmcoreinfo supported='yes'/>
    <genid supported='yes'/>
    <backingStoreInput supported='yes'/>
    <backup supported='yes'/>
    <async-teardown supported='${kernelTraits(profile.kernel.release).major >= 5 ? 'yes' : 'no'}'/>
${sevElement}
    <sgx supported='no'/>${namesSectypes ? `\n${launchSecurity}` : ''}
  </features>`;
}

function deviceEnums(): string {
  const list = (name: string, values: readonly string[]) =>
    `      <enum name='${name}'>\n${values.map((v) => `        <value>${v}</value>`).join('\n')}\n      </enum>`;
  return `  <devices>
    <disk supported='yes'>
${list('diskDevice', ['disk', 'cdrom', 'floppy', 'lun'])}
${list('bus', ['fdc', 'scsi', 'virtio', 'usb', 'sata'])}
    </disk>
    <graphics supported='yes'>
${list('type', ['vnc', 'egl-headless'])}
    </graphics>
    <rng supported='yes'>
${list('model', ['virtio', 'virtio-transitional', 'virtio-non-transitional'])}
    </rng>
    <tpm supported='yes'>
${list('model', ['tpm-tis', 'tpm-crb'])}
    </tpm>
  </devices>`;
}
