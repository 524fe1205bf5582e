import { applies, atLeast, type KubevirtVersion, parseVersion } from './version.ts';

/**
 * The releases that the simulator knows, newest last. To add one: a row here, then its gates (feature-gates.ts), its
 * fields (crds/tables) and its rules (`since` and `until` throughout mutation and admission).
 */
export const KNOWN_VERSIONS: readonly KubevirtVersion[] = ['v1.6.6', 'v1.7.4', 'v1.8.4', 'v1.9.0'].map(known);

/**
 * The simulated release that `text` asks for: an exact one (`v1.9.0`, with or without the v), or the known patch
 * release of a minor (`v1.9`, or another patch of it such as `v1.9.3`, under its own name).
 */
export function kubevirtVersion(text: string): KubevirtVersion | undefined {
  const wanted = parseVersion(text);
  if (wanted === undefined) return undefined;
  const row = KNOWN_VERSIONS.find(({ major, minor }) => major === wanted.major && minor === wanted.minor);
  if (row === undefined) return undefined;
  return /^v?\d+\.\d+$/.test(text) ? row : wanted;
}

/**
 * The Kubernetes minors that a release supports: the three current when it came out, oldest first.
 * Source: kubevirt docs/kubernetes-compatibility.md and sig-release's support matrix.
 */
export function supportedKubernetes(version: KubevirtVersion): readonly string[] {
  const newest = NEWEST_KUBERNETES.findLast(([since]) => atLeast(version, since))?.[1] ?? 26;
  return [newest - 2, newest - 1, newest].map((minor) => `1.${minor}`);
}

/** What else differs by release and is neither a field, a gate nor a rule. */
export interface VersionTraits {
  /** Value of the node labels `kubevirt.io/sev`, `-es`, `-snp`. */
  readonly nodeLabelValue: string;
  readonly vmiFinalizer: string;
  readonly vmFinalizer: string;
  readonly migrationFinalizer: string;
  readonly kubevirtFinalizer: string;
  readonly pciTopology: string;
  readonly ovmfPath: string;
}

/** The traits of a release. Sources: api/core/v1/types.go, virt-operator/util/client.go, virt-config/virt-config.go. */
export function traitsOf(version: KubevirtVersion): VersionTraits {
  const pick = (trait: keyof VersionTraits): string =>
    TRAITS.find((row) => row.trait === trait && applies(version, row))?.value ?? '';
  return {
    nodeLabelValue: pick('nodeLabelValue'),
    vmiFinalizer: pick('vmiFinalizer'),
    vmFinalizer: pick('vmFinalizer'),
    migrationFinalizer: pick('migrationFinalizer'),
    kubevirtFinalizer: pick('kubevirtFinalizer'),
    pciTopology: pick('pciTopology'),
    ovmfPath: pick('ovmfPath'),
  };
}

interface TraitRow {
  readonly trait: keyof VersionTraits;
  readonly value: string;
  readonly since?: string;
  readonly until?: string;
}

const TRAITS: readonly TraitRow[] = [
  { trait: 'nodeLabelValue', value: '', until: 'v1.5.3' },
  { trait: 'nodeLabelValue', value: 'true', since: 'v1.5.3' },
  { trait: 'vmiFinalizer', value: 'foregroundDeleteVirtualMachine', until: 'v1.7' },
  { trait: 'vmiFinalizer', value: 'kubevirt.io/foregroundDeleteVirtualMachine', since: 'v1.7' },
  { trait: 'vmFinalizer', value: 'kubevirt.io/virtualMachineControllerFinalize' },
  { trait: 'migrationFinalizer', value: 'kubevirt.io/migrationJobFinalize' },
  { trait: 'kubevirtFinalizer', value: 'foregroundDeleteKubeVirt', until: 'v1.9' },
  { trait: 'kubevirtFinalizer', value: 'kubevirt.io/foregroundDeleteKubeVirt', since: 'v1.9' },
  { trait: 'pciTopology', value: 'v3', since: 'v1.6' },
  { trait: 'ovmfPath', value: '/usr/share/OVMF', until: 'v1.9' },
  { trait: 'ovmfPath', value: '/usr/share/edk2/ovmf', since: 'v1.9' },
];

const NEWEST_KUBERNETES: readonly (readonly [since: string, minor: number])[] = [
  ['v0.59', 26],
  ['v1.0', 27],
  ['v1.1', 28],
  ['v1.2', 29],
  ['v1.3', 30],
  ['v1.4', 31],
  ['v1.5', 32],
  ['v1.6', 33],
  ['v1.7', 34],
  ['v1.8', 35],
  ['v1.9', 36],
];

function known(text: string): KubevirtVersion {
  const version = parseVersion(text);
  if (version === undefined) throw new Error(`"${text}" in the list of known KubeVirt versions is not a version`);
  return version;
}
