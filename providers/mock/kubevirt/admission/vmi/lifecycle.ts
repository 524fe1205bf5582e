import type { KubevirtConfig } from '../../config.ts';
import type { Probe } from '../../model/pod.ts';
import type { VmiSpec } from '../../model/vmi.ts';
import { type Cause, invalid, required } from '../causes.ts';
import { dnsLabel, dnsSubdomain } from './names.ts';

/* Rules on names, start, probes, eviction and identity of a guest. Source: vmi-create-admitter.go. */

/** The host name is a DNS label. */
export function* hostname(spec: VmiSpec, path: string): Iterable<Cause> {
  if (!spec.hostname) return;
  const problems = dnsLabel(spec.hostname);
  if (problems.length === 0) return;
  const field = `${path}.hostname`;
  yield invalid(field, `${field} does not conform to the kubernetes DNS_LABEL rules : ${problems.join(', ')}`);
}

/** The subdomain is a DNS name. */
export function* subdomain(spec: VmiSpec, path: string): Iterable<Cause> {
  if (!spec.subdomain) return;
  const problems = dnsSubdomain(spec.subdomain);
  if (problems.length === 0) return;
  const field = `${path}.subdomain`;
  yield invalid(field, `${field} does not conform to the kubernetes DNS_SUBDOMAIN rules : ${problems.join(', ')}`);
}

/** The one start strategy is Paused, and a paused guest is not probed for life. */
export function* startStrategy(spec: VmiSpec, path: string): Iterable<Cause> {
  const strategy = spec.startStrategy;
  if (strategy === undefined) return;
  const field = `${path}.startStrategy`;
  if (strategy !== 'Paused') yield invalid(field, `${field} is set with an unrecognized option: ${strategy}`);
  else if (spec.livenessProbe !== undefined) {
    const choice = `either ${field} or ${path}.livenessProbe should be provided.`;
    yield invalid(field, `${choice}Pausing VMI with LivenessProbe is not supported`);
  }
}

/** A probe has one handler, and one over the network needs the pod network. */
export function* probes(spec: VmiSpec, path: string): Iterable<Cause> {
  const kinds = ['readinessProbe', 'livenessProbe'] as const;
  for (const kind of kinds) yield* oneHandler(spec[kind], `${path}.${kind}`);
  if ((spec.networks ?? []).some(({ pod }) => pod !== undefined)) return;
  for (const kind of kinds) {
    for (const handler of ['httpGet', 'tcpSocket'] as const) {
      if (spec[kind]?.[handler] === undefined) continue;
      const field = `${path}.${kind}.${handler}`;
      yield invalid(field, `${field} is only allowed if the Pod Network is attached`);
    }
  }
}

/** The eviction strategy is one of the known ones. */
export function* evictionStrategy(spec: VmiSpec, path: string, config: KubevirtConfig): Iterable<Cause> {
  const strategy = spec.evictionStrategy ?? config.configuration.evictionStrategy;
  if (
    strategy === undefined ||
    ['LiveMigrate', 'LiveMigrateIfPossible', 'None', 'External'].includes(String(strategy))
  ) {
    return;
  }
  const field = `${path}.evictionStrategy`;
  yield invalid(field, `${field} is set with an unrecognized option: ${strategy}`);
}

/** The service account is a valid name, and the one of the volume if there is such a volume. */
export function* serviceAccount(spec: VmiSpec, path: string): Iterable<Cause> {
  const name = spec.serviceAccountName ?? '';
  if (name === '') return;
  const field = `${path}.serviceAccountName`;
  const problems = dnsSubdomain(name);
  if (problems.length > 0) yield invalid(field, `${field} is not a valid service account name: ${problems.join('; ')}`);
  const other = (spec.volumes ?? [])
    .map(({ serviceAccount: volume }) => volume?.serviceAccountName)
    .find((each) => each !== undefined && each !== name);
  if (other === undefined) return;
  const both = `spec.serviceAccountName "${name}" and serviceAccount volume "${other}"`;
  yield invalid(field, `${both} must reference the same service account`);
}

function* oneHandler(probe: Probe | undefined, field: string): Iterable<Cause> {
  if (probe === undefined) return;
  const { httpGet, tcpSocket, exec, guestAgentPing } = probe;
  const count = [httpGet, tcpSocket, exec, guestAgentPing].filter((handler) => handler !== undefined).length;
  if (count > 1) yield invalid(field, `${field} must have exactly one probe type set`);
  if (count > 0) return;
  const [tcp, command, http] = ['tcpSocket', 'exec', 'httpGet'].map((handler) => `${field}.${handler}`);
  yield required(field, `either ${tcp}, ${command} or ${http} must be set if a ${field} is specified`);
}
