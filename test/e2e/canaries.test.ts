import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { after, afterEach, before, describe, it } from 'mocha';
import { parse, stringify } from 'yaml';
import type { SimulatedHost } from '../../providers/mock/simulated-host.ts';
import { needProgram } from '../programs.ts';
import { startHost } from '../simulated.ts';
import { type Agent, newKey, startAgent } from '../ssh/agent.ts';
import { needSshd, type Sshd, startSshd } from '../ssh/sshd.ts';
import { needTerminal, sitDown } from '../terminal.ts';
import { type Canary, canariesIn, canary } from './canary.ts';
import { MAIN, type Sim, startSim } from './cli.ts';
import { openSimApi } from './sim-api.ts';
import { type Permission, type WatchedRun, watchRun } from './watched-run.ts';

/** With all that JSON, XML, URLs and shells spell otherwise. */
const hostile = (name: string) => `${name} "q\\ & <w> ü/r'd? 7Gk2pXz`;
const SECRETS = {
  passphrase: hostile('opens the key'),
  password: hostile('wrong password'),
  guest: hostile('no such guest'),
  token: 'opaque-canary-Token_41.zQ8/v',
  tokenFile: 'opaque-canary-File_42.zQ8/v',
  plugin: 'opaque-canary-Plugin_43.zQ8/v',
  pluginVariable: hostile('for the plugin'),
  basic: hostile('basic auth'),
  proxy: 'proxyCanary99zQ8v',
};

describe('the secrets of a run', function () {
  this.timeout(180_000);
  const room = mkdtempSync(join(tmpdir(), 'sevlane-canaries-'));
  const file = (name: string, text: string, mode = 0o600) => {
    writeFileSync(join(room, name), text, { mode });
    chmodSync(join(room, name), mode);
    return join(room, name);
  };
  const canaries: Canary[] = Object.entries(SECRETS).map(([name, secret]) => canary(name, secret));
  let sim: Sim;
  let sshd: Sshd;
  let agent: Agent;
  let host: SimulatedHost;
  let run: WatchedRun | undefined;

  before(async function () {
    needSshd(this);
    needProgram(this, 'ssh-agent');
    [sim, host] = await Promise.all([startSim(), startHost()]);
    sshd = await startSshd([
      `ForceCommand test "$SSH_ORIGINAL_COMMAND" = true || exec ${process.execPath} ${MAIN} sim-exec --socket ${sim.execSocket}`,
    ]);
    agent = await startAgent(room);
    const held = newKey(room, 'held');
    agent.add(held);
    const stranger = newKey(room, 'stranger', 'rsa');
    copyFileSync(sshd.keyFile, join(room, 'locked'));
    execFileSync('ssh-keygen', ['-q', '-p', '-N', SECRETS.passphrase, '-f', join(room, 'locked')]);
    file('passphrase', `${SECRETS.passphrase}\n`);
    file('password', `${SECRETS.password}\n`);
    file('right-password', host.ssh.password);
    file('token', SECRETS.tokenFile);
    file('broken', readFileSync(stranger, 'utf8').split('\n').slice(0, 8).join('\n'));
    writeFileSync(join(sshd.folder, 'authorized_keys'), readFileSync(`${held}.pub`), { flag: 'a' });
    const text = (path: string) => readFileSync(path, 'utf8');
    canaries.push(
      ...['locked', 'held', 'stranger'].map((name) => canary(`key ${name}`, text(join(room, name)))),
      canary('key of the node', text(sshd.keyFile)),
      canary('right password', host.ssh.password),
      canary('client key', clientKeyOf(text(sim.kubeconfig))),
      canary('client key of the other host', clientKeyOf(text(host.nodeKubeconfigFile))),
      canary('account token', await accountToken(sim.kubeconfig)),
    );
  });
  after(async () => {
    agent?.close();
    await sshd?.close();
    await sim?.stop();
    await host?.stop();
    rmSync(room, { recursive: true, force: true });
  });
  afterEach(() => {
    run?.remove();
    run = undefined;
  });

  const node = (key = sshd.keyFile) => [
    ...['--provider', 'external', '--ssh', `${userInfo().username}@127.0.0.1:${sshd.port}`, '--ssh-config', 'none'],
    ...['--ssh-key', key, '--ssh-known-hosts', sshd.knownHosts, '--kubevirt-mirror', sim.manifestMirror],
  ];
  /** The simulated cluster's kubeconfig with another user. */
  const kubeconfig = (name: string, user: object, more: object = {}) => {
    const config = parse(readFileSync(sim.kubeconfig, 'utf8'));
    config.users[0].user = user;
    Object.assign(config.clusters[0].cluster, more);
    return file(name, stringify(config));
  };
  const plugin = (name: string, script: string) =>
    kubeconfig(`${name}.kubeconfig`, {
      exec: {
        apiVersion: 'client.authentication.k8s.io/v1',
        command: file(`${name}-plugin`, `#!/bin/sh\nsleep 0.1\n${script}\n`, 0o700),
        env: [{ name: 'PLUGIN_SECRET', value: SECRETS.pluginVariable }],
        interactiveMode: 'Never',
      },
    });
  const credential = (token: string) =>
    `cat <<'END'\n${JSON.stringify({ apiVersion: 'client.authentication.k8s.io/v1', kind: 'ExecCredential', status: { token } })}\nEND`;
  const start = (args: readonly string[], env: Readonly<Record<string, string>> = {}) => {
    run = watchRun(args, env);
    return run;
  };
  /** Runs it to its end: that has to be the one that was meant, and nothing is to be found. */
  const keepsQuiet = async (
    watched: WatchedRun,
    end: { readonly exitCode: number; readonly told: RegExp; readonly seen?: readonly string[] },
    permission: Permission = {},
  ) => {
    const { exitCode, told, descendants } = await watched.ended();
    expect(told.slice(-100_000)).to.match(end.told);
    expect(exitCode, told.slice(-3000)).to.equal(end.exitCode);
    const argvs = descendants.flatMap(({ guises }) => [...guises.keys()]).join('\n');
    for (const word of end.seen ?? ['sevlane-watcher']) expect(argvs).to.include(word);
    expect(watched.leaks(canaries, permission)).to.deep.equal([]);
    expect(told, 'a token by its shape').to.not.match(/eyJ[\w-]{8,}\.eyJ/);
  };

  it('would be found in every spelling and inside of archives', () => {
    const secret = hostile('needle');
    const searched = [canary('needle', secret)];
    const packed = gzipSync(Buffer.concat([Buffer.from('junk'), gzipSync(`log ${secret}`)]));
    for (const text of [
      secret,
      JSON.stringify({ secret }),
      JSON.stringify(JSON.stringify({ secret })),
      encodeURIComponent(secret),
      new URLSearchParams({ secret }).toString(),
      Buffer.from(secret).toString('hex'),
      ...['', 'a', 'ab', 'abc'].map((before) => Buffer.from(`${before}${secret}z`).toString('base64')),
      Buffer.concat([Buffer.from('\0\0'), packed]),
    ])
      expect(canariesIn(text, searched), String(text)).to.have.length(1);
    expect(canariesIn('needle q w rd', searched)).to.deep.equal([]);
  });

  it('are nowhere after a green run with a locked key, nor while it goes on', async () => {
    const args = ['run', '--json', '--verbose', '--artifacts', 'out', '--require', 'sev', '--focus', 'kernel names'];
    const unlocked = [...node(join(room, 'locked')), '--ssh-passphrase-file', join(room, 'passphrase')];
    const proxy = { HTTPS_PROXY: `http://me:${SECRETS.proxy}@127.0.0.1:9` };
    // What the user's ssh is asked about may depend on any variable of the user's.
    const proxyOfUser = { name: 'proxy', of: ['ssh\0-G', 'ssh\0-V'] };
    const green = start([...args, ...unlocked, '--kubeconfig', sim.kubeconfig], proxy);
    const mayHave = { inKubeconfig: ['client key'], inEnvironment: [proxyOfUser] };
    await keepsQuiet(green, { exitCode: 0, told: /"outcome":"passed"/ }, mayHave);
    expect(readFileSync(join(green.folder, 'out/report.json'), 'utf8')).to.include('"verdict"');
  });

  it("are nowhere when the guest refuses its password, over the system's ssh with a key of the agent", async function () {
    needProgram(this, 'ssh');
    const args = ['run', '--verbose', '--artifacts', 'out', '--require', 'sev', '--focus', 'kernel names'];
    const logins = [...node('none-here').filter((word) => word !== '--ssh-key' && word !== 'none-here')];
    const way = [...logins, '--ssh-agent', agent.socket, '--ssh-transport', 'openssh', '--kubeconfig', sim.kubeconfig];
    const red = start([...args, ...way], { SEVLANE_GUEST_PASSWORD: SECRETS.guest });
    const mayHave = { inKubeconfig: ['client key'], inEnvironment: [{ name: 'guest', of: [] }] };
    const seen = ['sevlane-watcher', '-N\0-T\0-M'];
    await keepsQuiet(red, { exitCode: 1, told: /refuses the login of fedora/, seen }, mayHave);
  });

  it('are nowhere when the key is not taken, does not open or cannot be read', async () => {
    const [stranger, broken, locked] = ['stranger', 'broken', 'locked'].map((name) => join(room, name)) as [
      string,
      string,
      string,
    ];
    const wrong = file('wrong-passphrase', SECRETS.guest);
    const more = ['run', '--verbose', '--artifacts', 'out', '--kubeconfig', sim.kubeconfig];
    const refused = start([...more, ...node(stranger), '--ssh-password-file', join(room, 'password')]);
    await keepsQuiet(refused, { exitCode: 3, told: /^infra: .*does not accept us/m });
    refused.remove();
    const closed = start([...more, ...node(locked), '--ssh-passphrase-file', wrong]);
    await keepsQuiet(closed, { exitCode: 2, told: /passphrase/, seen: [] });
    closed.remove();
    const unreadable = start([...more, ...node(broken)]);
    await keepsQuiet(unreadable, { exitCode: 2, told: /--ssh-key/, seen: [] });
  });

  it('are nowhere when the API does not take the token, the basic auth or what a plugin issued', async () => {
    const more = ['run', '--verbose', '--json', '--artifacts', 'out', ...node(), '--kubeconfig'];
    const bearer = start([...more, kubeconfig('token.kubeconfig', { token: SECRETS.token })]);
    await keepsQuiet(bearer, { exitCode: 3, told: /401|Unauthorized/ }, { inKubeconfig: ['token'] });
    bearer.remove();
    const basic = { username: 'me', password: SECRETS.basic };
    const login = start([
      'kubectl',
      '--verbose',
      ...node(),
      '--kubeconfig',
      kubeconfig('basic', basic),
      '--',
      'get',
      'nodes',
    ]);
    await keepsQuiet(
      login,
      { exitCode: 1, told: /forbidden|provide credentials|Unauthorized/i },
      { inKubeconfig: ['basic'] },
    );
    login.remove();
    const issued = start([
      'doctor',
      '--json',
      '--artifacts',
      'out',
      ...node(),
      '--kubeconfig',
      plugin('wrong', credential(SECRETS.plugin)),
    ]);
    const ofPlugin = { name: 'pluginVariable', of: ['wrong-plugin', 'sleep', 'cat'] };
    const mayHave = { inKubeconfig: ['pluginVariable'], inEnvironment: [ofPlugin] };
    await keepsQuiet(issued, { exitCode: 3, told: /401|Unauthorized/, seen: ['wrong-plugin'] }, mayHave);
  });

  it('are nowhere when a plugin fails and tells its own secret, or a proxy with a password is refused', async () => {
    const talkative = plugin('talkative', 'echo "cannot use $PLUGIN_SECRET" >&2; exit 1');
    const mayHave = {
      inKubeconfig: ['pluginVariable'],
      inEnvironment: [{ name: 'pluginVariable', of: ['talkative-plugin', 'sleep'] }],
    };
    const failing = start(['tunnel', '--verbose', ...node(), '--kubeconfig', talkative]);
    await keepsQuiet(failing, { exitCode: 3, told: /cannot use <redacted>/, seen: ['talkative-plugin'] }, mayHave);
    failing.remove();
    const url = { 'proxy-url': `http://me:${SECRETS.proxy}@127.0.0.1:9` };
    const proxied = start(['doctor', ...node(), '--kubeconfig', kubeconfig('proxied', { token: SECRETS.token }, url)]);
    await keepsQuiet(proxied, { exitCode: 3, told: /proxy-url/ });
  });

  it('are nowhere in a doctor that gets in by password', async () => {
    const { ssh, nodeKubeconfigFile } = host;
    const way = ['--provider', 'external', '--ssh', `${ssh.user}@${ssh.host}:${ssh.port}`, '--ssh-config', 'none'];
    const login = ['--ssh-password-file', join(room, 'right-password'), '--ssh-known-hosts', ssh.knownHostsFile];
    const args = ['doctor', '--json', '--verbose', '--artifacts', 'out', '--kubeconfig', nodeKubeconfigFile];
    const look = start([...args, ...way, ...login, '--ssh-agent', 'none']);
    const mayHave = { inKubeconfig: ['client key of the other host'] };
    await keepsQuiet(look, { exitCode: 0, told: /"verdict"/ }, mayHave);
  });

  it('are nowhere in a tunnel that is cut for good, nor in the environment of one that is left in the background', async () => {
    const own = await startSshd();
    const lost = ['--ssh', `${userInfo().username}@127.0.0.1:${own.port}`, '--ssh-known-hosts', own.knownHosts];
    const ticket = kubeconfig('file.kubeconfig', { tokenFile: join(room, 'token') });
    const args = ['tunnel', '--verbose', ...node(), ...lost, '--ssh-key', own.keyFile, '--connection-budget', '1s'];
    const cut = start([...args, '--kubeconfig', sim.kubeconfig]);
    await cut.said('export KUBECONFIG');
    await own.close();
    await keepsQuiet(cut, { exitCode: 3, told: /^infra: ssh /m }, { inKubeconfig: ['client key'] });
    cut.remove();
    const background = ['--verbose', ...node(), '--guest-password', SECRETS.guest, '--kubevirtci-config-path', room];
    const up = start(['provider', 'up', ...background, '--kubeconfig', sim.kubeconfig], {
      SEVLANE_GUEST_PASSWORD: SECRETS.guest,
    });
    try {
      const { exitCode, told, descendants } = await up.ended();
      expect(exitCode, told).to.equal(0);
      const guises = descendants.flatMap((each) => [...each.guises]);
      const tunnel = guises.filter(([argv]) => argv.includes('--write-kubeconfig'));
      expect(tunnel).to.not.have.length(0);
      const leaks = tunnel.flat().flatMap((text) => canariesIn(text, canaries));
      expect(leaks).to.deep.equal([]);
      expect(canariesIn(readFileSync(join(room, 'external/.sevlane-tunnel.log')), canaries)).to.deep.equal([]);
      expect(canariesIn(readFileSync(join(room, 'external/.sevlane-tunnel.json')), canaries)).to.deep.equal([]);
      up.remove();
    } finally {
      const down = start(['provider', 'down', '--kubevirtci-config-path', room]);
      expect((await down.ended()).told).to.match(/^down: the tunnel/m);
    }
    run?.remove();
    const refused = start(['tunnel', '--verbose', ...node(), '--kubeconfig', ticket, '--json']);
    await keepsQuiet(refused, { exitCode: 3, told: /401|Unauthorized|accept/ }, { inKubeconfig: ['tokenFile'] });
  });

  it('are kept from a command that gets a way to the cluster, but for its kubeconfig', async function () {
    needProgram(this, 'kubectl');
    const token = await accountToken(sim.kubeconfig);
    canaries.push(canary('issued token', token));
    const args = ['exec', '--verbose', ...node(), '--kubeconfig', plugin('right', credential(token)), '--'];
    const script = 'cat "$KUBECONFIG" >/dev/null && tr "\\0" "\\n" < /proc/self/environ && kubectl version';
    const inside = start([...args, 'sh', '-c', script], { SEVLANE_GUEST_PASSWORD: SECRETS.guest });
    const mayHave = {
      inKubeconfig: ['pluginVariable', 'issued token', 'client key'],
      inEnvironment: [
        { name: 'pluginVariable', of: ['right-plugin', 'sleep'] },
        { name: 'guest', of: [] },
      ],
    };
    await keepsQuiet(inside, { exitCode: 0, told: /Server Version/, seen: ['kubectl', 'right-plugin'] }, mayHave);
  });

  it('are not shown where a person types them', async function () {
    needTerminal(this);
    mkdirSync(join(room, 'typed'));
    const sitting = await sitDown([
      'exec',
      '--verbose',
      ...node(join(room, 'locked')),
      '--kubeconfig',
      sim.kubeconfig,
      '--',
      'true',
    ]);
    await sitting.shows(/passphrase of \S+locked: /);
    sitting.type(`${SECRETS.passphrase}\r`);
    expect(await sitting.ended(), sitting.screen()).to.equal(0);
    expect(canariesIn(sitting.screen(), canaries)).to.deep.equal([]);
  });
});

function clientKeyOf(kubeconfig: string): string {
  const config = parse(kubeconfig) as { users: [{ user: { 'client-key-data': string } }] };
  return Buffer.from(config.users[0].user['client-key-data'], 'base64').toString();
}

/** As `kubectl create token` makes one, of an account that may do everything. */
async function accountToken(kubeconfig: string): Promise<string> {
  const api = await openSimApi(kubeconfig);
  const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { generateName: 'canary-' } };
  const { metadata } = (await api.create('/api/v1/namespaces/default/serviceaccounts', account)) as {
    metadata: { name: string };
  };
  await api.create('/apis/rbac.authorization.k8s.io/v1/clusterrolebindings', {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name: metadata.name },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
    subjects: [{ kind: 'ServiceAccount', name: metadata.name, namespace: 'default' }],
  });
  const request = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { expirationSeconds: 3600 } };
  const path = `/api/v1/namespaces/default/serviceaccounts/${metadata.name}/token`;
  const { status } = (await api.create(path, request)) as { status: { token: string } };
  api.close();
  return status.token;
}
