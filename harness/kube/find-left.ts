import { turnstile } from '../scope/turnstile.ts';
import type { KubeClient } from './client.ts';
import { isRefusal } from './errors.ts';
import { type KubeObject, objectKey } from './objects.ts';
import { type Kind, pathOfKind } from './sweep-kinds.ts';

/** The label that every object of a run carries; its value is the run's id. */
export const RUN_LABEL = 'sevlane/run';
/** On what a run leaves knowingly: why, in words. The next sweep takes it away. */
export const LEFT_ANNOTATION = 'sevlane/left';

/** An object, and where it is. */
export interface Found {
  readonly kind: Kind;
  readonly path: string;
  readonly object: KubeObject;
}

export interface Look {
  readonly signal: AbortSignal;
  readonly selector: string;
  /** True: a kind that the account may not list is an error; else it counts as empty. */
  readonly mustSee?: boolean;
}

/** Lists are small, but there are many kinds. */
const AT_ONCE = 8;

/**
 * The objects of these kinds that the selector chooses; a kind that the cluster does not serve has none.
 * @throws KubeError when a kind cannot be listed.
 */
export async function findLeft(
  client: KubeClient,
  kinds: readonly Kind[],
  { signal, selector, mustSee = false }: Look,
): Promise<readonly Found[]> {
  const enter = turnstile(AT_ONCE);
  const lists = await Promise.all(
    kinds.map((kind) =>
      enter(async () => {
        try {
          const { items } = await client.list(pathOfKind(kind, {}), { signal, labelSelector: selector });
          return items.map((object) => ({ kind, object, path: pathOfKind(kind, object.metadata) }));
        } catch (error) {
          // What an account may not even list it has not made.
          if (isRefusal(error, 404) || (!mustSee && isRefusal(error, 403))) return [];
          throw error;
        }
      }),
    ),
  );
  return lists.flat();
}

/** `kubevirts "kubevirt/kubevirt"`, as kubectl names it. */
export function nameOf({ kind, object }: Pick<Found, 'kind' | 'object'>): string {
  return `${kind.plural} "${objectKey(object)}"`;
}

/** The run whose label an object carries; empty without one. */
export function runOf({ metadata }: KubeObject): string {
  return metadata.labels?.[RUN_LABEL] ?? '';
}
