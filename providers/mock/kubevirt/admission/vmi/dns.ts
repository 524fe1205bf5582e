import { isIP } from 'node:net';
import type { VmiSpec } from '../../model/vmi.ts';
import { type Cause, invalid, notSupported, required } from '../causes.ts';
import { dnsSubdomain } from './names.ts';

/** The DNS policy is a pod's. Source: validateDNSPolicy. */
export function* dnsPolicy(spec: VmiSpec, path: string): Iterable<Cause> {
  const policy = spec.dnsPolicy ?? '';
  if (policy === '' || POLICIES.includes(policy)) return;
  const valid = `valid values: [${POLICIES.join(' ')} ]`;
  yield notSupported(`${path}.dnsPolicy`, `DNSPolicy: ${policy} is not supported, ${valid}`);
}

/** The DNS configuration is one that a pod may have. Source: validatePodDNSConfig; its fields have no path. */
export function* dnsConfig(spec: VmiSpec, path: string): Iterable<Cause> {
  const config = spec.dnsConfig;
  const { nameservers = [], searches = [], options = [] } = config ?? {};
  if (spec.dnsPolicy === 'None' && config === undefined) {
    yield required(`${path}.dnsConfig`, 'must provide `dnsConfig` when `dnsPolicy` is None');
    return;
  }
  if (spec.dnsPolicy === 'None' && nameservers.length === 0) {
    yield required('nameservers', 'must provide at least one DNS nameserver when `dnsPolicy` is None');
    return;
  }
  if (nameservers.length > 3) {
    yield invalid('nameservers', `must not have more than 3 nameservers: [${nameservers.join(' ')}]`);
  }
  for (const server of nameservers) {
    if (isIP(server) === 0) yield invalid('nameservers', `must be valid IP address: ${server}`);
  }
  if (searches.length > 6) yield invalid('searchDomains', 'must not have more than 6 search paths');
  if (searches.join(' ').length > 256) {
    const message = 'must not have more than 256 characters (including spaces) in the search list';
    yield invalid('searchDomains', message);
  }
  for (const problem of searches.flatMap(dnsSubdomain)) yield invalid('searchDomains', problem);
  for (const { name } of options) if (!name) yield invalid('options', 'Option.Name must not be empty');
}

const POLICIES = ['ClusterFirstWithHostNet', 'ClusterFirst', 'Default', 'None'];
