import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { expect } from 'chai';
import { execa } from 'execa';
import { afterEach, before, beforeEach, describe, it } from 'mocha';
import { stringify } from 'yaml';
import { InfraError } from '../../harness/errors/errors.ts';
import { readAccess } from '../../harness/kube/connect.ts';
import { type OwnedScope, openScope } from '../../harness/scope/scope.ts';
import { failure } from '../failure.ts';
import { needProgram } from '../programs.ts';
import { makeAuthority } from './certificates.ts';

describe('a list of kubeconfigs', () => {
  let folder: string;
  let scope: OwnedScope;
  let ca: string;

  before(async () => {
    ca = (await makeAuthority()).ca;
  });
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sevlane-list-'));
    scope = openScope(() => {});
  });
  afterEach(async () => {
    await scope.close();
    await rm(folder, { recursive: true });
  });

  const put = async (name: string, content: object | string) => {
    await mkdir(join(folder, name, '..'), { recursive: true });
    await writeFile(join(folder, name), typeof content === 'string' ? content : stringify(content));
    return join(folder, name);
  };
  const cluster = (host: string) => ({ server: `https://${host}:6443`, 'certificate-authority': 'ca.pem' });
  const read = (paths: readonly string[], context?: string) =>
    readAccess(scope, undefined, {
      kubeconfig: { kind: 'file', path: paths.join(delimiter) },
      ...(context === undefined ? {} : { context }),
    });

  const twoFiles = async () => {
    await put('a/ca.pem', ca);
    await put('b/ca.pem', ca);
    const a = await put('a/config', {
      'current-context': 'one',
      contexts: [{ name: 'one', context: { cluster: 'c', user: 'u' } }],
      clusters: [{ name: 'c', cluster: cluster('first') }],
    });
    const b = await put('b/config', {
      'current-context': 'two',
      contexts: [
        { name: 'one', context: { cluster: 'other', user: 'other', namespace: 'ignored' } },
        { name: 'two', context: { cluster: 'd', user: 'u' } },
      ],
      clusters: [
        { name: 'c', cluster: { ...cluster('second'), 'tls-server-name': 'ignored' } },
        { name: 'd', cluster: cluster('third') },
      ],
      users: [{ name: 'u', user: { token: 'from-b' } }],
    });
    return [a, b] as const;
  };

  it('is merged so that whoever names a thing first has it, wholly', async () => {
    const [a, b] = await twoFiles();
    const one = await read([a, join(folder, 'gone'), b]);
    expect(one).to.deep.include({ context: 'one', serverName: 'first', token: 'from-b', ca, place: `${a}, ${b}` });
    expect(one).to.not.have.property('namespace');
    expect(await read([a, b], 'two')).to.deep.include({ context: 'two', serverName: 'third' });
    expect(await read([b, a])).to.deep.include({ context: 'two' });
  });

  it('is merged as kubectl does it', async function () {
    const kubectl = needProgram(this, 'kubectl');
    const paths = await twoFiles();
    for (const [order, context] of [
      [paths, undefined],
      [paths.toReversed(), undefined],
      [paths, 'two'],
      [paths.toReversed(), 'one'],
    ] as const) {
      const args = [
        'config',
        'view',
        '--minify',
        '--raw',
        '-o',
        'json',
        ...(context === undefined ? [] : ['--context', context]),
      ];
      const env = { KUBECONFIG: order.join(delimiter), HOME: folder };
      const { stdout, exitCode } = await execa(kubectl, args, { env, reject: false });
      const ours = await read(order, context).catch(() => undefined);
      if (exitCode !== 0) {
        expect(ours).to.equal(undefined);
        continue;
      }
      const theirs = JSON.parse(stdout);
      expect(ours?.context).to.equal(theirs['current-context']);
      expect(`https://${ours?.server.host}:6443`).to.equal(theirs.clusters?.[0]?.cluster.server);
      expect(ours?.token).to.equal(theirs.users?.[0]?.user.token);
    }
  });

  it('has the mistakes of each file told with the file', async () => {
    const [a] = await twoFiles();
    const bad = await put('bad', { users: [{ name: 'u', user: { token: 'a b' } }] });
    const { message } = await failure(read([a, bad]), InfraError);
    expect(message).to.include(`${bad} users[0] "u" token is not a token`);
    const broken = await put('broken', '{');
    expect((await failure(read([a, broken]), InfraError)).message).to.include(`${broken} line 1 is not YAML`);
  });

  it('needs one file that is there', async () => {
    const { message } = await failure(read(['/none/a', '/none/b']), InfraError);
    expect(message).to.equal('kubeconfig /none/a:/none/b: cannot be read: none of these files exists');
    const folderItself = await failure(read([folder]), InfraError);
    expect(folderItself.message).to.equal(`kubeconfig ${folder}: cannot be read: it is a folder`);
  });

  it('is left when it has no end', async () => {
    const { message } = await failure(read(['/dev/zero']), InfraError);
    expect(message).to.equal('/dev/zero is larger than 8 MiB: this is no kubeconfig');
  });
});
