import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { afterEach, before, beforeEach, describe, it } from 'mocha';
import { stringify } from 'yaml';
import { InfraError } from '../../harness/errors/errors.ts';
import { readAccess } from '../../harness/kube/connect.ts';
import { type OwnedScope, openScope } from '../../harness/scope/scope.ts';
import { failure } from '../failure.ts';
import { makeAuthority } from './certificates.ts';
import { localShell } from './local-shell.ts';

describe('a kubeconfig that lies on the node', () => {
  let folder: string;
  let scope: OwnedScope;
  let ca: string;

  before(async () => {
    ca = (await makeAuthority()).ca;
  });
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sevlane-node-'));
    scope = openScope(() => {});
    for (const name of ['bin', 'closed', 'open']) await mkdir(join(folder, name));
  });
  afterEach(async () => {
    await scope.close();
    await rm(folder, { recursive: true });
  });

  const config = (name: string, { server = 'https://127.0.0.1:6443', user = { token: 'tok' } as object } = {}) =>
    stringify({
      kind: 'Config',
      'current-context': name,
      contexts: [{ name, context: { cluster: 'c', user: 'u' } }],
      clusters: [{ name: 'c', cluster: { server, 'certificate-authority-data': Buffer.from(ca).toString('base64') } }],
      users: [{ name: 'u', user }],
    });
  const put = async (path: string, text: string) => {
    await writeFile(join(folder, path), text);
    return join(folder, path);
  };
  const program = async (name: string, script: string) => {
    await chmod(await put(`bin/${name}`, `#!/bin/sh\n${script}\n`), 0o755);
  };
  /** A user who may read nothing in `closed`, whoever runs the tests. */
  const refuseClosed = () =>
    program(
      'cat',
      'for last; do :; done; case "$last" in */closed/*) echo "cat: $last: Permission denied" >&2; exit 1;; esac; exec /bin/cat "$@"',
    );
  const read = (paths: readonly string[], wish: Parameters<typeof localShell>[0] = {}) =>
    readAccess(scope, localShell({ path: [join(folder, 'bin')], ...wish }), { kubeconfig: { kind: 'node', paths } });

  it('is the first of the usual ones that can be read', async () => {
    await put('open/k3s.yaml', config('k3s'));
    await put('open/later.yaml', config('later'));
    const access = await read([join(folder, 'none'), join(folder, 'open/k3s.yaml'), join(folder, 'open/later.yaml')]);
    expect(access).to.deep.include({
      context: 'k3s',
      server: { host: '127.0.0.1', port: 6443 },
      place: `${join(folder, 'open/k3s.yaml')} on core@node:22`,
    });
  });

  it('may lie in the home of whoever logs in, beside the files that it names', async () => {
    await put('open/config', config('home', { user: { tokenFile: "it's token" } }));
    await put("open/it's token", 'from-file\n');
    const access = await read(['~/config'], { home: join(folder, 'open') });
    expect(access).to.deep.include({
      token: 'from-file',
      tokenFile: { path: join(folder, "open/it's token"), side: 'node' },
    });
  });

  it('is not mixed up with what a login prints around every command', async () => {
    await put('open/config', config('quiet').trimEnd());
    const login = 'echo "*** Welcome: kind: Secret ***"; printf "no line end"; sh -c "$1"; echo bye; echo "{" >&2';
    expect(await read([join(folder, 'open/config')], { login })).to.deep.include({ context: 'quiet', token: 'tok' });
  });

  it('is read with sudo where only root may, and only then', async () => {
    await refuseClosed();
    await program('sudo', `printf '%s\\n' "$*" >> ${join(folder, 'asked')}; shift; exec /bin/"$@"`);
    await put('closed/admin.conf', config('admin'));
    expect(await read([join(folder, 'gone'), join(folder, 'closed/admin.conf')])).to.deep.include({ context: 'admin' });
    const asked = await readFile(join(folder, 'asked'), 'utf8');
    expect(new Set(asked.trim().split('\n'))).to.deep.equal(new Set([`-n cat ${join(folder, 'closed/admin.conf')}`]));
  });

  it('says in which way sudo does not help, and what does', async () => {
    await refuseClosed();
    const path = await put('closed/admin.conf', config('admin'));
    const told: string[] = [];
    for (const script of [
      'echo "sudo: a password is required" >&2; exit 1',
      'echo "core is not in the sudoers file." >&2; exit 1',
      'echo "sh: 1: sudo: not found" >&2; exit 127',
    ]) {
      await program('sudo', script);
      const { message, hint } = await failure(read([path]), InfraError);
      expect(message).to.include(`core@node:22: cannot read ${path}: Permission denied, and `);
      expect(hint).to.include('log in as a user who may read it').and.to.include('--kubeconfig FILE');
      told.push(message.split(', and ')[1] ?? '');
    }
    expect(told).to.deep.equal(['sudo asks for a password', 'sudo does not allow it', 'there is no sudo']);
  });

  it('says of each place why it is not there', async () => {
    const error = await failure(read(['/etc/none/a.conf', '/etc/none/b.conf']), InfraError);
    expect(error.message).to.match(
      /cannot read \/etc\/none\/a.conf: No such file.*; \/etc\/none\/b.conf: No such file/,
    );
    expect(error.hint).to.include('--kubeconfig node:PATH');
  });

  it('is told from a login that runs no command', async () => {
    const login = 'echo "This account is currently not available."; exit 1';
    const error = await failure(read(['/etc/a.conf'], { login }), InfraError);
    expect(error.message).to.include('gave no answer').and.to.include('This account is currently not available.');
  });

  it('is not read to its end when it has none', async () => {
    const path = await put('open/huge', 'x'.repeat(9 * 2 ** 20));
    const { message } = await failure(read([path]), InfraError);
    expect(message).to.match(/more than \d+ bytes/);
  });

  it('never starts a program here', async () => {
    const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: 'aws', interactiveMode: 'Never' };
    const path = await put('open/config', config('eks', { user: { exec } }));
    const error = await failure(read([path]), InfraError);
    expect(error.message).to.include('users[0] "u" exec would run aws here, on the word of a file of the node');
    expect(error.hint).to.include('give a local kubeconfig with --kubeconfig');
  });

  it('that names every address of the node means the node itself', async () => {
    const path = await put('open/config', config('any', { server: 'https://0.0.0.0:6443' }));
    expect(await read([path])).to.deep.include({ server: { host: '127.0.0.1', port: 6443 }, serverName: '127.0.0.1' });
  });

  it('cannot be read without a connection to the node', async () => {
    const choice = { kubeconfig: { kind: 'node', paths: ['/etc/a.conf'] } } as const;
    const error = await failure(readAccess(scope, undefined, choice), InfraError);
    expect(error.message).to.include('there is no connection to it');
  });
});
