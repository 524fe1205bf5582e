import { guestMac } from '../../../kubevirt/launcher/naming.ts';
import type { Domain } from '../launcher/launcher.ts';
import type { VmiObject } from '../vmi.ts';

/** What virt-handler finds in the launcher's pod beside the domain. */
export interface GuestHome {
  readonly migrationMethod: string;
  readonly podIP: string;
}

/** What virt-handler tells of a guest that runs. */
export function runningStatus(vmi: VmiObject, domain: Domain, { migrationMethod, podIP }: GuestHome): VmiObject {
  const known = vmi.status?.interfaces ?? [];
  const interfaces = (vmi.spec.domain.devices.interfaces ?? []).map((each) => ({
    ...(known.find(({ name }) => name === each.name) ?? { name: each.name }),
    infoSource: 'domain',
    ...(isOnPodNetwork(vmi, each.name) ? { ipAddress: podIP, ipAddresses: [podIP] } : {}),
    linkState: 'up',
    mac: guestMac(vmi, each.name),
    queueCount: 1,
  }));
  const type = machineOf(domain.xml) ?? 'q35';
  const targets = targetsOf(domain.xml);
  const volumes = (vmi.status?.volumeStatus ?? []) as readonly { readonly name: string }[];
  const volumeStatus = volumes.map((volume) => ({ ...volume, target: targets.get(volume.name) ?? '' }));
  const told = { interfaces, machine: { type }, migrationMethod, selinuxContext: 'none', volumeStatus };
  return { ...vmi, status: { ...vmi.status, ...told } };
}

/** Whichever way a guest is bound to the pod network, it is reached at the pod's address: bridge hands that one on. */
function isOnPodNetwork(vmi: VmiObject, name: string): boolean {
  return (vmi.spec.networks ?? []).some((network) => network.name === name && network.pod !== undefined);
}

/** The guest's device of each disk of a live domain's XML, e.g. `vda`. */
function targetsOf(xml: string): ReadonlyMap<string, string> {
  const disks = xml.match(/<disk [\s\S]*?<\/disk>/g) ?? [];
  const pairs = disks.map((disk): [string, string] => [
    /<alias name=["']ua-([^"']+)["']/.exec(disk)?.[1] ?? '',
    /<target [^>]*\bdev=["']([^"']+)["']/.exec(disk)?.[1] ?? '',
  ]);
  return new Map(pairs);
}

/** The machine type of a live domain's XML. */
export function machineOf(xml: string): string | undefined {
  return /<type[^>]* machine=["']([^"']+)["']/.exec(xml)?.[1];
}
