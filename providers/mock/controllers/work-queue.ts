import type { Clock } from '../clock.ts';

/** A queue of keys: a key waits in it once, is never worked on twice at a time, and comes back later after a failure. */
export class WorkQueue {
  readonly #clock: Clock;
  readonly #signal: AbortSignal;
  readonly #waiting = new Set<string>();
  readonly #busy = new Set<string>();
  /** Added while being worked on. */
  readonly #again = new Set<string>();
  readonly #failures = new Map<string, number>();
  #wake: (() => void) | undefined;

  constructor(clock: Clock, signal: AbortSignal) {
    this.#clock = clock;
    this.#signal = signal;
  }

  add(key: string): void {
    if (this.#busy.has(key)) this.#again.add(key);
    else {
      this.#waiting.add(key);
      this.#wake?.();
    }
  }

  /** `simulatedMs` as on real hardware. */
  addAfter(key: string, simulatedMs: number): void {
    void this.#clock.sleep(simulatedMs, this.#signal).then(() => {
      if (!this.#signal.aborted) this.add(key);
    });
  }

  /**
   * Works on keys, up to `parallel` at a time, until the signal aborts. A failure is told to `failed` and its key
   * comes back after 5 ms, 10 ms and so on up to a second of real time.
   */
  async run(
    work: (key: string) => Promise<void>,
    failed: (key: string, error: unknown) => void,
    parallel = 4,
  ): Promise<void> {
    const running = new Set<Promise<void>>();
    const stop = () => this.#wake?.();
    this.#signal.addEventListener('abort', stop, { once: true });
    while (!this.#signal.aborted) {
      const key = running.size < parallel ? this.#take() : undefined;
      if (key === undefined) {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
        this.#wake = undefined;
        continue;
      }
      const job = this.#work(key, work, failed).finally(() => {
        running.delete(job);
        this.#wake?.();
      });
      running.add(job);
    }
    this.#signal.removeEventListener('abort', stop);
    await Promise.all(running);
  }

  #take(): string | undefined {
    for (const key of this.#waiting) {
      this.#waiting.delete(key);
      this.#busy.add(key);
      return key;
    }
    return undefined;
  }

  async #work(
    key: string,
    work: (key: string) => Promise<void>,
    failed: (key: string, error: unknown) => void,
  ): Promise<void> {
    try {
      await work(key);
      this.#failures.delete(key);
    } catch (error) {
      if (!this.#signal.aborted) {
        failed(key, error);
        const count = (this.#failures.get(key) ?? 0) + 1;
        this.#failures.set(key, count);
        this.addAfter(key, Math.min(1000, 5 * 2 ** (count - 1)) * this.#clock.pace);
      }
    } finally {
      this.#busy.delete(key);
      if (this.#again.delete(key)) this.add(key);
    }
  }
}
