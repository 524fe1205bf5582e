import type { Clock } from '../model/domain.ts';
import type { Vmi } from '../model/vmi.ts';
import type { LauncherCluster } from './cluster.ts';
import { requiresTscFrequency } from './vmi-traits.ts';
import { element, textElement, type XmlElement } from './xml.ts';

/** The SMBIOS tables that the guest reads. */
export function sysinfoElement({ spec }: Vmi, { configuration }: LauncherCluster): XmlElement {
  const { firmware, chassis } = spec.domain;
  const smbios = configuration.smbios ?? {};
  const entry = (name: string, value: string | undefined) => textElement('entry', value ?? '', { name });
  return element(
    'sysinfo',
    { type: 'smbios' },
    element(
      'system',
      {},
      firmware !== undefined && entry('uuid', firmware.uuid),
      firmware?.serial ? entry('serial', firmware.serial) : undefined,
      ['manufacturer', 'family', 'product', 'sku', 'version'].map((name) => entry(name, smbios[name])),
    ),
    element('bios'),
    element('baseBoard'),
    element(
      'chassis',
      {},
      chassis !== undefined &&
        ['manufacturer', 'version', 'serial', 'asset', 'sku'].map((name) => entry(name, chassis[name])),
    ),
  );
}

/** The guest's clock; libvirt's default when the VMI says nothing. */
export function clockElement(vmi: Vmi): XmlElement | undefined {
  const { spec, status } = vmi;
  const frequency = status?.topologyHints?.tscFrequency;
  const { clock } = spec.domain;
  const manual = frequency !== undefined && requiresTscFrequency(vmi);
  if (clock === undefined && !manual) return undefined;
  return element('clock', offsetOf(clock), timers(clock), manual && element('timer', { name: 'tsc', frequency }));
}

function offsetOf(clock: Clock | undefined): Record<string, string | undefined> {
  if (clock?.utc !== undefined) {
    const seconds = clock.utc.offsetSeconds;
    return { offset: 'utc', adjustment: seconds === undefined ? 'reset' : String(seconds) };
  }
  return clock?.timezone === undefined ? {} : { offset: 'timezone', timezone: clock.timezone };
}

function timers(clock: Clock | undefined): readonly XmlElement[] {
  return TIMERS.flatMap(([field, name]) => {
    const timer = clock?.timer?.[field];
    if (timer === undefined) return [];
    const present = timer.present === false ? 'no' : 'yes';
    return [
      element('timer', { name, tickpolicy: timer.tickPolicy || undefined, present, track: timer.track || undefined }),
    ];
  });
}

const TIMERS = [
  ['rtc', 'rtc'],
  ['pit', 'pit'],
  ['kvm', 'kvmclock'],
  ['hpet', 'hpet'],
  ['hyperv', 'hypervclock'],
] as const;
