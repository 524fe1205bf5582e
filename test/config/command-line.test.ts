import { mkdir, mkdtemp, readdir, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { readmeTable } from '../../harness/config/show.ts';
import { PROVIDERS } from '../../providers/index.ts';
import { eventSchema } from '../../reports/schema.ts';
import { parseXml, spyglass } from '../reports/readers.ts';

const ROOT = join(import.meta.dirname, '../../..');
const MAIN = join(ROOT, 'dist/harness/main.js');

describe('command line', () => {
  let folder = '';
  beforeEach(async () => {
    folder = await realpath(await mkdtemp(join(tmpdir(), 'command-line-')));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  /** Runs the real program in an environment that holds nothing but what is given. */
  const sevlane = (args: readonly string[], env: Readonly<Record<string, string>> = {}, cwd = folder) =>
    execa(process.execPath, [MAIN, ...args], {
      cwd,
      env: { PATH: process.env.PATH ?? '', HOME: folder, ...env },
      extendEnv: false,
      reject: false,
      stripFinalNewline: false,
    });

  it('tells its version and its commands', async () => {
    const { version } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as { readonly version: string };
    expect((await sevlane(['--version'])).stdout).to.equal(`${version}\n`);
    const help = await sevlane([]);
    expect(help.exitCode).to.equal(0);
    for (const name of ['run', 'list', 'config', 'sim']) expect(help.stdout).to.match(new RegExp(`^ {2}${name} `, 'm'));
  });

  it('explains every setting of a command under its heading', async () => {
    const { stdout, exitCode } = await sevlane(['run', '--help']);
    expect(exitCode).to.equal(0);
    expect(stdout).to.contain('Node:\n  --provider <NAME>');
    expect(stdout).to.match(/--label-filter <FILTER> .*\n(.*\n)? .*KUBEVIRT_LABEL_FILTER/);
    for (const { settings } of PROVIDERS) for (const { key } of settings) expect(stdout).to.contain(`--${key}`);
  });

  it('takes an unknown command for a mistake and guesses what was meant', async () => {
    const { stderr, exitCode } = await sevlane(['rnu']);
    expect(exitCode).to.equal(2);
    expect(stderr).to.equal('usage: "rnu" is no command\ndid you mean sevlane run?\n');
  });

  it('prints every setting with its value and where it came from, secrets masked', async () => {
    await writeFile(join(folder, 'sevlane.yaml'), 'guest-user: joe\nguest-password: hunter22\n');
    await mkdir(join(folder, 'deep/below'), { recursive: true });
    const args = ['config', '--seed', '7'];
    const { stdout, exitCode } = await sevlane(args, { DOCKER_TAG: 'v9' }, join(folder, 'deep/below'));
    expect(exitCode).to.equal(0);
    expect(stdout).to.match(/^guest-user +joe +\.\.\/\.\.\/sevlane\.yaml:1$/m);
    expect(stdout).to.match(/^guest-password +<secret> +\.\.\/\.\.\/sevlane\.yaml:2$/m);
    expect(stdout).to.match(/^seed +7 +--seed$/m);
    expect(stdout).to.match(/^image-tag +v9 +DOCKER_TAG$/m);
    expect(stdout).to.match(/^kubevirt +v1\.9\.0 +default$/m);
    expect(stdout).not.to.contain('hunter22');
    const json = JSON.parse((await sevlane([...args, '--json'], {}, join(folder, 'deep'))).stdout) as {
      readonly settings: readonly { readonly key: string; readonly value: string | null; readonly origin: string }[];
    };
    expect(json.settings.find(({ key }) => key === 'guest-password')).to.include({ value: '<secret>', origin: 'file' });
    expect(json.settings.find(({ key }) => key === 'ssh')).to.include({ value: null, origin: 'unset' });
  });

  it('lists the plan without touching anything, for people and for programs', async () => {
    const { stdout, exitCode } = await sevlane(['list', '--label-filter', 'SEVSNP', '--require', 'sev,sev-snp']);
    expect(exitCode).to.equal(0);
    expect(stdout).to.contain('guest sev-snp, labels ');
    expect(stdout).not.to.contain('guest sev-es');
    expect(stdout).to.contain('not demanded: SEV-ES, not named in --require');
    expect(stdout).to.match(/\n\d+ cases\n$/);
    const plan = JSON.parse((await sevlane(['list', '--json', '--focus', 'kernel'])).stdout) as {
      readonly cases: readonly { readonly title: string }[];
    };
    expect(plan.cases).to.not.be.empty;
    expect(plan.cases.every(({ title }) => title.includes('kernel'))).to.equal(true);
    expect(await readdir(folder)).to.deep.equal([]);
  });

  it('takes an empty plan for a mistake', async () => {
    const { stderr, exitCode } = await sevlane(['list', '--focus', 'no such case']);
    expect(exitCode).to.equal(2);
    expect(stderr).to.contain('usage: no case is left');
  });

  it('tells all mistakes before anything is opened, and leaves no folder behind', async () => {
    const args = [
      ...['run', '--provider', 'external', '--ssh', 'node', '--ssh-config', 'none', '--ssh-jump', 'a b'],
      ...['--ssh-key', 'absent', '--ssh-known-hosts', 'unknown', '--kubeconfig', 'gone', '--label-filter', 'SEV &'],
    ];
    const { stderr, stdout, exitCode } = await sevlane(args, { SEVLANE_SEDE: '1' });
    expect(exitCode).to.equal(2);
    expect(stdout).to.equal('');
    expect(stderr).to.match(/^usage: \d+ mistakes in the settings\n/);
    for (const place of [
      '--ssh-jump:',
      '--ssh-key:',
      '--ssh-known-hosts:',
      '--kubeconfig:',
      '--label-filter: column 5',
      'SEVLANE_SEDE:',
    ]) {
      expect(stderr).to.contain(`\n  ${place}`);
    }
    const wrong = ['run', '--provider', 'external', '--ssh', 'a b'];
    expect((await sevlane(wrong)).stderr, 'what follows from a mistake is none of its own').to.match(
      /^usage: 1 mistake /,
    );
    expect(await readdir(folder)).to.deep.equal([]);
  });

  it('leaves both JUnit files of a run that was refused, once it knows where', async () => {
    const artifacts = join(folder, 'artifacts');
    const { stdout, exitCode } = await sevlane(['run', '--provider', 'external'], { ARTIFACTS: artifacts });
    expect(exitCode).to.equal(2);
    expect(stdout).to.match(/^usage: --ssh: no node is named\n/);
    expect(stdout).to.match(/\n0 passed, 1 failed, 0 skipped\n$/);
    const phases = spyglass(parseXml(await readFile(join(artifacts, 'junit.sevlane.xml'), 'utf8')));
    expect(phases.failed).to.deep.equal(['settings']);
    expect(spyglass(parseXml(await readFile(join(artifacts, 'junit.functest.xml'), 'utf8'))).failed).to.deep.equal([]);
  });

  it('gives programs nothing but events on stdout', async () => {
    const artifacts = join(folder, 'artifacts');
    const { stdout } = await sevlane(['run', '--provider', 'external', '--json', '--artifacts', artifacts]);
    const events = stdout
      .trimEnd()
      .split('\n')
      .map((line) => eventSchema.parse(JSON.parse(line)));
    expect(events[0]?.type).to.equal('run-started');
    expect(events.at(-1)).to.include({ type: 'run-ended', exitCode: 2 });
  });

  for (const name of ['CI', 'PROW_JOB_ID']) {
    it(`runs on no simulated host by default where ${name} is set`, async () => {
      const { stderr, exitCode } = await sevlane(['run'], { [name]: 'x' });
      expect(exitCode).to.equal(2);
      expect(stderr).to.contain('a simulated green must never pass for a real one');
    });
  }

  it('leads on from words that stand where no one looks for them', async function () {
    this.timeout(120_000);
    const said = async (...args: readonly string[]) => {
      const { stderr, exitCode } = await sevlane(args);
      return `${exitCode} ${stderr}`;
    };
    expect(await said('run', 'amd1')).to.match(/^2 [\s\S]*amd1: is no flag\n.*a node is named by --ssh amd1/);
    expect(await said('--ssh', 'amd1')).to.match(/^2 usage: a command has to stand before "--ssh"\n.*sevlane doctor/);
    expect(await said('kubectl', 'get', 'nodes', '--ssh', 'amd1')).to.match(/^2 [\s\S]*\[settings --\] WORDS/);
    const { stderr } = await sevlane(['doctor'], { CI: 'true' });
    expect(stderr).to.include('write --ssh NODE or --kubeconfig FILE for a real one');
  });

  it('explains a command by help before it, as by --help behind it', async function () {
    this.timeout(120_000);
    const [before, behind] = [await sevlane(['help', 'doctor']), await sevlane(['doctor', '--help'])];
    expect(before.stdout).to.equal(behind.stdout).and.include('sevlane doctor');
    expect(before.exitCode).to.equal(0);
    expect((await sevlane(['help', 'doctr'])).stderr).to.include('did you mean sevlane doctor?');
  });

  it('names a folder that it cannot write to', async () => {
    await writeFile(join(folder, 'taken'), '');
    const args = ['run', '--provider', 'mock', '--artifacts', join(folder, 'taken/inside')];
    const { stderr, exitCode } = await sevlane(args);
    expect(exitCode).to.equal(2);
    expect(stderr).to.contain(`--artifacts: ${folder}/taken/inside cannot be written to`);
  });
});

describe('README', () => {
  it('holds the settings table as the code prints it (UPDATE_README=1 rewrites it)', async () => {
    const path = join(ROOT, 'README.md');
    const text = await readFile(path, 'utf8');
    const [, before, after] = /^([\s\S]*<!-- settings -->\n)[\s\S]*(<!-- \/settings -->[\s\S]*)$/.exec(text) ?? [];
    if (before === undefined || after === undefined) throw new Error('README.md has no markers for the settings table');
    const fresh = `${before}${readmeTable(PROVIDERS)}${after}`;
    if (process.env.UPDATE_README !== undefined) await writeFile(path, fresh);
    expect(await readFile(path, 'utf8')).to.equal(fresh);
  });
});
