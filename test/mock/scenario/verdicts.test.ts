import { expect } from 'chai';
import { loadScenario, scenarioNames } from '../../../providers/mock/scenario/named.ts';
import { lane } from '../../e2e/cli.ts';

describe('each scenario that comes along leads the real lane to the verdict it says', function () {
  this.timeout(180_000);
  this.slow(20_000);

  for (const name of scenarioNames()) {
    const loaded = loadScenario(name);
    const expected = 'scenario' in loaded ? loaded.scenario.expect : undefined;
    it(`${name}: exit ${expected?.exit}, blame ${expected?.blame}`, async () => {
      const settings = Object.entries(expected?.with ?? {}).flatMap(([key, value]) => [`--${key}`, value]);
      const { exitCode, stdout, report, phases, cases } = await lane(['--sim-scenario', name, ...settings]);
      const [verdict = ''] = stdout.split('\n');
      expect(verdict).to.match(new RegExp(expected?.verdict ?? 'no verdict is given'));
      expect(verdict).to.equal(report.verdict);
      expect(exitCode, stdout).to.equal(expected?.exit);
      expect(report.findings[0]?.blame ?? 'none').to.equal(expected?.blame);
      for (const [id, said] of Object.entries(expected?.checks ?? {})) {
        const check = report.checks.find((one) => one.id === id);
        expect(`${check?.verdict}: ${check?.read}`, id).to.match(new RegExp(said));
      }
      // Everything that was planned is accounted for, whatever happened.
      expect(phases.length).to.be.greaterThan(8);
      expect(cases.length).to.equal(report.cases.length);
      const red = [...phases, ...cases].filter(({ outcome }) => outcome === 'failed').length;
      expect(red > 0).to.equal(exitCode !== 0);
    });
  }
});
