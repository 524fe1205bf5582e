import { readdir } from 'node:fs/promises';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { lane, readArtifacts, startLane, startSim } from './cli.ts';
import { allObjects, openSimApi } from './sim-api.ts';

/** Each costs two seconds or so: the landing check asks for more of them. */
const KILLS = Number(process.env.TEST_KILLS ?? 8);

describe('a run that is killed', function () {
  this.timeout(600_000);

  it('at any moment leaves files that parse and are red, and the next run sweeps what was left', async () => {
    const sim = await startSim();
    const api = await openSimApi(sim.kubeconfig);
    const clean = await allObjects(api);
    try {
      const args = [...sim.args, '--require', 'sev', '--lease-duration', '3s'];
      const { report } = await lane(args);
      let lastedMs = lasted(report);
      for (let kills = 0; kills < KILLS; ) {
        const running = await startLane(args);
        await running.said(/./);
        await new Promise((resolve) => setTimeout(resolve, Math.random() * lastedMs));
        running.kill('SIGKILL');
        for (const file of await readdir(running.artifacts))
          expect(file, 'a temporary file that a reader would take for a report').not.to.match(/^junit.*\.tmp/);
        const left = await readArtifacts(running.artifacts);
        await running.ended();
        if (left.report.exitCode === 0) {
          // The machine was quicker this time, and the run was over before it could be killed.
          lastedMs = Math.min(lastedMs, lasted(left.report));
          continue;
        }
        expect(left.report.exitCode, left.report.verdict).to.equal(3);
        kills += 1;
      }
      // It waits as long as the dead holder's lease says; its own may not be lost to a machine that is slow.
      const last = await lane([...args, '--lease-duration', '60s']);
      expect(last.exitCode, last.stdout).to.equal(0);
      expect(await allObjects(api)).to.deep.equal(clean);
    } finally {
      api.close();
      await sim.stop();
    }
  });
});

function lasted({ startedAt, endedAt = '' }: { readonly startedAt: string; readonly endedAt?: string }): number {
  return Date.parse(endedAt) - Date.parse(startedAt);
}
