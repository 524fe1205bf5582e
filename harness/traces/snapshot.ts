import type { KubeClient } from '../kube/client.ts';
import { isRefusal } from '../kube/errors.ts';
import { type KubeObject, objectKey } from '../kube/objects.ts';
import { turnstile } from '../scope/turnstile.ts';
import { type Mask, maskFor } from './mask.ts';
import { outline } from './outline.ts';
import { listableResources, type Resource } from './resources.ts';
import { type Marks, marksOf } from './whose.ts';

/** What stood in the cluster at one moment; digests, not the objects. */
export interface Snapshot {
  /** By `pods "namespace/name"`. */
  readonly objects: ReadonlyMap<string, Kept>;
  /** One sentence for each kind that could not be listed; by its name, so that both sides can be told apart. */
  readonly unread: ReadonlyMap<string, string>;
}

/** What is kept of one object. */
export interface Kept {
  readonly resource: string;
  readonly outline: string;
  readonly marks: Marks;
}

export interface SnapshotOptions {
  readonly signal: AbortSignal;
  /** Objects a page; default 500. */
  readonly pageSize?: number;
}

/** Requests under way at the same time: as many as a client-go client has, and no burden for a server. */
const AT_ONCE = 8;
const PAGE_SIZE = 500;
/** A page of 500 nodes is some 10 MB. */
const PAGE_MS = 60_000;

/**
 * Lists every kind that discovery names, in all namespaces, page by page, and keeps digests. What cannot be listed is
 * no error: it is told in `unread`. Changes nothing. @throws when discovery itself fails, or the signal's reason.
 */
export async function takeSnapshot(client: KubeClient, options: SnapshotOptions): Promise<Snapshot> {
  const { signal } = options;
  const enter = turnstile(AT_ONCE);
  const { resources, unread: untold } = await listableResources(client, enter, signal);
  const unread = new Map(untold);
  const kinds = new Map(resources.map((each) => [`${each.kind}.${each.group}`, each.name]));
  const nameOf = (kind: string, group: string) => kinds.get(`${kind}.${group}`) ?? kind;
  const lists = await Promise.all(
    resources.map((resource) =>
      enter(() => listKind(client, { resource, nameOf }, options)).catch((error: unknown) => {
        signal.throwIfAborted();
        // It was there for discovery, and is gone with its definition now; or it can only be created.
        if (!isRefusal(error, 404, 405)) unread.set(resource.name, `${resource.name}: ${wordsOf(error)}`);
        return [];
      }),
    ),
  );
  return { objects: new Map(lists.flat()), unread };
}

/** A listing's own view: what kind, and what kubectl calls a kind that an owner names. */
interface Listing {
  readonly resource: Resource;
  readonly nameOf: (kind: string, group: string) => string;
}

type Entry = readonly [key: string, kept: Kept];

async function listKind(client: KubeClient, listing: Listing, options: SnapshotOptions): Promise<readonly Entry[]> {
  const mask = maskFor(listing.resource.name);
  if (mask.isWholly('')) return [];
  try {
    return await listPages(client, { ...listing, mask }, options);
  } catch (error) {
    if (!isRefusal(error, 410)) throw error;
    // The list grew too old between two pages: once more, in one piece.
    return await listPages(client, { ...listing, mask }, { ...options, pageSize: 0 });
  }
}

async function listPages(
  client: KubeClient,
  { resource, nameOf, mask }: Listing & { readonly mask: Mask },
  { signal, pageSize = PAGE_SIZE }: SnapshotOptions,
): Promise<readonly Entry[]> {
  const entries: Entry[] = [];
  let token: string | undefined;
  do {
    const query = { limit: pageSize === 0 ? undefined : pageSize, continue: token };
    const page = await client.get(resource.path, { query, signal, timeoutMs: PAGE_MS });
    const items = Array.isArray(page.items) ? (page.items as readonly KubeObject[]) : [];
    for (const item of items) {
      const key = objectKey(item);
      if (mask.isWholly(key)) continue;
      const kept = { resource: resource.name, outline: outline(mask.apply(key, item)), marks: marksOf(item, nameOf) };
      entries.push([`${resource.name} "${key}"`, kept]);
    }
    const next = page.metadata.continue;
    token = typeof next === 'string' && next !== '' && next !== token ? next : undefined;
  } while (token !== undefined);
  return entries;
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
