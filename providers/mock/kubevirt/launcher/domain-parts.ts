import type { Vmi } from '../model/vmi.ts';
import { element, type XmlElement } from './xml.ts';

/** Model of every virtio device of the guest. */
export function virtioModel({ spec }: Vmi): string {
  return spec.domain.devices.useVirtioTransitional ? 'virtio-transitional' : 'virtio-non-transitional';
}

/** Alias that lets a device be found again by its name in the VMI. */
export function alias(name: string): XmlElement {
  return element('alias', { name: `ua-${name}` });
}

/** `0000:81:00.1` as libvirt writes it. @throws Error for anything else. */
export function pciAddress(address: string): XmlElement {
  const [, domain, bus, slot, fn] = /^([\da-fA-F]{4}):([\da-fA-F]{2}):([\da-fA-F]{2})\.(\d)$/.exec(address) ?? [];
  if (domain === undefined) throw new Error(`"${address}" is no PCI address, e.g. 0000:81:00.1`);
  const of = { domain: `0x${domain}`, bus: `0x${bus}`, slot: `0x${slot}`, function: `0x${fn}` };
  return element('address', { type: 'pci', ...of });
}
