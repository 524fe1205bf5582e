import { HOST_MODEL_FEATURES } from '../../physics/cpu-models.ts';
import { launcherVirtualizer, type Virtualizer } from '../../physics/dom-capabilities.ts';
import type { Encryption, HostProfile } from '../../physics/host.ts';
import type { Vmi } from '../model/vmi.ts';
import { atLeast } from '../version.ts';
import type { LauncherCluster } from './cluster.ts';
import { withAddresses } from './domain-addresses.ts';
import { guestMemoryBytes } from './domain-cpu.ts';
import { type DomainHost, plainHost } from './domain-host.ts';
import { domainElement, SEV_POLICY, SNP_POLICY } from './domain-xml.ts';
import { guestMac } from './naming.ts';
import { isSevEs, isSnp } from './vmi-traits.ts';
import {
  attribute,
  child,
  childrenNamed,
  element,
  LIBVIRT_STYLE,
  textElement,
  type XmlElement,
  xmlText,
} from './xml.ts';

/** What libvirt fills in from the machine that the guest runs on. */
export interface LiveHost {
  readonly domain?: DomainHost;
  readonly virtualizer: Virtualizer;
  /** The host model that `host-model` stands for, with what it requires beyond the named model. */
  readonly cpuModel: string;
  readonly cpuVendor: string;
  readonly cpuFeatures: readonly string[];
  readonly cbitpos: number;
  readonly reducedPhysBits: number;
  /** Number of the domain in its launcher: 1 unless the guest was started again. */
  readonly domainId?: number;
}

/** What a simulated host and the launcher image of a release fill in. */
export function liveHostOf(profile: HostProfile, { version }: Pick<LauncherCluster, 'version'>): LiveHost {
  return {
    virtualizer: launcherVirtualizer(`${version.major}.${version.minor}`),
    cpuModel: profile.cpu.libvirtModel,
    cpuVendor: 'AMD',
    cpuFeatures: HOST_MODEL_FEATURES,
    cbitpos: profile.cpu.cbitpos,
    reducedPhysBits: profile.cpu.reducedPhysBits,
  };
}

/**
 * The domain as `virsh dumpxml` shows it while it runs: libvirt's order and quoting, ids and addresses filled in.
 * `launchSecurity` is what the dump claims, by default what the VMI asks for and the release knows.
 */
export function liveDomainXml(
  vmi: Vmi,
  {
    cluster,
    host,
    launchSecurity,
  }: { readonly cluster: LauncherCluster; readonly host: LiveHost; readonly launchSecurity?: Encryption },
): string {
  const given = domainElement(vmi, cluster, host.domain ?? plainHost(cluster));
  const claim = launchSecurity ?? askedEncryption(vmi, cluster);
  return `${xmlText(liveDomain(given, vmi, { host, claim }), LIBVIRT_STYLE)}\n\n`;
}

/** The kind of encryption that this release makes of the VMI's launchSecurity: up to v1.6 nothing of SNP. */
export function askedEncryption(vmi: Vmi, { version }: Pick<LauncherCluster, 'version'>): Encryption {
  if (vmi.spec.domain.launchSecurity?.sev != null) return isSevEs(vmi) ? 'sev-es' : 'sev';
  return isSnp(vmi) && atLeast(version, 'v1.7') ? 'sev-snp' : 'none';
}

function liveDomain(
  given: XmlElement,
  vmi: Vmi,
  { host, claim }: { readonly host: LiveHost; readonly claim: Encryption },
): XmlElement {
  const as = (name: string) => child(given, name);
  const kibibytes = String(guestMemoryBytes(vmi) / 1024n);
  const max = textOf(as('maxMemory'));
  return element(
    'domain',
    { type: attribute(given, 'type') ?? 'kvm', id: host.domainId ?? 1 },
    as('name'),
    textElement('uuid', vmi.spec.domain.firmware?.uuid ?? ''),
    metadata(vmi),
    max !== undefined && textElement('maxMemory', String(BigInt(max) / 1024n), { slots: 16, unit: 'KiB' }),
    textElement('memory', kibibytes, { unit: 'KiB' }),
    textElement('currentMemory', kibibytes, { unit: 'KiB' }),
    as('memoryBacking'),
    liveVcpu(given),
    as('vcpus'),
    as('iothreads'),
    as('cputune'),
    as('numatune'),
    element('resource', {}, textElement('partition', '/machine')),
    as('sysinfo'),
    liveOs(as('os'), host),
    as('features'),
    liveCpu(as('cpu'), host),
    as('clock') ?? element('clock', { offset: 'utc' }),
    textElement('on_poweroff', 'destroy'),
    textElement('on_reboot', textOf(as('on_reboot')) ?? 'restart'),
    textElement('on_crash', 'destroy'),
    liveDevices(as('devices'), vmi),
    launchSecurityElement(claim, given, host),
  );
}

function metadata({ metadata: { uid = '' } }: Vmi): XmlElement {
  const xmlns = 'http://kubevirt.io';
  return element(
    'metadata',
    {},
    element(
      'kubevirt',
      { xmlns },
      textElement('uid', uid),
      element('graceperiod', {}, textElement('markedForGracefulShutdown', 'false')),
    ),
  );
}

/** With hot-pluggable vCPUs only the enabled ones count as current. */
function liveVcpu(given: XmlElement): XmlElement | undefined {
  const vcpu = child(given, 'vcpu');
  const all = childrenNamed(child(given, 'vcpus'), 'vcpu');
  const enabled = all.filter((one) => attribute(one, 'enabled') === 'yes').length;
  const current = enabled < all.length ? enabled : undefined;
  return vcpu && textElement('vcpu', vcpu.text ?? '1', { placement: attribute(vcpu, 'placement'), current });
}

function liveOs(os: XmlElement | undefined, { virtualizer }: LiveHost): XmlElement | undefined {
  const machine = attribute(child(os, 'type'), 'machine') ?? 'q35';
  const versioned = machine === 'q35' ? virtualizer.q35 : machine;
  const type = textElement('type', 'hvm', { arch: 'x86_64', machine: versioned });
  const order = ['loader', 'nvram', 'kernel', 'initrd', 'cmdline', 'boot', 'bootmenu', 'smbios', 'bios'];
  return element('os', {}, type, order.flatMap((name) => childrenNamed(os, name)).map(liveFirmware));
}

/** libvirt names the format of firmware images and leaves `secure='no'` out. */
function liveFirmware(part: XmlElement): XmlElement {
  if (part.name === 'loader') {
    const secure = attribute(part, 'secure') === 'yes' ? 'yes' : undefined;
    const [readonly, type] = [attribute(part, 'readonly'), attribute(part, 'type')];
    return textElement('loader', part.text ?? '', { readonly, secure, type, format: 'raw' });
  }
  if (part.name !== 'nvram') return part;
  return textElement('nvram', part.text ?? '', {
    template: attribute(part, 'template'),
    templateFormat: 'raw',
    format: 'raw',
  });
}

/** `host-model` becomes the model it stands for; a named model stays, checked in full. */
function liveCpu(cpu: XmlElement | undefined, host: LiveHost): XmlElement | undefined {
  const mode = attribute(cpu, 'mode');
  if (mode === 'host-passthrough') {
    return element('cpu', { mode, check: 'none', migratable: 'on' }, child(cpu, 'topology'), child(cpu, 'numa'));
  }
  const isHost = mode !== 'custom';
  const model = isHost ? host.cpuModel : (textOf(child(cpu, 'model')) ?? '');
  const features = isHost ? host.cpuFeatures.map((name) => element('feature', { policy: 'require', name })) : [];
  const own = childrenNamed(cpu, 'feature').map((feature) =>
    element('feature', { policy: attribute(feature, 'policy') ?? 'require', name: attribute(feature, 'name') }),
  );
  return element(
    'cpu',
    { mode: 'custom', match: 'exact', check: 'full' },
    textElement('model', model, { fallback: 'forbid' }),
    isHost && textElement('vendor', host.cpuVendor),
    child(cpu, 'topology'),
    [...features, ...own],
    child(cpu, 'numa'),
  );
}

function liveDevices(devices: XmlElement | undefined, vmi: Vmi): XmlElement {
  const order = [
    'disk',
    'controller',
    'filesystem',
    'interface',
    'serial',
    'console',
    'channel',
    'input',
    'tpm',
    'graphics',
    'sound',
    'video',
    'hostdev',
    'redirdev',
    'watchdog',
    'memballoon',
    'rng',
    'vsock',
  ];
  const macOf = (name: string) => interfaceMac(vmi, name);
  const found = order.flatMap((name) => childrenNamed(devices, name));
  return element('devices', {}, textElement('emulator', '/usr/libexec/qemu-kvm'), withAddresses(found, macOf));
}

/** The MAC that the VMI asks for also reaches releases whose converter leaves it to the tap. */
function interfaceMac(vmi: Vmi, name: string): string {
  const asked = vmi.spec.domain.devices.interfaces?.find((iface) => iface.name === name)?.macAddress;
  return asked ?? guestMac(vmi, name);
}

/** Policies are padded to the width of their field, and the silicon's figures are filled in. */
function launchSecurityElement(claim: Encryption, given: XmlElement, host: LiveHost): XmlElement | undefined {
  if (claim === 'none') return undefined;
  const asked = child(given, 'launchSecurity');
  const es = claim === 'sev-es' ? SEV_POLICY.encryptedState : 0;
  const policy = claim === 'sev-snp' ? padded(SNP_POLICY, 8) : padded(SEV_POLICY.noDebug + es, 4);
  const figures = [textElement('cbitpos', host.cbitpos), textElement('reducedPhysBits', host.reducedPhysBits)];
  const owner = claim === 'sev-snp' ? [] : [child(asked, 'dhCert'), child(asked, 'session')];
  return element(
    'launchSecurity',
    { type: claim === 'sev-snp' ? 'sev-snp' : 'sev' },
    figures,
    textElement('policy', policy),
    owner,
  );
}

function padded(policy: number, digits: number): string {
  return `0x${policy.toString(16).padStart(digits, '0')}`;
}

function textOf(found: XmlElement | undefined): string | undefined {
  return found?.text;
}
