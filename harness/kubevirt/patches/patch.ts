import { applyPatch, type Operation } from 'rfc6902';
import { UsageError } from '../../errors/errors.ts';
import { isCustomResource, listed, type ManifestObject } from '../manifest.ts';
import { isRecord } from '../record.ts';
import { type UndeclaredField, undeclaredFields } from './undeclared.ts';

/** A change to one object of the manifest, and where the user wrote it. */
export interface Patch {
  readonly target: { readonly kind: string; readonly name: string; readonly namespace: string | undefined };
  readonly change: /** RFC 6902; each operation with its place. */
    | { readonly type: 'json'; readonly operations: readonly PlacedOperation[] }
    /** RFC 7386. */
    | { readonly type: 'merge'; readonly value: Readonly<Record<string, unknown>> };
  /** `patches.yaml:3`. */
  readonly place: string;
}

export interface PlacedOperation {
  readonly operation: Operation;
  readonly place: string;
}

/**
 * Applies the patches in their order. @throws UsageError with every one that finds no target, does not fit, or gives the
 * KubeVirt object a field that its definition among `objects` does not know.
 */
export function applyPatches(objects: readonly ManifestObject[], patches: readonly Patch[]): readonly ManifestObject[] {
  const changed = [...objects];
  const steps: Step[] = [];
  const problems = patches.flatMap((patch, index) => {
    const at = changed.findIndex((object) => isTarget(object, patch));
    const object = changed[at];
    if (object === undefined) return [`${patch.place}: ${noTarget(objects, patch)}`];
    const outcome = patched(object, patch);
    if ('problem' in outcome) return [outcome.problem];
    changed[at] = outcome.object;
    if (isCustomResource(object)) steps.push({ patch, index, before: object, after: outcome.object });
    return [];
  });
  problems.push(...unknownFields(changed, steps));
  if (problems.length === 0) return changed;
  throw new UsageError(
    problems.length === 1 ? (problems[0] ?? '') : `${problems.length} patches do not fit:\n${problems.join('\n')}`,
    { hint: 'nothing was changed in the cluster: correct the file of --kubevirt-patches' },
  );
}

/** A patch of the KubeVirt object, and what it made of it. */
interface Step {
  readonly patch: Patch;
  readonly index: number;
  readonly before: ManifestObject;
  readonly after: ManifestObject;
}

/** A server finds them only when all else is installed. What the object had already is not the user's mistake. */
function unknownFields(objects: readonly ManifestObject[], steps: readonly Step[]): readonly string[] {
  const definition = objects.find(({ metadata }) => metadata.name === DEFINITION);
  return steps.flatMap(({ patch, index, before, after }) => {
    const had = new Set(undeclaredFields(before, definition).map(({ path }) => path.join('.')));
    const added = undeclaredFields(after, definition).filter(({ path }) => !had.has(path.join('.')));
    return added.map(({ path, known }) => {
      const what = `${path.join('.')} of ${nameOf(after)}`;
      return `${placeOf(patch, path)}: [${index}] sets ${what}, which its definition does not know; known: ${known.join(', ')}`;
    });
  });
}

const DEFINITION = 'kubevirts.kubevirt.io';

/** The operation that sets the field, or the patch. */
function placeOf({ change, place }: Patch, path: UndeclaredField['path']): string {
  if (change.type === 'merge') return place;
  const pointer = `/${path.join('/')}/`;
  return change.operations.find(({ operation }) => pointer.startsWith(`${operation.path}/`))?.place ?? place;
}

type Outcome = { readonly object: ManifestObject } | { readonly problem: string };

function patched(object: ManifestObject, { change, place }: Patch): Outcome {
  const copy = structuredClone(object);
  if (change.type === 'json') {
    for (const { operation, place: own } of change.operations) {
      const [problem] = applyPatch(copy, [operation]);
      if (problem != null) return { problem: `${own}: ${whyNot(operation, problem)} in ${nameOf(object)}` };
    }
    return sameOne(object, copy, place);
  }
  return sameOne(object, merged(copy, change.value), place);
}

/** A patch that makes another object of it would be applied beside the one that was meant. */
function sameOne(before: ManifestObject, after: unknown, place: string): Outcome {
  const isSame =
    isRecord(after) &&
    isRecord(after.metadata) &&
    after.kind === before.kind &&
    after.apiVersion === before.apiVersion &&
    after.metadata.name === before.metadata.name &&
    after.metadata.namespace === before.metadata.namespace;
  if (isSame) return { object: after as ManifestObject };
  return {
    problem: `${place}: makes another object of ${nameOf(before)}: kind, version, name and namespace must stay`,
  };
}

/** RFC 7386: null takes a field away, lists are replaced as a whole. */
function merged(value: unknown, patch: unknown): unknown {
  if (!isRecord(patch)) return patch;
  const fields: Record<string, unknown> = isRecord(value) ? { ...value } : {};
  for (const [name, each] of Object.entries(patch)) {
    if (each === null) delete fields[name];
    else fields[name] = merged(fields[name], each);
  }
  return fields;
}

function isTarget({ kind, metadata }: ManifestObject, { target }: Patch): boolean {
  return (
    kind === target.kind &&
    metadata.name === target.name &&
    (target.namespace === undefined || metadata.namespace === target.namespace)
  );
}

function noTarget(objects: readonly ManifestObject[], { target }: Patch): string {
  const wanted = `${target.kind} ${target.namespace === undefined ? '' : `${target.namespace}/`}${target.name}`;
  const same = objects.filter(({ kind }) => kind === target.kind);
  const there = listed(same.length > 0 ? same : objects);
  return `the manifest has no ${wanted}; it has ${there}`;
}

function nameOf({ kind, metadata }: ManifestObject): string {
  return `${kind} ${metadata.name}`;
}

function whyNot(operation: Operation, problem: Error): string {
  const shown = `${operation.op} ${operation.path}`;
  if (operation.op === 'test') return `${shown} found another value`;
  return problem.name === 'MissingError' ? `${shown}: there is no such path` : `${shown}: ${problem.message}`;
}
