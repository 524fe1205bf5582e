import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { lane, startSim } from './cli.ts';
import { allObjects, openSimApi } from './sim-api.ts';

describe('the undo of a run', function () {
  this.timeout(90_000);
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sevlane-undo-'));
  });

  afterEach(async () => {
    await rm(folder, { recursive: true });
  });

  async function cutAfter(event: string, times: number | undefined): Promise<string> {
    const path = join(folder, 'scenario.json');
    const api = { api: { username: 'kubernetes-admin' }, answer: 'cut', ...(times === undefined ? {} : { times }) };
    const faults = [{ when: { event }, ...api }];
    await writeFile(path, JSON.stringify({ name: 'made-up', description: 'The API server goes away.', faults }));
    return path;
  }

  it('outlives a restart of the API server, and leaves nothing behind', async () => {
    const sim = await startSim(['--sim-scenario', await cutAfter('vmi plain Succeeded', 8)]);
    // These eyes are the administrator's too: they look when the outage is over.
    const api = await openSimApi(sim.kubeconfig);
    try {
      const clean = await allObjects(api);
      const { exitCode, stdout } = await lane([...sim.args, '--require', 'sev']);
      expect(exitCode, stdout).to.equal(0);
      expect(await allObjects(api)).to.deep.equal(clean);
    } finally {
      api.close();
      await sim.stop();
    }
  });

  it('ends in its time when the API server stays away, and says what it last saw', async () => {
    const scenario = await cutAfter('vmi plain Succeeded', undefined);
    const args = ['--sim-scenario', scenario, '--require', 'sev', '--undo-timeout', '12s'];
    const { exitCode, report } = await lane(args);
    expect(exitCode).to.equal(3);
    expect(report.verdict).to.match(/^infra: undo .*not undone within /);
    expect(report.findings.map(({ message }) => message).join('\n')).to.match(
      /not undone within .*; last waited for .* taken away: .*connection to the api server/,
    );
  });
});
