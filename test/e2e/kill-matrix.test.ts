import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { after, before, describe, it } from 'mocha';
import { type KillPoint, killPoints } from './kill-points.ts';
import { type Kill, type KilledCluster, openKilledCluster } from './killed-cluster.ts';

/** Each kill costs some seconds of a core: `npm run kill-matrix` asks for all of them, others get a sample. */
const SAMPLE = 24;
/** `all`, or a part of the names of the points that are wanted. */
const WANTED = process.env.TEST_KILL_POINTS;
/** A run waits a third of its time, and so do the clusters. */
const SIDE_BY_SIDE = availableParallelism() + 1;
const FEWEST_POINTS = 60;
const SIGNALS = ['SIGTERM', 'SIGKILL'] as const;

describe('a run that is killed at any of its steps', function () {
  this.timeout(1_200_000);
  let folder: string;
  let clusters: readonly KilledCluster[] = [];
  let points: readonly KillPoint[];

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sevlane-matrix-'));
    const audits = Array.from({ length: SIDE_BY_SIDE }, (_, index) => join(folder, `audit-${index}.log`));
    clusters = await Promise.all(audits.map(openKilledCluster));
    points = killPoints(await Promise.all(clusters.map((cluster) => cluster.golden())));
  });

  after(async () => {
    await Promise.all(clusters.map((cluster) => cluster.close()));
    await rm(folder, { recursive: true, force: true });
  });

  it(`has at least ${FEWEST_POINTS} steps, each with both of its sides`, () => {
    const names = points.flatMap(({ name }) => name.split(', '));
    expect(points, names.join('\n')).to.have.length.of.at.least(FEWEST_POINTS);
    const steps = names.map(stepOf);
    const oneSided = steps.filter((step) => steps.filter((each) => each === step).length !== 2);
    expect(oneSided, 'steps without their two sides').to.deep.equal([]);
  });

  it('leaves a cluster that is as it was before, when it was told to end or when it was swept', async () => {
    const kills = WANTED === undefined ? sample(points, SAMPLE) : killsAt(points, WANTED);
    expect(kills, `kills at ${WANTED}`).to.not.deep.equal([]);
    const problems: string[] = [];
    const queue = [...kills];
    await Promise.all(
      clusters.map(async (cluster) => {
        for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
          const problem = await cluster.attempt(next);
          const told = `${next.signal} at ${next.point.name}`;
          const [first] = problem?.split('\n') ?? [];
          process.stdout.write(`      ${first === undefined ? `clean: ${told}` : `NOT CLEAN: ${told}: ${first}`}\n`);
          if (problem !== undefined) problems.push(`${told}: ${problem}`);
        }
      }),
    );
    expect(problems, problems.join('\n\n')).to.deep.equal([]);
  });
});

/** A request in a phase, or an edge between two phases. */
function stepOf(name: string): string {
  return name.startsWith('edge ') ? (name.split(':')[0] ?? name) : name.replace(/ (before|after) /, ' ');
}

function killsAt(points: readonly KillPoint[], wanted: string): readonly Kill[] {
  const chosen = points.filter(({ name }) => wanted === 'all' || name.includes(wanted));
  return chosen.flatMap((point) => SIGNALS.map((signal) => ({ point, signal })));
}

/** As many, signals taking turns: each time the point of which phase, verb and side were taken least often so far. */
function sample(points: readonly KillPoint[], count: number): readonly Kill[] {
  const taken = new Map<string, number>();
  const left = new Set(points);
  const often = (point: KillPoint) => traitsOf(point).reduce((sum, trait) => sum + (taken.get(trait) ?? 0) ** 2, 0);
  return Array.from({ length: Math.min(count, points.length) }).flatMap((_, index) => {
    const [point] = [...left].sort((one, other) => often(one) - often(other));
    const signal = SIGNALS[index % SIGNALS.length];
    if (point === undefined || signal === undefined) return [];
    left.delete(point);
    for (const trait of traitsOf(point)) taken.set(trait, (taken.get(trait) ?? 0) + 1);
    return [{ point, signal }];
  });
}

function traitsOf({ phase, at }: KillPoint): readonly string[] {
  if (!('side' in at)) return [`phase ${phase}`, at.type];
  const { verb, resource } = at.request;
  return [`phase ${phase}`, `verb ${verb}`, `resource ${resource}`, at.side];
}
