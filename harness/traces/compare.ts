import type { Difference } from '../model/traces.ts';
import { changesBetween, type FieldChange } from './outline.ts';
import type { Kept, Snapshot } from './snapshot.ts';
import { KUBEVIRTS } from './whose.ts';

/** What is known of the run between the two snapshots. */
export interface Between {
  readonly runId: string;
  /** True when the run had installed KubeVirt: what KubeVirt made is the run's, then. */
  readonly hasInstalled: boolean;
}

/** Everything that differs, sorted by name. Kinds that one of the two could not list are left out: see notCompared. */
export function compare(before: Snapshot, after: Snapshot, between: Between): readonly Difference[] {
  const isUnread = ({ resource }: Kept) => [before, after].some((each) => isUnreadIn(each, resource));
  const differences: Difference[] = [];
  for (const [what, now] of after.objects) {
    const old = before.objects.get(what);
    if (isUnread(now)) continue;
    if (old === undefined) {
      if (isControlled(what, after, before)) continue;
      differences.push({
        how: 'added',
        what,
        fields: [],
        whose: isOurs(now, after, before, between) ? 'ours' : "others'",
      });
      continue;
    }
    const changes = changesBetween(old.outline, now.outline);
    differences.push(...changed(what, changes, now, between));
  }
  for (const [what, old] of before.objects) {
    if (after.objects.has(what) || isUnread(old) || isControlled(what, before, after)) continue;
    differences.push({ how: 'removed', what, fields: [], whose: isRuns(old, between) ? 'ours' : "others'" });
  }
  return differences.sort((a, b) => (a.what < b.what ? -1 : 1));
}

/** Kinds that could not be compared, each with the reason, once. */
export function notCompared(before: Snapshot, after: Snapshot): readonly string[] {
  return [...new Map([...before.unread, ...after.unread]).values()].sort();
}

/** A node, say, may be changed by both. */
function changed(
  what: string,
  changes: readonly FieldChange[],
  { marks }: Kept,
  { hasInstalled }: Between,
): readonly Difference[] {
  const isOurs = ({ field }: FieldChange) =>
    marks.ownFields.includes(field) || (hasInstalled && KUBEVIRTS.test(keyIn(field)));
  const ours = changes.filter(isOurs).map(({ words }) => words);
  const others = changes.filter((each) => !isOurs(each)).map(({ words }) => words);
  const one = (whose: Difference['whose'], fields: readonly string[]): readonly Difference[] =>
    fields.length === 0 ? [] : [{ how: 'changed', what, fields, whose }];
  return [...one('ours', ours), ...one("others'", others)];
}

/** Its list, or all of its group, was refused. */
function isUnreadIn({ unread }: Snapshot, resource: string): boolean {
  return unread.has(resource) || unread.has(`*${/\..*$/.exec(resource)?.[0] ?? '.'}`);
}

/** `cpu-model.node.kubevirt.io/EPYC` of `metadata.labels[cpu-model.node.kubevirt.io/EPYC]`. */
function keyIn(field: string): string {
  return /\[(.*)\]$/.exec(field)?.[1] ?? '';
}

/**
 * A pod of a DaemonSet that was there before and is there after: which pods it has is its controller's business. What
 * stands at the root of the chain of controllers decides.
 */
function isControlled(what: string, here: Snapshot, there: Snapshot): boolean {
  const root = rootOf(what, here);
  return root !== what && there.objects.has(root);
}

function rootOf(what: string, { objects }: Snapshot): string {
  const seen = new Set<string>();
  for (let at = what; ; ) {
    const controller = objects.get(at)?.marks.controller;
    if (controller === undefined || !objects.has(controller) || seen.has(controller)) return at;
    seen.add(controller);
    at = controller;
  }
}

function isOurs(now: Kept, after: Snapshot, before: Snapshot, between: Between): boolean {
  if (isRuns(now, between) || now.marks.ownFields.length > 0) return true;
  const { controller, namespace } = now.marks;
  const above = [controller, namespace === undefined ? undefined : `namespaces "${namespace}"`];
  return above.some((each) => {
    const one = each === undefined ? undefined : after.objects.get(each);
    return one !== undefined && each !== undefined && !before.objects.has(each) && isRuns(one, between);
  });
}

function isRuns({ marks }: Kept, { runId, hasInstalled }: Between): boolean {
  return marks.run === runId || (hasInstalled && marks.isKubevirts);
}
