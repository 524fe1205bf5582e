import { InfraError } from '../../errors/errors.ts';
import { deadline } from '../../scope/deadline.ts';
import type { Scope } from '../../scope/scope.ts';
import type { KubeClient } from '../client.ts';
import { pause } from '../pause.ts';
import type { LeaseQueue } from './queue.ts';

interface QueueSweep {
  readonly queue: LeaseQueue;
  /** How long a waiting run may be silent. */
  readonly durationMs: number;
}

const SWEEP_MS = 30_000;

/**
 * Takes away, beside the run, what dead waiting runs left in the queue, for as long as anybody stands in it. It looks
 * twice as often as they may be silent; a cluster for which nobody queues is asked once. The client is the fenced one.
 */
export function sweepQueue(scope: Scope, client: KubeClient, { queue, durationMs }: QueueSweep): void {
  const stopping = new AbortController();
  const loop = async () => {
    do {
      using bound = deadline(SWEEP_MS, stopping.signal, () => new InfraError('the queue was not looked at in time'));
      const left = await queue.sweep(client, bound.signal);
      if (left === 0) return;
      await pause(durationMs / 2, stopping.signal);
    } while (!stopping.signal.aborted);
  };
  const swept = loop().catch((error: unknown) => {
    if (!stopping.signal.aborted) scope.log.detail(`the queue is not swept: ${String(error)}`);
  });
  scope.defer('end the sweep of the queue', 1000, async () => {
    stopping.abort(new Error('the run is over'));
    await swept;
  });
}
