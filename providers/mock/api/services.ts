import type { Core } from './core.ts';
import { isObject } from './json.ts';
import type { KubeObject } from './objects.ts';
import { invalidField } from './options.ts';
import { at } from './request.ts';
import { invalid } from './status.ts';

const LOWEST_NODE_PORT = 30_000;
const NODE_PORTS = 2768;

/** Gives a new Service its ClusterIP and node ports out of the cluster's ranges. @throws ApiError 422 for a taken address. */
export function allocateForService(core: Core, service: KubeObject): KubeObject {
  const spec = isObject(service.spec) ? service.spec : {};
  const type = spec.type ?? 'ClusterIP';
  if (type === 'ExternalName') return service;
  const families = { ipFamilies: ['IPv4'], ipFamilyPolicy: spec.ipFamilyPolicy ?? 'SingleStack' };
  const clusterIP = addressFor(core, service, spec.clusterIP);
  const ports = type === 'ClusterIP' ? spec.ports : withNodePorts(core, spec.ports);
  const addressed = { clusterIP, clusterIPs: [clusterIP], ...families, ...(ports === undefined ? {} : { ports }) };
  return { ...service, spec: ordered({ ...spec, ...addressed }) };
}

/** Carries over what was allocated once, where an update leaves it out. */
export function keepAllocated(service: KubeObject, old: KubeObject): KubeObject {
  const spec = isObject(service.spec) ? service.spec : {};
  const before = isObject(old.spec) ? old.spec : {};
  const kept = Object.fromEntries(
    ['clusterIP', 'clusterIPs', 'ipFamilies', 'ipFamilyPolicy']
      .filter((key) => before[key] !== undefined && (spec[key] === undefined || spec[key] === ''))
      .map((key) => [key, before[key]]),
  );
  return Object.keys(kept).length === 0 ? service : { ...service, spec: ordered({ ...spec, ...kept }) };
}

const ORDER = ['ports', 'selector', 'clusterIP', 'clusterIPs', 'type'];

function ordered(spec: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const known = ORDER.filter((key) => spec[key] !== undefined).map((key) => [key, spec[key]] as const);
  return { ...Object.fromEntries(known), ...spec };
}

function addressFor(core: Core, service: KubeObject, asked: unknown): string {
  if (asked === 'None') return 'None';
  const taken = new Set(core.store.list('services', '').map((one) => String(at(one, 'spec', 'clusterIP') ?? '')));
  if (typeof asked !== 'string' || asked === '') return freeAddress(core.serviceCidr, taken);
  const why = !isInside(core.serviceCidr, asked)
    ? `the provided IP (${asked}) is not in the valid range. The range of valid IPs is ${core.serviceCidr}`
    : taken.has(asked)
      ? 'provided IP is already allocated'
      : undefined;
  if (why === undefined) return asked;
  const cause = invalidField('spec.clusterIPs', [asked], `failed to allocate IP ${asked}: ${why}`);
  throw invalid({ group: '', kind: 'Service' }, service.metadata.name ?? '', [cause]);
}

function freeAddress(cidr: string, taken: ReadonlySet<string>): string {
  const { base, size } = range(cidr);
  // The first is the API server's own; the rest are handed out at random, as the real allocator does.
  const start = Math.floor(Math.random() * (size - 2));
  for (let step = 0; step < size - 2; step += 1) {
    const address = dotted(base + 2 + ((start + step) % (size - 3)));
    if (!taken.has(address)) return address;
  }
  throw new Error(`no ClusterIP left in ${cidr}`);
}

function range(cidr: string): { readonly base: number; readonly size: number } {
  const [address = '', bits = '16'] = cidr.split('/');
  return { base: numeric(address), size: 2 ** (32 - Number(bits)) };
}

function isInside(cidr: string, address: string): boolean {
  const { base, size } = range(cidr);
  const value = numeric(address);
  return value > base && value < base + size - 1;
}

function numeric(address: string): number {
  return address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
}

function dotted(value: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join('.');
}

function withNodePorts(core: Core, ports: unknown): unknown {
  if (!Array.isArray(ports)) return ports;
  const taken = new Set(
    core.store
      .list('services', '')
      .flatMap((one) => ((at(one, 'spec', 'ports') ?? []) as { nodePort?: number }[]).map((port) => port.nodePort)),
  );
  return ports.map((port: { readonly nodePort?: number }) => {
    if (port.nodePort) return port;
    let nodePort = LOWEST_NODE_PORT + Math.floor(Math.random() * NODE_PORTS);
    while (taken.has(nodePort)) nodePort = LOWEST_NODE_PORT + ((nodePort + 1 - LOWEST_NODE_PORT) % NODE_PORTS);
    taken.add(nodePort);
    return { ...port, nodePort };
  });
}
