import { createRequire } from 'node:module';
import { expect } from 'chai';
import { execa } from 'execa';
import { after, before, describe, it } from 'mocha';
import type { OpensshTarget } from '../../harness/model/host.ts';
import { ALGORITHMS } from '../../harness/ssh-config/algorithms.ts';
import { readAnswer } from '../../harness/ssh-config/ask-ssh.ts';
import type { SshRequest } from '../../harness/ssh-config/request.ts';
import { needProgram } from '../programs.ts';
import { brief, type Desk, NO_SSH, setDesk, surroundings } from './desk.ts';

describe("the system's ssh as the transport", () => {
  let desk: Desk;
  let program: string;
  before(function () {
    program = needProgram(this, 'ssh');
    desk = setDesk();
    desk.write('known', '');
    desk.write('second known', '');
    desk.write('key', 'not read by us', 0o644);
  });
  after(() => desk?.clear());

  const openssh = { transport: 'openssh' } as const;
  async function target(config: string, changes: Partial<SshRequest> = {}): Promise<OpensshTarget> {
    const resolution = await desk.resolve(config, { knownHostsFiles: [desk.at('known')], ...openssh, ...changes });
    if ('target' in resolution && resolution.target.openssh !== undefined) return resolution.target.openssh;
    throw new Error(JSON.stringify(brief(resolution)));
  }
  /** What ssh makes of the words that it would be called with. */
  async function understood({ args, destination, before = [], after = [] }: OpensshTarget) {
    const lines = [...before, ...after].flatMap((line) => (/^(Match|IdentityFile)/.test(line) ? [] : ['-o', line]));
    const { stdout } = await execa(program, ['-G', ...args, ...lines, '--', destination], { stdin: 'ignore' });
    return readAnswer(stdout);
  }

  it('is called so that it does what our flags say', async () => {
    const found = await target('Host amd1\n  User root\n  StrictHostKeyChecking no\n', {
      name: { host: 'amd1', user: 'me', port: 2222 },
      jumps: [
        { host: 'gate', user: 'door' },
        { host: 'fd00::1', port: 2201 },
      ],
      keyFiles: [desk.at('key')],
      agent: '/run/my agent',
      knownHostsFiles: [desk.at('known'), desk.at('second known')],
      hostKeyChecking: 'accept-new',
    });
    expect(found).to.include({ program, destination: 'amd1' });
    const options = await understood(found);
    expect(options.get('user')).to.deep.equal(['me']);
    expect(options.get('port')).to.deep.equal(['2222']);
    expect(options.get('proxyjump')).to.deep.equal(['door@gate,[fd00::1]:2201']);
    expect(options.get('identityfile')).to.deep.equal([desk.at('key')]);
    expect(options.get('identitiesonly')).to.deep.equal(['yes']);
    expect(options.get('identityagent')).to.deep.equal(['/run/my agent']);
    expect(options.get('userknownhostsfile')).to.deep.equal([desk.at('known'), desk.at('second known')]);
    expect(options.get('globalknownhostsfile')).to.deep.equal(['none']);
    expect(options.get('stricthostkeychecking')).to.deep.equal(['accept-new']);
  });

  it('means the very paths of our flags, whatever is in them', async () => {
    const [key, known] = [desk.write('100%done key', ''), desk.write('50%n known', '')];
    const found = await target('', { keyFiles: [key], knownHostsFiles: [known] });
    expect(found.args).to.include(`IdentityFile="${key.replace('%', '%%')}"`);
    expect(found.before?.[0]).to.equal(`UserKnownHostsFile "${known.replace('%', '%%')}"`);
  });

  it('checks host keys, whatever ssh_config says', async () => {
    expect((await understood(await target('StrictHostKeyChecking no\n'))).get('stricthostkeychecking')).to.deep.equal([
      'true',
    ]);
    const config = 'Host amd1\n  ProxyJump gate\nHost gate\n  StrictHostKeyChecking off\n';
    const onTheWay = await desk.resolve(config, { ...openssh, knownHostsFiles: [desk.at('known')] });
    expect('notes' in onTheWay && onTheWay.notes).to.deep.equal([
      `${desk.at('config')}:4: StrictHostKeyChecking no is not obeyed: host keys are always checked`,
    ]);
  });

  it('may do what the built-in transport cannot, and reads its own keys', async () => {
    const resolution = await desk.resolve('Host amd1\n  User root\n  ProxyCommand nc %h %p\n  HostName 10.0.0.7\n', {
      ...openssh,
      knownHostsFiles: [desk.at('known')],
      keyFiles: [desk.at('key')],
    });
    expect('target' in resolution && resolution.target).to.deep.include({
      host: '10.0.0.7',
      port: 22,
      user: 'root',
      auth: [],
    });
  });

  it('is refused where it cannot be told, or is not there', async () => {
    const changes = {
      ...openssh,
      knownHostsFiles: [desk.at('known')],
      keyFiles: [desk.at('absent')],
      passphraseFile: desk.at('known'),
    };
    expect(brief(await desk.resolve('', changes, { ...surroundings(), ...NO_SSH }))).to.deep.equal([
      '--ssh-transport: there is no ssh of OpenSSH on PATH',
      "--ssh-passphrase-file: the system's ssh is not given any secret: it has only its keys and its agent",
      `--ssh-key: ${desk.at('absent')} does not exist`,
    ]);
  });
});

describe('the algorithms of the built-in transport', () => {
  const supported = createRequire(import.meta.url)('ssh2/lib/protocol/constants.js') as Readonly<
    Record<string, readonly string[]>
  >;
  const LISTS: Readonly<Record<string, string>> = {
    ciphers: 'SUPPORTED_CIPHER',
    kexalgorithms: 'SUPPORTED_KEX',
    macs: 'SUPPORTED_MAC',
    hostkeyalgorithms: 'SUPPORTED_SERVER_HOST_KEY',
  };

  it('are those that the library has, with this Node', () => {
    for (const { keyword, known, usual } of ALGORITHMS) {
      expect(supported[LISTS[keyword] ?? ''], keyword).to.include.members([...known]);
      expect(known, keyword).to.include.members([...usual]);
    }
  });

  it('are all that OpenSSH would offer by itself and that the library has', async function () {
    const program = needProgram(this, 'ssh');
    const { stdout } = await execa(program, ['-G', '-F', '/dev/null', 'host'], { stdin: 'ignore' });
    const defaults = readAnswer(stdout);
    for (const { keyword, known, usual } of ALGORITHMS) {
      const offered = (defaults.get(keyword)?.[0] ?? '').split(',');
      expect(
        usual.filter((name) => offered.includes(name)),
        keyword,
      ).to.have.members(offered.filter((name) => known.includes(name)));
    }
  });
});
