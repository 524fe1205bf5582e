import { isObject, type Json, listAt, numberAt, objectAt, sameJson, textAt, withField } from '../json.ts';
import type { KubeObject, StatusCause } from '../objects.ts';
import { forbidden, required } from './causes.ts';

const ALLOWED =
  'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)';

/** What an update of a pod may not do. The pod's status and its ephemeral containers have subresources of their own. */
export function validatePodUpdate(pod: KubeObject, old: KubeObject, subresource: string): readonly StatusCause[] {
  const [spec, before] = [objectAt(pod, 'spec'), objectAt(old, 'spec')];
  if (subresource === 'ephemeralcontainers') return ephemeralProblems(spec, before);
  if (subresource !== '') return [];
  const causes: StatusCause[] = [];
  for (const kind of ['containers', 'initContainers']) {
    const [now, then] = [listAt(spec, kind), listAt(before, kind)];
    if (now.length !== then.length) return [forbidden(`spec.${kind}`, 'pod updates may not add or remove containers')];
    for (const [index, container] of now.entries()) {
      if (textAt(container, 'image') === '') causes.push(required(`spec.${kind}[${index}].image`));
    }
  }
  const [now, then] = [fixedPart(spec, before), fixedPart(before, before)];
  if (sameJson(now, then) && tolerationsKept(spec, before)) return causes;
  return [...causes, forbidden('spec', `${ALLOWED}\n${differences(now, spec, before)}`)];
}

/** The spec with what may change set to what it was. */
function fixedPart(spec: Json, before: Json): Json {
  const images = (kind: string) =>
    listAt(spec, kind).map((container, index) =>
      isObject(container) ? withField(container, 'image', objectAt(listAt(before, kind)[index]).image) : container,
    );
  let part: Json = { ...spec, containers: images('containers') };
  if (listAt(spec, 'initContainers').length > 0) part = { ...part, initContainers: images('initContainers') };
  part = withField(part, 'tolerations', undefined);
  if (numberAt(spec, 'activeDeadlineSeconds') !== undefined) {
    part = withField(part, 'activeDeadlineSeconds', before.activeDeadlineSeconds);
  }
  const grace = numberAt(before, 'terminationGracePeriodSeconds') ?? 0;
  if (grace < 0 && numberAt(spec, 'terminationGracePeriodSeconds') === 1) {
    part = withField(part, 'terminationGracePeriodSeconds', grace);
  }
  // A pod that waits behind scheduling gates may lose them, and narrow where it may go.
  if (listAt(before, 'schedulingGates').length > 0) {
    for (const field of ['schedulingGates', 'nodeSelector', 'affinity']) part = withField(part, field, before[field]);
  }
  return part;
}

function tolerationsKept(spec: Json, before: Json): boolean {
  const now = listAt(spec, 'tolerations');
  return listAt(before, 'tolerations').every((old) => now.some((toleration) => sameJson(toleration, old)));
}

function differences(now: Json, spec: Json, before: Json): string {
  const fields = [...new Set([...Object.keys(now), ...Object.keys(before)])].filter(
    (name) => name !== 'tolerations' && !sameJson(spec[name], before[name]),
  );
  const lines = fields.flatMap((name) => [`-  ${name}: ${shown(before[name])}`, `+  ${name}: ${shown(spec[name])}`]);
  return `${lines.join('\n')}\n`;
}

function shown(value: unknown): string {
  return value === undefined ? 'null' : JSON.stringify(value);
}

function ephemeralProblems(spec: Json, before: Json): readonly StatusCause[] {
  const now = listAt(spec, 'ephemeralContainers');
  const kept = listAt(before, 'ephemeralContainers').every((old) => now.some((container) => sameJson(container, old)));
  return kept
    ? []
    : [forbidden('spec.ephemeralContainers', 'existing ephemeral containers may not be changed or removed')];
}
