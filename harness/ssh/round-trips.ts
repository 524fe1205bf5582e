/** A line is slow where a round trip usually takes this long: another continent, a weak VPN. */
const SLOW_MS = 50;
/** So is one that took this long more than once just now: a busy uplink. */
const UNEVEN_MS = 100;
/** Heartbeats of a quiet line over 2.5 s and more. */
const RECENT_SAMPLES = 10;
const BEAT_MIN_MS = 250;
const BEAT_MAX_MS = 2500;
/** On a slow line: a stall of 2 s and the answer after it fit into two of these. */
const SLOW_MISS_MS = 1500;
/** Nothing heard for this long is never a slow line. */
const SILENCE_MAX_MS = 10_000;
const STALL_MS = 1000;
const KEPT_SAMPLES = 512;

/**
 * What the line is like, learnt from the round trips of the last ten heartbeats, and the patience that follows:
 *
 * - a heartbeat every max(250 ms, 4 x their median), at most every 2.5 s;
 * - one is missed after max(250 ms, 4 x the longest but one), on a slow line after at least 1.5 s;
 * - two misses are the end, and so are 10 s without a byte.
 *
 * A line is slow where the median reaches 50 ms, or two of the ten 100 ms. So a quick line is given up after 750 ms of
 * silence, a slow one not before 3 s. A single long round trip says nothing: mostly this process or its machine was
 * busy in that moment, e.g. with the login before the first.
 */
export class RoundTrips {
  /** The newest last. */
  readonly #recent: number[] = [];
  #worstMs = 0;
  #latestMs: number | undefined;
  readonly #samples: number[] = [];
  #stride = 1;
  #count = 0;

  add(ms: number): void {
    this.#recent.push(ms);
    if (this.#recent.length > RECENT_SAMPLES) this.#recent.shift();
    this.#worstMs = Math.max(this.#worstMs, ms);
    this.#latestMs = ms;
    this.#keep(ms);
  }

  get latestMs(): number | undefined {
    return this.#latestMs;
  }

  /** How long a quiet line is left alone between two heartbeats. */
  get beatMs(): number {
    return between(BEAT_MIN_MS, 4 * this.#usualMs, BEAT_MAX_MS);
  }

  /** How long one heartbeat may stay unanswered. Before anything was measured the line counts as slow. */
  get missMs(): number {
    const isSlow = this.#recent.length === 0 || this.#usualMs >= SLOW_MS || this.#longMs >= UNEVEN_MS;
    return Math.max(isSlow ? SLOW_MISS_MS : BEAT_MIN_MS, 4 * this.#longMs);
  }

  /** A heartbeat that was answered only after this long is worth telling. */
  get stallMs(): number {
    return Math.max(STALL_MS, 2 * this.#usualMs);
  }

  /** How long a heartbeat may stay unanswered before the connection counts as dead. */
  get patienceMs(): number {
    return 2 * this.missMs;
  }

  /** How long nothing at all may be heard, whatever the line is like. */
  get silenceMaxMs(): number {
    return SILENCE_MAX_MS;
  }

  /** Milliseconds over all that was measured; undefined before that. */
  get summary(): { readonly median: number; readonly worst: number } | undefined {
    if (this.#samples.length === 0) return undefined;
    const sorted = [...this.#samples].sort((a, b) => a - b);
    const median = sorted[Math.floor(sorted.length / 2)] ?? 0;
    return { median: rounded(median), worst: rounded(this.#worstMs) };
  }

  /** The median of the last ones, of two the shorter; 0 before the first. */
  get #usualMs(): number {
    const sorted = [...this.#recent].sort((a, b) => a - b);
    return sorted[Math.floor((sorted.length - 1) / 2)] ?? 0;
  }

  /** What is to be expected of a slow moment: the longest of the last ones but one, or the only one. */
  get #longMs(): number {
    const [longest = 0, next = longest] = [...this.#recent].sort((a, b) => b - a);
    return next;
  }

  /** Every sample at first, then every second, fourth...: evenly over the whole time, however long that gets. */
  #keep(ms: number): void {
    if (this.#count++ % this.#stride !== 0) return;
    this.#samples.push(ms);
    if (this.#samples.length < KEPT_SAMPLES) return;
    const kept = this.#samples.filter((_, index) => index % 2 === 0);
    this.#samples.splice(0, this.#samples.length, ...kept);
    this.#stride *= 2;
  }
}

/** Tenths of a millisecond are what a reader can use. */
export function rounded(ms: number): number {
  return Math.round(ms * 10) / 10;
}

function between(low: number, value: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}
