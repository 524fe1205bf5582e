import { connect } from 'node:net';
import process from 'node:process';
import type { FarSide } from './far-side.ts';
import { clientNodeList, MEASURES, timed } from './measure.ts';
import { recoveries } from './recovery.ts';
import {
  type Amount,
  type Measured,
  median,
  type PathName,
  RECOVERIES,
  type RowName,
  type Samples,
  type WayName,
} from './rows.ts';
import { firstAnswer, hangUp, OPENERS, type Reach } from './ways.ts';

/** What this process is asked to do. */
export interface Task {
  readonly far: FarSide;
  readonly path: PathName;
  readonly amount: Amount;
  readonly ways: readonly WayName[];
}

/** What it says: how far it is, what the node's side is to do, what came out, or why nothing did. */
export type Word =
  | { readonly at: string }
  | { readonly strike: 'kill' | 'freeze' }
  | { readonly measured: Measured }
  | { readonly failed: string };

/** It is too slow for more, and no target is about it. */
const SSHUTTLE_ROUNDS = 1;
const SMALL = '/api/v1/nodes/n';

/** Measures every way over one path, turn by turn. */
async function measure({ far, path, amount, ways }: Task): Promise<Measured> {
  const samples: Samples = {};
  const skipped: string[] = [];
  const note = (way: WayName, row: RowName, value: number) => {
    samples[way] ??= {};
    const mine = samples[way];
    mine[row] ??= [];
    mine[row].push(value);
  };
  const open: Reach[] = [];
  for (const name of ways) {
    say({ at: `${path}: open ${name}` });
    try {
      const way = await OPENERS[name](far);
      open.push(way);
      await firstAnswer(way, SMALL);
    } catch (error) {
      if (name !== 'sshuttle') throw error;
      skipped.push(`${name} over ${path}: ${error instanceof Error ? error.message : error}`);
      const half = open.find((way) => way.name === name);
      if (half !== undefined) {
        open.splice(open.indexOf(half), 1);
        await half.close();
      }
    }
  }
  // A lane lives for hours: what the first second of it costs is in the row of set-up.
  for (const way of open) await MEASURES.parallel(way, path);
  for (const way of open) await MEASURES.request(way, path);
  const roundTripMs = median(await times(5, () => handshake(far)));
  for (let round = 1; round <= amount.rounds; round += 1) {
    say({ at: `${path}: round ${round} of ${amount.rounds}` });
    for (const [row, work] of Object.entries(MEASURES) as [keyof typeof MEASURES, (typeof MEASURES)['watch']][]) {
      for (const way of turned(open, round)) {
        if (way.name !== 'sshuttle' || round <= SSHUTTLE_ROUNDS) note(way.name, row, await work(way, path));
      }
    }
    for (const way of turned(open, round)) {
      if (way.name === 'lane' || way.name === 'ssh -L') {
        note(way.name, 'client-node', await clientNodeList(way, far.access, path));
      }
    }
  }
  // A second sshuttle beside the first would fight for the same rules.
  await Promise.all(open.splice(0).map((way) => way.close()));
  for (let round = 1; round <= amount.rounds * 2; round += 1) {
    say({ at: `${path}: set-up ${round} of ${amount.rounds * 2}` });
    for (const name of turned(ways, round)) {
      if (samples[name] === undefined || (name === 'sshuttle' && round > SSHUTTLE_ROUNDS)) continue;
      note(name, 'connect', await setUp(name, far));
    }
  }
  for (let round = 1; round <= amount.recoveries; round += 1) {
    for (const kind of RECOVERIES) {
      say({ at: `${path}: recovery ${round} of ${amount.recoveries}, ${kind}` });
      // After a kill both would come back in the same moment, and be in each other's way.
      const groups = kind === 'kill' ? ([['lane'], ['ssh -L']] as const) : ([['lane', 'ssh -L']] as const);
      for (const names of groups) {
        for (const [name, ms] of await recoveries(names, kind, { far, strike })) note(name, kind, ms);
      }
    }
  }
  return { path, roundTripMs, samples, skipped };
}

async function setUp(name: WayName, far: FarSide): Promise<number> {
  let way: Reach | undefined;
  try {
    return await timed(async () => {
      way = await OPENERS[name](far);
      await firstAnswer(way, SMALL);
    });
  } finally {
    await way?.close();
  }
}

/** Everybody goes first once: a busy moment of the machine meets another way each time. */
function turned<T>(all: readonly T[], by: number): readonly T[] {
  const at = by % Math.max(1, all.length);
  return [...all.slice(at), ...all.slice(0, at)];
}

async function times(count: number, work: () => Promise<number>): Promise<number[]> {
  const values: number[] = [];
  for (let n = 0; n < count; n += 1) values.push(await work());
  return values;
}

function handshake(far: FarSide): Promise<number> {
  return timed(async () => {
    const socket = connect(far.access.server.port, far.direct);
    await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject));
    socket.destroy();
  });
}

let struck = () => {};

async function strike(blow: 'kill' | 'freeze'): Promise<void> {
  const done = new Promise<void>((resolve) => {
    struck = resolve;
  });
  say({ strike: blow });
  await done;
}

function say(word: Word): void {
  process.send?.(word);
}

// The parent is interrupted with us, and ends us by hanging up.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => {});
process.on('disconnect', () => {
  hangUp();
  process.exit(1);
});
process.on('message', (message: Task | 'struck') => {
  if (message === 'struck') return struck();
  measure(message).then(
    (measured) => say({ measured }),
    (error: Error) => say({ failed: error.stack ?? error.message }),
  );
});
