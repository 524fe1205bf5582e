/** Everything that runs in the background on somebody's behalf, so that `done` can wait for the last of it. */
export class Tasks {
  readonly #running = new Set<Promise<void>>();
  readonly #failures: Error[] = [];

  run(work: () => Promise<void>): void {
    this.track(work());
  }

  track(work: Promise<unknown>): void {
    const tracked = work
      .then(
        () => {},
        (error: unknown) => this.report(error instanceof Error ? error : new Error(String(error))),
      )
      .finally(() => this.#running.delete(tracked));
    this.#running.add(tracked);
  }

  /** A failure that nobody could answer for: a bug in the simulator. */
  report(error: Error): void {
    if (this.#failures.length < 100) this.#failures.push(error);
  }

  get failures(): readonly Error[] {
    return this.#failures;
  }

  /** Settles when nothing runs any more. */
  async done(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }
}
