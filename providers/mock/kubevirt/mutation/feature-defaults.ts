import type { KubevirtConfig } from '../config.ts';
import type { VmiSpec } from '../model/vmi.ts';
import { atLeast } from '../version.ts';
import type { Draft } from './draft.ts';

/** A feature that is named is on unless it says otherwise; ACPI is on even if it is not named. Source: api/core/v1/defaults.go. */
export function featureDefaults(spec: Draft<VmiSpec>, config: KubevirtConfig): void {
  spec.domain.features ??= {};
  const features = spec.domain.features as Record<string, Toggles | undefined>;
  features.acpi ??= {};
  for (const name of ['acpi', 'apic', 'smm', 'pvspinlock']) turnOn(features[name]);
  const hyperv = features.hyperv as Record<string, Toggles | undefined> | undefined;
  for (const name of HYPERV_TOGGLES) turnOn(hyperv?.[name]);
  turnOn(hyperv?.synictimer?.direct as Toggles | undefined);
  if (atLeast(config.version, 'v1.8')) {
    turnOn(hyperv?.tlbflush?.direct as Toggles | undefined);
    turnOn(hyperv?.tlbflush?.extended as Toggles | undefined);
  }
  const spinlocks = hyperv?.spinlocks;
  if (spinlocks?.enabled === true) spinlocks.spinlocks ??= 4096;
  const timers = spec.domain.clock?.timer as Record<string, PresentToggle | undefined> | undefined;
  for (const name of ['hpet', 'kvm', 'pit', 'rtc', 'hyperv']) {
    const timer = timers?.[name];
    if (timer !== undefined) timer.present ??= true;
  }
}

/**
 * Switches on what a Hyper-V feature needs, if the object left it open, leaves first; a need that was switched off
 * ends the work and is left to validation. Source: pkg/defaults/hyperv.go.
 */
export function hypervDependencies(spec: Draft<VmiSpec>): void {
  const hyperv = spec.domain.features?.hyperv as Record<string, Toggles | undefined> | undefined;
  if (hyperv === undefined) return;
  for (const [feature, need] of HYPERV_NEEDS) {
    if (hyperv[feature]?.enabled !== true) continue;
    if (hyperv[need]?.enabled === undefined) hyperv[need] = { ...hyperv[need], enabled: true };
    else if (hyperv[need]?.enabled === false) return;
  }
  if (hyperv.evmcs !== undefined && hyperv.evmcs.enabled !== false) requireVmx(spec);
}

/** Feature → what it needs, in the order in which KubeVirt looks. */
export const HYPERV_NEEDS: readonly (readonly [feature: string, need: string])[] = [
  ['evmcs', 'vapic'],
  ['ipi', 'vpindex'],
  ['tlbflush', 'vpindex'],
  ['synictimer', 'synic'],
  ['synic', 'vpindex'],
];

const HYPERV_TOGGLES = [
  ...['relaxed', 'vapic', 'spinlocks', 'vpindex', 'runtime', 'synic', 'synictimer', 'reset', 'vendorid'],
  ...['frequencies', 'reenlightenment', 'tlbflush', 'ipi', 'evmcs'],
];

interface Toggles {
  enabled?: boolean;
  [field: string]: unknown;
}

interface PresentToggle {
  present?: boolean;
}

function turnOn(toggle: Toggles | undefined): void {
  if (toggle !== undefined) toggle.enabled ??= true;
}

function requireVmx(spec: Draft<VmiSpec>): void {
  spec.domain.cpu ??= {};
  const features = spec.domain.cpu.features ?? [];
  const vmx = features.find(({ name }) => name === 'vmx');
  if (vmx !== undefined) vmx.policy = 'require';
  else spec.domain.cpu.features = [...features, { name: 'vmx', policy: 'require' }];
}
