import { expect } from 'chai';
import { describe, it } from 'mocha';
import { DEFAULT_RUN_MS } from '../../harness/config/run-config.ts';
import { LANE_CHECKS, type LaneExam, laneRows } from '../../harness/doctor/lane/checks.ts';
import { capabilityContract, unreadContract } from '../../harness/host/capability.ts';
import { fixture, stateOf } from '../host/fixture.ts';

const MINUTE = 60_000;
const BUDGETS = {
  connectMs: MINUTE,
  connectionMs: MINUTE,
  probeMs: MINUTE,
  clusterMs: 2 * MINUTE,
  leaseMs: 12 * MINUTE,
  kubevirtMs: 15 * MINUTE,
  suitesMs: 75 * MINUTE,
  runMs: DEFAULT_RUN_MS,
  undoMs: 10 * MINUTE,
  bundleMs: MINUTE,
};
const contractOf = (name: string) => capabilityContract(stateOf(fixture(name)).facts);

function row(id: string, changes: Partial<LaneExam> = {}): string {
  const exam: LaneExam = {
    budgets: BUDGETS,
    bootMs: 6 * MINUTE,
    job: {},
    require: undefined,
    contract: contractOf('milan-6.11'),
    ...changes,
  };
  const found = laneRows(exam).find((one) => one.id === id);
  const needsAction = found?.verdict !== 'ok' && found?.verdict !== 'note';
  if (needsAction && found?.action === undefined) throw new Error(`${id} says not what to do`);
  return `${found?.verdict}: ${found?.read}`;
}

describe('checks of the lane', () => {
  it('have distinct names of their group', () => {
    expect(new Set(LANE_CHECKS.map(({ id }) => id)).size).to.equal(LANE_CHECKS.length);
    for (const { id, group } of LANE_CHECKS) expect([group, id]).to.match(/^lane,lane(-[a-z]+)+$/);
  });

  it('hold the run and its undoing against the timeout of the job', () => {
    const job = (timeoutMs: number) => ({ job: { timeoutMs } });
    expect(row('lane-job-timeout')).to.equal('note: run 2 h, undo 10 m; no job sets a limit');
    expect(row('lane-job-timeout', job(131 * MINUTE))).to.equal('ok: run 2 h, undo 10 m, job 2 h 11 m');
    expect(row('lane-job-timeout', job(130 * MINUTE))).to.equal('fatal: run 2 h, undo 10 m, job 2 h 10 m');
  });

  it('hold the undoing against the grace of the job, which is 15 s where nobody set it', () => {
    expect(row('lane-job-grace')).to.match(/^note/);
    expect(row('lane-job-grace', { job: { graceMs: 10 * MINUTE } })).to.equal('ok: undo 10 m, grace 10 m');
    expect(row('lane-job-grace', { job: { graceMs: 5 * MINUTE } })).to.equal('warning: undo 10 m, grace 5 m');
    expect(row('lane-job-grace', { job: { timeoutMs: 9e9 } })).to.equal(
      "warning: undo 10 m, grace 15 s, Prow's default",
    );
  });

  it('hold the phases against the run, and the boots against the suites', () => {
    expect(row('lane-budgets')).to.equal('ok: phases 1 h 46 m of 2 h, boots 24 m of 1 h 15 m');
    const runs = (minutes: number) => ({ budgets: { ...BUDGETS, runMs: minutes * MINUTE } });
    expect(row('lane-budgets', runs(60))).to.match(/^warning: phases 1 h 46 m of 1 h/);
    expect(row('lane-budgets', { bootMs: 20 * MINUTE })).to.match(/^warning: .*boots 1 h 20 m of 1 h 15 m/);
  });

  it('refuse a demand that the host cannot meet, and tell what is left out without one', () => {
    const demands = (name: string, require?: LaneExam['require']) =>
      row('lane-demands', { contract: contractOf(name), require });
    expect(demands('milan-6.11')).to.equal('ok: demanded SEV, SEV-ES, SEV-SNP');
    expect(demands('genoa-6.12-api-1.58')).to.match(/^note: demanded SEV, SEV-SNP; left out SEV-ES: .*API is 1\.58/);
    expect(demands('genoa-6.12-api-1.58', ['sev', 'sev-es'])).to.match(
      /^fatal: demanded SEV, SEV-ES; the host lacks SEV-ES: .*refuses SEV-ES guests/,
    );
    expect(demands('rome-4.18-no-es-asids', ['sev-es'])).to.match(/^fatal: .*SEV-ES ASID Space Limit/);
    expect(demands('nested-6.8')).to.match(/^fatal: demanded SEV; the host lacks SEV/);
    expect(demands('plain-user-6.11', ['sev-es'])).to.match(/^unread: .*API level is not known/);
  });

  it('hold the guests that are alive at once against the ASIDs', () => {
    const slots = (name: string, require?: LaneExam['require']) =>
      row('lane-slots', { contract: contractOf(name), require });
    expect(slots('turin-6.18-hiding')).to.equal('ok: SEV 907, SEV-ES 39, SEV-SNP 60');
    expect(slots('naples-5.14')).to.equal('ok: SEV 15');
    expect(slots('intel-6.11')).to.match(/^note/);
    const contract = contractOf('milan-6.11');
    const none = { technology: 'sev', given: 'unknown', reason: 'x', guestsAtOnce: 0 } as const;
    const full = { ...contract, technologies: { ...contract.technologies, sev: none } };
    expect(row('lane-slots', { contract: full, require: ['sev'] })).to.equal('fatal: SEV 0');
  });

  it('say ok for no demand when the host was not read', () => {
    const contract = unreadContract('exit 127');
    expect(row('lane-demands', { contract })).to.match(/^unread: .*exit 127/);
    expect(row('lane-slots', { contract })).to.match(/^unread/);
  });
});
