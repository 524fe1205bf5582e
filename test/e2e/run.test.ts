import { rm, watch } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { lane, sevlane, startLane, startSim } from './cli.ts';

const outcomes = (rows: readonly { outcome: string }[]) => [...new Set(rows.map(({ outcome }) => outcome))];

describe('sevlane run on the simulated host', function () {
  this.timeout(180_000);

  it('boots and proves all guests, exits 0 and names the report', async () => {
    const { exitCode, stdout, report, cases, phases } = await lane([]);
    expect(exitCode, stdout).to.equal(0);
    expect(stdout.split('\n')[0])
      .to.equal(report.verdict)
      .and.match(/^passed: SEV, SEV-ES and SEV-SNP guests on KubeVirt v1\.9\.0, simulated node/);
    expect(stdout)
      .to.include('junit.functest.xml')
      .and.match(/\d+ passed, 0 failed/);
    expect(outcomes(cases)).to.deep.equal(['passed']);
    expect(outcomes(phases)).to.deep.equal(['passed']);
    expect(
      report.cases.every(({ evidence }) => evidence.length > 0),
      'evidence for every case',
    ).to.equal(true);
    expect(report.subject).to.include({ simulated: true, kubevirt: 'v1.9.0' });
  });

  for (const [kubevirt, demanded] of [
    ['v1.7.4', ['sev', 'sev-es', 'sev-snp']],
    ['v1.6.6', ['sev', 'sev-es']],
  ] as const) {
    it(`proves what KubeVirt ${kubevirt} can do, and says what was not demanded`, async () => {
      const { exitCode, stdout, report } = await lane(['--kubevirt', kubevirt]);
      expect(exitCode, stdout).to.equal(0);
      expect(report.demanded).to.deep.equal(demanded);
      if (kubevirt === 'v1.6.6') expect(stdout).to.include('KubeVirt v1.6.6 has no SEV-SNP');
    });
  }

  it('on the first cluster proves SEV and SEV-ES, and says why not SEV-SNP', async () => {
    const { exitCode, stdout, report } = await lane(['--sim-host', 'rome-es', '--kubevirt', 'v1.7.4']);
    expect(exitCode, stdout).to.equal(0);
    expect(report.demanded).to.deep.equal(['sev', 'sev-es']);
    expect(report.notDemanded[0]?.reason).to.match(/^the host cannot: .*sev_snp/);
  });

  it('ends as infra before anything is changed when the host lacks a demanded technology, and says where that was read', async () => {
    const { exitCode, stdout, report, cases, phases } = await lane(['--sim-host', 'rome', '--require', 'sev-snp']);
    expect(exitCode).to.equal(3);
    expect(stdout.split('\n')[0]).to.match(/^infra: .*lacks SEV-SNP: .*\/sys\/module\/kvm_amd\/parameters\/sev_snp/);
    expect(cases.filter(({ outcome }) => outcome === 'failed').map(({ type }) => type)).to.deep.equal(['InfraError']);
    expect(phases.find(({ name }) => name.includes('lease'))?.outcome).to.equal('skipped');
    expect(report.phases.find(({ name }) => name === 'kubevirt')?.outcome).to.equal('not-run');
  });

  it('is red when evidence vanishes before the report', async () => {
    const running = await startLane(['--require', 'sev']);
    await vanish(running.artifacts, join('evidence', 'sev', 'kernel-log.txt'));
    const { exitCode, stdout } = await running.ended();
    expect(exitCode).to.equal(3);
    expect(stdout.split('\n')[0]).to.match(/^infra: .*evidence.*kernel-log\.txt/);
  });

  it('keeps what a guest said at its console that never gave a shell', async () => {
    const { exitCode, report } = await lane(['--require', 'sev', '--guest-user', 'nobody']);
    expect(exitCode).to.equal(1);
    const failed = report.cases.find(({ title }) => title.includes('SEV guest: its kernel names'));
    expect(failed?.evidence.map(({ file }) => file)).to.deep.equal(['evidence/sev/console.txt']);
  });

  it('never calls a run green whose filters leave the proof out', async () => {
    const { exitCode, stdout } = await lane(['--require', 'sev', '--focus', 'labelled']);
    expect(exitCode).to.equal(2);
    expect(stdout).to.match(/^usage: no SEV guest was proven/);
  });

  it('tells every event as one line of JSON with --json, and nothing else on stdout', async () => {
    const { exitCode, stdout } = await lane(['--json', '--require', 'sev']);
    expect(exitCode).to.equal(0);
    const events = stdout.split('\n').map((line) => JSON.parse(line) as { type: string });
    expect(events[0]?.type).to.equal('run-started');
    expect(events.at(-1)?.type).to.equal('run-ended');
  });

  it('types the password where it is asked for and nowhere else: a wrong one is refused by every guest', async () => {
    const args = ['--provider', 'mock', '--require', 'sev', '--guest-password', 'not-the-right-one'];
    const { exitCode, report } = await lane(args);
    expect(exitCode).to.equal(1);
    const refused = report.cases.filter(({ finding }) => /refuses the login of fedora/.test(finding?.message ?? ''));
    expect(refused.map(({ guest }) => guest)).to.have.members(['sev', 'plain']);
  });

  it('refuses to run simulated by default in CI', async () => {
    const { exitCode, stdout } = await lane([], { CI: 'true' });
    expect(exitCode).to.equal(2);
    expect(stdout).to.match(/^usage: .*--provider/);
  });

  it('tells all mistakes at once before anything is opened', async () => {
    const { exitCode, stdout, stderr, report } = await lane([
      '--kubevirt',
      'latest',
      '--label-filter',
      'SEV &&',
      '--focus',
      '(',
    ]);
    expect(exitCode).to.equal(2);
    for (const place of ['--kubevirt', '--label-filter', '--focus']) {
      expect(stdout.split('\n').filter((line) => line.startsWith(`  error: ${place}: `))).to.have.length(1);
    }
    expect(stderr).not.to.contain('mistakes in the settings');
    expect(stdout).not.to.contain('^');
    expect(report.phases.find(({ name }) => name === 'open')?.outcome).to.equal('not-run');
  });
});

describe('sevlane run on a node of somebody', function () {
  this.timeout(180_000);

  it('refuses a cluster of another Kubernetes than the one that was named, before anything is changed', async () => {
    const sim = await startSim();
    try {
      const { exitCode, stdout, report } = await lane([...sim.args, '--kubernetes', 'v1.20']);
      expect(exitCode, stdout).to.equal(3);
      expect(stdout.split('\n')[0]).to.match(/^infra: .*the cluster runs Kubernetes v1\.\d+\.\d+, not v1\.20$/);
      expect(report.phases.find(({ name }) => name === 'lease')?.outcome).to.equal('not-run');
    } finally {
      await sim.stop();
    }
  });
});

describe('sevlane list', () => {
  it('prints suites, cases, guests and labels without a host', async () => {
    const { exitCode, stdout } = await sevlane([
      'list',
      '--provider',
      'mock',
      '--label-filter',
      '(SEV)&&!(SEVSNP, control)',
    ]);
    expect(exitCode).to.equal(0);
    expect(stdout).to.include('SEV-ES guest').and.include('SEVES').and.not.include('SEV-SNP guest');
  });
});

/** Removes the file as soon as it is there. */
async function vanish(folder: string, file: string): Promise<void> {
  const stop = new AbortController();
  const watching = watch(folder, { recursive: true, signal: stop.signal });
  for await (const { filename } of watching) {
    if (filename !== file) continue;
    await rm(join(folder, file));
    return stop.abort();
  }
}
