import type { FeatureState, HypervFeature } from '../model/features.ts';
import type { Vmi } from '../model/vmi.ts';
import { atLeast } from '../version.ts';
import type { LauncherCluster } from './cluster.ts';
import { isCpuDedicated, isTdx } from './vmi-traits.ts';
import { element, type XmlElement } from './xml.ts';

/** What of the virtual platform is switched on or off. */
export function featuresElement(vmi: Vmi, { version }: LauncherCluster): XmlElement {
  const { features, cpu } = vmi.spec.domain;
  if (features === undefined) return element('features');
  const enabled = (state: FeatureState | undefined) => state !== undefined && state.enabled !== false;
  const tdx = isTdx(vmi) && atLeast(version, 'v1.7');
  return element(
    'features',
    {},
    features.acpi?.enabled !== false && element('acpi'),
    enabled(features.apic) && element('apic'),
    hypervElement(features.hyperv, features.hypervPassthrough),
    enabled(features.smm) && element('smm'),
    kvmElement(vmi),
    features.pvspinlock !== undefined && element('pvspinlock', { state: onOff(features.pvspinlock) }),
    (tdx || cpu?.realtime !== undefined) && element('pmu', { state: 'off' }),
    element('vmport', { state: 'off' }),
  );
}

function kvmElement(vmi: Vmi): XmlElement | undefined {
  const { kvm } = vmi.spec.domain.features ?? {};
  const dedicated = isCpuDedicated(vmi);
  if (kvm === undefined && !dedicated) return undefined;
  return element(
    'kvm',
    {},
    kvm !== undefined && element('hidden', { state: kvm.hidden ? 'on' : 'off' }),
    dedicated && element('hint-dedicated', { state: 'on' }),
  );
}

function hypervElement(
  hyperv: Readonly<Record<string, HypervFeature | undefined>> | undefined,
  passthrough: FeatureState | undefined,
): XmlElement | undefined {
  if (hyperv === undefined) return passthrough?.enabled ? element('hyperv', { mode: 'passthrough' }) : undefined;
  const children = HYPERV.flatMap(([field, name]) => {
    const feature = hyperv[field];
    if (feature === undefined) return [];
    const { spinlocks, vendorid, direct, extended } = feature;
    return [
      element(
        name,
        { state: onOff(feature), retries: spinlocks, value: vendorid },
        direct !== undefined && element('direct', { state: onOff(direct) }),
        extended !== undefined && element('extended', { state: onOff(extended) }),
      ),
    ];
  });
  return element('hyperv', {}, children);
}

/** Field of the VMI and element of libvirt, in the marshaller's order. */
const HYPERV = [
  ['relaxed', 'relaxed'],
  ['vapic', 'vapic'],
  ['spinlocks', 'spinlocks'],
  ['vpindex', 'vpindex'],
  ['runtime', 'runtime'],
  ['synic', 'synic'],
  ['synictimer', 'stimer'],
  ['reset', 'reset'],
  ['vendorid', 'vendor_id'],
  ['frequencies', 'frequencies'],
  ['reenlightenment', 'reenlightenment'],
  ['tlbflush', 'tlbflush'],
  ['ipi', 'ipi'],
  ['evmcs', 'evmcs'],
] as const;

function onOff(state: FeatureState): string {
  return state.enabled === false ? 'off' : 'on';
}
