import type { FeatureState, Features } from '../model/features.ts';
import type { Affinity } from '../model/pod.ts';
import type { Vmi } from '../model/vmi.ts';
import { atLeast } from '../version.ts';
import { traitsOf } from '../versions.ts';
import type { LauncherCluster } from './cluster.ts';
import { isCpuDedicated, isSecureExecution, isSev, isSevEs, isSnp, isTdx, requiresTscFrequency } from './vmi-traits.ts';

/** Labels that the node must carry. The values of the SEV labels follow the release's labeller. */
export function nodeSelector(vmi: Vmi, cluster: LauncherCluster): Record<string, string> {
  const { spec } = vmi;
  const { version } = cluster;
  const selector: Record<string, string> = { 'kubevirt.io/schedulable': 'true' };
  if (spec.architecture) selector['kubernetes.io/arch'] = spec.architecture.toLowerCase();
  Object.assign(selector, cluster.configuration.developerConfiguration?.nodeSelectors, spec.nodeSelector);
  const require = (label: string) => {
    selector[label] = 'true';
  };
  if (isCpuDedicated(vmi)) require(atLeast(version, 'v1.8') ? 'kubevirt.io/cpumanager' : 'cpumanager');
  if (cluster.gateEnabled('HypervStrictCheck')) hypervLabels(spec.domain.features).forEach(require);
  cpuLabels(vmi).forEach(require);
  const machine = vmi.status?.machine?.type || spec.domain.machine?.type;
  if (machine && atLeast(version, 'v1.5.3')) require(`machine-type.node.kubevirt.io/${machine}`);
  const tsc = vmi.status?.topologyHints?.tscFrequency;
  if (tsc && requiresTscFrequency(vmi)) require(`scheduling.node.kubevirt.io/tsc-frequency-${tsc}`);
  if (spec.domain.cpu?.realtime !== undefined) require('kubevirt.io/realtime');
  return { ...selector, ...encryptionLabels(vmi, cluster) };
}

/** The VMI's own affinity, narrowed by the CPU model and features that the node must not have. */
export function affinity({ spec }: Vmi): Affinity | undefined {
  const { cpu } = spec.domain;
  const rejected: string[] = [];
  if (!cpu?.model || cpu.model === 'host-model') rejected.push('node-labeller.kubevirt.io/obsolete-host-model');
  for (const feature of cpu?.features ?? []) {
    if (feature.policy === 'forbid') rejected.push(`cpu-feature.node.kubevirt.io/${feature.name}`);
  }
  return rejected.reduce<Affinity | undefined>(withoutLabel, spec.affinity);
}

/** From v1.9, labels of the claims on which the guest holds SCSI reservations: one node must not see two holders. */
export function reservationLabels({ spec }: Vmi, { version, claim }: LauncherCluster): Record<string, string> {
  if (!atLeast(version, 'v1.9')) return {};
  const reserved = (spec.domain.devices.disks ?? []).filter(({ lun }) => lun?.reservation === true);
  const claims = reserved.flatMap((disk) => {
    const volume = spec.volumes?.find(({ name }) => name === disk.name);
    const name = volume?.persistentVolumeClaim?.claimName ?? volume?.dataVolume?.name;
    const found = name === undefined ? undefined : claim(name);
    return found === undefined ? [] : [found];
  });
  return Object.fromEntries(claims.map(({ uid = '' }) => [`pr.kubevirt.io/${uid}`, '']));
}

/** The affinity, kept away from pods that carry one of these labels. */
export function withoutSharers(
  own: Affinity | undefined,
  labels: Readonly<Record<string, string>>,
): Affinity | undefined {
  const keys = Object.keys(labels);
  if (keys.length === 0) return own;
  const { podAntiAffinity = {} } = own ?? {};
  const terms = keys.map((key) => ({
    labelSelector: { matchExpressions: [{ key, operator: 'Exists' }] },
    topologyKey: 'kubernetes.io/hostname',
  }));
  const { requiredDuringSchedulingIgnoredDuringExecution: required = [] } = podAntiAffinity;
  return {
    ...own,
    podAntiAffinity: { ...podAntiAffinity, requiredDuringSchedulingIgnoredDuringExecution: [...required, ...terms] },
  };
}

function encryptionLabels(vmi: Vmi, { version }: LauncherCluster): Record<string, string> {
  const labels: Record<string, string> = {};
  // v1.5.0 to v1.5.2 ask for "true" while their labeller writes "".
  const value = atLeast(version, 'v1.5') ? 'true' : traitsOf(version).nodeLabelValue;
  if (isSev(vmi, { version })) labels['kubevirt.io/sev'] = value;
  if (isSevEs(vmi)) labels['kubevirt.io/sev-es'] = value;
  if (!atLeast(version, 'v1.7')) return labels;
  if (isSnp(vmi)) labels['kubevirt.io/sev-snp'] = value;
  if (isSecureExecution(vmi)) labels['kubevirt.io/s390-pv'] = value;
  if (isTdx(vmi)) labels['kubevirt.io/tdx'] = value;
  return labels;
}

function cpuLabels({ spec }: Vmi): readonly string[] {
  const { cpu } = spec.domain;
  if (!cpu?.model) return [];
  const named = cpu.model !== 'host-model' && cpu.model !== 'host-passthrough';
  const features = (cpu.features ?? []).filter(({ policy }) => !policy || policy === 'require');
  return [
    ...(named ? [`cpu-model.node.kubevirt.io/${cpu.model}`] : []),
    ...features.map(({ name }) => `cpu-feature.node.kubevirt.io/${name}`),
  ];
}

/** Hyper-V enlightenments that need the host's kernel; the others QEMU makes alone. */
function hypervLabels(features: Features | undefined): readonly string[] {
  const hyperv = features?.hyperv;
  if (hyperv === undefined) return [];
  const on = (state: FeatureState | undefined) => state?.enabled === true;
  const labels = NEEDING_KERNEL.filter((name) => on(hyperv[name])).map((name) => `hyperv.node.kubevirt.io/${name}`);
  const evmcs = hyperv.evmcs;
  return evmcs !== undefined && evmcs.enabled !== false ? [...labels, 'cpu-vendor.node.kubevirt.io/Intel'] : labels;
}

const NEEDING_KERNEL = [
  'vpindex',
  'runtime',
  'reset',
  'synic',
  'synictimer',
  'frequencies',
  'reenlightenment',
  'tlbflush',
  'ipi',
];

function withoutLabel(affinity: Affinity | undefined, label: string): Affinity {
  const requirement = { key: label, operator: 'DoesNotExist' };
  const required = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  // Terms are alternatives: each of them must reject the label.
  const terms = required?.nodeSelectorTerms.map((term) => ({
    ...term,
    matchExpressions: [...(term.matchExpressions ?? []), requirement],
  }));
  const nodeSelectorTerms = terms ?? [{ matchExpressions: [requirement] }];
  return {
    ...affinity,
    nodeAffinity: { ...affinity?.nodeAffinity, requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } },
  };
}
