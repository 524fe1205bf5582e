/** The two clocks of this machine. A laptop that sleeps stops the first one, and whoever sets the time turns the second. */
export interface Clocks {
  monotonicMs(): number;
  wallMs(): number;
}

/** A moment by both. */
export interface Moment {
  readonly monotonicMs: number;
  readonly wallMs: number;
}

export const OWN_CLOCKS: Clocks = { monotonicMs: () => performance.now(), wallMs: () => Date.now() };

export function momentOf(clocks: Clocks): Moment {
  return { monotonicMs: clocks.monotonicMs(), wallMs: clocks.wallMs() };
}

/** Milliseconds since then, by the clock that says more: a lease that seems older than it is does no harm. */
export function passedMs(clocks: Clocks, { monotonicMs, wallMs }: Moment): number {
  return Math.max(clocks.monotonicMs() - monotonicMs, clocks.wallMs() - wallMs);
}
