import { InfraError } from '../errors/errors.ts';
import type { Query } from './client.ts';
import { isRefusal } from './errors.ts';
import type { KubeList, KubeObject } from './objects.ts';

/** Reads every page of a list. A continue token that expired on the way starts it over, once, without pages. */
export async function listAll<T extends KubeObject>(
  what: string,
  pageSize: number,
  page: (query: Query) => Promise<KubeObject>,
): Promise<KubeList<T>> {
  try {
    return await listPages<T>(what, pageSize, page);
  } catch (error) {
    if (!isRefusal(error, 410)) throw error;
    return toList<T>(what, await page({}));
  }
}

async function listPages<T extends KubeObject>(
  what: string,
  limit: number,
  page: (query: Query) => Promise<KubeObject>,
): Promise<KubeList<T>> {
  const items: T[] = [];
  let token: string | undefined;
  for (;;) {
    const answer = await page({ limit, continue: token });
    const list = toList<T>(what, answer);
    items.push(...list.items);
    const next = answer.metadata.continue;
    if (typeof next !== 'string' || next === '') return { items, resourceVersion: list.resourceVersion };
    if (next === token) throw new InfraError(`${what}: the server repeats a page`);
    token = next;
  }
}

/** The items of a list carry no kind of their own: they get it back, so that each stands alone. */
function toList<T extends KubeObject>(what: string, list: KubeObject): KubeList<T> {
  const items: unknown = list.items ?? [];
  if (!Array.isArray(items) || !list.kind?.endsWith('List')) {
    throw new InfraError(`${what}: the answer is no list but ${list.kind ?? 'something else'}`);
  }
  const own = { apiVersion: list.apiVersion, kind: list.kind.replace(/List$/, '') };
  return {
    items: items.map((item) => ({ ...own, ...item })),
    resourceVersion: list.metadata?.resourceVersion ?? '',
  };
}
