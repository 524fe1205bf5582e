import { findQuantity, quantityText } from '../../quantity.ts';
import { isObject, type Json, listAt, objectAt, withField } from '../json.ts';

/** What a real API server fills into a pod's spec, beyond the constants that stand in the table of fields. */
export function defaultPodSpec(spec: Json): Json {
  const containers = listAt(spec, 'containers').map((container) => defaultContainer(container, spec));
  const initContainers = listAt(spec, 'initContainers').map((container) => defaultContainer(container, spec));
  const ephemeral = listAt(spec, 'ephemeralContainers').map((container) => defaultContainer(container, spec));
  let filled: Json = { ...spec, securityContext: spec.securityContext ?? {} };
  if (Array.isArray(spec.containers)) filled = { ...filled, containers };
  if (initContainers.length > 0) filled = { ...filled, initContainers };
  if (ephemeral.length > 0) filled = { ...filled, ephemeralContainers: ephemeral };
  const volumes = listAt(spec, 'volumes');
  if (volumes.length > 0) filled = { ...filled, volumes: volumes.map(defaultVolume) };
  return withServiceAccount(filled);
}

/** What holds for pods themselves, not for templates: service links and requests equal to limits. */
export function defaultPodOnly(spec: Json): Json {
  const named = (field: string) => {
    const containers = listAt(spec, field);
    return containers.length === 0 ? {} : { [field]: containers.map(requestsFromLimits) };
  };
  return {
    ...spec,
    enableServiceLinks: spec.enableServiceLinks ?? true,
    ...named('containers'),
    ...named('initContainers'),
  };
}

function withServiceAccount(spec: Json): Json {
  const name = (spec.serviceAccountName || spec.serviceAccount) as string | undefined;
  return name ? { ...spec, serviceAccountName: name, serviceAccount: name } : spec;
}

function defaultContainer(container: unknown, spec: Json): unknown {
  if (!isObject(container)) return container;
  const filled: Record<string, unknown> = {
    ...container,
    imagePullPolicy: container.imagePullPolicy ?? pullPolicyOf(`${container.image ?? ''}`),
  };
  if (spec.hostNetwork === true) {
    const ports = listAt(container, 'ports');
    if (ports.length > 0) {
      filled.ports = ports.map((port) =>
        isObject(port) && port.hostPort === undefined ? { ...port, hostPort: port.containerPort } : port,
      );
    }
  }
  for (const probe of ['livenessProbe', 'readinessProbe', 'startupProbe'] as const) {
    const given = container[probe];
    if (isObject(given) && isObject(given.grpc) && given.grpc.service === undefined) {
      filled[probe] = { ...given, grpc: { ...given.grpc, service: '' } };
    }
  }
  return filled;
}

/** Images without a tag, and `latest`, are pulled always. */
function pullPolicyOf(image: string): string {
  const last = image.slice(image.lastIndexOf('/') + 1);
  if (last.includes('@')) return 'IfNotPresent';
  const tag = last.includes(':') ? last.slice(last.lastIndexOf(':') + 1) : '';
  return tag === '' || tag === 'latest' ? 'Always' : 'IfNotPresent';
}

/** A volume that names no source is an emptyDir. */
function defaultVolume(volume: unknown): unknown {
  if (!isObject(volume)) return volume;
  const sources = Object.keys(volume).filter((name) => name !== 'name');
  return sources.length === 0 ? { ...volume, emptyDir: {} } : volume;
}

function requestsFromLimits(container: unknown): unknown {
  if (!isObject(container)) return container;
  const limits = objectAt(container, 'resources', 'limits');
  if (Object.keys(limits).length === 0) return container;
  const requests = { ...limits, ...objectAt(container, 'resources', 'requests') };
  return withField(container, 'resources', { ...objectAt(container, 'resources'), requests });
}

/** Guaranteed, Burstable or BestEffort, as the resources of the containers tell. */
export function qosClassOf(spec: Json): string {
  const containers = [...listAt(spec, 'containers'), ...listAt(spec, 'initContainers')];
  let guaranteed = true;
  let any = false;
  for (const container of containers) {
    for (const resource of ['cpu', 'memory']) {
      const limit = amount(container, 'limits', resource);
      const request = amount(container, 'requests', resource);
      if (limit !== undefined || request !== undefined) any = true;
      if (limit === undefined || (request !== undefined && request !== limit)) guaranteed = false;
    }
  }
  if (!any) return 'BestEffort';
  return guaranteed ? 'Guaranteed' : 'Burstable';
}

function amount(container: unknown, kind: string, resource: string): string | undefined {
  const value = objectAt(container, 'resources', kind)[resource];
  const quantity = value === undefined ? undefined : findQuantity(`${value}`);
  return quantity === undefined || quantity.nano === 0n ? undefined : quantityText(quantity);
}
