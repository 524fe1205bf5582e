import { attribute, child, childrenNamed, parseXml, type XmlElement } from './launcher/xml.ts';
import { atLeast, type KubevirtVersion } from './version.ts';
import { traitsOf } from './versions.ts';

/** What the init container of virt-handler leaves in /var/lib/kubevirt-node-labeller, and what the host tells beside it. */
export interface LabellerSources {
  /** `virsh domcapabilities --machine q35 --arch x86_64 --virttype kvm`. */
  readonly domCapabilities: string;
  /** `virsh hypervisor-cpu-baseline --features`. */
  readonly supportedFeatures: string;
  /** `virsh capabilities`. */
  readonly capabilities: string;
  /** Hyper-V enlightenments that /dev/kvm offers; by default all that KubeVirt asks for. */
  readonly hyperv?: readonly string[];
  /** Whether kernel.sched_rt_runtime_us is -1. */
  readonly realtime?: boolean;
}

/**
 * The labels that a release's node labeller wants on a node. Not tied to the SEV feature gate.
 * Source: pkg/virt-handler/node-labeller. @throws Error for XML that cannot be read.
 */
export function nodeLabels(
  sources: LabellerSources,
  {
    version,
    obsoleteCpuModels,
  }: { readonly version: KubevirtVersion; readonly obsoleteCpuModels?: Readonly<Record<string, boolean>> },
): Record<string, string> {
  const domain = parseXml(sources.domCapabilities);
  const host = child(parseXml(sources.capabilities), 'host');
  const obsolete = new Set(obsoleteCpuModels === undefined ? OBSOLETE : Object.keys(obsoleteCpuModels));
  const names = [
    ...supportedFeatures(sources.supportedFeatures).map((name) => `cpu-feature.node.kubevirt.io/${name}`),
    ...cpuModels(domain, obsolete, version),
    ...(atLeast(version, 'v1.5.3') ? machineTypes(parseXml(sources.capabilities)) : []),
    ...(sources.hyperv ?? HYPERV_LABELS).map((name) => `hyperv.node.kubevirt.io/${name}`),
    ...hostModel(domain, obsolete),
    ...(sources.realtime ? ['kubevirt.io/realtime'] : []),
  ];
  return {
    ...Object.fromEntries(names.map((name) => [name, 'true'])),
    ...tscLabels(host),
    ...encryptionLabels(domain, version),
  };
}

/** A node's labels after the labeller ran: its own stale ones gone, the new ones set, everybody else's kept. */
export function relabelled(
  present: Readonly<Record<string, string>>,
  wanted: Readonly<Record<string, string>>,
  version: KubevirtVersion,
): Record<string, string> {
  const prefixes = OWN_PREFIXES.filter(({ since }) => since === undefined || atLeast(version, since));
  const kept = Object.entries(present).filter(([name]) => !prefixes.some(({ prefix }) => name.startsWith(prefix)));
  return { ...Object.fromEntries(kept), ...wanted };
}

/** Enlightenments that depend on the host's kernel, by the labeller's names. A current KVM offers all. */
export const HYPERV_LABELS: readonly string[] = [
  'base',
  'frequencies',
  'ipi',
  'reenlightenment',
  'reset',
  'runtime',
  'synic',
  'synic2',
  'synictimer',
  'time',
  'tlbflush',
  'vpindex',
];

/** `kubevirt.io/sev` covers -es and -snp by being a prefix. Vendor labels are never taken away. */
const OWN_PREFIXES: readonly { readonly prefix: string; readonly since?: string }[] = [
  { prefix: 'cpu-feature.node.kubevirt.io/' },
  { prefix: 'cpu-model.node.kubevirt.io/' },
  { prefix: 'cpu-model-migration.node.kubevirt.io/' },
  { prefix: 'cpu-timer.node.kubevirt.io/' },
  { prefix: 'hyperv.node.kubevirt.io/' },
  { prefix: 'kubevirt.io/realtime' },
  { prefix: 'kubevirt.io/sev' },
  { prefix: 'kubevirt.io/tdx', since: 'v1.7' },
  { prefix: 'host-model-cpu.node.kubevirt.io/' },
  { prefix: 'host-model-required-features.node.kubevirt.io/' },
  { prefix: 'node-labeller.kubevirt.io/obsolete-host-model' },
  { prefix: 'machine-type.node.kubevirt.io/', since: 'v1.5.3' },
  { prefix: 'kubevirt.io/vm-arch-', since: 'v1.9' },
];

/** Models too old to be offered, each also with `-v1`. */
const OBSOLETE: readonly string[] = [
  '486',
  'pentium',
  'pentium2',
  'pentium3',
  'pentiumpro',
  'coreduo',
  'n270',
  'core2duo',
  'Conroe',
  'athlon',
  'phenom',
  'qemu64',
  'qemu32',
  'kvm64',
  'kvm32',
  'Opteron_G1',
  'Opteron_G2',
].flatMap((model) => [model, `${model}-v1`]);

function supportedFeatures(xml: string): readonly string[] {
  return childrenNamed(parseXml(xml), 'feature')
    .filter((feature) => attribute(feature, 'policy') === 'require')
    .map((feature) => attribute(feature, 'name') ?? '');
}

/** From v1.6 every model that QEMU knows may be migrated to, before only those that the host can run. */
function cpuModels(domain: XmlElement, obsolete: ReadonlySet<string>, version: KubevirtVersion): readonly string[] {
  const models = childrenNamed(child(domain, 'cpu'), 'mode')
    .flatMap((mode) => childrenNamed(mode, 'model'))
    .map((model) => ({ name: model.text ?? '', usable: attribute(model, 'usable') }))
    .filter(({ name, usable }) => usable !== undefined && name !== '' && !obsolete.has(name));
  const usable = models.filter((model) => model.usable !== 'no');
  const migratable = atLeast(version, 'v1.6') ? models : usable;
  return [
    ...usable.map(({ name }) => `cpu-model.node.kubevirt.io/${name}`),
    ...migratable.map(({ name }) => `cpu-model-migration.node.kubevirt.io/${name}`),
  ];
}

function machineTypes(capabilities: XmlElement): readonly string[] {
  return childrenNamed(capabilities, 'guest')
    .flatMap((guest) => childrenNamed(child(guest, 'arch'), 'machine'))
    .map((machine) => `machine-type.node.kubevirt.io/${machine.text ?? ''}`);
}

function hostModel(domain: XmlElement, obsolete: ReadonlySet<string>): readonly string[] {
  const mode = childrenNamed(child(domain, 'cpu'), 'mode').find((one) => attribute(one, 'name') === 'host-model');
  const model = child(mode, 'model')?.text ?? '';
  const required = childrenNamed(mode, 'feature').filter((feature) => attribute(feature, 'policy') === 'require');
  return [
    ...(obsolete.has(model) ? ['node-labeller.kubevirt.io/obsolete-host-model'] : []),
    ...required.map((feature) => `host-model-required-features.node.kubevirt.io/${attribute(feature, 'name')}`),
    `cpu-vendor.node.kubevirt.io/${child(mode, 'vendor')?.text ?? ''}`,
    `host-model-cpu.node.kubevirt.io/${model}`,
  ];
}

function tscLabels(host: XmlElement | undefined): Record<string, string> {
  const tsc = childrenNamed(child(host, 'cpu'), 'counter').find((counter) => attribute(counter, 'name') === 'tsc');
  const frequency = Number(attribute(tsc, 'frequency') ?? 0);
  if (frequency === 0) return {};
  return {
    'cpu-timer.node.kubevirt.io/tsc-frequency': String(frequency),
    'cpu-timer.node.kubevirt.io/tsc-scalable': String(attribute(tsc, 'scaling') === 'yes'),
  };
}

/** ES needs room for an ES guest; SNP needs ES and libvirt's word for it. */
function encryptionLabels(domain: XmlElement, version: KubevirtVersion): Record<string, string> {
  const features = child(domain, 'features');
  const supported = (name: string) => attribute(child(features, name), 'supported') === 'yes';
  const value = traitsOf(version).nodeLabelValue;
  const sev = supported('sev');
  const es = sev && Number(child(child(features, 'sev'), 'maxESGuests')?.text ?? 0) > 0;
  const sectypes = childrenNamed(child(features, 'launchSecurity'), 'enum').flatMap((one) =>
    childrenNamed(one, 'value').map((entry) => entry.text),
  );
  const snp = es && supported('launchSecurity') && sectypes.includes('sev-snp');
  return {
    ...(sev ? { 'kubevirt.io/sev': value } : {}),
    ...(es && atLeast(version, 'v1.0') ? { 'kubevirt.io/sev-es': value } : {}),
    ...(snp && atLeast(version, 'v1.7') ? { 'kubevirt.io/sev-snp': value } : {}),
    ...(supported('tdx') && atLeast(version, 'v1.7') ? { 'kubevirt.io/tdx': value } : {}),
  };
}
