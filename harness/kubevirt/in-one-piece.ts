import { wasCut } from '../kube/broken-call.ts';
import type { KubeClient } from '../kube/client.ts';
import type { Scope } from '../scope/scope.ts';

interface Bounds {
  readonly scope: Scope;
  readonly client: KubeClient;
  /** The case's: its time bounds all the tries together. */
  readonly signal: AbortSignal;
}

/**
 * Evidence from a console comes out of one dialogue over one connection: when that is cut, what was said is dropped and
 * everything begins anew, with a fresh console and a fresh login. @throws what the work throws, but for a cut that heals.
 */
export async function inOnePiece<T>(
  guest: string,
  { scope, client, signal }: Bounds,
  work: () => Promise<T>,
): Promise<T> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      signal.throwIfAborted();
      client.lost.throwIfAborted();
      if (!wasCut(error)) throw error;
      scope.log.info(`${guest}: the connection was cut under its console: logged in anew`);
    }
  }
}
