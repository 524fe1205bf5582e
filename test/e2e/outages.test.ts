import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { lane } from './cli.ts';
import { OUTAGES, outagesPage, type Replay } from './outages.ts';

const PAGE = new URL('../../../docs/outages.md', import.meta.url);

describe('an outage that a SEV lane had', function () {
  this.timeout(120_000);
  this.slow(30_000);

  let folder: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sevlane-outages-'));
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    await writeFile(join(folder, 'KEY'), privateKey.export({ type: 'pkcs1', format: 'pem' }), { mode: 0o600 });
    await writeFile(join(folder, 'KNOWN_HOSTS'), '');
  });

  after(async () => await rm(folder, { recursive: true }));

  const played = async ({ faults, flags = [] }: Replay) => {
    const scenario = join(folder, 'outage.json');
    await writeFile(scenario, JSON.stringify({ name: 'outage', description: 'An outage, played again.', faults }));
    const where = flags.includes('--provider') ? [] : ['--sim-scenario', scenario];
    const files = (word: string) => (['KEY', 'KNOWN_HOSTS'].includes(word) ? join(folder, word) : word);
    return await lane([...where, ...flags.map(files)]);
  };

  for (const { when, what, outcome, replay } of OUTAGES) {
    if (replay === undefined) continue;
    it(`${when}, ${what}: is found ${outcome === 'before' ? 'before anything is changed' : 'in mid-run'}`, async () => {
      const { exitCode, report, phases, cases } = await played(replay);
      expect(report.verdict).to.match(replay.verdict);
      expect(exitCode).to.equal(3);
      // Whatever it is, it is the node's fault and no guest's.
      expect(report.findings.map(({ blame }) => blame))
        .to.include('infra')
        .and.not.include('product');
      expect(report.hint ?? '').not.to.equal('');
      const lease = report.phases.find(({ name }) => name === 'lease');
      expect(lease?.outcome).to.equal(outcome === 'before' ? 'not-run' : 'passed');
      const fatal = report.checks.filter(({ verdict }) => verdict === 'fatal').map(({ id }) => id);
      if (replay.check !== undefined) expect(fatal).to.include(replay.check);
      expect([...phases, ...cases].some((row) => row.outcome === 'failed')).to.equal(true);
    });
  }

  it('says why where nothing of it can be seen', () => {
    for (const { outcome, replay, named } of OUTAGES) {
      expect(replay === undefined).to.equal(outcome === 'out of sight');
      expect(named).not.to.equal('');
    }
  });

  it('stands in docs/outages.md as it is played here', async () => {
    if (process.env.UPDATE_OUTAGES !== undefined) await writeFile(PAGE, outagesPage());
    expect(await readFile(PAGE, 'utf8')).to.equal(outagesPage());
  });
});
