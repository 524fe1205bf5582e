import { ConnectionCut, InfraError, LostLease } from '../errors/errors.ts';
import type { Scope } from '../scope/scope.ts';
import { settle } from '../scope/settle.ts';
import { type Look, until } from '../scope/until.ts';
import type { KubeClient } from './client.ts';
import { KubeError } from './errors.ts';
import { HeldByOthers } from './others-guests.ts';

const AGAIN_EVERY_MS = 1000;
/** Longer than any undo: its own bound ends the work. */
const WITHIN_MS = 3_600_000;

/**
 * Does work of an undo, from its beginning again as long as the API server is away, busy or in trouble, until the
 * scope ends: an undo that gives up in a restart of the server leaves everything behind. The work must bear that.
 * @throws at once what repeating cannot mend: a refusal, a lost connection to the node, a lost lease, a bug.
 */
export async function persist(
  goal: string,
  { scope, client }: { readonly scope: Scope; readonly client: KubeClient },
  work: () => Promise<void>,
): Promise<void> {
  const lost = client.fence?.lost ?? new AbortController().signal;
  const limits = { scope, withinMs: WITHIN_MS, everyMs: AGAIN_EVERY_MS, blame: 'infra' as const };
  await until(goal, limits, async (): Promise<Look<void>> => {
    try {
      lost.throwIfAborted();
      return { done: true, value: await settle(work(), lost) };
    } catch (error) {
      if (client.lost.aborted || !mayPass(error)) throw error;
      return { done: false, saw: error.message };
    }
  });
}

/** True for trouble that may be over soon: the server away, busy or broken, the connection cut. */
export function mayPass(error: unknown): error is InfraError | ConnectionCut {
  if (error instanceof LostLease || error instanceof HeldByOthers) return false;
  if (error instanceof KubeError) return error.status >= 500 || error.status === 429;
  return error instanceof InfraError || error instanceof ConnectionCut;
}
