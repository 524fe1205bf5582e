import { expect } from 'chai';
import { describe, it } from 'mocha';
import { resolveSettings, type SettingsInput } from '../../harness/config/resolve.ts';
import type { Setting } from '../../harness/model/setting.ts';

const TOY_ROW: Setting = {
  key: 'toy-host',
  valueName: 'NAME',
  parse: (text) => ({ value: text }),
  default: 'small',
  help: 'which toy',
  group: 'Toy',
};
const PROVIDERS = [
  { name: 'toy', simulated: true, settings: [TOY_ROW] },
  { name: 'external', simulated: false, settings: [] },
];

function resolve(argv: readonly string[], input: Partial<SettingsInput> = {}) {
  return resolveSettings({ argv, env: {}, workingFolder: '/srv', providers: PROVIDERS, isProof: true, ...input });
}

function config(argv: readonly string[], input: Partial<SettingsInput> = {}) {
  const resolution = resolve(argv, input);
  if (!resolution.ok) throw new Error(JSON.stringify(resolution.problems));
  return resolution.config;
}

function problems(argv: readonly string[], input: Partial<SettingsInput> = {}) {
  const resolution = resolve(argv, input);
  return resolution.ok ? [] : resolution.problems;
}

function origin(resolution: ReturnType<typeof resolve>, key: string) {
  const { text, place } = resolution.resolved.find((one) => one.key === key) ?? {};
  return [text, place];
}

const file = (text: string) => ({ file: { path: '/project/sevlane.yaml', text } });

describe('settings', () => {
  it('are taken from the flag before the environment, that before the file, that before the default', () => {
    const env = { SEVLANE_SEED: '2' };
    const yaml = file('seed: 3\n');
    expect(origin(resolve(['--seed', '1'], { env, ...yaml }), 'seed')).to.deep.equal(['1', '--seed']);
    expect(origin(resolve([], { env, ...yaml }), 'seed')).to.deep.equal(['2', 'SEVLANE_SEED']);
    expect(origin(resolve([], yaml), 'seed')).to.deep.equal(['3', '../project/sevlane.yaml:1']);
    expect(origin(resolve([]), 'seed')).to.deep.equal(['1', 'default']);
    expect(config([], { env, ...yaml }).tests.seed).to.equal(2);
  });

  it('find a KubeVirt by a path relative to where it is written, and leave other words alone', () => {
    const choice = (text: string) => config(['--kubevirt', text]).kubevirt.choice;
    const folder = `${config(['--kubevirt-cache', '.']).kubevirt.cache}`;
    expect(choice('./_out')).to.deep.equal({ kind: 'path', path: `${folder}/_out` });
    expect(choice('operator.yaml')).to.deep.equal({ kind: 'path', path: `${folder}/operator.yaml` });
    expect(choice('.')).to.include({ kind: 'path' });
    expect(choice('https://host.example/a.yaml')).to.include({ url: 'https://host.example/a.yaml' });
    expect(choice('v1.8.4')).to.include({ version: 'v1.8.4' });
    expect(config(['--kubevirt-mirror', 'https://m.example/kv']).kubevirt.mirror).to.equal('https://m.example/kv');
    expect(config(['--kubevirt-mirror', 'm']).kubevirt.mirror).to.equal(`${folder}/m`);
    expect(config(['--kubevirt-cache', 'none']).kubevirt.cache).to.equal('none');
  });

  it('upgrade only what the run has installed itself', () => {
    const upgrade = ['--kubevirt-upgrade-from', 'v1.8.4'];
    expect(config(upgrade).kubevirt.upgradeFrom).to.include({ kind: 'version', version: 'v1.8.4' });
    expect(config([]).kubevirt.upgradeFrom).to.equal(undefined);
    expect(JSON.stringify(problems([...upgrade, '--kubevirt', 'existing']))).to.match(
      /tested as it is, and not upgraded/,
    );
    expect(JSON.stringify(problems(['--kubevirt-upgrade-from', 'existing']))).to.match(
      /what others installed is not upgraded/,
    );
  });

  it('name one registry for the images, under either name', () => {
    const env = { DOCKER_PREFIX: 'quay.example/theirs' };
    expect(config(['--image-prefix', 'a.example/b'], { env }).kubevirt.imageRegistry).to.equal('a.example/b');
    expect(config(['--image-registry', 'a.example/b'], { env }).kubevirt.imageRegistry).to.equal('a.example/b');
    const manifest = { ...env, MANIFEST_DOCKER_PREFIX: 'registry:5000/kubevirt' };
    expect(config([], { env: manifest }).kubevirt.imageRegistry).to.equal('registry:5000/kubevirt');
    const [found] = problems(['--image-registry', 'a.example/b', '--image-prefix', 'c.example/d']);
    expect(found?.place).to.equal('--image-registry and --image-prefix');
  });

  it("are taken from our own variable before KubeVirt's", () => {
    const env = { SEVLANE_IMAGE_TAG: 'ours', DOCKER_TAG: 'theirs', DOCKER_PREFIX: 'quay.example/kubevirt' };
    expect(config([], { env }).kubevirt).to.include({ imageTag: 'ours', imageRegistry: 'quay.example/kubevirt' });
  });

  it('take an empty variable for an unset one', () => {
    expect(config([], { env: { SEVLANE_SEED: '', DOCKER_TAG: '' } }).tests.seed).to.equal(1);
  });

  it('take switches bare, --key=value, and the last of a flag that comes twice', () => {
    expect(config(['--verbose', '--json=true', '--seed=1', '--seed', '7'])).to.deep.include({
      output: { detail: 'verbose', json: true },
    });
    expect(config(['--seed=1', '--seed', '7']).tests.seed).to.equal(7);
  });

  it('take lists and versions from the file as they are written there', () => {
    const yaml = file('require:\n  - sev\n  - sev-es\nkubernetes: 1.30\nverbose: true\nguest-password: "0123"\n');
    const made = config([], yaml);
    expect(made.tests.require).to.deep.equal(['sev', 'sev-es']);
    expect(made.kubernetes).to.equal('v1.30');
    expect(made.output.detail).to.equal('verbose');
    expect(made.guest.password).to.equal('0123');
  });

  it('place paths where they were written', () => {
    const yaml = file('provider: external\nssh-key: keys/id\nkubeconfig: /abs/config\n');
    const { values } = resolve(['--artifacts', 'out'], { ...yaml, env: { HOME: '/home/me' } });
    expect(values['ssh-key']).to.deep.equal(['/project/keys/id']);
    expect(values.kubeconfig).to.equal('/abs/config');
    expect(values.artifacts).to.equal('/srv/out');
    const known = resolve(['--provider', 'external', '--ssh-known-hosts', '~/.ssh/known_hosts,own'], {
      env: { HOME: '/home/me' },
    }).values;
    expect(known['ssh-known-hosts']).to.deep.equal(['/home/me/.ssh/known_hosts', '/srv/own']);
    expect(resolve(['--provider', 'external', '--kubeconfig', 'node:/root/admin.conf']).values.kubeconfig).to.equal(
      'node:/root/admin.conf',
    );
  });

  it('tell all mistakes at once, each with its place and its fix', () => {
    const found = problems(['--kubvirt', 'v1.9.0', '--seed', 'x', 'stray', '--label-filter', 'SEV &'], {
      env: { SEVLANE_FOCSU: 'a', SEVLANE_GUEST_MEMORY: 'much' },
      ...file('# comment\nlease-wait: 10\nprovder: toy\nskip: {}\n'),
    });
    expect(found.map(({ place }) => place)).to.have.members([
      '--kubvirt',
      '--seed',
      'stray',
      '--label-filter',
      'SEVLANE_FOCSU',
      'SEVLANE_GUEST_MEMORY',
      '../project/sevlane.yaml:2',
      '../project/sevlane.yaml:3',
      '../project/sevlane.yaml:4',
    ]);
    const fix = (place: string) => found.find((one) => one.place === place)?.fix;
    expect(fix('--kubvirt')).to.equal('did you mean --kubevirt?');
    expect(fix('SEVLANE_FOCSU')).to.equal('did you mean SEVLANE_FOCUS?');
    expect(fix('../project/sevlane.yaml:3')).to.equal('did you mean provider?');
    expect(found.every((one) => one.fix !== '')).to.equal(true);
  });

  it('show with a caret where a label filter stops', () => {
    const [found] = problems(['--label-filter', 'SEV & SEVES']);
    expect(found?.problem).to.equal('column 5: a single "&"; write "&&"\nSEV & SEVES\n    ^');
  });

  it('name a flag that has no value', () => {
    expect(problems(['--seed', '--json'])[0]).to.deep.equal({
      place: '--seed',
      problem: 'needs a value',
      fix: 'write --seed NUMBER',
    });
    expect(problems(['--seed'])[0]?.problem).to.equal('needs a value');
  });

  it('name the file from the working folder, so that one further up is found', () => {
    const near = { file: { path: '/srv/sevlane.yaml', text: 'seed: x\n' } };
    const far = { ...near, workingFolder: '/srv/a/b' };
    expect(problems([], near)[0]?.place).to.equal('sevlane.yaml:1');
    expect(problems([], far)[0]?.place).to.equal('../../sevlane.yaml:1');
  });

  it('follow an alias in the file to what it stands for', () => {
    const { tests, guest } = config([], file('guest-user: &me joe\nguest-password: *me\nrequire: [&es sev-es, *es]\n'));
    expect([guest.user, guest.password, tests.require]).to.deep.equal(['joe', 'joe', ['sev-es']]);
    expect(problems([], file('seed: *nowhere\n'))[0]?.problem).to.equal('"seed" has no plain value');
  });

  it('give the line of broken YAML and of a key that stands twice', () => {
    expect(problems([], file('seed: 1\nseed: 2\n'))[0]?.place).to.equal('../project/sevlane.yaml:2');
    expect(problems([], file('seed: 1\nskip: [a\n'))[0]?.place).to.match(/sevlane\.yaml:[23]$/);
    expect(problems([], file('- seed\n'))[0]?.problem).to.equal('is not a map of settings');
    expect(problems([], file('# nothing\n'))).to.deep.equal([]);
  });
});

describe('choice of the provider', () => {
  it('falls on the simulated one when none is named, and says so', () => {
    const resolution = resolve([]);
    expect(resolution.provider).to.equal('toy');
    expect(resolution.notes).to.deep.equal([
      'no provider named: running on the simulated host "toy", nothing here is proven on hardware',
    ]);
  });

  it('says what it passed over when KUBECONFIG alone is set', () => {
    const words = 'KUBECONFIG is set but chooses no provider: for its cluster write --provider external';
    const env = { KUBECONFIG: '/home/me/.kube/config' };
    expect(resolve([], { env }).notes[0]).to.match(new RegExp(`on the simulated host "toy".*; ${words}$`));
    expect(problems([], { env, isForOthers: true })[0]?.problem).to.match(new RegExp(`; ${words}$`));
    expect(problems([], { isForOthers: true })[0]?.problem).not.to.include('KUBECONFIG');
  });

  it("follows from a node or a kubeconfig that is named to us, also in CI, and from nothing that is everybody's", () => {
    for (const argv of [
      ['--ssh', 'amd1'],
      ['--kubeconfig', 'node'],
    ]) {
      const resolution = resolve(argv, { env: { CI: 'true' } });
      expect(resolution.provider).to.equal('external');
      expect(resolution.notes).to.include(`${argv[0]} names a node: provider external`);
    }
    expect(resolve([], { env: { SEVLANE_SSH: 'amd1' } }).provider).to.equal('external');
    expect(resolve([], { env: { KUBECONFIG: '/k' } }).provider).to.equal('toy');
    expect(resolve(['--ssh-key', 'id']).ok).to.equal(false);
  });

  for (const env of [{ CI: 'true' }, { PROW_JOB_ID: 'a1b2' }]) {
    it(`must be made where ${Object.keys(env)[0]} is set`, () => {
      const [found] = problems([], { env });
      expect(found?.place).to.equal('--provider');
      expect(found?.problem).to.contain('a simulated green must never pass for a real one');
      expect(config(['--provider', 'toy'], { env }).provider).to.equal('toy');
    });
  }

  it('need not be made in CI for commands that prove nothing', () => {
    expect(config([], { env: { CI: 'true' }, isProof: false }).provider).to.equal('toy');
  });

  it('is not made by KUBECONFIG alone', () => {
    const resolution = resolve([], { env: { KUBECONFIG: '/k' } });
    expect(resolution.ok).to.equal(true);
    expect(resolution.provider).to.equal('toy');
    expect(resolution.values.kubeconfig).to.equal(undefined);
  });

  it('is made by KUBEVIRT_PROVIDER, which must be known', () => {
    expect(config([], { env: { KUBEVIRT_PROVIDER: 'external' } }).provider).to.equal('external');
    const [found] = problems([], { env: { KUBEVIRT_PROVIDER: 'k8s-1.36' } });
    expect(found?.place).to.equal('KUBEVIRT_PROVIDER');
    expect(found?.problem).to.equal('provider "k8s-1.36" is not known');
    expect(found?.fix).to.contain('toy, external');
    expect(problems(['--provider', 'externl'])[0]?.fix).to.contain('did you mean external?');
  });

  it('makes settings of another provider a mistake, wherever they stand', () => {
    expect(problems(['--provider', 'external', '--toy-host', 'big'])[0]?.problem).to.equal(
      'belongs to provider toy, but external is chosen',
    );
    expect(problems(['--provider', 'external'], { env: { SEVLANE_TOY_HOST: 'big' } })[0]?.place).to.equal(
      'SEVLANE_TOY_HOST',
    );
    expect(resolve(['--toy-host', 'big']).values['toy-host']).to.equal('big');
    expect(resolve(['--provider', 'external']).values).to.not.have.property('toy-host');
  });

  it('makes it a mistake to name a real node for a simulated one', () => {
    const found = problems(['--provider', 'toy', '--ssh', 'root@node', '--kubeconfig', '/k']);
    expect(found.map(({ place }) => place)).to.deep.equal(['--ssh', '--kubeconfig']);
    expect(found[0]?.fix).to.equal('leave it out, or choose --provider external');
  });

  it('is not asked for by a command that a provider brought', () => {
    const { provider } = resolve([], { env: { CI: '1', KUBEVIRT_PROVIDER: 'external' }, ownProvider: PROVIDERS[0] });
    expect(provider).to.equal('toy');
  });
});

describe('rules between settings', () => {
  it('refuse sev-snp by name for a KubeVirt before v1.7', () => {
    const [found] = problems(['--require', 'sev,sev-snp', '--kubevirt', 'v1.6.6']);
    expect(found?.place).to.equal('--require');
    expect(found?.problem).to.equal('sev-snp is demanded, but KubeVirt v1.6.6 cannot launch SEV-SNP guests');
    expect(problems(['--require', 'sev-snp', '--kubevirt', 'v1.7.0'])).to.deep.equal([]);
    expect(problems(['--require', 'sev-snp', '--kubevirt', 'existing'])).to.deep.equal([]);
    expect(problems(['--require', 'sev-es', '--kubevirt', 'v1.6.6'])).to.deep.equal([]);
  });

  it('refuse quiet together with verbose', () => {
    expect(problems(['--quiet', '--verbose'])[0]?.place).to.equal('--quiet and --verbose');
  });

  const jobSpec = (timeout: string, grace = '15m0s') => ({
    JOB_SPEC: JSON.stringify({ decoration_config: { timeout, grace_period: grace } }),
  });

  it("take the Prow job's timeout less the undo budget and a minute for the run's deadline", () => {
    expect(config([], { env: jobSpec('4h0m0s') }).budgets.runMs).to.equal((240 - 10 - 1) * 60_000);
    expect(config(['--undo-timeout', '5m'], { env: jobSpec('1h0m0s') }).budgets.runMs).to.equal(54 * 60_000);
    expect(config(['--run-timeout', '1h'], { env: jobSpec('4h0m0s') }).budgets.runMs).to.equal(3_600_000);
  });

  it('read the timeout from ENTRYPOINT_OPTIONS in nanoseconds when JOB_SPEC is silent', () => {
    const env = { JOB_SPEC: '{}', ENTRYPOINT_OPTIONS: JSON.stringify({ timeout: 7_200_000_000_000 }) };
    expect(config([], { env }).budgets.runMs).to.equal((120 - 11) * 60_000);
  });

  it('have a deadline of their own outside of Prow, and when JOB_SPEC is no JSON', () => {
    expect(config([]).budgets.runMs).to.equal(7_200_000);
    expect(config([], { env: { JOB_SPEC: '{' } }).budgets.runMs).to.equal(7_200_000);
  });

  it('refuse a run that the job would cut off', () => {
    expect(problems([], { env: jobSpec('11m0s') })[0]?.problem).to.contain('no time is left for the run');
    const [found] = problems(['--run-timeout', '4h'], { env: jobSpec('4h0m0s') });
    expect(found?.place).to.equal('--run-timeout');
    expect(found?.problem).to.contain('a run of 4h does not fit');
  });

  it('say when an abort would leave too little time to undo', () => {
    const { notes } = resolve(['--provider', 'toy'], { env: jobSpec('4h0m0s', '15s') });
    expect(notes).to.deep.equal([
      "undo-timeout 10m, the job's grace_period 15s: an aborted run undoes what fits, and the next run sweeps the rest",
    ]);
  });

  it('tells when a cut may cost the lease before it counts as lost, and how long a lease outlives it', () => {
    const notes = (...argv: readonly string[]) => resolve(['--provider', 'toy', ...argv]).notes;
    expect(notes()).to.deep.equal([]);
    expect(notes('--lease-duration', '80s')).to.deep.equal([]);
    expect(notes('--lease-duration', '24s')).to.deep.equal([
      'connection-budget 1m, lease-duration 24s: a cut of 18s may already cost the lease; a --lease-duration of 1m20s outlives it',
    ]);
    expect(notes('--connection-budget', '10m')).to.have.length(1);
    expect(notes('--connection-budget', '10m', '--lease-duration', '13m20s')).to.deep.equal([]);
  });

  it('make the lease phase long enough to see another run out and its lease expire', () => {
    const { budgets, lease } = config(['--lease-wait', '5m', '--lease-duration', '2m']);
    expect(budgets.leaseMs).to.equal(lease.waitMs + lease.durationMs + 60_000);
  });
});
