/** Time inside the simulation. Durations are given as they are on real hardware and shortened by the pace. */
export interface Clock {
  /** Simulated seconds in one real second; 1 is real pace. */
  readonly pace: number;
  /** Waits for a simulated duration; resolves early (never rejects) when the signal aborts. */
  sleep(simulatedMs: number, signal: AbortSignal): Promise<void>;
  /** Wall-clock time, used for every timestamp in objects. */
  now(): Date;
}

/** A timer of Node's that is longer fires at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** A clock that runs `pace` times as fast as the wall. */
export function clockAt(pace: number): Clock {
  return {
    pace,
    now: () => new Date(),
    sleep: (simulatedMs, signal) =>
      new Promise((resolve) => {
        if (signal.aborted) return resolve();
        const end = () => {
          clearTimeout(timer);
          signal.removeEventListener('abort', end);
          resolve();
        };
        const timer = setTimeout(end, Math.min(LONGEST_TIMER_MS, simulatedMs / pace));
        signal.addEventListener('abort', end, { once: true });
      }),
  };
}

/** Settles when the signal aborts. */
export function untilStopped(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
