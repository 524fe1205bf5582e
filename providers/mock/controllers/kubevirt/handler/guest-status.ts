import { guestMac } from '../../../kubevirt/launcher/naming.ts';
import type { Domain } from '../launcher/launcher.ts';
import type { VmiObject } from '../vmi.ts';

/** The address that a guest behind masquerade has. */
const GUEST_ADDRESS = '10.0.2.2';

/** What virt-handler tells of a guest that runs. */
export function runningStatus(vmi: VmiObject, domain: Domain, migrationMethod: string): VmiObject {
  const known = vmi.status?.interfaces ?? [];
  const interfaces = (vmi.spec.domain.devices.interfaces ?? []).map((each) => ({
    ...(known.find(({ name }) => name === each.name) ?? { name: each.name }),
    infoSource: 'domain',
    ipAddress: GUEST_ADDRESS,
    ipAddresses: [GUEST_ADDRESS],
    linkState: 'up',
    mac: guestMac(vmi, each.name),
    queueCount: 1,
  }));
  const type = machineOf(domain.xml) ?? 'q35';
  return { ...vmi, status: { ...vmi.status, interfaces, machine: { type }, migrationMethod, selinuxContext: 'none' } };
}

/** The machine type of a live domain's XML. */
export function machineOf(xml: string): string | undefined {
  return /<type[^>]* machine=["']([^"']+)["']/.exec(xml)?.[1];
}
