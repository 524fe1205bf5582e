const ONE_THREAD =
  'TLS, HTTP and SSH share one thread of our process, where ssh -L has SSH in a process, and on a core, of its own';
const NOTICING =
  'two heartbeats of 250 ms have to be missed before anything is done, and a new session takes about eight round trips';

/**
 * What is measured. Latencies and times are milliseconds; the rest counts per second. `bounds` is what keeps the row
 * from its target where it misses it.
 */
export const ROWS = {
  watch: {
    title: 'watch event p50',
    unit: 'ms',
    better: 'less',
    targets: { loopback: 0.05, '20 ms': 0.62 },
    bounds:
      'the line itself takes its 10 ms one way, and what is left of the target is less than 1 ms for all programs',
  },
  request: {
    title: 'request p50',
    unit: 'ms',
    better: 'less',
    targets: { loopback: 0.8, '20 ms': 1 },
    bounds:
      'our thread waits for sshd and the server for more than half of it, which ssh -L does as well, and saves only the hop through the program ssh',
  },
  parallel: {
    title: '32-way requests',
    unit: '1/s',
    better: 'more',
    targets: { loopback: 1, '20 ms': 1 },
    bounds: ONE_THREAD,
  },
  lists: {
    title: '5 MB lists',
    unit: 'MB/s',
    better: 'more',
    targets: { loopback: 1.25, '20 ms': 1.15 },
    bounds: ONE_THREAD,
  },
  stream: {
    title: 'stream',
    unit: 'MB/s',
    better: 'more',
    targets: { loopback: 1.15, '20 ms': 1.05 },
    bounds: ONE_THREAD,
  },
  connect: {
    title: 'connect + first request',
    unit: 'ms',
    better: 'less',
    targets: { loopback: 0.7, '20 ms': 0.78 },
    bounds: 'each step of the handshake waits for the one before it',
  },
  kill: {
    title: 'recovery after kill',
    unit: 'ms',
    better: 'less',
    targets: { loopback: 0.1, '20 ms': 0.1 },
    bounds: 'a new session takes about eight round trips, and a login by sshd its own time',
  },
  freeze: {
    title: 'recovery after freeze',
    unit: 'ms',
    better: 'less',
    targets: { loopback: 0.25, '20 ms': 0.25 },
    bounds: NOTICING,
  },
  'black hole': {
    title: 'recovery after black hole',
    unit: 'ms',
    better: 'less',
    targets: { loopback: 0.25, '20 ms': 0.25 },
    bounds: NOTICING,
  },
  'client-node': {
    title: 'client-node list of one object',
    unit: 'ms',
    better: 'less',
    targets: { loopback: 0.15, '20 ms': 0.28 },
    bounds: 'a list takes one round trip at least',
  },
} as const;

export type RowName = keyof typeof ROWS;
export const ROW_NAMES = Object.keys(ROWS) as RowName[];

/** The ways to the API server; all ratios are to `ssh -L`. */
export const WAYS = ['direct', 'ssh -L', 'lane', 'sshuttle'] as const;
export type WayName = (typeof WAYS)[number];

/** The lines that they are measured over. */
export const PATHS = ['loopback', '20 ms'] as const;
export type PathName = (typeof PATHS)[number];

/** One median for each round, by way and row. */
export type Samples = Partial<Record<WayName, Partial<Record<RowName, number[]>>>>;

/** How much is measured. */
export interface Amount {
  /** Interleaved: each way has its turn in each. */
  readonly rounds: number;
  readonly recoveries: number;
}

/** What was measured over one path. */
export interface Measured {
  readonly path: PathName;
  /** A TCP handshake there and back. */
  readonly roundTripMs: number;
  readonly samples: Samples;
  /** What could not be measured, and why. */
  readonly skipped: readonly string[];
}

export const RECOVERIES = ['kill', 'freeze', 'black hole'] as const;
export type RecoveryName = (typeof RECOVERIES)[number];

export function isRecovery(row: RowName): row is RecoveryName {
  return (RECOVERIES as readonly string[]).includes(row);
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}
