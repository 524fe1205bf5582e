import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { expect } from 'chai';
import { UsageError } from '../../../harness/errors/errors.ts';
import type { RunEvent } from '../../../harness/model/events.ts';
import { openScope } from '../../../harness/scope/scope.ts';
import { mockProvider } from '../../../providers/mock/provider.ts';
import { SIM_SETTINGS } from '../../../providers/mock/settings.ts';
import { simulate } from '../../../providers/mock/sim-command.ts';
import { openSimApi } from '../../e2e/sim-api.ts';
import { failure } from '../../failure.ts';

describe('the settings of the simulated host', () => {
  it('take the names and numbers that help shows', () => {
    for (const row of SIM_SETTINGS) expect(row.parse(row.default ?? 'x'), row.key).to.have.property('value');
    expect(parse('sim-host', 'rome-es')).to.have.nested.property('value.name', 'rome-es');
    expect(parse('sim-host', 'rom')).to.deep.equal({
      problem: 'no simulated host is called "rom"',
      fix: 'did you mean rome?',
    });
    for (const pace of ['0', '-1', 'fast', '1e9']) expect(parse('sim-pace', pace), pace).to.have.property('problem');
    for (const key of ['sim-scenario', 'sim-audit'])
      expect(parse(key, ' '), key).to.have.property('problem', 'is empty');
  });

  it('are checked before anything is opened, all at once', async () => {
    const values = { 'sim-scenario': 'guest-lie', kubevirt: { kind: 'version', version: 'v0.36.0' } };
    const problems = await mockProvider.check(values);
    expect(problems.map(({ place, problem }) => `${place}: ${problem}`)).to.deep.equal([
      '--sim-scenario: no scenario is called "guest-lie"',
      '--kubevirt: KubeVirt v0.36.0 is not simulated',
    ]);
    expect(await mockProvider.check({ kubevirt: { kind: 'existing' } })).to.deep.equal([]);
  });

  it('name the line of a mistake in a scenario file', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sevlane-test-'));
    const file = join(folder, 'mine.yaml');
    await writeFile(file, 'name: mine\ndescription: x\nfaults:\n  - connection: cutt\n');
    const [problem] = await mockProvider.check({ 'sim-scenario': file });
    expect(problem).to.deep.equal({
      place: `${file}:4:5: faults[0].connection`,
      problem: 'is "cutt"',
      fix: 'did you mean cut?',
    });
    await rm(folder, { recursive: true });
  });
});

describe('the mock provider', () => {
  it('lends a host and takes it back with the scope', async () => {
    const events: RunEvent[] = [];
    const scope = openScope((event) => void events.push(event));
    const provider = mockProvider.create({});
    expect(provider).to.include({ name: 'mock', simulated: true });
    const host = await provider.acquire(scope);
    const [auth] = host.ssh?.auth ?? [];
    const [knownHosts = ''] = host.ssh?.hostKeys.knownHostsFiles ?? [];
    expect(host.kubeconfig.kind).to.equal('file');
    expect(auth?.kind).to.equal('key');
    await stat(knownHosts);
    expect(await scope.close()).to.deep.equal([]);
    expect(await stat(knownHosts).catch((error: NodeJS.ErrnoException) => error.code)).to.equal('ENOENT');
    expect(events.map((event) => (event.type === 'log' ? event.message : event.type))).to.include(
      'simulating a milan under the scenario healthy',
    );
  });

  it('says with which settings a scenario shows what it is for', async () => {
    const events: RunEvent[] = [];
    const scope = openScope((event) => void events.push(event));
    await mockProvider.create({ 'sim-scenario': 'console-silent' }).acquire(scope);
    await scope.close();
    expect(events.map((event) => (event.type === 'log' ? event.message : event.type))).to.include(
      'scenario console-silent is meant to be run with --require sev --guest-boot-timeout 4s',
    );
  });
});

describe('sevlane sim', () => {
  it('says before it starts that its audit trail cannot be written', async () => {
    const { ended } = start({ 'sim-audit': '/nowhere/audit.log' });
    const { message, hint } = await failure(ended, UsageError);
    expect(message).to.equal('--sim-audit /nowhere/audit.log: cannot be written: ENOENT');
    expect(hint).to.equal('name a file in a folder that exists and that you may write to');
  });

  it('writes its audit trail while it runs, and prints each hold', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sevlane-test-'));
    const audit = join(folder, 'audit.log');
    const scenario = join(folder, 'hold.yaml');
    const fault = '{ api: { resource: configmaps }, answer: hold, side: after, forMs: 1 }';
    await writeFile(scenario, `name: hold\ndescription: x\nfaults:\n- ${fault}\n`);
    const { shown, told, ended, stop } = start({ json: true, 'sim-audit': audit, 'sim-scenario': scenario });
    const api = await openSimApi((JSON.parse(await shown) as { kubeconfig: string }).kubeconfig);
    await api.get('/api/v1/namespaces/default/configmaps/kube-root-ca.crt');
    const lines = (await readFile(audit, 'utf8')).trimEnd().split('\n');
    expect(lines.map((line) => (JSON.parse(line) as { stage: string }).stage)[0]).to.equal('RequestReceived');
    const holds = told().trimEnd().split('\n').slice(1);
    expect(holds.map((line) => (JSON.parse(line) as { event: string }).event)).to.deep.equal(['held', 'released']);
    expect(JSON.parse(holds[0] ?? '')).to.include({ id: 1, side: 'after', verb: 'get', resource: 'configmaps' });
    api.close();
    stop();
    await ended;
    await rm(folder, { recursive: true });
  });

  it('prints one line of JSON, stays until it is stopped, and leaves nothing', async () => {
    const { shown, ended, stop } = start({ json: true, seed: 1 });
    const address = JSON.parse(await shown) as Record<string, string | number>;
    expect(Object.keys(address)).to.have.members([
      ...['sshHost', 'sshPort', 'sshUser', 'sshKey', 'sshKnownHosts', 'sshPassword'],
      ...['kubeconfig', 'nodeKubeconfig', 'manifestMirror', 'execSocket', 'pid'],
    ]);
    expect(address.pid).to.equal(4711);
    for (const name of ['sshKey', 'sshKnownHosts', 'kubeconfig', 'nodeKubeconfig', 'execSocket'] as const) {
      expect(((await stat(String(address[name]))).mode & 0o077) === 0 || name === 'execSocket', name).to.equal(true);
    }
    stop();
    expect(await ended).to.equal(0);
    const gone = await stat(String(address.sshKey)).catch((error: NodeJS.ErrnoException) => error.code);
    expect(gone).to.equal('ENOENT');
  });

  it('tells a person how to get in, in lines that can be copied', async () => {
    const { shown, ended, stop } = start({});
    const text = await shown;
    expect(text).to.match(/^simulating milan with Kubernetes v1\.\S+, scenario healthy/);
    expect(text).to.match(
      /\n {2}ssh -p \d+ -i \S+ -o UserKnownHostsFile=\S+ -o IdentitiesOnly=yes root@127\.0\.0\.1\n/,
    );
    expect(text).to.match(/\n {2}kubectl --kubeconfig \S+ get nodes\n/);
    expect(text).to.match(/\n {2}sevlane run --provider external --ssh root@127\.0\.0\.1:\d+ /);
    stop();
    expect(await ended).to.equal(0);
  });
});

function parse(key: string, text: string): unknown {
  return SIM_SETTINGS.find((row) => row.key === key)?.parse(text);
}

function start(values: Readonly<Record<string, unknown>>) {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const stop = new AbortController();
  const shown = new Promise<string>((resolve) => {
    stdout.once('data', (chunk: Buffer) => resolve(chunk.toString()));
  });
  let said = '';
  stdout.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  const ended = simulate(values, { pid: 4711, stdout, stderr }, stop.signal);
  return { shown, told: () => said, ended, stop: () => stop.abort() };
}
