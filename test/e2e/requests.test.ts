import { expect } from 'chai';
import { after, before, describe, it } from 'mocha';
import { lane, type Sim, startSim } from './cli.ts';
import { openSimApi, type SimApi } from './sim-api.ts';

interface ApiRequest {
  readonly verb: string;
  readonly resource: string;
  readonly subresource: string;
  readonly namespace: string;
  readonly path: string;
  readonly userAgent: string;
}

const GUESTS = 4;
/** Create, read back, domain XML, console, delete, and three to spare. */
const MOST_A_GUEST = 8;
/** What is waited for in a run: the objects of these kinds are known from one list and one watch. */
const FED = ['nodes', 'pods', 'kubevirts', 'virtualmachineinstances'];

describe('the requests of a run, counted at the API server', function () {
  this.timeout(180_000);
  let sim: Sim;
  let api: SimApi;
  let asked: readonly ApiRequest[];

  before(async () => {
    // A boot of 20 s takes most of a second here: time enough for a poller to show itself.
    sim = await startSim(['--sim-pace', '25']);
    api = await openSimApi(sim.kubeconfig);
    const { exitCode, stdout, report } = await runWithoutCuts();
    expect(exitCode, stdout).to.equal(0);
    const { requests } = (await api.get('/sevlane-sim/requests')) as { requests: readonly ApiRequest[] };
    asked = requests.filter(
      ({ userAgent }) => /^sevlane\/\d+\.\d+\.\d+ \((.*)\)$/.exec(userAgent)?.[1] === report.runId,
    );
  });

  /** A machine that stands still for a second cuts the connection, and then watches are rightly opened anew. */
  async function runWithoutCuts() {
    for (let tries = 1; ; tries += 1) {
      const ended = await lane([...sim.args, '--require', 'sev,sev-es,sev-snp']);
      if (ended.report.connection?.cuts === 0 || tries === 4) return ended;
    }
  }

  after(async () => {
    api.close();
    await sim.stop();
  });

  const told = (requests: readonly ApiRequest[]) => requests.map(({ verb, path }) => `${verb} ${path}`).join('\n');

  for (const kind of ['sev', 'sev-es', 'sev-snp', 'plain']) {
    it(`are at most ${MOST_A_GUEST} that name the guest ${kind}`, () => {
      const own = new RegExp(`/(${kind}|virt-launcher-${kind}-[^-/]+)(/|\\?|$)`);
      const naming = asked.filter(({ path }) => own.test(path));
      expect(naming, told(naming)).to.have.length.within(4, MOST_A_GUEST - 1);
    });
  }

  it('are no more while guests live than what the guests may cost, and the renewals of the lease', () => {
    const isGuest = (verb: string) => (each: ApiRequest) =>
      each.verb === verb && each.resource === 'virtualmachineinstances' && each.subresource === '';
    const meanwhile = asked.slice(asked.findIndex(isGuest('create')), asked.findLastIndex(isGuest('delete')) + 1);
    const others = meanwhile.filter(({ verb, resource }) => !(verb === 'update' && resource === 'leases'));
    expect(others, told(others)).to.have.length.within(4 * GUESTS, MOST_A_GUEST * GUESTS);
  });

  for (const kind of FED) {
    it(`are one list and one watch of ${kind} for all waits`, () => {
      // Before the run writes down how the nodes are, the cluster is looked at as it is found, and after it as it is left; the doctor comes before both.
      const noted = asked.findLastIndex(({ verb, path }) => verb === 'create' && /\/configmaps(\?|$)/.test(path));
      const left = asked.findIndex(({ verb, resource }) => verb === 'delete' && resource === 'namespaces');
      const feeding = asked.slice(noted, left).filter(({ resource }) => resource === kind);
      expect(feeding.filter(({ verb }) => verb === 'watch')).to.have.length(1);
      const lists = feeding.filter(({ verb, path }) => verb === 'list' && /[?&]limit=/.test(path));
      expect(lists, told(lists)).to.have.length(1);
    });
  }
});
