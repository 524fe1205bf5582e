import type { Interface } from '../model/devices.ts';
import type { Vmi } from '../model/vmi.ts';
import { atLeast } from '../version.ts';
import type { LauncherCluster } from './cluster.ts';
import { alias, pciAddress, virtioModel } from './domain-parts.ts';
import { isSev, vcpuCount } from './vmi-traits.ts';
import { element, type XmlElement } from './xml.ts';

/** Network interfaces that go through a tap or through passt; SR-IOV ones are host devices, plugins make their own. */
export function interfaceElements(vmi: Vmi, cluster: LauncherCluster): readonly XmlElement[] {
  const interfaces = vmi.spec.domain.devices.interfaces ?? [];
  return interfaces
    .filter(({ sriov, binding, state }) => sriov === undefined && binding === undefined && state !== 'absent')
    .map((iface) => interfaceElement(iface, vmi, cluster));
}

function interfaceElement(iface: Interface, vmi: Vmi, cluster: LauncherCluster): XmlElement {
  const virtio = (iface.model || 'virtio') === 'virtio';
  const secured = isSev(vmi, cluster);
  const passt = iface.passtBinding !== undefined;
  const iommu = virtio && secured ? 'on' : undefined;
  const multi = virtio && vmi.spec.domain.devices.networkInterfaceMultiqueue === true;
  const queues = multi ? Math.min(vcpuCount(vmi.spec.domain.cpu), MAX_QUEUES) : undefined;
  // A boot ROM would run before the guest's memory is encrypted.
  const romOff = !passt && (iface.bootOrder === undefined || secured);
  return element(
    'interface',
    { type: passt ? 'vhostuser' : 'ethernet' },
    iface.pciAddress ? pciAddress(iface.pciAddress) : undefined,
    element('source', { dev: passt ? 'eth0' : undefined }),
    element('model', { type: virtio ? virtioModel(vmi) : iface.model }),
    iface.macAddress && atLeast(cluster.version, 'v1.8') ? element('mac', { address: iface.macAddress }) : undefined,
    !passt && iface.bootOrder !== undefined && element('boot', { order: iface.bootOrder }),
    !passt && iface.state === 'down' && element('link', { state: 'down' }),
    alias(iface.name),
    (iommu !== undefined || queues !== undefined) && element('driver', { name: 'vhost', queues, iommu }),
    romOff && element('rom', { enabled: 'no' }),
    iface.acpiIndex !== undefined && iface.acpiIndex > 0 && element('acpi', { index: iface.acpiIndex }),
    passt && element('backend', { type: 'passt', logFile: '/var/run/kubevirt/passt.log' }),
    passt && portForwards(iface, vmi),
  );
}

/** The kernel's limit for queues of one tap. */
const MAX_QUEUES = 256;

/** Named ports only, or all of both protocols; never those that an injected istio proxy keeps for itself. */
function portForwards({ ports = [] }: Interface, { metadata }: Vmi): readonly XmlElement[] {
  const injected = metadata.annotations?.['sidecar.istio.io/inject']?.toLowerCase() === 'true';
  const kept = injected ? ISTIO_PORTS.map((start) => element('range', { start, exclude: 'yes' })) : [];
  const of = (proto: string) => {
    const own = ports.filter(({ protocol }) => (protocol || 'TCP').toLowerCase() === proto);
    const ranges = own.map(({ port }) => element('range', { start: port }));
    return { proto, ranges: proto === 'tcp' ? [...kept, ...ranges] : ranges };
  };
  const both = [of('tcp'), of('udp')];
  const named = both.filter(({ ranges }) => ranges.length > 0);
  return (named.length > 0 ? named : both).map(({ proto, ranges }) => element('portForward', { proto }, ranges));
}

/** Ports of an istio sidecar. Source: istio.io, "Ports used by Istio". */
const ISTIO_PORTS = [15000, 15001, 15004, 15006, 15008, 15009, 15020, 15021, 15053, 15090];
