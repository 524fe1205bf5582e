import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { DoctorReport } from '../../reports/doctor-report.ts';
import { sevlane } from './cli.ts';
import { type JunitCase, readJunit } from './junit-reader.ts';

interface Examined {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly report: DoctorReport;
  readonly rows: ReadonlyMap<string, JunitCase>;
  readonly xml: string;
}

async function examined(...args: readonly string[]): Promise<Examined> {
  const artifacts = await mkdtemp(join(tmpdir(), 'sevlane-e2e-'));
  try {
    const ended = await sevlane(['doctor', '--provider', 'mock', '--artifacts', artifacts, ...args]);
    const text = async (name: string) => await readFile(join(artifacts, name), 'utf8');
    const report = JSON.parse(await text('doctor.json')) as DoctorReport;
    const xml = await text('junit.doctor.xml');
    const cases = readJunit(xml);
    expect(cases.length).to.equal(report.checks.length);
    return { ...ended, report, xml, rows: new Map(cases.map((one) => [one.name, one])) };
  } finally {
    await rm(artifacts, { recursive: true });
  }
}

describe('sevlane doctor', function () {
  this.timeout(60_000);
  this.slow(20_000);

  it('finds the simulated host fit: the verdict first, a line for each check, a row for each in JUnit', async () => {
    const { exitCode, stdout, report, rows } = await examined();
    expect(exitCode, stdout).to.equal(0);
    const [first, ...lines] = stdout.split('\n');
    expect(first).to.match(/^passed: simulated node \S+ can run the lane, as far as was read: /);
    for (const group of ['this side', 'host', 'cluster', 'lane']) expect(lines).to.include(group);
    for (const { title } of report.checks)
      expect(
        lines.filter((line) => line.includes(`  ${title}`)),
        title,
      ).to.have.length(1);
    // Without a terminal there is no colour.
    expect(stdout).not.to.include('\u001b');
    expect(report.checks.length).to.be.greaterThan(60);
    expect([...rows.keys()]).to.deep.equal(report.checks.map(({ id }) => id));
    expect([...rows.values()].filter(({ outcome }) => outcome !== 'passed')).to.deep.equal([]);
  });

  it('exits 3 on a fatal one, red under its own name; what could not be read behind it is skipped with the reason', async () => {
    const { exitCode, stdout, report, rows } = await examined('--sim-scenario', 'certificate-expired');
    expect(exitCode).to.equal(3);
    expect(stdout.split('\n')[0]).to.match(/^infra: api-certificate: expired at .* 2 days ago$/);
    expect(report.hint).to.include('kubeadm certs renew');
    const red = [...rows.values()].filter(({ outcome }) => outcome === 'failed');
    expect(red.map(({ name }) => name)).to.deep.equal(['api-certificate']);
    expect(rows.get('api-rights')?.outcome).to.equal('skipped');
    expect(rows.get('api-rights')?.message).to.include('could not be read');
    expect(report.checks.filter(({ group, verdict }) => group === 'host' && verdict === 'ok').length).to.be.greaterThan(
      20,
    );
  });

  it('exits 0 on a warning and shows it first of all lines about its check', async () => {
    const { exitCode, stdout, rows, xml } = await examined('--sim-scenario', 'certificate-ends-soon');
    expect(exitCode).to.equal(0);
    expect(stdout).to.match(/^ {2}warning {2}the API server's certificate lasts +4 days left/m);
    expect(stdout).to.match(/do +kubeadm certs renew all/);
    expect(rows.get('api-certificate')?.outcome).to.equal('passed');
    expect(xml).to.match(/name="api-certificate"[^>]*><system-out>warning: 4 days left/);
  });

  it('prints one JSON object with --json', async () => {
    const { stdout, report } = await examined('--json');
    expect(JSON.parse(stdout)).to.deep.equal(report);
    expect(report.schema).to.equal('sevlane.doctor/v1');
    expect(report.capabilities?.technologies.sev.given).to.equal('yes');
  });

  it('has the same rows in every run, whatever that came to, and none of them is green that was not looked at', async () => {
    const usual = [...(await examined()).rows.keys()].sort();
    for (const [scenario, green] of [
      ['wrong-host-key', /^this-/],
      ['certificate-expired', /./],
    ] as const) {
      const artifacts = await mkdtemp(join(tmpdir(), 'sevlane-e2e-'));
      await sevlane(['run', '--provider', 'mock', '--sim-scenario', scenario, '--artifacts', artifacts]);
      const rows = readJunit(await readFile(join(artifacts, 'junit.doctor.xml'), 'utf8'));
      await rm(artifacts, { recursive: true });
      expect(rows.map(({ name }) => name).sort(), scenario).to.deep.equal(usual);
      const passed = rows.filter(({ outcome, name }) => outcome === 'passed' && !name.startsWith('lane-'));
      for (const { name } of passed) expect(name, scenario).to.match(green);
    }
  });

  it('tells mistakes in the settings as a run does', async () => {
    const { exitCode, stdout, stderr } = await sevlane(['doctor', '--provider', 'mock', '--require', 'sev-x']);
    expect(exitCode).to.equal(2);
    expect(stdout).to.equal('');
    expect(stderr).to.include('usage: 1 mistake');
  });

  it('writes nothing where no folder is named', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sevlane-e2e-'));
    await sevlane(['doctor', '--provider', 'mock'], { cwd: folder });
    expect(await readdir(folder)).to.deep.equal([]);
    await rm(folder, { recursive: true });
  });
});
