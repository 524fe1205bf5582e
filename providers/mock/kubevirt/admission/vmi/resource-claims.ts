import type { KubevirtConfig } from '../../config.ts';
import type { HostDevice } from '../../model/devices.ts';
import type { VmiSpec } from '../../model/vmi.ts';
import { type Cause, duplicate, invalid, required } from '../causes.ts';
import { dnsLabel, dnsSubdomain } from './names.ts';

/** Devices given by name or by a resource claim, from v1.8. Source: pkg/dra/admitter. */
export function* resourceClaims(spec: VmiSpec, path: string, config: KubevirtConfig): Iterable<Cause> {
  const claims = (spec.resourceClaims ?? []) as readonly ResourceClaim[];
  yield* wellFormed(claims, `${path}.resourceClaims`);
  const gpus = yield* devices(spec.domain.devices.gpus ?? [], `${path}.domain.devices.gpus`, GPUS, config);
  const field = `${path}.domain.devices.hostDevices`;
  const others = yield* devices(spec.domain.devices.hostDevices ?? [], field, HOST_DEVICES, config);
  for (const [pair, index] of others) {
    const gpu = gpus.get(pair);
    if (gpu === undefined) continue;
    const where = `between GPUs[${gpu}] and HostDevices[${index}]`;
    yield duplicate(`${field}[${index}]`, `duplicate claimName/requestName pair "${pair}" ${where}`);
  }
  const known = new Set(claims.map(({ name }) => name));
  const used = [...gpus.keys(), ...others.keys()].map((pair) => pair.slice(0, pair.indexOf('/')));
  if (used.every((name) => known.has(name))) return;
  const places = 'vmi.spec.domain.devices.gpus and vmi.spec.domain.devices.hostDevices';
  yield invalid(`${path}.resourceClaims`, `vmi.spec.resourceClaims must specify all claims used in ${places}`);
}

/** GPUs given by name or by a resource claim, up to v1.7. First trouble only. */
export function* claimedGpus(spec: VmiSpec, path: string, config: KubevirtConfig): Iterable<Cause> {
  const gpus = spec.domain.devices.gpus ?? [];
  const claimed = gpus.filter(isClaimed);
  const field = `${path}.spec.domain.devices.gpus`;
  const what = 'vmi.spec.domain.devices.gpus contains';
  for (const gpu of gpus.filter((each) => !isClaimed(each))) {
    if (!gpu.deviceName) {
      yield invalid(field, `${what} GPUs without deviceName`);
      return;
    }
    if (hasRequest(gpu)) yield invalid(field, `${what} GPUs with both deviceName and claimRequest`);
  }
  if (claimed.length > 0 && !config.gateEnabled('GPUsWithDRA')) {
    yield invalid(field, `${what} DRA enabled GPUs but feature gate is not enabled`);
    return;
  }
  const known = new Set((spec.resourceClaims ?? []).map(({ name }) => name));
  if (claimed.every(({ claimName }) => claimName !== undefined && known.has(claimName))) return;
  const message = 'vmi.spec.resourceClaims must specify all claims used in vmi.spec.domain.devices.gpus';
  yield invalid(`${path}.resourceClaims`, message);
}

interface ResourceClaim {
  readonly name: string;
  readonly resourceClaimName?: string;
  readonly resourceClaimTemplateName?: string;
}

interface Kind {
  readonly plural: string;
  readonly name: string;
  readonly gate: string;
  /** Whether claimed ones and named ones may stand side by side. */
  readonly mixed: boolean;
}

const GPUS: Kind = { plural: 'gpus', name: 'GPU', gate: 'GPUsWithDRA', mixed: false };
const HOST_DEVICES: Kind = { plural: 'hostDevices', name: 'HostDevice', gate: 'HostDevicesWithDRA', mixed: true };

function* wellFormed(claims: readonly ResourceClaim[], field: string): Iterable<Cause> {
  const names = new Set<string>();
  for (const [index, { name, resourceClaimName, resourceClaimTemplateName }] of claims.entries()) {
    const at = `${field}[${index}]`;
    if (!name) yield required(`${at}.name`, `${at}.name is a required field`);
    else if (names.has(name)) yield duplicate(`${at}.name`, `duplicate resourceClaims name "${name}"`);
    else {
      const problems = dnsLabel(name);
      const rules = 'does not conform to the kubernetes DNS_LABEL rules:';
      if (problems.length > 0) yield invalid(`${at}.name`, `${at}.name ${rules} ${problems.join(', ')}`);
    }
    names.add(name);
    const sources = { resourceClaimName, resourceClaimTemplateName };
    const given = Object.entries(sources).filter(([, value]) => value !== undefined);
    if (given.length > 1) {
      yield invalid(at, 'at most one of resourceClaimName or resourceClaimTemplateName may be specified');
    }
    if (given.length === 0) yield invalid(at, 'must specify one of: resourceClaimName, resourceClaimTemplateName');
    for (const [source, value = ''] of given) {
      for (const problem of dnsSubdomain(value)) yield invalid(`${at}.${source}`, problem);
    }
  }
}

/** Gives the pairs of claim and request that the devices use, with the index of the first that does. */
function* devices(
  list: readonly HostDevice[],
  field: string,
  { plural, name, gate, mixed }: Kind,
  config: KubevirtConfig,
): Generator<Cause, ReadonlyMap<string, number>> {
  const pairs = new Map<string, number>();
  const what = `vmi.spec.domain.devices.${plural} contains`;
  const claimed = [...list.entries()].filter(([, device]) => isClaimed(device));
  if (!mixed && claimed.length > 0 && claimed.length < list.length) {
    yield invalid(field, `${what} both DRA and non-DRA ${name}s; each ${name} must be either DRA or non-DRA`);
    return pairs;
  }
  for (const device of list.filter((each) => !isClaimed(each))) {
    if (!device.deviceName) {
      const either = `each ${name} must specify either a deviceName or a claimRequest`;
      yield required(field, `${what} ${name}s without deviceName or claimRequest; ${either}`);
    } else if (hasRequest(device)) yield invalid(field, `${what} ${name}s with both deviceName and claimRequest`);
  }
  if (claimed.length > 0 && !config.gateEnabled(gate)) {
    yield invalid(field, `${what} DRA enabled ${name}s but feature gate is not enabled`);
    return pairs;
  }
  for (const [index, { claimName, requestName }] of claimed) {
    if (!claimName) yield required(`${field}[${index}].claimName`, `claimName is required for DRA ${name}`);
    if (!requestName) yield required(`${field}[${index}].requestName`, `requestName is required for DRA ${name}`);
    if (!claimName || !requestName) continue;
    const pair = `${claimName}/${requestName}`;
    if (pairs.has(pair)) yield duplicate(`${field}[${index}]`, `duplicate claimName/requestName pair "${pair}"`);
    else pairs.set(pair, index);
  }
  return pairs;
}

function isClaimed(device: HostDevice): boolean {
  return !device.deviceName && hasRequest(device);
}

function hasRequest({ claimName, requestName }: HostDevice): boolean {
  return claimName !== undefined || requestName !== undefined;
}
