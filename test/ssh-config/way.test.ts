import { expect } from 'chai';
import { after, before, describe, it } from 'mocha';
import type { SshTarget } from '../../harness/model/host.ts';
import { type Hop, route } from '../../harness/ssh/hop.ts';
import { keyscanCommand } from '../../harness/ssh/host-key-commands.ts';
import { hostKeyRefusal } from '../../harness/ssh/host-key-refusal.ts';
import { readJump } from '../../harness/ssh-config/hops.ts';
import type { SshRequest } from '../../harness/ssh-config/request.ts';
import { needProgram } from '../programs.ts';
import { brief, type Desk, NO_SSH, setDesk } from './desk.ts';

for (const [where, around] of [
  ['with ssh', {}],
  ['without ssh', NO_SSH],
] as const) {
  describe(`the way to the node, ${where}`, () => {
    let desk: Desk;
    before(function () {
      needProgram(this, 'ssh-keygen');
      if (where === 'with ssh') needProgram(this, 'ssh');
      desk = setDesk();
      desk.key('id');
      desk.key('gate-id');
      desk.write('known', '');
    });
    after(() => desk?.clear());

    const resolve = (config: string, changes: Partial<SshRequest> = {}) =>
      desk.resolve(config, { keyFiles: [desk.at('id')], knownHostsFiles: [desk.at('known')], ...changes }, around);
    async function target(config: string, changes?: Partial<SshRequest>): Promise<SshTarget> {
      const resolution = await resolve(config, changes);
      if ('problems' in resolution) throw new Error(JSON.stringify(resolution.problems));
      return resolution.target;
    }
    const problems = async (config: string, changes?: Partial<SshRequest>) => {
      const resolution = await resolve(config, changes);
      return 'problems' in resolution ? resolution.problems : [];
    };
    const names = ({ jumps = [], ...node }: SshTarget) =>
      [...jumps, node].map(({ user, host, port }) => `${user}@${host}:${port}`);

    it('goes through several hosts, each with its own address, key and known hosts', async () => {
      const config = [
        'Host amd1',
        '  HostName 10.0.0.7',
        '  User root',
        '  ProxyJump gate,me@inner:2201',
        'Host gate',
        '  HostName gate.example',
        '  User door',
        '  Port 2200',
        `  IdentityFile ${desk.at('gate-id')}`,
        '  HostKeyAlias the-gate',
        'Host inner',
        '  Port 2202',
        '  StrictHostKeyChecking accept-new',
      ].join('\n');
      const found = await target(config);
      expect(names(found)).to.deep.equal(['door@gate.example:2200', 'me@inner:2201', 'root@10.0.0.7:22']);
      const keys = [...(found.jumps ?? []), found].map(({ auth }) =>
        auth.flatMap((one) => (one.kind === 'key' ? one.path : [])),
      );
      expect(keys).to.deep.equal([[desk.at('gate-id')], [desk.at('id')], [desk.at('id')]]);
      expect(found.jumps?.map(({ hostKeys }) => hostKeys.alias)).to.deep.equal(['the-gate', undefined]);
      expect(found.jumps?.map(({ hostKeys }) => hostKeys.mode)).to.deep.equal(['yes', 'accept-new']);
    });

    it('goes as --ssh-jump says, whatever ProxyJump or ProxyCommand say of the node', async () => {
      const jumps = [
        { host: 'one', user: 'a' },
        { host: 'two', port: 2222 },
      ];
      const config = 'Host amd1\n  User root\n  ProxyCommand x\nHost two\n  User b\n  ProxyJump two\n';
      expect(names(await target(config, { jumps }))).to.deep.equal(['a@one:22', 'b@two:2222', 'root@amd1:22']);
    });

    it('takes user and port of the flag before those of ssh_config', async () => {
      const name = { host: 'amd1', user: 'me', port: 2222 };
      expect(names(await target('Host amd1\n  User root\n  Port 22\n', { name }))).to.deep.equal(['me@amd1:2222']);
    });

    it('tells a circle of jumps, with the line that makes it and the way out', async () => {
      const circle = 'Host amd1\n  ProxyJump gate\nHost gate\n  ProxyJump inner,outer\nHost inner\n  ProxyJump amd1\n';
      expect(await problems(circle)).to.deep.equal([
        {
          place: `${desk.at('config')}:2`,
          problem: 'ProxyJump goes round in circles: amd1 → gate → outer → inner → amd1',
          fix: 'write before the lines that name it: Host amd1, then ProxyJump none',
        },
      ]);
      const [itself] = await problems('Host *\n  ProxyJump gate\n');
      expect(itself).to.include({ problem: 'ProxyJump goes round in circles: amd1 → gate → gate' });
      expect(
        names(await target('Host gate\n  ProxyJump none\nHost *\n  User root\n  ProxyJump gate\n')),
      ).to.have.length(2);
    });

    it('sends nobody to write a host key into /dev/null', async () => {
      const hop = { host: 'amd1', port: 22, via: [], file: '/dev/null' };
      expect(keyscanCommand(hop)).to.match(/^ssh-keyscan amd1 >> ~\/\.ssh\/known_hosts, and .*--ssh-known-hosts/);
    });

    it('says of an unknown host that StrictHostKeyChecking no was not followed', async () => {
      const found = await target('Host amd1\n  User root\n  StrictHostKeyChecking no\n');
      const refusal = hostKeyRefusal(
        { kind: 'unknown' },
        { hop: route(found)[0] as Hop, key: Buffer.from('AAAAC3NzaC1lZDI1NTE5', 'base64'), files: ['/k'] },
      );
      expect(refusal.message).to.match(/; StrictHostKeyChecking no is never followed$/);
    });

    it('tells a circle that a flag has begun by the name of that flag', async () => {
      const config = 'Host *\n  User root\nHost gate\n  ProxyJump amd1\nHost amd1\n  ProxyJump gate\n';
      const [circle] = await problems(config, { jumps: [{ host: 'gate' }] });
      expect(circle).to.include({ place: '--ssh-jump' });
      expect(circle?.problem).to.match(/^the way through gate goes round in circles: amd1 → gate → amd1/);
    });

    it('may pass a host twice under different names', async () => {
      const config = 'Host *\n  User root\nHost amd1\n  ProxyJump gate:2201,gate:2202\n';
      expect(names(await target(config))).to.deep.equal(['root@gate:2201', 'root@gate:2202', 'root@amd1:22']);
    });

    it('refuses what the built-in transport cannot follow, by name, with its place and the way out', async () => {
      const lines: Readonly<Record<string, string>> = {
        ProxyCommand: 'nc %h %p # not a comment',
        BindAddress: '10.0.0.9',
        BindInterface: 'vpn0',
        RevokedHostKeys: '/etc/ssh/revoked',
        KnownHostsCommand: '/bin/lookup %H',
      };
      for (const [keyword, value] of Object.entries(lines)) {
        expect(await problems(`Host amd1\n  ${keyword} ${value}\n`), keyword).to.deep.equal([
          {
            place: `${desk.at('config')}:2`,
            problem: `${keyword} is in effect for amd1, which the built-in transport does not follow`,
            fix: "let the system's ssh do it: --ssh-transport openssh",
          },
        ]);
        expect(await problems(`Host other\n  ${keyword} ${value}\n`), keyword).to.deep.equal([]);
      }
      const [onTheWay] = await problems('Host amd1\n  ProxyJump gate\nHost gate\n  ProxyCommand x\n');
      expect(onTheWay).to.include({ place: `${desk.at('config')}:4` });
    });

    it('says once what it passes over', async () => {
      const config =
        'AddressFamily inet\nCertificateFile /x-cert.pub\nStrictHostKeyChecking no\nHost amd1\n  ProxyJump gate\n';
      const resolution = await resolve(config);
      const at = desk.at('config');
      expect('notes' in resolution && resolution.notes).to.deep.equal([
        `${at}:3: StrictHostKeyChecking no is not obeyed: host keys are always checked`,
        `${at}:2: CertificateFile is passed over: the built-in transport offers no certificates; let the system's ssh do it: --ssh-transport openssh`,
        `${at}:1: AddressFamily is passed over: all addresses of the name are tried`,
      ]);
      expect('target' in resolution && resolution.target.hostKeys.mode).to.equal('yes');
    });

    it('checks host keys as ssh_config says, or as the flag does, and asks only a person', async () => {
      const mode = async (config: string, changes: Partial<SshRequest> = {}, canAsk = true) => {
        const request = { keyFiles: [desk.at('id')], knownHostsFiles: [desk.at('known')], ...changes };
        const resolution = await desk.resolve(config, request, { ...around, ...(canAsk ? { ask: 'later' } : {}) });
        return 'target' in resolution ? resolution.target.hostKeys.mode : brief(resolution);
      };
      expect(await mode('')).to.equal('yes');
      expect(await mode('StrictHostKeyChecking ask\n')).to.equal('ask');
      expect(await mode('StrictHostKeyChecking ask\n', {}, false)).to.equal('yes');
      expect(await mode('StrictHostKeyChecking no\n')).to.equal('yes');
      expect(await mode('StrictHostKeyChecking off\n', { hostKeyChecking: 'accept-new' })).to.equal('accept-new');
      expect(await mode('StrictHostKeyChecking accept-new\n', { hostKeyChecking: 'yes' })).to.equal('yes');
    });

    it('pins the key of the node only', async () => {
      const found = await target('Host amd1\n  ProxyJump gate\n', { pinnedHostKey: 'SHA256:abc' });
      expect(found.hostKeys.pinned).to.equal('SHA256:abc');
      expect(found.jumps?.[0]?.hostKeys.pinned).to.equal(undefined);
    });

    it('leaves a file that does not exist out of the way, but not one that the user named', async () => {
      expect(await problems('', { configFile: desk.at('absent') })).to.have.length(1);
      expect(await problems('', { configFile: 'none' })).to.deep.equal([]);
    });

    it('keeps the blanks in the paths of known_hosts, also before a slash', async () => {
      const files = [desk.write('my /odd /known', ''), desk.write('other', '')];
      const config = `Host *\n  User root\n  UserKnownHostsFile "${files[0]}" ${files[1]}\n  GlobalKnownHostsFile none\n`;
      const resolution = await desk.resolve(config, { keyFiles: [desk.at('id')] }, around);
      expect('target' in resolution && resolution.target.hostKeys.knownHostsFiles).to.deep.equal(files);
    });

    it('names every host of whose key nothing can be known', async () => {
      const files = { knownHostsFiles: [desk.at('no-such')] };
      const told = await problems('Host *\n  User root\nHost amd1\n  ProxyJump gate:2222\n', files);
      expect(told.map(({ fix }) => fix.replace(/ >>.*/, ''))).to.deep.equal([
        'ssh-keyscan -p 2222 gate',
        `ssh -F ${desk.at('config')} -i ${desk.at('id')} -o UserKnownHostsFile=${desk.at('no-such')} -p 2222 gate ssh-keyscan amd1`,
      ]);
    });
  });
}

describe('a host of ProxyJump', () => {
  it('is read in every form that ssh takes', () => {
    expect(readJump('gate')).to.deep.equal({ host: 'gate' });
    expect(readJump('me@gate:22')).to.deep.equal({ user: 'me', host: 'gate', port: 22 });
    expect(readJump('ssh://me@[fd00::1]:22/')).to.deep.equal({ user: 'me', host: 'fd00::1', port: 22 });
    expect(readJump('me@corp@gate')).to.deep.equal({ user: 'me@corp', host: 'gate' });
    for (const text of ['', '@', 'gate:', 'gate:0', 'gate:99999', '-oProxyCommand=x', 'a b', 'me@', '[', 'gate/x']) {
      expect(readJump(text), text).to.equal(undefined);
    }
  });
});
