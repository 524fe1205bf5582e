import { settle } from '../scope/settle.ts';

/** How many commands run on one connection at once: as many as are asked for, until the server shows its MaxSessions. */
export class SessionSlots {
  #limit = Number.POSITIVE_INFINITY;
  #taken = 0;
  readonly #waiting: (() => void)[] = [];

  /** Waits for a slot, the longest waiting first. @throws the signal's reason. */
  async take(signal: AbortSignal): Promise<void> {
    if (this.#taken >= this.#limit) {
      let proceed = () => {};
      const turn = new Promise<void>((resolve) => {
        proceed = resolve;
      });
      this.#waiting.push(proceed);
      try {
        await settle(turn, signal);
      } catch (error) {
        const index = this.#waiting.indexOf(proceed);
        if (index >= 0) this.#waiting.splice(index, 1);
        // Its turn came in the same moment: the next one's now.
        else this.give();
        throw error;
      }
      return;
    }
    signal.throwIfAborted();
    this.#taken += 1;
  }

  /** Gives a slot back, or on to who waits. */
  give(): void {
    const next = this.#taken <= this.#limit ? this.#waiting.shift() : undefined;
    if (next === undefined) this.#taken -= 1;
    else next();
  }

  /**
   * Gives back a slot that the server refused. True: others hold theirs, and their number is the limit from now on;
   * false: there was no other.
   */
  refused(): boolean {
    this.#taken -= 1;
    if (this.#taken === 0) return false;
    this.#limit = Math.min(this.#limit, this.#taken);
    return true;
  }
}
