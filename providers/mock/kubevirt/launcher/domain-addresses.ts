import { attribute, child, childrenNamed, element, type XmlElement } from './xml.ts';

/** Devices as libvirt shows them in a running domain: with aliases, addresses, and the controllers they hang from. */
export function withAddresses(
  devices: readonly XmlElement[],
  macOf: (interfaceName: string) => string,
): readonly XmlElement[] {
  const counts = new Map<string, number>();
  let port = 0;
  const placed = devices.map((device) => {
    const kind = ALIASES[device.name] ?? device.name;
    const number = counts.get(kind) ?? 0;
    counts.set(kind, number + 1);
    const address = needsPciPort(device) ? pciAddressOf(port++) : fixedAddress(device);
    return live(withMac(device, macOf), { alias: `${kind}${number}`, address });
  });
  const firstController = placed.findIndex(({ name }) => name === 'controller');
  const at = firstController < 0 ? placed.length : firstController;
  return [...placed.slice(0, at), ...pciControllers(port), ...placed.slice(at)];
}

/** Alias prefixes that are not the element's own name. */
const ALIASES: Readonly<Record<string, string>> = {
  interface: 'net',
  memballoon: 'balloon',
  filesystem: 'fs',
  disk: 'disk',
  hostdev: 'hostdev',
  redirdev: 'redir',
};

function needsPciPort(device: XmlElement): boolean {
  if (child(device, 'address') !== undefined) return false;
  switch (device.name) {
    case 'disk':
      return attribute(child(device, 'target'), 'bus') === 'virtio';
    case 'controller':
      return attribute(device, 'model') !== 'none' && attribute(device, 'type') !== 'pci';
    case 'interface':
    case 'rng':
    case 'vsock':
    case 'filesystem':
    case 'hostdev':
      return true;
    case 'memballoon':
      return attribute(device, 'model') !== 'none';
    default:
      return false;
  }
}

/** Each port of the root complex carries one device, from bus 1 on. */
function pciAddressOf(port: number): XmlElement {
  const bus = (port + 1).toString(16).padStart(2, '0');
  return element('address', { type: 'pci', domain: '0x0000', bus: `0x${bus}`, slot: '0x00', function: '0x0' });
}

function fixedAddress(device: XmlElement): XmlElement | undefined {
  if (device.name === 'channel') return element('address', { type: 'virtio-serial', controller: 0, bus: 0, port: 1 });
  const bus = device.name === 'disk' ? attribute(child(device, 'target'), 'bus') : undefined;
  return bus === 'sata' ? element('address', { type: 'drive', controller: 0, bus: 0, target: 0, unit: 0 }) : undefined;
}

/** The root complex and a root port for every device. */
function pciControllers(ports: number): readonly XmlElement[] {
  const root = element(
    'controller',
    { type: 'pci', index: 0, model: 'pcie-root' },
    element('alias', { name: 'pcie.0' }),
  );
  const rootPorts = Array.from({ length: ports }, (_, index) => {
    const [slot, fn] = [2 + Math.floor(index / 8), index % 8];
    const multifunction = fn === 0 ? 'on' : undefined;
    return element(
      'controller',
      { type: 'pci', index: index + 1, model: 'pcie-root-port' },
      element('model', { name: 'pcie-root-port' }),
      element('target', { chassis: index + 1, port: `0x${(0x10 + index).toString(16)}` }),
      element('alias', { name: `pci.${index + 1}` }),
      element('address', {
        type: 'pci',
        domain: '0x0000',
        bus: '0x00',
        slot: `0x${slot.toString(16).padStart(2, '0')}`,
        function: `0x${fn}`,
        multifunction,
      }),
    );
  });
  return [root, ...rootPorts];
}

/** Children in libvirt's order, with an alias of libvirt's own where KubeVirt set none. */
function live(
  device: XmlElement,
  given: { readonly alias: string; readonly address: XmlElement | undefined },
): XmlElement {
  const order = [
    'driver',
    'source',
    'backingStore',
    'target',
    'mac',
    'model',
    'listen',
    'stats',
    'backend',
    'log',
    'boot',
    'readonly',
    'serial',
    'link',
    'rom',
    'cid',
  ];
  const known = order.flatMap((name) => childrenNamed(device, name));
  const others = device.children.filter(({ name }) => !order.includes(name) && name !== 'alias' && name !== 'address');
  const alias = child(device, 'alias') ?? element('alias', { name: given.alias });
  const address = child(device, 'address') ?? given.address;
  const children = [...known.map(completed(device)), ...others, alias, ...(address === undefined ? [] : [address])];
  return { ...device, children };
}

function withMac(device: XmlElement, macOf: (interfaceName: string) => string): XmlElement {
  if (device.name !== 'interface' || child(device, 'mac') !== undefined) return device;
  const name = attribute(child(device, 'alias'), 'name')?.replace(/^ua-/, '') ?? '';
  return { ...device, children: [...device.children, element('mac', { address: macOf(name) })] };
}

/** libvirt adds the name of the tap, the MTU of which phase two of networking has set. */
function completed(device: XmlElement): (part: XmlElement) => XmlElement {
  return (part) => {
    if (device.name !== 'interface' || part.name !== 'source') return part;
    return element('target', { dev: 'tap0', managed: 'no' });
  };
}
