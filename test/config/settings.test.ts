import { expect } from 'chai';
import { describe, it } from 'mocha';
import { SETTINGS, TABLE } from '../../harness/config/settings.ts';
import { variableOf } from '../../harness/config/sources.ts';

const parse = (key: keyof typeof TABLE, text: string) => TABLE[key].parse(text);
const value = (key: keyof typeof TABLE, text: string) => {
  const parsed = parse(key, text);
  return 'value' in parsed ? parsed.value : parsed;
};

describe('settings table', () => {
  it('has keys that can be a flag, a key of the file and a variable', () => {
    for (const { key } of SETTINGS) expect(key).to.match(/^[a-z]+(-[a-z]+)*$/);
    const names = SETTINGS.flatMap(({ key, env = [] }) => [variableOf(key), ...env]);
    expect(new Set(names).size).to.equal(names.length);
  });

  it('keeps the promised names', () => {
    expect(SETTINGS.map(({ key }) => key)).to.include.members([
      'provider',
      'ssh',
      'ssh-key',
      'ssh-known-hosts',
      'kubeconfig',
      'kubernetes',
      'kubevirt',
      'require',
      'artifacts',
      'label-filter',
      'focus',
      'skip',
      'seed',
      'quiet',
      'verbose',
      'json',
    ]);
  });

  it("knows KubeVirt's own variables, and where ssh-agent is", () => {
    const known = SETTINGS.flatMap(({ env = [] }) => env);
    expect(known).to.have.members([
      'KUBEVIRT_PROVIDER',
      'KUBECONFIG',
      'ARTIFACTS',
      'MANIFEST_DOCKER_PREFIX',
      'DOCKER_PREFIX',
      'DOCKER_TAG',
      'IMAGE_PULL_POLICY',
      'KUBEVIRT_LABEL_FILTER',
      'SSH_AUTH_SOCK',
    ]);
  });

  for (const row of SETTINGS) {
    it(`--${row.key} has a help and a default that its own parser takes`, () => {
      expect(row.help).to.match(/^\S.*[^.\s]$/);
      expect(row.group).to.not.equal('');
      if (row.default !== undefined) expect(row.parse(row.default)).to.have.property('value');
    });
  }

  it('reads the address of a node', () => {
    expect(value('ssh', 'root@node.example:2222')).to.deep.equal({ user: 'root', host: 'node.example', port: 2222 });
    expect(value('ssh', 'root@node.example')).to.deep.equal({ user: 'root', host: 'node.example' });
    expect(value('ssh', 'root@[fd00::1]:22')).to.deep.equal({ user: 'root', host: 'fd00::1', port: 22 });
    expect(value('ssh', 'ssh://root@node.example:2222')).to.include({ user: 'root', port: 2222 });
    expect(value('ssh', 'amd1')).to.deep.equal({ host: 'amd1' });
    // A host that begins with a dash would be an option of ssh.
    for (const wrong of ['root@', '@node', 'root@node:0', 'root@node:70000', 'root@a:b:c', '-oProxyCommand=x', 'a,b']) {
      expect(parse('ssh', wrong), wrong).to.have.property('problem');
    }
  });

  it('does not repeat a password that was put into the address', () => {
    expect(JSON.stringify(parse('ssh', 'root:hunter22@node.example'))).not.to.contain('hunter22');
  });

  it('reads a KubeVirt release or the one that stands there', () => {
    expect(value('kubevirt', 'v1.9.0')).to.deep.equal({ kind: 'version', version: 'v1.9.0', major: 1, minor: 9 });
    expect(value('kubevirt', '1.6.6')).to.deep.equal({ kind: 'version', version: 'v1.6.6', major: 1, minor: 6 });
    expect(value('kubevirt', 'v1.10.0-rc.1')).to.include({ version: 'v1.10.0-rc.1', minor: 10 });
    expect(value('kubevirt', 'existing')).to.deep.equal({ kind: 'existing' });
    expect(value('kubevirt', 'stable')).to.deep.equal({ kind: 'stable' });
    for (const wrong of ['v1.9', 'latest', 'v1', 'nightly']) {
      expect(parse('kubevirt', wrong), wrong).to.have.property('problem');
    }
  });

  it("reads where a developer's KubeVirt lies", () => {
    expect(value('kubevirt', '/src/kubevirt')).to.deep.equal({ kind: 'path', path: '/src/kubevirt' });
    const url = 'https://host.example/builds/7/kubevirt-operator.yaml?sig=1';
    expect(value('kubevirt', url)).to.deep.equal({ kind: 'url', url });
    expect(parse('kubevirt', 'stabel')).to.have.property('fix').that.includes('did you mean stable?');
    expect(parse('kubevirt', 'ftp://host.example/x')).to.have.property('problem').that.includes('by ftp');
    const secret = parse('kubevirt', 'https://me:hunter22@host.example/x');
    expect(secret).to.have.property('problem');
    expect(JSON.stringify(secret)).not.to.contain('hunter22');
  });

  it('reads technologies in any order, each once', () => {
    expect(value('require', 'sev-snp,sev, sev-snp')).to.deep.equal(['sev', 'sev-snp']);
    expect(parse('require', 'sev,sevsnp')).to.have.property('fix').that.contains('did you mean sev-snp?');
    expect(parse('require', ',')).to.have.property('problem', 'demands nothing');
  });

  it('reads times, and no bare numbers', () => {
    expect(value('guest-boot-timeout', '6m')).to.equal(360_000);
    expect(value('lease-wait', '0s')).to.equal(0);
    expect(parse('guest-boot-timeout', '360')).to.have.property('problem', '"360" is not a length of time');
    expect(parse('guest-boot-timeout', '10ms')).to.have.property('problem', '"10ms" is too short');
    expect(parse('run-timeout', '600h')).to.have.property('problem', '"600h" is too long');
  });

  it('names what is wrong with an expression', () => {
    expect(parse('focus', 'SEV (')).to.have.property('problem').that.contains('/SEV (/ is not a regular expression');
    expect(value('focus', 'SEV|ES')).to.be.instanceOf(RegExp);
  });

  it('has prompts that know a login line from a failed login', () => {
    const login = value('guest-login-prompt', TABLE['guest-login-prompt'].default) as RegExp;
    expect(login.test('Fedora Linux 39\n\nfedora login: ')).to.equal(true);
    expect(login.test('Last failed login: Tue')).to.equal(false);
    const shell = value('guest-shell-prompt', TABLE['guest-shell-prompt'].default) as RegExp;
    expect(shell.test('[fedora@fedora ~]$ ')).to.equal(true);
    expect(shell.test('[root@localhost fedora]# ')).to.equal(true);
    expect(shell.test('Starting [x@y] done')).to.equal(false);
  });

  it('never gives a pull policy, prefix, tag or amount of memory that Kubernetes would refuse', () => {
    expect(parse('image-pull-policy', 'always')).to.have.property('fix').that.contains('did you mean Always?');
    expect(parse('image-prefix', 'https://x/y')).to.have.property('problem');
    expect(parse('image-tag', 'a:b')).to.have.property('problem');
    expect(parse('guest-memory', '1 GB')).to.have.property('problem');
    expect(value('image-prefix', 'registry:5000/kubevirt')).to.equal('registry:5000/kubevirt');
  });
});
