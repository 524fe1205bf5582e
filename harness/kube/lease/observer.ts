import type { KubeObject } from '../objects.ts';
import type { Clocks } from './clocks.ts';

interface Sight {
  readonly version: string | undefined;
  readonly changedAtMs: number;
}

/**
 * Judges whether the writers of records live by the changes that were seen, on our own clock: what a record says of
 * times is another machine's. As client-go does, so that a newcomer waits for one whole duration.
 */
export class Observer {
  readonly #clocks: Clocks;
  readonly #sights = new Map<string, Sight>();

  constructor(clocks: Clocks) {
    this.#clocks = clocks;
  }

  /**
   * Milliseconds for which this record has not changed, since it was first seen. By the monotonic clock alone: whoever
   * sets the time must not make others look dead.
   */
  unchangedMs({ metadata }: KubeObject): number {
    const { uid, name = '', resourceVersion } = metadata;
    const key = uid ?? name;
    const now = this.#clocks.monotonicMs();
    const sight = this.#sights.get(key);
    if (sight !== undefined && sight.version === resourceVersion) {
      return now - sight.changedAtMs;
    }
    this.#sights.set(key, { version: resourceVersion, changedAtMs: now });
    return 0;
  }
}
