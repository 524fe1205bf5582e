import { isObject, type Json, listAt, numberAt, objectAt, sameJson, textAt } from '../json.ts';
import type { KubeObject, StatusCause } from '../objects.ts';
import type { ResourceType } from '../resource-type.ts';
import { duplicate, invalid, required, unsupported } from './causes.ts';
import { column, labelsText, wideColumn } from './columns.ts';
import { CORE_TYPES } from './core-types.ts';
import { defineKind } from './define.ts';
import { validateLabels } from './labels.ts';
import { META } from './meta.ts';
import { dnsLabel } from './names.ts';
import { expandTable } from './notation.ts';
import { POD_TYPES } from './pod-types.ts';

const SLICE_TYPES = expandTable(
  'io.k8s.api.discovery.v1',
  `
EndpointConditions: ready:bool? serving:bool? terminating:bool?
ForZone: name!:string+
ForNode: name!:string+
EndpointHints: forZones:[ForZone] forNodes:[ForNode]
Endpoint: addresses!:[string]#+ conditions:EndpointConditions+ hostname:string? targetRef:ObjectReference
  deprecatedTopology:{string} nodeName:string? zone:string? hints:EndpointHints
EndpointPort@: name:string?= protocol:string?=TCP port:int? appProtocol:string?
EndpointSlice: addressType!:string+ endpoints!:[Endpoint]+ ports:[EndpointPort]+
`,
  META,
  POD_TYPES,
);

const TYPES = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'];
const PROTOCOLS = ['SCTP', 'TCP', 'UDP'];

/** Services, Endpoints and EndpointSlices. */
export const SERVICE_KINDS: readonly ResourceType[] = [
  defineKind({
    kind: 'Endpoints',
    plural: 'endpoints',
    description: 'Addresses behind a service (older form).',
    shortNames: ['ep'],
    schema: CORE_TYPES.Endpoints,
    columns: [column('Endpoints', endpointsText, 'Addresses with their ports.')],
    validate: endpointsProblems,
  }),
  defineKind({
    kind: 'Service',
    description: 'A stable address for a set of pods.',
    shortNames: ['svc'],
    categories: ['all'],
    subresources: ['proxy', 'status'],
    schema: CORE_TYPES.Service,
    columns: [
      column('Type', (object) => textAt(object, 'spec', 'type'), 'How the service is reached.'),
      column('Cluster-IP', clusterAddressText, 'Address in the cluster.'),
      column('External-IP', externalText, 'Addresses outside.'),
      column('Port(s)', portsText, 'Ports and protocols.'),
      wideColumn('Selector', (object) => labelsText(objectAt(object, 'spec', 'selector')), 'Labels of its pods.'),
    ],
    defaults: (object) => ({ ...object, spec: defaultService(objectAt(object, 'spec')) }),
    validate: validateService,
    validateUpdate: fixedAddress,
    selectableFields: (object) => ({
      'spec.clusterIP': textAt(object, 'spec', 'clusterIP'),
      'spec.type': textAt(object, 'spec', 'type'),
    }),
  }),
  defineKind({
    group: 'discovery.k8s.io',
    kind: 'EndpointSlice',
    description: 'Some of the addresses behind a service.',
    schema: SLICE_TYPES.EndpointSlice,
    counted: true,
    columns: [
      column('AddressType', (object) => textAt(object, 'addressType'), 'IPv4, IPv6 or FQDN.'),
      column('Ports', slicePortsText, 'Port numbers.'),
      column(
        'Endpoints',
        (object) => shortList(listAt(object, 'endpoints').flatMap((one) => listAt(one, 'addresses'))),
        'Addresses.',
      ),
    ],
    validate: sliceProblems,
    validateUpdate: (object, old) =>
      object.addressType === old.addressType ? [] : [invalid('addressType', object.addressType, 'field is immutable')],
  }),
];

function defaultService(spec: Json): Json {
  const type = textAt(spec, 'type') || 'ClusterIP';
  const ports = listAt(spec, 'ports').map((port) =>
    isObject(port) && (port.targetPort === undefined || port.targetPort === 0 || port.targetPort === '')
      ? { ...port, targetPort: port.port }
      : port,
  );
  const filled: Record<string, unknown> = { ...spec, type, sessionAffinity: spec.sessionAffinity ?? 'None' };
  if (ports.length > 0) filled.ports = ports;
  if (type !== 'ExternalName') filled.internalTrafficPolicy = spec.internalTrafficPolicy ?? 'Cluster';
  if (type === 'NodePort' || type === 'LoadBalancer') {
    filled.externalTrafficPolicy = spec.externalTrafficPolicy ?? 'Cluster';
  }
  if (type === 'LoadBalancer') filled.allocateLoadBalancerNodePorts = spec.allocateLoadBalancerNodePorts ?? true;
  if (filled.sessionAffinity === 'ClientIP' && spec.sessionAffinityConfig === undefined) {
    filled.sessionAffinityConfig = { clientIP: { timeoutSeconds: 10800 } };
  }
  return filled;
}

function validateService(object: KubeObject): readonly StatusCause[] {
  const spec = objectAt(object, 'spec');
  const type = textAt(spec, 'type');
  const headless = textAt(spec, 'clusterIP') === 'None';
  const ports = listAt(spec, 'ports');
  const causes: StatusCause[] = [];
  if (ports.length === 0 && !headless && type !== 'ExternalName') causes.push(required('spec.ports'));
  for (const [index, port] of ports.entries()) {
    causes.push(...portProblems(port, `spec.ports[${index}]`, ports.length > 1));
  }
  causes.push(...validateLabels(objectAt(spec, 'selector'), 'spec.selector'));
  if (!['None', 'ClientIP'].includes(textAt(spec, 'sessionAffinity'))) {
    causes.push(unsupported('spec.sessionAffinity', spec.sessionAffinity, ['ClientIP', 'None']));
  }
  if (!TYPES.includes(type)) causes.push(unsupported('spec.type', type, TYPES));
  if (type === 'ExternalName' && textAt(spec, 'externalName') === '') causes.push(required('spec.externalName'));
  return [...causes, ...repeatedPorts(ports)];
}

function portProblems(port: unknown, at: string, named: boolean): readonly StatusCause[] {
  const causes: StatusCause[] = [];
  const name = textAt(port, 'name');
  if (name === '' && named) causes.push(required(`${at}.name`));
  else if (name !== '') causes.push(...dnsLabel(name).map((problem) => invalid(`${at}.name`, name, problem)));
  const number = numberAt(port, 'port') ?? 0;
  if (number < 1 || number > 65535)
    causes.push(invalid(`${at}.port`, number, 'must be between 1 and 65535, inclusive'));
  const protocol = textAt(port, 'protocol');
  if (!PROTOCOLS.includes(protocol)) causes.push(unsupported(`${at}.protocol`, protocol, PROTOCOLS));
  const target = objectAt(port).targetPort;
  if (typeof target === 'number' && (target < 1 || target > 65535)) {
    causes.push(invalid(`${at}.targetPort`, target, 'must be between 1 and 65535, inclusive'));
  }
  return causes;
}

function repeatedPorts(ports: readonly unknown[]): readonly StatusCause[] {
  const seen = new Set<string>();
  return ports.flatMap((port, index) => {
    const key = { protocol: objectAt(port).protocol, port: objectAt(port).port };
    const text = JSON.stringify(key);
    if (seen.has(text)) return [duplicate(`spec.ports[${index}]`, key)];
    seen.add(text);
    return [];
  });
}

/** The address of a service stays, unless it becomes or was an ExternalName. */
function fixedAddress(object: KubeObject, old: KubeObject, subresource: string): readonly StatusCause[] {
  const [now, before] = [objectAt(object, 'spec'), objectAt(old, 'spec')];
  if (subresource !== '' || now.type === 'ExternalName' || before.type === 'ExternalName') return [];
  const had = listAt(before, 'clusterIPs');
  const has = listAt(now, 'clusterIPs');
  if (had.length === 0 || sameJson(had[0], has[0])) return [];
  return [invalid('spec.clusterIPs[0]', has.length === 0 ? null : has, 'may not change once set')];
}

function clusterAddressText(object: KubeObject): string {
  const addresses = listAt(object, 'spec', 'clusterIPs');
  return `${addresses[0] ?? textAt(object, 'spec', 'clusterIP')}` || '<none>';
}

function externalText(object: KubeObject): string {
  const external = listAt(object, 'spec', 'externalIPs');
  const type = textAt(object, 'spec', 'type');
  if (type === 'ExternalName') return textAt(object, 'spec', 'externalName');
  const ingress = listAt(object, 'status', 'loadBalancer', 'ingress').map(
    (one) => textAt(one, 'ip') || textAt(one, 'hostname'),
  );
  const all = [...(type === 'LoadBalancer' ? ingress : []), ...external];
  if (all.length > 0) return all.join(',');
  return type === 'LoadBalancer' ? '<pending>' : '<none>';
}

function portsText(object: KubeObject): string {
  const texts = listAt(object, 'spec', 'ports').map((port) => {
    const node = numberAt(port, 'nodePort') ?? 0;
    return `${numberAt(port, 'port')}${node > 0 ? `:${node}` : ''}/${textAt(port, 'protocol')}`;
  });
  return texts.length === 0 ? '<none>' : texts.join(',');
}

function endpointsText(object: KubeObject): string {
  const all = listAt(object, 'subsets').flatMap((subset) => {
    const addresses = listAt(subset, 'addresses').map((one) => textAt(one, 'ip'));
    const ports = listAt(subset, 'ports').map((one) => numberAt(one, 'port'));
    return ports.length === 0 ? addresses : addresses.flatMap((ip) => ports.map((port) => `${ip}:${port}`));
  });
  return all.length === 0 ? '<none>' : shortList(all);
}

function shortList(all: readonly unknown[]): string {
  if (all.length === 0) return '<unset>';
  return all.length <= 3 ? all.join(',') : `${all.slice(0, 3).join(',')} + ${all.length - 3} more...`;
}

function slicePortsText(object: KubeObject): string {
  return shortList(listAt(object, 'ports').map((port) => numberAt(port, 'port') ?? '*'));
}

function endpointsProblems(object: KubeObject): readonly StatusCause[] {
  return listAt(object, 'subsets').flatMap((subset, index) =>
    ['addresses', 'notReadyAddresses'].flatMap((field) =>
      listAt(subset, field).flatMap((address, at) =>
        addressProblems(textAt(address, 'ip'), `subsets[${index}].${field}[${at}].ip`),
      ),
    ),
  );
}

function sliceProblems(object: KubeObject): readonly StatusCause[] {
  const type = textAt(object, 'addressType');
  const causes: StatusCause[] = [];
  if (type === '') causes.push(required('addressType'));
  else if (!['FQDN', 'IPv4', 'IPv6'].includes(type))
    causes.push(unsupported('addressType', type, ['FQDN', 'IPv4', 'IPv6']));
  for (const [index, endpoint] of listAt(object, 'endpoints').entries()) {
    const addresses = listAt(endpoint, 'addresses');
    const field = `endpoints[${index}].addresses`;
    if (addresses.length === 0) causes.push(required(field, 'must contain at least 1 address'));
    if (type === 'FQDN') continue;
    for (const [at, address] of addresses.entries()) causes.push(...addressProblems(`${address}`, `${field}[${at}]`));
  }
  return causes;
}

function addressProblems(address: string, field: string): readonly StatusCause[] {
  const octets = /^(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(address)?.slice(1).map(Number);
  const sixth = /^[0-9a-f:]*:[0-9a-f:.]*$/i.test(address);
  if ((octets === undefined || octets.some((octet) => octet > 255)) && !sixth) {
    return [invalid(field, address, 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)')];
  }
  const [first, second] = octets ?? [];
  if (address === '0.0.0.0' || address === '::')
    return [invalid(field, address, 'may not be unspecified (0.0.0.0 or ::)')];
  if (first === 127 || address === '::1') {
    return [invalid(field, address, 'may not be in the loopback range (127.0.0.0/8, ::1/128)')];
  }
  if ((first === 169 && second === 254) || /^fe[89ab]/i.test(address)) {
    return [invalid(field, address, 'may not be in the link-local range (169.254.0.0/16, fe80::/10)')];
  }
  return [];
}
