import type { Scope } from '../scope/scope.ts';
import { turnstile } from '../scope/turnstile.ts';
import type { KubeClient } from './client.ts';
import { isRefusal } from './errors.ts';
import { RUN_LABEL } from './find-left.ts';
import { leaderLeases, removeLeaderLeases } from './leader-leases.ts';
import { type KubeObject, resourcePath } from './objects.ts';

/**
 * What a run writes down, in the cluster, before it installs KubeVirt: the labels and annotations of KubeVirt's that the
 * nodes have already. KubeVirt leaves its own on them when it goes (the family `cpu-*.node.kubevirt.io`, the heartbeat),
 * and whoever takes them off, this run or the sweep after it was killed, has to know which were there before. So it is
 * with the Leases of its leaders, where its namespace stays.
 * Source: KubeVirt, pkg/virt-operator/resource/apply/delete.go drops only labels that begin with `kubevirt.io/`.
 */
export interface NodeNote {
  readonly path: string;
}

/** Names of notes begin so; the id of the run follows. */
export const NOTE_PREFIX = 'sevlane-run-';

export interface NoteOptions {
  readonly runId: string;
  /** The namespace of the lease. */
  readonly namespace: string;
  readonly signal: AbortSignal;
}

const NODES = resourcePath({ apiVersion: 'v1', plural: 'nodes' });
const AT_ONCE = 8;
const FAMILY = /^([^/]*\.)?kubevirt\.io\//;

/** Where the note of a run is. */
export function notePath({ runId, namespace }: Pick<NoteOptions, 'runId' | 'namespace'>): string {
  return resourcePath({ apiVersion: 'v1', plural: 'configmaps', namespace, name: `${NOTE_PREFIX}${runId}` });
}

/** Writes the note; it carries the label of the run. */
export async function noteNodes(client: KubeClient, { runId, namespace, signal }: NoteOptions): Promise<NodeNote> {
  const { items } = await client.list(NODES, { signal });
  const collection = resourcePath({ apiVersion: 'v1', plural: 'configmaps', namespace });
  const name = `${NOTE_PREFIX}${runId}`;
  const metadata = { name, namespace, labels: { [RUN_LABEL]: runId } };
  const leases = await leaderLeases(client, signal);
  const data = {
    marks: JSON.stringify(grouped(items)),
    ...(leases === undefined ? {} : { leases: JSON.stringify(leases) }),
  };
  await client.create(collection, { apiVersion: 'v1', kind: 'ConfigMap', metadata, data }, { signal });
  return { path: notePath({ runId, namespace }) };
}

/** True for an object that is such a note. */
export function isNote({ kind, metadata }: KubeObject): boolean {
  return kind === 'ConfigMap' && metadata.name?.startsWith(NOTE_PREFIX) === true;
}

/**
 * Gives the nodes back the marks of the note and takes all other marks of KubeVirt's off them and the Leases of its
 * leaders away that the note does not have, then removes the note.
 * Only for when no KubeVirt lives in the cluster: it would write them again. Nothing is done without a note.
 */
export async function settleNote(scope: Scope, client: KubeClient, { path }: NodeNote): Promise<void> {
  const { signal } = scope;
  const note = await client.find(path, { signal });
  if (note === undefined) return;
  await restoreNodes(scope, client, marksIn(note));
  const before = leasesIn(note);
  if (before !== undefined) await removeLeaderLeases(client, { before, signal });
  await dropNote(scope, client, { path });
}

/** Takes all marks of KubeVirt's off all nodes, and its leaders' Leases away. Only for when none lives in the cluster. */
export async function clearNodes(scope: Scope, client: KubeClient): Promise<void> {
  await restoreNodes(scope, client, new Map());
  await removeLeaderLeases(client, { before: [], signal: scope.signal });
}

async function restoreNodes(scope: Scope, client: KubeClient, before: ReadonlyMap<string, Marks>): Promise<void> {
  const { signal } = scope;
  const { items } = await client.list(NODES, { signal });
  const enter = turnstile(AT_ONCE);
  await Promise.all(
    items.map((node) =>
      enter(async () => {
        const metadata = restoring(before.get(node.metadata.name ?? '') ?? NONE, marksOf(node));
        if (metadata === undefined) return;
        const own = resourcePath({ apiVersion: 'v1', plural: 'nodes', name: node.metadata.name ?? '' });
        scope.log.detail(`node ${node.metadata.name}: labels and annotations that KubeVirt leaves are taken off`);
        await client.patch(own, { metadata }, { type: 'merge', signal }).catch(unlessGone);
      }),
    ),
  );
}

/** Removes the note alone: the nodes belong to a KubeVirt that is not ours. */
export async function dropNote({ signal }: Scope, client: KubeClient, { path }: NodeNote): Promise<void> {
  await client.delete(path, { signal });
}

interface Marks {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

const NONE: Marks = { labels: {}, annotations: {} };

function marksOf({ metadata }: KubeObject): Marks {
  const family = (all: Readonly<Record<string, string>> = {}) =>
    Object.fromEntries(Object.entries(all).filter(([key]) => FAMILY.test(key)));
  return { labels: family(metadata.labels), annotations: family(metadata.annotations) };
}

interface Group {
  readonly nodes: readonly string[];
  readonly marks: Marks;
}

/** Nodes of one make have the same marks: hundreds of them fit into one object. Those without any are left out. */
function grouped(nodes: readonly KubeObject[]): readonly Group[] {
  const groups = new Map<string, Group>();
  for (const node of nodes) {
    const marks = marksOf(node);
    const key = JSON.stringify(marks);
    if (key === JSON.stringify(NONE)) continue;
    groups.set(key, { marks, nodes: [...(groups.get(key)?.nodes ?? []), node.metadata.name ?? ''] });
  }
  return [...groups.values()];
}

function marksIn(note: KubeObject): ReadonlyMap<string, Marks> {
  const { marks = '[]' } = (note.data ?? {}) as { readonly marks?: string };
  const groups = JSON.parse(marks) as readonly Group[];
  return new Map(groups.flatMap((group) => group.nodes.map((node) => [node, group.marks])));
}

/** Undefined when the run could not look. */
function leasesIn(note: KubeObject): readonly string[] | undefined {
  const { leases } = (note.data ?? {}) as { readonly leases?: string };
  return leases === undefined ? undefined : (JSON.parse(leases) as readonly string[]);
}

/** The merge patch that makes `now` what was `before`; undefined when it is so already. */
function restoring(before: Marks, now: Marks): Record<string, Record<string, string | null>> | undefined {
  const patch: Record<string, Record<string, string | null>> = {};
  for (const part of ['labels', 'annotations'] as const) {
    const changes = [...new Set([...Object.keys(before[part]), ...Object.keys(now[part])])]
      .filter((key) => before[part][key] !== now[part][key])
      .map((key) => [key, before[part][key] ?? null] as const);
    if (changes.length > 0) patch[part] = Object.fromEntries(changes);
  }
  return Object.keys(patch).length === 0 ? undefined : patch;
}

function unlessGone(error: unknown): void {
  if (!isRefusal(error, 404)) throw error;
}
