import { createHash } from 'node:crypto';
import type { Vmi } from '../model/vmi.ts';

/** Host name of the guest: the name's first label, at most 63 letters, unless the spec says otherwise. */
export function guestHostname({ metadata, spec }: Vmi): string {
  return spec.hostname ?? (metadata.name ?? '').split('.')[0]?.slice(0, LABEL_LENGTH) ?? '';
}

/** A label value that names the VMI: names that are too long for a label are cut and told apart by a digest. */
export function instanceId(vmiName: string): string {
  if (vmiName.length <= LABEL_LENGTH) return vmiName;
  const digest = createHash('sha1').update(vmiName).digest('hex').slice(0, 8);
  return `${vmiName.slice(0, LABEL_LENGTH - 9)}-${digest}`;
}

/** Name of a secondary network's interface in the pod, made from the network's name. */
export function podInterfaceName(networkName: string): string {
  return `pod${createHash('sha256').update(networkName).digest('hex').slice(0, 11)}`;
}

/** MAC address of a guest's interface that asks for none: stable, and locally administered. */
export function guestMac({ metadata }: Vmi, interfaceName: string): string {
  const digest = createHash('sha256').update(`${metadata.uid}/${interfaceName}`).digest();
  return ['02', ...Array.from(digest.subarray(0, 5), (byte) => byte.toString(16).padStart(2, '0'))].join(':');
}

const LABEL_LENGTH = 63;
