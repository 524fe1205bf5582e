import type { RoundTrips } from './round-trips.ts';
import type { SshSession } from './session.ts';

/** Who is told what the heartbeat finds. */
export interface HeartbeatListener {
  /** Nothing was heard for too long; told once. */
  dead(silentMs: number): void;
  /** Nothing was heard for a while, and then the peer was heard again. */
  slow(silentMs: number): void;
  /** A round trip was measured. */
  measured(): void;
}

/** The heartbeat of a session, until it is stopped. */
export interface Heartbeat {
  /** Since when nothing was heard, on the clock of `performance`. */
  readonly heardAt: number;
  stop(): void;
}

export interface HeartbeatOptions {
  /** ServerAliveInterval x ServerAliveCountMax, where the user set them: silence that ends it sooner. */
  readonly deadAfterMs?: number | undefined;
}

/** What a silence is noticed later by. */
const LOOK_EVERY_MS = 25;
/** Looks that are further apart than this say that we slept, not the peer. */
const OVERSLEPT_MS = 100;
/** Also a busy line is measured now and then. */
const MEASURE_EVERY_MS = 5000;

/**
 * Watches over a session: any byte that comes is a sign of life, and a quiet peer is asked for one as often as the line
 * allows. What we ourselves slept through (a busy process, a closed laptop) is not the peer's silence.
 */
export function startHeartbeat(
  session: SshSession,
  line: RoundTrips,
  { listener, deadAfterMs = Infinity }: HeartbeatOptions & { readonly listener: HeartbeatListener },
): Heartbeat {
  const stopped = new AbortController();
  let received = session.traffic.received;
  let heardAt = performance.now();
  /** When a quiet peer was first asked for a sign of life that has not come yet. */
  let askedAt: number | undefined;
  let pingedAt = Number.NEGATIVE_INFINITY;
  let pinging = 0;
  let lookedAt = heardAt;

  const hear = (now: number) => {
    if (askedAt !== undefined && now - askedAt >= line.stallMs) listener.slow(now - heardAt);
    heardAt = now;
    askedAt = undefined;
  };
  const ping = async (now: number) => {
    pingedAt = now;
    askedAt ??= now;
    pinging += 1;
    try {
      await session.ping(stopped.signal);
      const after = performance.now();
      line.add(after - now);
      hear(after);
      listener.measured();
    } catch {
      // A session that has ended says so itself; a peer that refuses was heard.
    } finally {
      pinging -= 1;
    }
  };
  const look = () => {
    const now = performance.now();
    const oversleptMs = now - lookedAt - OVERSLEPT_MS;
    lookedAt = now;
    if (oversleptMs > 0) {
      // What came meanwhile has not been read yet.
      heardAt += oversleptMs;
      if (askedAt !== undefined) askedAt += oversleptMs;
    }
    const bytes = session.traffic.received;
    if (bytes !== received) {
      received = bytes;
      hear(now);
    }
    const silentMs = now - heardAt;
    if (isDead(silentMs, now)) {
      stop();
      return listener.dead(silentMs);
    }
    const beatMs = Math.min(line.beatMs, deadAfterMs / 3);
    const isQuiet = silentMs >= beatMs && askedAt === undefined && now - pingedAt >= beatMs;
    const isDue = now - pingedAt >= MEASURE_EVERY_MS && pinging === 0;
    if (isQuiet || isDue) void ping(now);
  };
  const isDead = (silentMs: number, now: number): boolean => {
    if (askedAt === undefined) return false;
    return now - askedAt >= line.patienceMs || silentMs >= Math.min(line.silenceMaxMs - LOOK_EVERY_MS, deadAfterMs);
  };
  const timer = setInterval(look, LOOK_EVERY_MS);
  const stop = () => {
    clearInterval(timer);
    stopped.abort(new Error('the heartbeat has stopped'));
  };
  void ping(heardAt);
  return {
    get heardAt() {
      return heardAt;
    },
    stop,
  };
}
