import { expect } from 'chai';
import { before, describe, it } from 'mocha';
import { stringify } from 'yaml';
import { InfraError } from '../../harness/errors/errors.ts';
import { expired, tokenExpiry } from '../../harness/kube/expiry.ts';
import { readKubeconfig } from '../../harness/kube/kubeconfig.ts';
import { kubeconfigCopy } from '../../harness/kube/kubeconfig-copy.ts';
import { failure } from '../failure.ts';
import { type CertifiedKey, makeAuthority } from './certificates.ts';

const base64 = (text: string) => Buffer.from(text).toString('base64');

describe('a kubeconfig', () => {
  let ca: string;
  let admin: CertifiedKey;
  let otherKey: string;
  const UNTIL = new Date('2031-02-03T04:05:06Z');
  before(async () => {
    const authority = await makeAuthority();
    ca = authority.ca;
    admin = await authority.issue('admin', { until: UNTIL });
    otherKey = (await authority.issue('other')).key;
  });

  const parts = (cluster = {}, user = {}) => ({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'lane',
    contexts: [
      { name: 'other', context: { cluster: 'gone', user: 'gone' } },
      { name: 'lane', context: { cluster: 'c', user: 'u' } },
    ] as { readonly name: string; readonly context: Readonly<Record<string, string>> }[],
    clusters: [
      {
        name: 'c',
        cluster: { server: 'https://node.example:6443', 'certificate-authority-data': base64(ca), ...cluster },
      },
    ],
    users: [
      {
        name: 'u',
        user: { 'client-certificate-data': base64(admin.cert), 'client-key-data': base64(admin.key), ...user },
      },
    ],
  });
  const read = (content: object | string, files: Readonly<Record<string, string>> = {}, context?: string) =>
    readKubeconfig(
      {
        text: typeof content === 'string' ? content : stringify(content),
        place: 'config.yaml',
        side: 'here',
        folder: '/home/me',
        async readFile(path) {
          const text = files[path];
          if (text === undefined) throw Object.assign(new Error('no such file'), { code: 'ENOENT' });
          return text;
        },
      },
      context,
    );

  it('says where the cluster is, whom to trust, who we are and until when', async () => {
    const access = await read(parts());
    expect(access).to.deep.include({
      context: 'lane',
      server: { host: 'node.example', port: 6443 },
      basePath: '',
      serverName: 'node.example',
      ca,
      clientCertificate: admin,
    });
    expect(access.expiries.map(({ subject }) => subject)).to.deep.equal(['cluster CA', 'client certificate']);
    expect(access.expiries[1]?.at).to.deep.equal(UNTIL);
  });

  it('may name files, a token file, another server name, an IPv6 address and a path', async () => {
    const content = parts(
      {
        server: 'https://[fd00::1]/k8s/clusters/c-1/',
        'certificate-authority-data': undefined,
        'certificate-authority': 'ca.pem',
        'tls-server-name': 'api.internal',
      },
      { 'client-certificate-data': undefined, 'client-key-data': undefined, tokenFile: '/run/token', token: 'stale' },
    );
    const access = await read(content, { '/home/me/ca.pem': ca, '/run/token': 'fresh\n' });
    expect(access).to.deep.include({
      server: { host: 'fd00::1', port: 443 },
      basePath: '/k8s/clusters/c-1',
      serverName: 'api.internal',
      ca,
      token: 'fresh',
    });
    expect(access).to.not.have.property('clientCertificate');
  });

  it('is copied with everything inside, and reads the same', async () => {
    const access = await read(
      parts(
        { 'tls-server-name': 'api.internal' },
        { as: 'alice', 'as-groups': ['devs'], 'as-uid': 'u-1', 'as-user-extra': { scopes: ['a', 'b'] } },
      ),
    );
    expect(access.impersonate).to.deep.equal({
      user: 'alice',
      groups: ['devs'],
      uid: 'u-1',
      extra: { scopes: ['a', 'b'] },
    });
    expect(await read(kubeconfigCopy(access))).to.deep.equal(access);
    const content = parts(
      { server: 'https://[fd00::1]/k8s/c-1', 'certificate-authority-data': undefined },
      {
        'client-certificate-data': undefined,
        'client-key-data': undefined,
        token: 't',
        username: 'admin',
        password: 'yes',
      },
    );
    content.contexts[1] = { name: 'lane', context: { cluster: 'c', user: 'u', namespace: 'mine' } };
    const other = await read(content);
    expect(other).to.deep.include({ token: 't', namespace: 'mine', basicAuth: { username: 'admin', password: 'yes' } });
    expect(await read(kubeconfigCopy(other))).to.deep.equal(other);
  });

  it('has every mistake told at once, with place and fix, and no secret', async () => {
    const error = await failure(
      read(
        parts(
          { server: 'http://node:8080', 'insecure-skip-tls-verify': true, 'certificate-authority-data': '%%%' },
          { 'client-key-data': undefined, 'client-key': 'gone.key', token: 'top secret' },
        ),
      ),
      InfraError,
    );
    for (const told of [
      'kubeconfig config.yaml: ',
      'clusters[0] "c" server is not reached over TLS: http://node:8080',
      'clusters[0] "c" insecure-skip-tls-verify would trust any server',
      'clusters[0] "c" certificate-authority-data is not base64',
      'users[0] "u" client-key names gone.key, which does not exist',
      'users[0] "u" token is not a token',
    ]) {
      expect(error.message).to.include(told);
    }
    expect(error.hint).to.include('https://HOST:PORT').and.to.include('--flatten');
    expect(`${error.message}${error.hint}`).to.not.include('top secret');
  });

  it('says which contexts there are when the wanted one is not', async () => {
    const error = await failure(read(parts(), {}, 'prod'), InfraError);
    expect(error.message).to.include('contexts has no entry named "prod"');
    expect(error.hint).to.include('"other", "lane"');
    const dangling = await failure(read(parts(), {}, 'other'), InfraError);
    expect(dangling.message).to.include('clusters has no entry named "gone"; users has no entry named "gone"');
  });

  it('refuses an auth-provider by name', async () => {
    const error = await failure(read(parts({}, { 'auth-provider': { name: 'gcp' } })), InfraError);
    expect(error.message).to.include('users[0] "u" auth-provider "gcp" is no longer known to Kubernetes');
    expect(error.hint).to.include('kubectl create token');
  });

  it('refuses a proxy, a password in the address, and a key of another certificate', async () => {
    const error = await failure(
      read(parts({ 'proxy-url': 'socks5://localhost:1080' }, { 'client-key-data': base64(otherKey) })),
      InfraError,
    );
    expect(error.message).to.include('clusters[0] "c" proxy-url is not followed');
    expect(error.message).to.include('users[0] "u" client-key belongs to another certificate than client-certificate');
    const address = await failure(read(parts({ server: 'https://me:s3cret@node:6443' })), InfraError);
    expect(address.message).to.include('server holds a user name or password').and.to.not.include('s3cret');
  });

  it('refuses what is no kubeconfig with one clear word', async () => {
    expect((await failure(read(''), InfraError)).message).to.equal('kubeconfig config.yaml: file is empty');
    expect((await failure(read('hello'), InfraError)).message).to.include('is not a kubeconfig');
    expect((await failure(read('a: [1'), InfraError)).message).to.match(/line \d+ is not YAML: .*; it seems cut off/);
    expect((await failure(read('a: ]\nb: 1\nc: 2\n'), InfraError)).message).to.not.include('cut off');
    expect((await failure(read({ kind: 'Pod' }), InfraError)).message).to.include('kind is Pod, not Config');
    const whole = stringify(parts());
    for (let cut = 10; cut < whole.length; cut += 97) {
      const error = await failure(
        read(whole.slice(0, cut)).then(() => Promise.reject(new InfraError('whole'))),
        InfraError,
      );
      expect(error.message).to.match(/^(kubeconfig config.yaml: |whole$)/);
    }
  });
});

describe('expiry', () => {
  it('is read from a token that tells it, and from no other', () => {
    const jwt = (claims: object) => `x.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.y`;
    expect(tokenExpiry(jwt({ exp: 1_900_000_000 }))).to.deep.equal([
      { subject: 'token', at: new Date(1_900_000_000_000) },
    ]);
    for (const token of ['abcdef.0123456789abcdef', jwt({ exp: 'soon' }), jwt({}), 'a.b.c', '']) {
      expect(tokenExpiry(token)).to.deep.equal([]);
    }
  });

  it('counts from its very moment on', () => {
    const at = new Date(1000);
    expect(expired([{ subject: 'token', at }], new Date(999))).to.deep.equal([]);
    expect(expired([{ subject: 'token', at }], new Date(1000))).to.have.length(1);
  });
});
