import { expect } from 'chai';
import { describe, it } from 'mocha';
import { lane, startSim } from './cli.ts';
import { openSimApi } from './sim-api.ts';

interface ApiRequest {
  readonly verb: string;
  readonly resource: string;
  readonly path: string;
}

const READS = ['get', 'list', 'watch'];
/** Asked by POST, and kept by nobody. */
const QUESTIONS = ['selfsubjectaccessreviews', 'selfsubjectrulesreviews', 'selfsubjectreviews'];

describe('a run that a check of the doctor stops', function () {
  this.timeout(60_000);

  for (const scenario of ['foreign-kubevirt', 'node-cordoned']) {
    it(`has changed nothing in the cluster (${scenario})`, async () => {
      const sim = await startSim(['--sim-scenario', scenario]);
      const api = await openSimApi(sim.kubeconfig);
      try {
        const { exitCode, stdout } = await lane([...sim.args, '--require', 'sev']);
        expect(exitCode, stdout).to.equal(3);
        const { requests } = (await api.get('/sevlane-sim/requests')) as { requests: readonly ApiRequest[] };
        const own = requests.filter((each) => 'userAgent' in each && String(each.userAgent).startsWith('sevlane'));
        const asked = own.filter(({ resource }) => QUESTIONS.includes(resource));
        const writes = own.filter(
          ({ verb, path, resource }) =>
            !READS.includes(verb) && !QUESTIONS.includes(resource) && !path.includes('dryRun=All'),
        );
        expect(asked.length, 'the run has asked for its rights').to.be.greaterThan(0);
        expect(writes).to.deep.equal([]);
      } finally {
        api.close();
        await sim.stop();
      }
    });
  }
});
