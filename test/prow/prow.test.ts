import { access, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { before, describe, it } from 'mocha';
import { parseAllDocuments, parseDocument } from 'yaml';
import { parseDuration } from '../../harness/config/duration.ts';
import { resolveSettings } from '../../harness/config/resolve.ts';
import { parseContainerfile } from './containerfile.ts';

const ROOT = join(import.meta.dirname, '../../..');
const read = (path: string) => readFile(join(ROOT, path), 'utf8');

interface Job {
  readonly name: string;
  readonly annotations: Readonly<Record<string, unknown>>;
  readonly max_concurrency: number;
  readonly job_queue_name?: string;
  readonly decorate: boolean;
  readonly cron?: string;
  readonly always_run?: boolean;
  readonly optional?: boolean;
  readonly decoration_config: Readonly<Record<string, unknown>> & {
    readonly timeout: string;
    readonly grace_period: string;
  };
  readonly spec: {
    readonly containers: readonly {
      readonly image: string;
      readonly command: readonly string[];
      readonly args: readonly string[];
      readonly env: readonly { readonly name: string; readonly value: string }[];
      readonly volumeMounts: readonly {
        readonly name: string;
        readonly mountPath: string;
        readonly readOnly: boolean;
      }[];
    }[];
    readonly volumes: readonly { readonly name: string; readonly secret: { readonly defaultMode: number } }[];
  };
}

// Unknown fields pass Prow without a word, as the mis-indented DNS keys of 2025 did for 84 days.
const COMMON_FIELDS = [
  'name',
  'annotations',
  'labels',
  'cluster',
  'max_concurrency',
  'job_queue_name',
  'decorate',
  'decoration_config',
  'extra_refs',
  'reporter_config',
  'spec',
];
const FIELDS: Readonly<Record<string, readonly string[]>> = {
  periodic: [...COMMON_FIELDS, 'cron', 'interval', 'minimum_interval', 'tags'],
  presubmit: [
    ...COMMON_FIELDS,
    'always_run',
    'optional',
    'branches',
    'skip_branches',
    'run_if_changed',
    'context',
    'trigger',
    'rerun_command',
  ],
};

describe('Prow jobs', () => {
  const jobs: { readonly kind: 'periodic' | 'presubmit'; readonly job: Job }[] = [];
  const lanes = () => jobs.filter(({ job }) => commandOf(job) === 'run');

  before(async () => {
    for (const path of ['prow/periodic.yaml', 'prow/doctor.yaml']) {
      for (const job of (await parsed(path)).periodics as readonly Job[]) jobs.push({ kind: 'periodic', job });
    }
    const presubmit = await parsed('prow/presubmit.yaml');
    for (const list of Object.values(presubmit.presubmits as Readonly<Record<string, readonly Job[]>>)) {
      for (const job of list) jobs.push({ kind: 'presubmit', job });
    }
  });

  it('are the lane and the doctor as periodics, and the lane as a presubmit', () => {
    expect(jobs.map(({ kind, job }) => `${kind} ${commandOf(job)}`)).to.deep.equal([
      'periodic run',
      'periodic doctor',
      'presubmit run',
    ]);
  });

  it('have names that Prow takes and flakefinder looks for', () => {
    for (const { job } of jobs) expect(job.name).to.match(/^[A-Za-z0-9-._]{1,63}$/);
    expect(lanes()[0]?.job.name).to.match(/^periodic-kubevirt-e2e-/);
    expect(new Set(jobs.map(({ job }) => job.name))).to.have.length(jobs.length);
  });

  it('have no field that Prow does not know', () => {
    for (const { kind, job } of jobs) expect(FIELDS[kind], job.name).to.include.members(Object.keys(job));
  });

  it('meet nobody on the shared node: one at a time, and both lanes in one queue', () => {
    for (const { job } of lanes()) expect(job).to.include({ max_concurrency: 1, job_queue_name: 'amd-sev' });
  });

  it("let the doctor look every hour, in nobody's way, and tell people of what it finds", () => {
    const doctor = jobs[1]?.job;
    expect(doctor?.cron).to.match(/^\d+ \* \* \* \*$/);
    expect(doctor).to.include({ max_concurrency: 1 }).and.not.to.have.property('job_queue_name');
    expect(Number(doctor?.annotations['testgrid-num-failures-to-alert'])).to.be.within(1, 2);
    // Before the next run of the lane, of which there are three a day.
    expect(Number(doctor?.annotations['testgrid-alert-stale-results-hours'])).to.be.within(2, 8);
    expect(doctor?.annotations['testgrid-alert-email']).to.match(/^\S+@\S+$/);
  });

  it('lead the doctor to what the lanes use, with the limits that they have', () => {
    for (const { job } of jobs) {
      expect(job.spec.containers[0]?.env, job.name).to.deep.equal(jobs[0]?.job.spec.containers[0]?.env);
      expect(job.spec.volumes, job.name).to.deep.equal(jobs[0]?.job.spec.volumes);
      const { timeout, grace_period } = job.decoration_config;
      expect([timeout, grace_period], job.name).to.deep.equal(['3h0m0s', '15m0s']);
    }
    expect(flagsOf(jobs[1]?.job)).to.deep.equal(flagsOf(jobs[0]?.job));
  });

  it('cannot be rehearsed, which would pass by max_concurrency', () => {
    for (const { job } of jobs) expect(job.annotations['rehearsal.restricted']).to.equal('true');
  });

  it('have TestGrid annotations, all of them text, and a dashboard', () => {
    for (const { kind, job } of jobs) {
      for (const [name, value] of Object.entries(job.annotations))
        expect(value, name).to.be.a('string').that.is.not.empty;
      expect(job.annotations['testgrid-dashboards']).to.equal(`kubevirt-${kind}s`);
    }
    expect(Number(presubmitOf(jobs)?.annotations['testgrid-num-columns-recent'])).to.be.at.least(20);
  });

  it('run the presubmit on demand only, never as a condition, and without code of the pull request', () => {
    const presubmit = presubmitOf(jobs);
    expect(presubmit).to.include({ always_run: false, optional: true });
    expect(presubmit?.decoration_config.skip_cloning).to.equal(true);
  });

  it('leave no shell between Prow and the process that must hear its signals', () => {
    for (const { job } of jobs) {
      const [container] = job.spec.containers;
      const [program] = container?.command ?? [];
      if (program === 'sevlane') continue;
      expect(container?.args, job.name).to.have.length(1);
      expect(container?.args[0], job.name).to.match(/^exec sevlane run [^;&|]*$/);
    }
  });

  it('name provider and demands, and are free of mistakes in the settings', () => {
    for (const { job } of jobs) {
      const resolution = resolveSettings({ ...INPUT, argv: flagsOf(job), env: envOf(job) });
      expect(resolution.ok ? [] : resolution.problems).to.deep.equal([]);
      expect(resolution.provider).to.equal('external');
      expect(flagsOf(job).filter((flag) => flag.startsWith('--require='))).to.have.length(1);
      expect(resolution.notes, job.name).to.deep.equal([]);
    }
  });

  it('leave time: undoing fits the grace period, run and undoing fit the timeout, all phases with some cuts of the line fit the run', () => {
    for (const { job } of jobs) {
      const resolution = resolveSettings({ ...INPUT, argv: flagsOf(job), env: envOf(job) });
      if (!resolution.ok) throw new Error(job.name);
      const { connectMs, probeMs, clusterMs, leaseMs, kubevirtMs, suitesMs, runMs, undoMs, connectionMs } =
        resolution.config.budgets;
      expect(undoMs).to.be.lessThan(ms(job.decoration_config.grace_period));
      expect(runMs + undoMs).to.be.lessThan(ms(job.decoration_config.timeout));
      const phasesMs = connectMs + probeMs + clusterMs + leaseMs + kubevirtMs + suitesMs;
      expect(phasesMs).to.be.lessThan(runMs);
      // A case gets back the time that a cut took: a few of them must not use up the run.
      expect(phasesMs + 5 * connectionMs).to.be.lessThan(runMs);
      expect(connectionMs).to.be.within(60_000, leaseMs);
    }
  });

  it('would be caught when the timeout were too short', () => {
    const [first] = jobs;
    if (first === undefined) throw new Error('no job');
    const env = {
      ...envOf(first.job),
      JOB_SPEC: JSON.stringify({ decoration_config: { timeout: '10m', grace_period: '5m' } }),
    };
    const resolution = resolveSettings({ ...INPUT, argv: flagsOf(first.job), env });
    expect(resolution.ok).to.equal(false);
    expect(resolution.notes.join()).to.contain('grace_period');
  });

  it('hold secrets in files that nobody else may read, and censor them', () => {
    for (const { job } of jobs) {
      const [container] = job.spec.containers;
      for (const { name, value } of container?.env ?? []) {
        expect(name).to.match(/^SEVLANE_[A-Z_]+$/);
        expect(value, name).to.be.a('string').that.is.not.empty;
      }
      expect(container?.volumeMounts.map(({ readOnly }) => readOnly)).to.deep.equal([true]);
      for (const { secret } of job.spec.volumes) expect(secret.defaultMode).to.equal(0o400);
      expect(job.decoration_config.censor_secrets).to.equal(true);
      const mounted = container?.volumeMounts[0]?.mountPath ?? 'nowhere';
      for (const name of ['SEVLANE_SSH_KEY', 'SEVLANE_SSH_KNOWN_HOSTS', 'SEVLANE_KUBECONFIG'])
        expect(envOf(job)[name], `${job.name} ${name}`).to.match(new RegExp(`^${mounted}/`));
    }
  });

  it('run the same pinned image', () => {
    const images = new Set(jobs.map(({ job }) => job.spec.containers[0]?.image));
    expect([...images]).to.have.length(1);
    expect([...images][0]).to.match(/:v\d+\.\d+\.\d+$/);
  });
});

describe('YAML of the jobs', () => {
  for (const path of ['prow/periodic.yaml', 'prow/doctor.yaml', 'prow/presubmit.yaml']) {
    it(`${path} is one document without a key that stands twice`, async () => {
      expect(parseAllDocuments(await read(path))).to.have.length(1);
      await parsed(path);
    });
  }

  it('would be caught with a key that stands twice', () => {
    expect(parseDocument('a: 1\na: 2\n', { uniqueKeys: true }).errors).to.have.length(1);
  });
});

describe('Containerfile', () => {
  it('is read to the end and begins with pinned images of a Node that sevlane runs on', async () => {
    const instructions = parseContainerfile(await read('prow/Containerfile'));
    const bases = instructions.filter(({ keyword }) => keyword === 'FROM').map(({ rest }) => rest);
    expect(bases).to.have.length(2);
    for (const base of bases) {
      const [, major, minor] = /node:(\d+)\.(\d+)\.\d+-/.exec(base) ?? [];
      expect(Number(major) > 20 || (Number(major) === 20 && Number(minor) >= 19), base).to.equal(true);
    }
  });

  it('copies only what the project has, and installs what the lock file says', async () => {
    const instructions = parseContainerfile(await read('prow/Containerfile'));
    const copied = instructions
      .filter(({ keyword, rest }) => keyword === 'COPY' && !rest.startsWith('--from='))
      .flatMap(({ rest }) => rest.split(/\s+/).slice(0, -1));
    expect(copied).to.include.members(['package-lock.json', 'harness', 'providers', 'reports', 'suites']);
    for (const path of copied) await access(join(ROOT, path));
    expect(instructions.some(({ keyword, rest }) => keyword === 'RUN' && rest.includes('npm ci'))).to.equal(true);
  });

  it('holds no secret and leaves the command to Prow', async () => {
    const instructions = parseContainerfile(await read('prow/Containerfile'));
    expect(instructions.some(({ keyword }) => keyword === 'ENTRYPOINT')).to.equal(false);
    const names = instructions.filter(({ keyword }) => keyword === 'ARG' || keyword === 'ENV').map(({ rest }) => rest);
    expect(names).to.deep.equal(['COMMIT', `INFRA_COMMIT=\${COMMIT}`]);
  });

  it('would be caught with a line that is no instruction', () => {
    expect(() => parseContainerfile('FROM a\nCPOY b c\n')).to.throw('line 2 is no instruction');
    expect(parseContainerfile('RUN a \\\n  && b\n# c\n')[0]).to.deep.equal({
      line: 1,
      keyword: 'RUN',
      rest: 'a  && b',
    });
  });
});

const INPUT = {
  workingFolder: '/work',
  providers: [{ name: 'external', simulated: false, settings: [] }],
  isProof: true,
};

function presubmitOf(jobs: readonly { readonly kind: string; readonly job: Job }[]): Job | undefined {
  return jobs.find(({ kind }) => kind === 'presubmit')?.job;
}

/** The words as the process gets them, from the exec form or from the shell's one line. */
function wordsOf(job: Job | undefined): readonly string[] {
  const [container] = job?.spec.containers ?? [];
  const words = container?.command[0] === 'sevlane' ? container.args : (container?.args[0] ?? '').split(/\s+/).slice(2);
  return words.map((word) => word.replace('"pr-$PULL_PULL_SHA"', 'pr-0123abc'));
}

function commandOf(job: Job): string | undefined {
  return wordsOf(job)[0];
}

function flagsOf(job: Job | undefined): readonly string[] {
  return wordsOf(job).slice(1);
}

/** What the job gives the process, and what Prow says about the job. */
function envOf({ decoration_config, spec }: Job): Readonly<Record<string, string>> {
  const own = Object.fromEntries((spec.containers[0]?.env ?? []).map(({ name, value }) => [name, value]));
  return { ...own, CI: 'true', PROW_JOB_ID: 'a1', JOB_SPEC: JSON.stringify({ decoration_config }) };
}

function ms(text: string): number {
  return parseDuration(text) ?? Number.NaN;
}

async function parsed(path: string): Promise<Readonly<Record<string, unknown>>> {
  const document = parseDocument(await read(path), { uniqueKeys: true, strict: true });
  expect(document.errors).to.deep.equal([]);
  expect(document.warnings).to.deep.equal([]);
  return document.toJS() as Readonly<Record<string, unknown>>;
}
