import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { expect } from 'chai';
import { after, before, describe, it } from 'mocha';
import { InfraError } from '../../harness/errors/errors.ts';
import type { Host } from '../../harness/model/host.ts';
import { openScope } from '../../harness/scope/scope.ts';
import { externalProvider } from '../../providers/external/provider.ts';
import { failure } from '../failure.ts';
import { needProgram } from '../programs.ts';

describe('the external provider', () => {
  let folder: string;
  const at = (name: string) => join(folder, name);
  const good = () => ({
    ssh: { user: 'root', host: 'fd00::1', port: 2222 },
    'ssh-config': 'none',
    'ssh-key': [at('id')],
    'ssh-known-hosts': [at('none'), at('known_hosts')],
    kubeconfig: at('kubeconfig'),
  });
  type Changes = Readonly<Record<string, unknown>>;
  const problems = async (changes: Changes) =>
    (await externalProvider.check({ ...good(), ...changes })).map(
      ({ place, problem, fix }) => `${place}: ${problem} → ${fix}`,
    );
  const lent = async (changes: Changes): Promise<Host> => {
    const scope = openScope(() => {});
    const host = await externalProvider.create({ ...good(), ...changes }).acquire(scope);
    await scope.close();
    return host;
  };

  before(function () {
    needProgram(this, 'ssh-keygen');
    folder = mkdtempSync(join(tmpdir(), 'sevlane-external-'));
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', at('id')]);
    writeFileSync(at('known_hosts'), '');
    writeFileSync(at('kubeconfig'), 'kind: Config');
  });
  after(() => folder && rmSync(folder, { recursive: true }));

  it('has nothing against settings that are right, and lends that node', async () => {
    expect(await problems({})).to.deep.equal([]);
    const host = await lent({ 'kube-context': 'lab', node: 'amd1' });
    expect(host.ssh).to.deep.include({ user: 'root', host: 'fd00::1', port: 2222 });
    expect(host.ssh?.auth.map(({ kind }) => kind)).to.deep.equal(['key']);
    expect(host.ssh?.hostKeys.knownHostsFiles).to.deep.equal([at('none'), at('known_hosts')]);
    expect(host).to.deep.include({
      kubeconfig: { kind: 'file', path: at('kubeconfig') },
      context: 'lab',
      node: 'amd1',
    });
    expect(externalProvider.simulated).to.equal(false);
  });

  it('takes a password from a file, without the line feed that an editor adds', async () => {
    writeFileSync(at('password'), 'pass word \n', { mode: 0o600 });
    const changes = { 'ssh-key': undefined, 'ssh-password-file': at('password') };
    expect(await problems(changes)).to.deep.equal([]);
    expect((await lent(changes)).ssh?.auth).to.deep.include({ kind: 'password', password: 'pass word ' });
    writeFileSync(at('password'), '\n');
    expect((await problems(changes))[0]).to.match(/^--ssh-password-file: .* is empty → /);
  });

  it('reads the kubeconfig from the node where nobody gives one, or a path is told', async () => {
    expect((await lent({ kubeconfig: undefined })).kubeconfig).to.deep.equal({
      kind: 'node',
      paths: [
        '/etc/kubernetes/admin.conf',
        '/etc/rancher/k3s/k3s.yaml',
        '/etc/rancher/rke2/rke2.yaml',
        '/var/lib/microshift/resources/kubeadmin/kubeconfig',
        '~/.kube/config',
      ],
    });
    expect((await lent({ kubeconfig: 'node' })).kubeconfig).to.have.nested.property('paths.length', 5);
    const told = (await lent({ kubeconfig: 'node:/root/admin.conf' })).kubeconfig;
    expect(told).to.deep.equal({ kind: 'node', paths: ['/root/admin.conf'] });
  });

  it('takes a list as KUBECONFIG may hold it, of which not every file has to be there', async () => {
    const list = `:${at('absent')}:${relative('.', at('kubeconfig'))}`;
    expect(await problems({ kubeconfig: list })).to.deep.equal([]);
    const path = `${at('absent')}:${at('kubeconfig')}`;
    expect((await lent({ kubeconfig: list })).kubeconfig).to.deep.equal({ kind: 'file', path });
    expect(await problems({ kubeconfig: `${at('absent')}:${folder}` })).to.deep.equal([
      `--kubeconfig: ${folder} is not a file → give the kubeconfig of the cluster`,
    ]);
    expect((await problems({ kubeconfig: `${at('a')}:${at('b')}` }))[0]).to.include(`${at('b')} do not exist`);
  });

  it('needs no node when the API can be reached by itself, but then a kubeconfig', async () => {
    expect(await problems({ ssh: undefined })).to.deep.equal([]);
    expect(await lent({ ssh: undefined })).to.deep.equal({ kubeconfig: { kind: 'file', path: at('kubeconfig') } });
    expect(await problems({ ssh: undefined, kubeconfig: 'node' })).to.deep.equal([
      '--kubeconfig: is to be read from the node, but no node is named → add --ssh HOST',
    ]);
    expect((await externalProvider.check({})).map(({ place, problem }) => `${place} ${problem}`)).to.deep.equal([
      '--ssh no node is named',
    ]);
  });

  it('tells all mistakes at once, each with its fix', async () => {
    const told = await problems({
      'ssh-key': [at('gone')],
      'ssh-known-hosts': [at('none')],
      'ssh-agent': at('no-agent'),
      'ssh-passphrase-file': at('no-passphrase'),
      'ssh-host-key-checking': 'ask',
      kubeconfig: folder,
    });
    expect(told).to.deep.equal([
      '--ssh-host-key-checking: there is no terminal to ask at → use accept-new, or give a file that knows the host: --ssh-known-hosts FILE',
      `--ssh-known-hosts: none of the known_hosts files exists: ${at('none')} → ssh-keyscan -p 2222 fd00::1 >> ${at('none')}, and compare the fingerprint with the host's own`,
      `--ssh-passphrase-file: ${at('no-passphrase')} does not exist → give the path of a file`,
      `--ssh-agent: the ssh-agent at ${at('no-agent')} cannot be asked: there is no such socket → start one, or write --ssh-agent none`,
      `--ssh-key: ${at('gone')} does not exist → give the path of a file`,
      `--kubeconfig: ${folder} is not a file → give the kubeconfig of the cluster`,
    ]);
  });

  it('refuses a key that others can read, as ssh does', async () => {
    execFileSync('cp', [at('id'), at('open')]);
    chmodSync(at('open'), 0o644);
    const [told] = await problems({ 'ssh-key': [at('open')] });
    expect(told).to.include(`--ssh-key: ${at('open')} can be read by others (mode 0644) → chmod 600 ${at('open')}`);
    expect(told).to.include('defaultMode: 0400');
  });

  it('refuses a key that the transport cannot read, before anything is opened', async () => {
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', 'secret', '-f', at('locked')]);
    const [told] = await problems({ 'ssh-key': [at('locked')] });
    expect(told).to.match(/^--ssh-key: .*locked is encrypted with a passphrase → .*--ssh-passphrase-file FILE/);
    chmodSync(at('id.pub'), 0o600);
    expect((await problems({ 'ssh-key': [at('id.pub')] }))[0]).to.include('holds a public key');
  });

  it('is infra when a file vanishes between the check and the run', async () => {
    const lender = externalProvider.create({ ...good(), 'ssh-key': [at('vanished')] });
    const error = await failure(lender.acquire(openScope(() => {})), InfraError);
    expect(error.message).to.equal(`--ssh-key: ${at('vanished')} does not exist`);
  });
});
