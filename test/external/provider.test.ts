import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { after, before, describe, it } from 'mocha';
import { InfraError } from '../../harness/errors/errors.ts';
import { openScope } from '../../harness/scope/scope.ts';
import { externalProvider } from '../../providers/external/provider.ts';
import { failure } from '../failure.ts';
import { needProgram } from '../programs.ts';

describe('the external provider', () => {
  let folder: string;
  const at = (name: string) => join(folder, name);
  const good = () => ({
    ssh: { user: 'root', host: 'fd00::1', port: 2222 },
    'ssh-key': [at('id')],
    'ssh-known-hosts': [at('none'), at('known_hosts')],
    kubeconfig: at('kubeconfig'),
  });
  const problems = async (changes: Readonly<Record<string, unknown>>) =>
    (await externalProvider.check({ ...good(), ...changes })).map(
      ({ place, problem, fix }) => `${place}: ${problem} → ${fix}`,
    );

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
    const scope = openScope(() => {});
    const host = await externalProvider.create(good()).acquire(scope);
    expect(host.ssh).to.deep.include({ user: 'root', host: 'fd00::1', port: 2222 });
    expect(host.ssh?.auth.map(({ kind }) => kind)).to.deep.equal(['key']);
    expect(host.ssh?.hostKeys.knownHostsFiles).to.deep.equal([at('none'), at('known_hosts')]);
    expect(host.kubeconfig).to.deep.equal({ kind: 'file', path: at('kubeconfig') });
    expect(externalProvider.simulated).to.equal(false);
    await scope.close();
  });

  it('takes a password from a file, without the line feed that an editor adds', async () => {
    writeFileSync(at('password'), 'pass word \n', { mode: 0o600 });
    const changes = { 'ssh-key': undefined, 'ssh-password-file': at('password') };
    expect(await problems(changes)).to.deep.equal([]);
    const host = await externalProvider.create({ ...good(), ...changes }).acquire(openScope(() => {}));
    expect(host.ssh?.auth).to.deep.equal([{ kind: 'password', password: 'pass word ' }]);
  });

  it('tells all that is missing at once, each with its fix', async () => {
    expect((await externalProvider.check({})).map(({ place }) => place)).to.deep.equal([
      '--ssh',
      '--ssh-key',
      '--ssh-known-hosts',
      '--kubeconfig',
    ]);
    const told = await problems({ 'ssh-key': [at('gone')], 'ssh-known-hosts': [at('none')], kubeconfig: folder });
    expect(told).to.deep.equal([
      `--ssh-key: ${at('gone')} does not exist → give the path of the file`,
      `--ssh-known-hosts: none of the known_hosts files exists: ${at('none')} → ssh-keyscan -p 2222 fd00::1 >> ${at('none')}, and compare the fingerprint with the host's own`,
      `--kubeconfig: ${folder} is not a file → give the path of the kubeconfig of the cluster on the node`,
    ]);
  });

  it('refuses a key that others can read, as ssh does', async () => {
    execFileSync('cp', [at('id'), at('open')]);
    chmodSync(at('open'), 0o644);
    expect(await problems({ 'ssh-key': [at('open')] })).to.deep.equal([
      `--ssh-key: ${at('open')} can be read by others (mode 0644) → chmod 600 ${at('open')}`,
    ]);
  });

  it('refuses a key that the transport cannot read, before anything is opened', async () => {
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', 'secret', '-f', at('locked')]);
    const [told] = await problems({ 'ssh-key': [at('locked')] });
    expect(told).to.match(/^--ssh-key: .*locked is encrypted with a passphrase → .*ssh-keygen -p/);
    chmodSync(at('id.pub'), 0o600);
    expect((await problems({ 'ssh-key': [at('id.pub')] }))[0]).to.include('holds a public key');
  });

  it('is infra when a file vanishes between the check and the run', async () => {
    const lender = externalProvider.create({ ...good(), 'ssh-key': [at('vanished')] });
    const error = await failure(lender.acquire(openScope(() => {})), InfraError);
    expect(error.message).to.equal(`${at('vanished')} cannot be read`);
  });
});
