import type { KubevirtConfig } from '../../config.ts';
import type { VmiSpec } from '../../model/vmi.ts';
import type { Network } from '../../model/volumes.ts';
import { atLeast } from '../../version.ts';
import { type Cause, duplicate, invalid, required } from '../causes.ts';
import { bindings, interfaceFields, interfaceStates } from './interfaces.ts';

/** Networks, and interfaces on them, in KubeVirt's order. Source: pkg/network/admitter/validator.go. */
export function* networks(spec: VmiSpec, path: string, config: KubevirtConfig): Iterable<Cause> {
  yield* onePodNetwork(spec, path);
  yield* oneNetworkSource(spec, path, config);
  yield* multusName(spec, path);
  yield* interfaceStates(spec, path, config);
  yield* bindings(spec, path, config);
  yield* uniqueNetworks(spec, path);
  if (atLeast(config.version, 'v1.9')) yield* claimedNetworks(spec, path, config);
  yield* networksAreUsed(spec, path);
  yield* uniqueInterfaces(spec, path);
  yield* interfacesHaveNetworks(spec, path);
  yield* interfaceFields(spec, path, config);
}

/** Bindings that KubeVirt once had: refused before all else when a guest is made. */
export function* discontinuedBindings(spec: VmiSpec, path: string, config: KubevirtConfig): Iterable<Cause> {
  const all = atLeast(config.version, 'v1.8');
  for (const [index, nic] of (spec.domain.devices.interfaces ?? []).entries()) {
    const field = `${path}.domain.devices.interfaces[${index}]`;
    if (nic.slirp !== undefined) {
      yield invalid(`${field}.slirp`, 'Slirp interface support has been discontinued since v1.3');
    }
    if (!all) continue;
    if (nic.passt !== undefined)
      yield invalid(`${field}.passt`, 'Passt network binding has been discontinued since v1.3');
    if (nic.macvtap !== undefined) {
      yield invalid(`${field}.macvtap`, 'Macvtap network binding has been discontinued since v1.3');
    }
  }
}

function* onePodNetwork(spec: VmiSpec, path: string): Iterable<Cause> {
  const pods = (spec.networks ?? []).filter(({ pod }) => pod !== undefined);
  const defaults = (spec.networks ?? []).filter(({ multus }) => multus?.default === true);
  if (pods.length > 1) {
    const message = `more than one interface is connected to a pod network in ${path}.interfaces`;
    yield duplicate(`${path}.interfaces`, message);
  }
  if (defaults.length > 1) yield invalid(`${path}.networks`, 'Multus CNI should only have one default network');
  if (pods.length > 0 && defaults.length > 0) {
    yield invalid(`${path}.networks`, 'Pod network cannot be defined when Multus default network is defined');
  }
}

function* oneNetworkSource(spec: VmiSpec, path: string, config: KubevirtConfig): Iterable<Cause> {
  const known = atLeast(config.version, 'v1.9') ? SOURCES : SOURCES.slice(0, 2);
  for (const [index, network] of (spec.networks ?? []).entries()) {
    const count = known.filter((source) => network[source] !== undefined).length;
    const field = `${path}.networks[${index}]`;
    if (count === 0) yield required(field, 'should have a network type');
    if (count > 1) yield required(field, 'should have only one network type');
  }
}

const SOURCES = ['pod', 'multus', 'resourceClaim'] as const satisfies readonly (keyof Network)[];

function* multusName(spec: VmiSpec, path: string): Iterable<Cause> {
  const index = (spec.networks ?? []).findIndex(({ multus }) => multus !== undefined && !multus.networkName);
  if (index >= 0) yield required(`${path}.networks[${index}]`, 'CNI delegating plugin must have a networkName');
}

function* uniqueNetworks(spec: VmiSpec, path: string): Iterable<Cause> {
  for (const [index, name] of repeats(spec.networks ?? [])) {
    const message = `Network with name ${JSON.stringify(name)} already exists, every network must have a unique name`;
    yield duplicate(`${path}.networks[${index}].name`, message);
  }
}

function* claimedNetworks(spec: VmiSpec, path: string, config: KubevirtConfig): Iterable<Cause> {
  const list = spec.networks ?? [];
  if (!list.some(({ resourceClaim }) => resourceClaim !== undefined)) return;
  if (!config.gateEnabled('NetworkDevicesWithDRA')) {
    const message = 'vmi.spec.networks contains DRA networks but NetworkDevicesWithDRA feature gate is not enabled';
    yield invalid(`${path}.networks`, message);
  } else if (list.some(({ multus }) => multus !== undefined)) {
    const message = 'mixing Multus and DRA resourceClaim networks in the same VMI is not supported';
    yield invalid(`${path}.networks`, message);
  }
}

function* networksAreUsed(spec: VmiSpec, path: string): Iterable<Cause> {
  const interfaces = new Set((spec.domain.devices.interfaces ?? []).map(({ name }) => name));
  for (const [index, { name }] of (spec.networks ?? []).entries()) {
    const field = `${path}.networks[${index}].name`;
    if (!interfaces.has(name)) yield required(field, `${field} '${name}' not found.`);
  }
}

function* uniqueInterfaces(spec: VmiSpec, path: string): Iterable<Cause> {
  for (const [index] of repeats(spec.domain.devices.interfaces ?? [])) {
    const field = `${path}.domain.devices.interfaces[${index}].name`;
    yield duplicate(field, 'Only one interface can be connected to one specific network');
  }
}

function* interfacesHaveNetworks(spec: VmiSpec, path: string): Iterable<Cause> {
  const known = new Set((spec.networks ?? []).map(({ name }) => name));
  for (const [index, { name }] of (spec.domain.devices.interfaces ?? []).entries()) {
    const field = `${path}.domain.devices.interfaces[${index}].name`;
    if (!known.has(name)) yield invalid(field, `${field} '${name}' not found.`);
  }
}

function repeats(list: readonly { readonly name: string }[]): readonly (readonly [index: number, name: string])[] {
  const seen = new Set<string>();
  return [...list.entries()].flatMap(([index, { name }]) => {
    if (seen.has(name)) return [[index, name] as const];
    seen.add(name);
    return [];
  });
}
