import { isIPv4 } from 'node:net';
import { portName } from '../../../api/kinds/names.ts';
import type { Json, KubevirtConfig } from '../../config.ts';
import type { Interface } from '../../model/devices.ts';
import type { VmiSpec } from '../../model/vmi.ts';
import type { Network } from '../../model/volumes.ts';
import { atLeast } from '../../version.ts';
import { type Cause, duplicate, invalid, notSupported, required } from '../causes.ts';
import { isPciAddress } from './paths.ts';

/* Rules on network interfaces. Source: pkg/network/admitter. */

/** The link's state is one that the binding can have. */
export function* interfaceStates(spec: VmiSpec, path: string, config: KubevirtConfig): Iterable<Cause> {
  const primary = (spec.networks ?? []).find(({ pod, multus }) => pod !== undefined || multus?.default === true);
  const linkStates = atLeast(config.version, 'v1.5');
  for (const [index, nic] of (spec.domain.devices.interfaces ?? []).entries()) {
    const { name, state = '' } = nic;
    const field = `${path}.domain.devices.interfaces[${index}].state`;
    if (!['', 'absent', 'down', 'up'].includes(state)) {
      yield invalid(field, `logical ${name} interface state value is unsupported: ${state}`);
    }
    if (linkStates && nic.sriov !== undefined && (state === 'down' || state === 'up')) {
      yield invalid(field, `"${name}" interface's state "${state}" is not supported for SR-IOV NICs`);
    }
    if (state !== 'absent') continue;
    if (nic.bridge === undefined) {
      yield invalid(field, `"${name}" interface's state "absent" is supported only for bridge binding`);
    }
    if (primary?.name === name) {
      yield invalid(field, `"${name}" interface's state "absent" is not supported on default networks`);
    }
  }
}

/** One binding each, on a network that it works with. */
export function* bindings(spec: VmiSpec, path: string, config: KubevirtConfig): Iterable<Cause> {
  for (const [index, nic] of (spec.domain.devices.interfaces ?? []).entries()) {
    const field = `${path}.domain.devices.interfaces[${index}]`;
    const network = spec.networks?.find(({ name }) => name === nic.name);
    yield* oneBinding(nic, field, config);
    yield* masquerade(nic, network, field);
    yield* bridge(nic, network, { field, config });
    if (!atLeast(config.version, 'v1.8')) yield* gatedBindings(nic, network, { field, config });
    else yield* passt(nic, network, { field, config });
  }
}

/** Names, models, addresses, ports and DHCP options of the interfaces. */
export function* interfaceFields(spec: VmiSpec, path: string, config: KubevirtConfig): Iterable<Cause> {
  for (const [index, nic] of (spec.domain.devices.interfaces ?? []).entries()) {
    const field = `${path}.domain.devices.interfaces[${index}]`;
    const network = spec.networks?.find(({ name }) => name === nic.name);
    yield* nameAndModel(nic, field);
    yield* addresses(nic, field);
    if (network?.pod !== undefined) yield* ports(nic, field, config);
    if ((nic as { portRanges?: unknown }).portRanges !== undefined && !config.gateEnabled('PortRangesSpec')) {
      const message = 'portRanges is specified on interface but the PortRangesSpec feature gate is not enabled';
      yield invalid(`${field}.name`, message);
    }
    yield* dhcpOptions(nic, field, path);
  }
}

interface Place {
  readonly field: string;
  readonly config: KubevirtConfig;
}

/** From v1.9 exactly one is wanted; before, a plugin was only kept apart from the methods. */
function* oneBinding(nic: Interface, field: string, config: KubevirtConfig): Iterable<Cause> {
  if (atLeast(config.version, 'v1.9')) {
    const present = [nic.bridge, nic.masquerade, nic.sriov, nic.passtBinding, nic.binding].filter(isGiven);
    if (present.length === 1) return;
    yield invalid(field, `logical ${nic.name} interface must have exactly one binding method or binding plugin`);
    return;
  }
  const methods = [nic.bridge, nic.slirp, nic.masquerade, nic.sriov, nic.macvtap, nic.passt].filter(isGiven);
  if (nic.binding === undefined || methods.length === 0) return;
  const message = `logical ${nic.name} interface cannot have both binding plugin and interface binding method`;
  yield invalid(`${field}.binding`, message);
}

function* masquerade(nic: Interface, network: Network | undefined, field: string): Iterable<Cause> {
  if (nic.masquerade === undefined) return;
  if (network?.pod === undefined) {
    yield invalid(`${field}.name`, 'Masquerade interface only implemented with pod network');
  }
  if (nic.macAddress?.toLowerCase() === RESERVED_MAC) {
    const message = 'The requested MAC address is reserved for the in-pod bridge. Please choose another one.';
    yield invalid(`${field}.macAddress`, message);
  }
}

function* bridge(nic: Interface, network: Network | undefined, { field, config }: Place): Iterable<Cause> {
  const permitted = (config.configuration.network as Json).permitBridgeInterfaceOnPodNetwork === true;
  if (nic.bridge === undefined || network?.pod === undefined || permitted) return;
  yield invalid(`${field}.name`, 'Bridge on pod network configuration is not enabled under kubevirt-config');
}

function* passt(nic: Interface, network: Network | undefined, { field, config }: Place): Iterable<Cause> {
  if (nic.passtBinding === undefined) return;
  if (!config.gateEnabled('PasstBinding')) yield invalid(`${field}.name`, 'PasstBinding feature gate is not enabled');
  if (network?.pod === undefined) {
    yield invalid(`${field}.name`, 'PasstBinding interface only implemented with pod network');
  }
}

/** Up to v1.7 the two old bindings still had gates. */
function* gatedBindings(nic: Interface, network: Network | undefined, place: Place): Iterable<Cause> {
  const { field, config } = place;
  if (nic.macvtap !== undefined) {
    if (!config.gateEnabled('Macvtap')) yield invalid(`${field}.name`, 'Macvtap feature gate is not enabled');
    if (network?.multus === undefined) {
      yield invalid(`${field}.name`, 'Macvtap interface only implemented with Multus network');
    }
  }
  if (nic.passt !== undefined) {
    if (!config.gateEnabled('Passt')) yield invalid(`${field}.name`, 'Passt feature gate is not enabled');
    if (network?.pod === undefined) {
      yield invalid(`${field}.name`, 'Passt interface only implemented with pod network');
    }
  }
}

const RESERVED_MAC = '02:00:00:00:00:00';
const MODELS = ['e1000', 'e1000e', 'igb', 'ne2k_pci', 'pcnet', 'rtl8139', 'virtio'];

function* nameAndModel({ name, model }: Interface, field: string): Iterable<Cause> {
  if (!/^[A-Za-z0-9-_]+$/.test(name)) {
    const allowed = 'alphabetical characters, numbers, dashes (-) or underscores (_)';
    yield invalid(`${field}.name`, `Network interface name can only contain ${allowed}`);
  }
  if (model && !MODELS.includes(model)) {
    yield notSupported(`${field}.model`, `interface ${field}.name uses model ${model} that is not supported.`);
  }
}

function* addresses({ macAddress, pciAddress }: Interface, field: string): Iterable<Cause> {
  if (macAddress && !isMac(macAddress)) {
    const octets = macAddress.split(/[:-]/).length;
    const problem =
      octets > 6 && isLongMac(macAddress)
        ? `too long MAC address (${macAddress})`
        : `malformed MAC address (${macAddress})`;
    yield invalid(`${field}.macAddress`, `interface ${field}.name has ${problem}.`);
  }
  if (pciAddress && !isPciAddress(pciAddress)) {
    yield invalid(`${field}.pciAddress`, `interface ${field}.name has malformed PCI address (${pciAddress}).`);
  }
}

function* ports(nic: Interface, field: string, config: KubevirtConfig): Iterable<Cause> {
  const list = nic.ports ?? [];
  const names = new Set<string>();
  for (const [index, { name = '' }] of list.entries()) {
    if (name === '') continue;
    const place = `${field}.ports[${index}].name`;
    if (names.has(name)) yield duplicate(place, `Duplicate name of the port: ${name}`);
    if (portName(name).length > 0) yield invalid(place, `Invalid name of the port: ${name}`);
    names.add(name);
  }
  const v19 = atLeast(config.version, 'v1.9');
  for (const [index, { port = 0, protocol = '' }] of list.entries()) {
    const at = `${field}.ports[${index}]`;
    const place = v19 ? `${at}.port` : at;
    if (port === 0) yield required(place, 'Port field is mandatory.');
    if (port < 0 || port > (v19 ? 65535 : 65536)) yield invalid(place, 'Port field must be in range 0 < x < 65536.');
    if (!['', 'TCP', 'UDP'].includes(protocol)) {
      yield invalid(`${at}.protocol`, 'Unknown protocol, only TCP or UDP allowed');
    }
  }
}

function* dhcpOptions({ dhcpOptions: options }: Interface, field: string, path: string): Iterable<Cause> {
  const { privateOptions = [], ntpServers = [] } = options ?? {};
  const unique = new Set(privateOptions.map(({ option }) => option));
  if (unique.size < privateOptions.length) {
    yield invalid(path, 'Found Duplicates: you have provided duplicate DHCPPrivateOptions');
  }
  for (const { option } of privateOptions) {
    if (option >= 224 && option <= 254) continue;
    yield invalid(path, 'provided DHCPPrivateOptions are out of range, must be in range 224 to 254');
  }
  for (const [index, server] of ntpServers.entries()) {
    if (isIPv4(server)) continue;
    const place = `${field}.dhcpOptions.ntpServers[${index}]`;
    yield invalid(place, 'NTP servers must be a list of valid IPv4 addresses.');
  }
}

function isMac(text: string): boolean {
  return /^([\da-fA-F]{2}[:-]){5}[\da-fA-F]{2}$/.test(text);
}

function isLongMac(text: string): boolean {
  return /^([\da-fA-F]{2}[:-])+[\da-fA-F]{2}$/.test(text);
}

function isGiven(value: unknown): boolean {
  return value !== undefined;
}
