import type { Matcher, Vm } from '../../model/vm.ts';
import { atLeast, type KubevirtVersion } from '../../version.ts';
import { type Cause, invalid, notFound, notSupported } from '../causes.ts';

/**
 * What is wrong with how a VM names its instancetype and preference; the mutating webhook refuses at the first kind
 * of trouble. Source: pkg/instancetype/webhooks/vm/mutator.go.
 */
export function matcherCauses(vm: Vm, old: Vm | undefined, version: KubevirtVersion): readonly Cause[] {
  for (const kind of ['instancetype', 'preference'] as const) {
    const causes = old === undefined ? [] : [...staleRevision(vm.spec[kind], old.spec[kind], kind)];
    if (causes.length > 0) return causes;
  }
  for (const kind of ['instancetype', 'preference'] as const) {
    const causes = [...namesOne(vm.spec[kind], kind, version)];
    if (causes.length > 0) return causes;
  }
  return [];
}

/** The code passes new and old the wrong way round; what counts is that they differ in name only. */
function* staleRevision(now: Matcher | undefined, before: Matcher | undefined, kind: string): Iterable<Cause> {
  if (now === undefined || before === undefined || !now.revisionName) return;
  if (now.name === before.name || now.revisionName !== before.revisionName) return;
  const message = 'the Matcher Name has been updated without updating the RevisionName';
  yield invalid(`spec.${kind}.revisionName`, message);
}

function* namesOne(
  matcher: Matcher | undefined,
  kind: 'instancetype' | 'preference',
  version: KubevirtVersion,
): Iterable<Cause> {
  if (matcher === undefined) return;
  const { name, kind: of, inferFromVolume, inferFromVolumeFailurePolicy: policy } = matcher;
  const field = `spec.${kind}`;
  const what = kind === 'instancetype' ? 'InstancetypeMatcher' : 'PreferenceMatcher';
  if (!name && !inferFromVolume) {
    yield notFound(field, `Either Name or InferFromVolume should be provided within the ${what}`);
  }
  if (inferFromVolume) {
    const already = (set: string): Cause =>
      atLeast(version, 'v1.7')
        ? notSupported(
            `${field}.${set.toLowerCase()}`,
            `${set} already set, should be cleared before setting inferFromVolume`,
          )
        : notFound(
            `${field}.${set.toLowerCase()}`,
            `${set} should not be provided when InferFromVolume is used within the ${what}`,
          );
    if (name) yield already('Name');
    if (of) yield already('Kind');
  }
  if (policy !== undefined && policy !== 'Ignore' && policy !== 'Reject') {
    const message = `Invalid value '${policy}' for InferFromVolumeFailurePolicy`;
    yield invalid(`${field}.inferFromVolumeFailurePolicy`, message);
  }
}
