import { expect } from 'chai';
import type { Snapshot } from '../../harness/traces/snapshot.ts';
import { readAudit } from './audit-trail.ts';
import { sevlane, startSim } from './cli.ts';
import { openEyes } from './cluster-eyes.ts';
import { FEW_CASES, type HeardRun, startHeardRun } from './heard-run.ts';
import type { GoldenRun, KillPoint } from './kill-points.ts';
import { openSimApi, type SimApi } from './sim-api.ts';

/** A signal at a point. */
export interface Kill {
  readonly point: KillPoint;
  readonly signal: 'SIGTERM' | 'SIGKILL';
}

/** A simulated cluster that lives through one kill after the other. */
export interface KilledCluster {
  /** A run that nobody disturbs. @throws when it does not leave the cluster as it was. */
  golden(): Promise<GoldenRun>;
  /** Kills a run; what is wrong afterwards, in words. The next one finds the cluster clean all the same. */
  attempt(kill: Kill): Promise<string | undefined>;
  close(): Promise<void>;
}

/** A lease that no slow machine loses; nobody waits for it to expire, because it is taken away by hand. */
const RUN = [...FEW_CASES, '--lease-duration', '60s'];
/** A killed run ends at once, one that is asked to has everything to undo. */
const ENDS_WITHIN_MS = 90_000;
const LEASE = '/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/sevlane';

/** Starts it; its audit trail goes into that file. */
export async function openKilledCluster(audit: string): Promise<KilledCluster> {
  const sim = await startSim(['--sim-audit', audit]);
  const api = await openSimApi(sim.kubeconfig);
  const eyes = await openEyes(sim.kubeconfig);
  const clean: Snapshot = await eyes.look();
  const start = () => startHeardRun([...sim.args, ...RUN]);

  /** What the command says that sweeps; that the dead one's lease would have to expire first is shown elsewhere. */
  async function sweep(): Promise<{ readonly exitCode: number; readonly said: string }> {
    await api.remove(LEASE).catch(() => {});
    const { exitCode, stdout, stderr } = await sevlane(['clean', '--kubeconfig', sim.kubeconfig]);
    return { exitCode, said: `sevlane clean ended with exit ${exitCode}:\n${stdout}\n${stderr}` };
  }

  async function attempt({ point, signal }: Kill): Promise<string | undefined> {
    // As in the run that the steps were taken from: nobody has ever held it.
    await api.remove(LEASE).catch(() => {});
    await arm(api, point);
    const run = start();
    const end = run.ended();
    const isThere = await reached(api, run, point);
    run.kill(signal);
    if (signal === 'SIGTERM') await Promise.race([run.heard(({ type }) => type === 'ending'), end]);
    await disarm(api);
    const { exitCode, stderr } = await withinTime(end, run);
    if (!isThere) await sweep();
    if (!isThere) return `the run ended with exit ${exitCode} before it came there:\n${stderr.slice(-2000)}`;
    const swept = signal === 'SIGKILL' ? await sweep() : undefined;
    const changes = await eyes.changesSince(clean);
    if (changes.length > 0 && signal === 'SIGTERM') await sweep();
    const told = `${stderr.slice(-3000)}\n${swept?.said.slice(-2000) ?? ''}`;
    if (changes.length > 0) return `${changes.join('\n')}\n${told}`;
    if (swept !== undefined && swept.exitCode !== 0) return told;
    const expected = signal === 'SIGTERM' ? 143 : 137;
    return exitCode === expected ? undefined : `exit ${exitCode} in place of ${expected}:\n${told}`;
  }

  return {
    async golden() {
      const { exitCode, events, stderr } = await start().ended();
      expect(exitCode, stderr).to.equal(0);
      expect(await eyes.changesSince(clean), 'left by a run that ended well').to.deep.equal([]);
      return { events, audit: readAudit(audit) };
    },
    attempt,
    async close() {
      api.close();
      await eyes.close();
      await sim.stop();
    },
  };
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
