import { setTimeout as sleep } from 'node:timers/promises';
import { InfraError } from '../../../harness/errors/errors.ts';
import { spokenTime } from '../../../harness/model/spoken-time.ts';
import type { Scope } from '../../../harness/scope/scope.ts';
import type { Boskos, Refusal, Resource } from './client.ts';

/** How often what is done, in milliseconds. */
export interface Rhythm {
  /** Boskos keeps a place in the queue for 30 s. */
  readonly askEveryMs: number;
  /** Boskos's reaper takes back by default what was not heard of for 30 minutes. */
  readonly beatEveryMs: number;
  /** After so long without an answer to a heartbeat the host counts as lost. */
  readonly patienceMs: number;
}

export const RHYTHM: Rhythm = { askEveryMs: 3000, beatEveryMs: 60_000, patienceMs: 600_000 };

interface Held {
  readonly scope: Scope;
  readonly boskos: Boskos;
  readonly resource: Resource;
  readonly rhythm: Rhythm;
}

/**
 * Says again and again that the host is used, and ends the scope when Boskos has given it to somebody else or does not
 * answer any more. It goes on while the run undoes its work, until released.
 */
export class BoskosKeeper {
  readonly #held: Held;
  readonly #stopping = new AbortController();
  #loop: Promise<void> = Promise.resolve();
  #isLost = false;

  constructor(held: Held) {
    this.#held = held;
  }

  start(): void {
    this.#loop = this.#beatForever().catch((error: unknown) => {
      if (this.#stopping.signal.aborted) return;
      this.#isLost = true;
      this.#held.scope.abort(error instanceof Error ? error : new Error(String(error)));
    });
  }

  /** Gives it back. One that is not ours any more is left alone. @throws InfraError when Boskos does not take it. */
  async release(dest: 'free' | 'dirty', signal: AbortSignal): Promise<void> {
    this.#stopping.abort(new Error('released'));
    await this.#loop;
    const { scope, boskos, resource } = this.#held;
    if (this.#isLost) return;
    const what = `host "${resource.name}" of Boskos`;
    for (let tries = 1; ; tries += 1) {
      const refusal = await boskos.release(resource, dest).catch((error: unknown) => {
        if (tries === 3) throw error;
        return { status: 0, said: '' };
      });
      if (refusal === undefined) return scope.log.info(`${what} is given back as ${dest}`);
      if (isGone(refusal)) throw taken(resource, refusal);
      if (tries === 3) throw new InfraError(`${what}: not given back: ${refusal.status} ${refusal.said}`);
      await sleep(Math.min(1000, this.#held.rhythm.askEveryMs), undefined, { signal });
    }
  }

  async #beatForever(): Promise<never> {
    const { boskos, resource, rhythm, scope } = this.#held;
    let heardAt = performance.now();
    for (;;) {
      await sleep(rhythm.beatEveryMs, undefined, { signal: this.#stopping.signal });
      const refusal = await boskos
        .beat(resource)
        .catch(
          (error: unknown): Refusal => ({ status: 0, said: error instanceof Error ? error.message : String(error) }),
        );
      this.#stopping.signal.throwIfAborted();
      if (refusal === undefined) heardAt = performance.now();
      else if (isGone(refusal)) throw taken(resource, refusal);
      else if (performance.now() - heardAt > rhythm.patienceMs) throw this.#unheard(refusal);
      else scope.log.detail(`waiting: heartbeat of host "${resource.name}": ${refusal.status} ${refusal.said}`);
    }
  }

  #unheard({ said }: Refusal): InfraError {
    const { resource, rhythm } = this.#held;
    const time = spokenTime(rhythm.patienceMs);
    return new InfraError(`host "${resource.name}" of Boskos: no heartbeat was taken for ${time}: ${said}`, {
      hint: 'look why Boskos does not answer: it gives to others what it does not hear of',
    });
  }
}

/** The owner is another one, the state is another one, or the resource is not known any more. */
function isGone({ status }: Refusal): boolean {
  return status === 401 || status === 404 || status === 409;
}

function taken({ name }: Resource, { status, said }: Refusal): InfraError {
  return new InfraError(`host "${name}" of Boskos was taken away: ${status} ${said}`, {
    hint: 'its reaper takes what is not heard of for too long; see who holds it now before the node is used again',
  });
}
