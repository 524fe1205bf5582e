import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { after, before, describe, it } from 'mocha';
import type { Snapshot } from '../../harness/traces/snapshot.ts';
import { readAudit } from './audit-trail.ts';
import { type Sim, sevlane, startSim } from './cli.ts';
import { type ClusterEyes, openEyes } from './cluster-eyes.ts';
import { type HeardRun, startHeardRun } from './heard-run.ts';
import { type KillPoint, killPoints } from './kill-points.ts';
import { openSimApi, type SimApi } from './sim-api.ts';

/** Each kill costs two seconds or so of two cores: the landing check asks for all of them, others get a sample. */
const SAMPLE = process.env.TEST_KILL_POINTS === 'all' ? undefined : 16;
/** A killed run waits for nobody, and what it does is mostly waiting for the simulated cluster. */
const SIDE_BY_SIDE = 3;
const FEWEST_POINTS = 60;
const SIGNALS = ['SIGTERM', 'SIGKILL'] as const;
/** A lease that no slow machine loses; nobody waits for it to expire, because it is taken away by hand. */
const RUN = ['--require', 'sev', '--lease-duration', '60s'];
/** A killed run ends at once, one that is asked to has everything to undo. */
const ENDS_WITHIN_MS = 90_000;
const LEASE = '/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/sevlane';

type Signal = (typeof SIGNALS)[number];

describe('a run that is killed at any of its steps', function () {
  this.timeout(900_000);
  let folder: string;
  let clusters: readonly Cluster[];
  let points: readonly KillPoint[];

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sevlane-matrix-'));
    const places = Array.from({ length: SIDE_BY_SIDE }, (_, index) => join(folder, `audit-${index}.log`));
    clusters = await Promise.all(places.map(openCluster));
    const [first] = clusters;
    points = first === undefined ? [] : await pointsOf(first);
  });

  after(async () => {
    await Promise.all((clusters ?? []).map((cluster) => cluster.close()));
    await rm(folder, { recursive: true, force: true });
  });

  it(`has at least ${FEWEST_POINTS} steps, each with both of its sides`, () => {
    const names = points.map(({ name }) => name);
    expect(names, names.join('\n')).to.have.length.of.at.least(FEWEST_POINTS);
  });

  it('leaves a cluster that is as it was before, when it was told to end or when it was swept', async () => {
    const kills = chosen(points.flatMap((point) => SIGNALS.map((signal) => ({ point, signal }))));
    const problems: string[] = [];
    const queue = [...kills];
    await Promise.all(
      clusters.map(async (cluster) => {
        for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
          const problem = await attempt(cluster, next);
          const told = `${next.signal} at ${next.point.name}`;
          process.stdout.write(`      ${problem === undefined ? 'clean' : 'NOT CLEAN'}: ${told}\n`);
          if (problem !== undefined) problems.push(`${told}: ${problem}`);
        }
      }),
    );
    expect(problems, problems.join('\n\n')).to.deep.equal([]);
  });
});

/** A simulated cluster that lives through one kill after the other. */
interface Cluster {
  readonly sim: Sim;
  readonly audit: string;
  readonly api: SimApi;
  readonly eyes: ClusterEyes;
  readonly clean: Snapshot;
  close(): Promise<void>;
}

async function openCluster(audit: string): Promise<Cluster> {
  const sim = await startSim(['--sim-audit', audit]);
  const api = await openSimApi(sim.kubeconfig);
  const eyes = await openEyes(sim.kubeconfig);
  const clean = await eyes.look();
  return {
    ...{ sim, audit, api, eyes, clean },
    async close() {
      api.close();
      await eyes.close();
      await sim.stop();
    },
  };
}

/** The steps of a run that nobody disturbs, and that must leave the cluster as it was. */
async function pointsOf({ sim, audit, eyes, clean }: Cluster): Promise<readonly KillPoint[]> {
  const { exitCode, events, stderr } = await startHeardRun([...sim.args, ...RUN]).ended();
  expect(exitCode, stderr).to.equal(0);
  expect(await eyes.changesSince(clean), 'left by a run that ended well').to.deep.equal([]);
  return killPoints(events, readAudit(audit));
}

interface Kill {
  readonly point: KillPoint;
  readonly signal: Signal;
}

/** All of them, or a sample that takes turns in signals and is spread over all steps. */
function chosen(kills: readonly Kill[]): readonly Kill[] {
  if (SAMPLE === undefined) return kills;
  const every = kills.length / SAMPLE;
  return Array.from({ length: SAMPLE }, (_, index) => Math.floor((index * every) / 2) * 2 + (index % 2)).flatMap(
    (index) => kills[index] ?? [],
  );
}

/** Kills a run there; what is wrong afterwards, in words. The next one finds the cluster clean all the same. */
async function attempt(cluster: Cluster, { point, signal }: Kill): Promise<string | undefined> {
  const { api, sim, eyes, clean } = cluster;
  // As in the run that the steps were taken from: nobody has ever held it.
  await api.remove(LEASE).catch(() => {});
  await arm(api, point);
  const run = startHeardRun([...sim.args, ...RUN]);
  const end = run.ended();
  const isThere = await reached(api, run, point);
  run.kill(signal);
  if (signal === 'SIGTERM') await Promise.race([run.heard(({ type }) => type === 'ending'), end]);
  await disarm(api);
  const { exitCode, stderr } = await withinTime(end, run);
  if (!isThere) await sweep(cluster);
  if (!isThere) return `the run ended with exit ${exitCode} before it came there:\n${stderr.slice(-2000)}`;
  const swept = signal === 'SIGKILL' ? await sweep(cluster) : '';
  const changes = await eyes.changesSince(clean);
  if (changes.length > 0 && signal === 'SIGTERM') await sweep(cluster);
  const told = `${stderr.slice(-3000)}\n${swept.slice(-2000)}`;
  if (changes.length > 0) return `${changes.join('\n')}\n${told}`;
  const expected = signal === 'SIGTERM' ? 143 : 137;
  return exitCode === expected ? undefined : `exit ${exitCode} in place of ${expected}:\n${told}`;
}

async function arm(api: SimApi, { at }: KillPoint): Promise<void> {
  if (!('side' in at)) return;
  const { side, request, nth } = at;
  const asked = Object.entries(request).filter(([, pattern]) => pattern !== '');
  const fault = { api: { ...Object.fromEntries(asked), userAgent: 'sevlane/*' }, answer: 'hold', side, when: { nth } };
  await api.create('/sevlane-sim/faults', fault);
}

async function disarm(api: SimApi): Promise<void> {
  await api.remove('/sevlane-sim/faults');
  await api.remove('/sevlane-sim/holds');
}

/** False when the run ended without coming there. */
async function reached(api: SimApi, run: HeardRun, { at }: KillPoint): Promise<boolean> {
  const ended = run.ended().then(() => false);
  if ('side' in at) return await Promise.race([api.get('/sevlane-sim/holds?wait=true').then(() => true), ended]);
  const told = await run.heard((event) =>
    event.type === 'phase-started'
      ? at.type === event.type && event.phase === at.phase
      : event.type === 'phase-ended' && at.type === event.type && event.result.name === at.phase,
  );
  return told !== undefined;
}

async function withinTime<T>(work: Promise<T>, run: HeardRun): Promise<T> {
  const timer = setTimeout(() => run.kill('SIGKILL'), ENDS_WITHIN_MS);
  try {
    return await work;
  } finally {
    clearTimeout(timer);
  }
}

/** What the next run says, which sweeps; that it would have waited for the dead one's lease is shown elsewhere. */
async function sweep({ sim, api }: Cluster): Promise<string> {
  await api.remove(LEASE).catch(() => {});
  const { exitCode, stdout, stderr } = await sevlane(['run', ...sim.args, '--require', 'sev']);
  return `swept with exit ${exitCode}:\n${stdout}\n${stderr}`;
}
