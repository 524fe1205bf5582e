import { isObject, type Json, listAt, numberAt, objectAt, textAt } from '../json.ts';
import type { StatusCause } from '../objects.ts';
import { duplicate, forbidden, invalid, notFound, required, unsupported } from './causes.ts';
import { validateLabels } from './labels.ts';
import { dnsLabel, dnsSubdomain, envName, labelValue, portName, qualifiedName } from './names.ts';
import { resourceProblems } from './pod-resources.ts';

/** What is wrong with a pod's spec, in the order in which a real API server says it. */
export function validatePodSpec(spec: Json, field: string): readonly StatusCause[] {
  const volumes = listAt(spec, 'volumes');
  const names = new Set(volumes.map((volume) => textAt(volume, 'name')));
  return [
    ...volumeProblems(volumes, `${field}.volumes`),
    ...containersProblems(spec, field, names),
    ...policyProblems(spec, field),
    ...validateLabels(objectAt(spec, 'nodeSelector'), `${field}.nodeSelector`),
    ...nameProblems(spec, field),
    ...tolerationProblems(listAt(spec, 'tolerations'), `${field}.tolerations`),
  ];
}

const RESTART_POLICIES = ['Always', 'OnFailure', 'Never'];
const DNS_POLICIES = ['ClusterFirstWithHostNet', 'ClusterFirst', 'Default', 'None'];
const PULL_POLICIES = ['Always', 'IfNotPresent', 'Never'];
const PROTOCOLS = ['SCTP', 'TCP', 'UDP'];

function volumeProblems(volumes: readonly unknown[], field: string): readonly StatusCause[] {
  const seen = new Set<string>();
  return volumes.flatMap((volume, index) => {
    const at = `${field}[${index}]`;
    const name = textAt(volume, 'name');
    const causes = sourceProblems(volume, at);
    if (name === '') causes.push(required(`${at}.name`));
    else causes.push(...dnsLabel(name).map((problem) => invalid(`${at}.name`, name, problem)));
    if (seen.has(name)) causes.push(duplicate(`${at}.name`, name));
    seen.add(name);
    return causes;
  });
}

function sourceProblems(volume: unknown, at: string): StatusCause[] {
  if (!isObject(volume)) return [];
  const [first, ...others] = Object.keys(volume).filter((name) => name !== 'name');
  if (first === undefined) return [required(at, 'must specify a volume type')];
  return others.map((name) => forbidden(`${at}.${name}`, 'may not specify more than 1 volume type'));
}

function containersProblems(spec: Json, field: string, volumes: ReadonlySet<string>): readonly StatusCause[] {
  const causes: StatusCause[] = [];
  const names = new Set<string>();
  const kinds = ['containers', 'initContainers', 'ephemeralContainers'] as const;
  for (const kind of kinds) {
    const containers = listAt(spec, kind);
    if (kind === 'containers' && containers.length === 0) causes.push(required(`${field}.containers`));
    for (const [index, container] of containers.entries()) {
      const at = `${field}.${kind}[${index}]`;
      const name = textAt(container, 'name');
      causes.push(...containerProblems(container, at, volumes));
      if (name !== '' && names.has(name)) causes.push(duplicate(`${at}.name`, name));
      names.add(name);
    }
  }
  return causes;
}

function containerProblems(container: unknown, at: string, volumes: ReadonlySet<string>): readonly StatusCause[] {
  const name = textAt(container, 'name');
  const image = textAt(container, 'image');
  const policy = textAt(container, 'imagePullPolicy');
  const causes: StatusCause[] = [];
  if (name === '') causes.push(required(`${at}.name`));
  else causes.push(...dnsLabel(name).map((problem) => invalid(`${at}.name`, name, problem)));
  if (image === '') causes.push(required(`${at}.image`));
  else if (image.trim() !== image) {
    causes.push(invalid(`${at}.image`, image, 'must not have leading or trailing whitespace'));
  }
  if (policy !== '' && !PULL_POLICIES.includes(policy)) {
    causes.push(unsupported(`${at}.imagePullPolicy`, policy, PULL_POLICIES));
  }
  return [
    ...causes,
    ...portProblems(listAt(container, 'ports'), `${at}.ports`),
    ...environmentProblems(listAt(container, 'env'), `${at}.env`),
    ...mountProblems(listAt(container, 'volumeMounts'), `${at}.volumeMounts`, volumes),
    ...resourceProblems(objectAt(container, 'resources'), `${at}.resources`),
  ];
}

function portProblems(ports: readonly unknown[], field: string): readonly StatusCause[] {
  const names = new Set<string>();
  return ports.flatMap((port, index) => {
    const at = `${field}[${index}]`;
    const causes: StatusCause[] = [];
    const name = textAt(port, 'name');
    if (name !== '') {
      causes.push(...portName(name).map((problem) => invalid(`${at}.name`, name, problem)));
      if (names.has(name)) causes.push(duplicate(`${at}.name`, name));
      names.add(name);
    }
    const number = numberAt(port, 'containerPort') ?? 0;
    if (number === 0) causes.push(required(`${at}.containerPort`));
    else if (number < 1 || number > 65535) {
      causes.push(invalid(`${at}.containerPort`, number, 'must be between 1 and 65535, inclusive'));
    }
    const protocol = textAt(port, 'protocol');
    if (protocol !== '' && !PROTOCOLS.includes(protocol))
      causes.push(unsupported(`${at}.protocol`, protocol, PROTOCOLS));
    return causes;
  });
}

function environmentProblems(variables: readonly unknown[], field: string): readonly StatusCause[] {
  return variables.flatMap((variable, index) => {
    const at = `${field}[${index}]`;
    const name = textAt(variable, 'name');
    const causes: StatusCause[] = [];
    if (name === '') causes.push(required(`${at}.name`));
    else causes.push(...envName(name).map((problem) => invalid(`${at}.name`, name, problem)));
    const source = objectAt(variable, 'valueFrom');
    if (textAt(variable, 'value') !== '' && Object.keys(source).length > 0) {
      causes.push(invalid(`${at}.valueFrom`, '', 'may not be specified when `value` is not empty'));
    }
    return causes;
  });
}

function mountProblems(
  mounts: readonly unknown[],
  field: string,
  volumes: ReadonlySet<string>,
): readonly StatusCause[] {
  const paths = new Set<string>();
  return mounts.flatMap((mount, index) => {
    const at = `${field}[${index}]`;
    const [name, path] = [textAt(mount, 'name'), textAt(mount, 'mountPath')];
    const causes: StatusCause[] = [];
    if (name === '') causes.push(required(`${at}.name`));
    else if (!volumes.has(name)) causes.push(notFound(`${at}.name`, name));
    if (path === '') causes.push(required(`${at}.mountPath`));
    else if (paths.has(path)) causes.push(invalid(`${at}.mountPath`, path, 'must be unique'));
    paths.add(path);
    return causes;
  });
}

function policyProblems(spec: Json, field: string): readonly StatusCause[] {
  const causes: StatusCause[] = [];
  const [restart, dns] = [textAt(spec, 'restartPolicy'), textAt(spec, 'dnsPolicy')];
  if (restart === '') causes.push(required(`${field}.restartPolicy`));
  else if (!RESTART_POLICIES.includes(restart)) {
    causes.push(unsupported(`${field}.restartPolicy`, restart, RESTART_POLICIES));
  }
  if (dns === '') causes.push(required(`${field}.dnsPolicy`));
  else if (!DNS_POLICIES.includes(dns)) causes.push(unsupported(`${field}.dnsPolicy`, dns, DNS_POLICIES));
  const grace = numberAt(spec, 'terminationGracePeriodSeconds');
  if (grace !== undefined && grace < 0) {
    causes.push(invalid(`${field}.terminationGracePeriodSeconds`, grace, 'must be greater than or equal to 0'));
  }
  const deadline = numberAt(spec, 'activeDeadlineSeconds');
  if (deadline !== undefined && (deadline < 1 || deadline > 2147483647)) {
    causes.push(invalid(`${field}.activeDeadlineSeconds`, deadline, 'must be between 1 and 2147483647, inclusive'));
  }
  return causes;
}

function nameProblems(spec: Json, field: string): readonly StatusCause[] {
  const rules = [
    ['serviceAccountName', dnsSubdomain],
    ['nodeName', dnsSubdomain],
    ['hostname', dnsLabel],
    ['subdomain', dnsLabel],
    ['priorityClassName', dnsSubdomain],
    ['runtimeClassName', dnsSubdomain],
  ] as const;
  return rules.flatMap(([name, rule]) => {
    const value = textAt(spec, name);
    return value === '' ? [] : rule(value).map((problem) => invalid(`${field}.${name}`, value, problem));
  });
}

const TOLERATION_EFFECTS = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];

function tolerationProblems(tolerations: readonly unknown[], field: string): readonly StatusCause[] {
  return tolerations.flatMap((toleration, index) => {
    const at = `${field}[${index}]`;
    const [key, operator] = [textAt(toleration, 'key'), textAt(toleration, 'operator')];
    const [value, effect] = [textAt(toleration, 'value'), textAt(toleration, 'effect')];
    const causes: StatusCause[] = [];
    if (key !== '') causes.push(...qualifiedName(key).map((problem) => invalid(`${at}.key`, key, problem)));
    if (key === '' && operator !== 'Exists') {
      causes.push(
        invalid(
          `${at}.operator`,
          operator,
          'operator must be Exists when `key` is empty, which means "match all values and all keys"',
        ),
      );
    }
    if (operator === 'Exists' && value !== '') {
      causes.push(invalid(`${at}.operator`, value, "value must be empty when `operator` is 'Exists'"));
    } else if (operator === '' || operator === 'Equal') {
      causes.push(...labelValue(value).map((problem) => invalid(`${at}.operator`, value, problem)));
    } else if (operator !== 'Exists') causes.push(unsupported(`${at}.operator`, operator, ['Equal', 'Exists']));
    if (effect !== '' && !TOLERATION_EFFECTS.includes(effect)) {
      causes.push(unsupported(`${at}.effect`, effect, TOLERATION_EFFECTS));
    }
    return causes;
  });
}
