import { expect } from 'chai';
import fc from 'fast-check';
import { after, before, describe, it } from 'mocha';
import { needProgram } from '../programs.ts';
import { brief, type Desk, NO_SSH, setDesk } from './desk.ts';

/** With ssh and without it the same configuration has to mean the same. */
describe('an ssh_config, read by ssh and read without it', () => {
  let desk: Desk;
  before(function () {
    needProgram(this, 'ssh');
    needProgram(this, 'ssh-keygen');
    desk = setDesk();
    for (const name of ['k1', 'k2', 'k-amd1', 'k-root', 'last']) desk.key(name);
    desk.write('known', '');
  });
  after(() => desk?.clear());

  const ending = () => `\nHost *\n  IdentityFile ${desk.at('last')}\n  GlobalKnownHostsFile ${desk.at('known')}\n`;
  async function compare(config: string, user?: string): Promise<unknown> {
    const changes = { name: { host: 'amd1', ...(user === undefined ? {} : { user }) } };
    const [told, read] = [
      await desk.resolve(`${config}${ending()}`, changes),
      await desk.resolve(`${config}${ending()}`, changes, NO_SSH),
    ];
    if ('problems' in told) {
      // The words differ, the verdict must not.
      expect(read, `ssh refuses it:\n${config}\n${JSON.stringify(brief(told))}`).to.have.property('problems');
      return undefined;
    }
    expect(brief(read), config).to.deep.equal(brief(told));
    return brief(told);
  }

  const CONFIGS: Readonly<Record<string, string>> = {
    'nothing at all': '',
    'first value wins': 'Host amd1\n  Port 2222\n  User root\nHost *\n  Port 22\n  User nobody\n',
    'what stands before the first Host': 'User early\nHost amd1\n  User late\n',
    'HostName with its token': 'Host amd*\n  HostName %h.lab.example\n',
    'a percent sign in HostName': 'Host amd*\n  HostName %h%%x\n',
    'negated patterns': 'Host * !amd1\n  User other\nHost !gate amd?\n  User root\n',
    'only a negated pattern': 'Host !gate\n  User wrong\n',
    'letters in Host count': 'Host AMD1\n  User wrong\n',
    'Match on the host so far': 'Host amd1\n  HostName 10.0.0.7\nMatch host 10.0.0.*\n  User bynet\n',
    'Match on the name as written': 'Host amd1\n  HostName 10.0.0.7\nMatch originalhost AMD1\n  User byname\n',
    'Match on the user so far': 'Host amd1\n  User root\nMatch user root\n  Port 2200\nMatch !user root\n  Port 2201\n',
    'Match on who runs this': 'Match localuser root,nobody\n  Port 2203\n',
    'Match with several criteria': 'Match host amd*,gate !user nobody originalhost amd1\n  Port 2204\n',
    'Match all': 'Match all\n  Port 2205\n',
    'Match with an equals sign': 'Match host=amd1\n  Port 2206\n',
    'keys, which add up, each once': 'IdentityFile K1\nHost amd1\n  IdentityFile K2\n  IdentityFile K1\n',
    'keys with tokens': 'IdentityFile D/k-%n\nHost amd1\n  User root\n  IdentityFile D/k-%r\n  IdentityFile D/%%h\n',
    'keys that do not exist': 'IdentityFile D/absent\n',
    'a quoted value': 'Host "amd1"\n  User "root"\n  IdentityFile "K1"\n',
    'single quotes and escapes': "Host 'amd1'\n  HostKeyAlias 'a b'\n  UserKnownHostsFile D/with\\ blank\n",
    'equals signs and tabs': 'Host=amd1\n\tPort=2207\n  User = root\n',
    'upper case and comments': '# first\nHOST amd1 # second\n  PORT 2208 # third\n\n   # fourth\n',
    'line ends of another system': 'Host amd1\r\n  Port 2209\r\n  User root\r\n',
    'a jump': 'Host amd1\n  ProxyJump gate\nHost gate\n  User me\n  Port 2210\n',
    'jumps of both kinds': 'Host amd1\n  ProxyJump me@[fd00::5]:2211,ssh://gate2:2212\nHost gate2\n  ProxyJump other\n',
    'a jump of the first jump': 'Host amd1\n  ProxyJump gate\nHost gate\n  ProxyJump outer\n',
    'no jump, said first': 'Host amd1\n  ProxyJump none\nHost *\n  ProxyJump gate\n',
    'a jump before a command': 'Host amd1\n  ProxyJump gate\nHost amd1\n  ProxyCommand nc %h %p\n',
    'a command before a jump': 'Host amd1\n  ProxyCommand nc %h %p\nHost amd1\n  ProxyJump gate\n',
    'no command': 'Host amd1\n  ProxyCommand none\n',
    'a jump for all': 'Host *\n  ProxyJump gate\n',
    'jumps in a circle': 'Host amd1\n  ProxyJump gate\nHost gate\n  ProxyJump amd1\n',
    times: 'ConnectTimeout 1m30\nServerAliveInterval 2m\nServerAliveCountMax 5\n',
    'no times': 'ConnectTimeout none\nServerAliveInterval 0\n',
    'known hosts': 'UserKnownHostsFile ~/a D/b\nHostKeyAlias lab-amd1\n',
    'no known hosts of the user': 'UserKnownHostsFile none\n',
    'known hosts with tokens': 'UserKnownHostsFile D/known-%h-%p\n',
    ...Object.fromEntries(
      ['yes', 'no', 'off', 'ask', 'accept-new', 'YES'].map((word) => [
        `checking ${word}`,
        `StrictHostKeyChecking ${word}\n`,
      ]),
    ),
    'a list of ciphers': 'Ciphers aes256-ctr,aes128-gcm@openssh.com\n',
    'more ciphers':
      'Ciphers +3des-cbc\nMACs +hmac-md5\nHostKeyAlgorithms +ssh-rsa\nKexAlgorithms +diffie-hellman-group14-sha1\n',
    'fewer ciphers': 'Ciphers -aes*-ctr\nMACs -*sha1*\nHostKeyAlgorithms -ecdsa*\nKexAlgorithms -diffie*\n',
    'ciphers in front': 'Ciphers ^aes256-ctr\nHostKeyAlgorithms ^rsa-sha2-512\n',
    'nothing that the transport knows': 'KexAlgorithms sntrup761x25519-sha512@openssh.com\n',
    'no agent': 'IdentityAgent none\nIdentitiesOnly yes\n',
    'no keys': 'PubkeyAuthentication no\n',
    'an unknown keyword': 'Host amd1\n  Prot 22\n',
    'an unknown keyword elsewhere': 'Host other\n  Prot 22\n',
    'an unknown keyword that is ignored': 'IgnoreUnknown Use*,Pr?t\nHost amd1\n  UseKeychain yes\n  Prot 22\n',
    'no value': 'Host amd1\n  Port\n',
    'one value too many': 'Host amd1\n  Port 22 23\n',
    'no port': 'Port abc\n',
    'a port that is none': 'Port 0\n',
    'neither yes nor no': 'IdentitiesOnly maybe\n',
    'no time': 'ConnectTimeout soon\n',
    'an open quote': 'Host "amd1\n  Port 22\n',
    'an unknown criterion': 'Match moon full\n  Port 22\n',
    'a criterion without a value': 'Match host\n  Port 22\n',
    'all beside others': 'Match all host amd1\n  Port 22\n',
    'an Include that is not there': 'Include D/none-*.conf\nPort 2213\n',
  };

  const REFUSED = new Set([
    ...['a command before a jump', 'a jump for all', 'jumps in a circle', 'nothing that the transport knows'],
    ...['an unknown keyword', 'an unknown keyword elsewhere', 'no value', 'one value too many', 'no port'],
    ...['a port that is none', 'neither yes nor no', 'no time', 'an open quote', 'an unknown criterion'],
    ...['a criterion without a value', 'all beside others', 'no keys'],
  ]);

  for (const [name, config] of Object.entries(CONFIGS)) {
    it(`means the same: ${name}`, async () => {
      const text = config
        .replaceAll('K1', desk.at('k1'))
        .replaceAll('K2', desk.at('k2'))
        .replaceAll('D/', `${desk.folder}/`);
      const target = await compare(text);
      expect(target === undefined, JSON.stringify(target)).to.equal(REFUSED.has(name));
    });
  }

  it('means the same with Includes, in blocks that apply and in others', async () => {
    desk.write('conf.d/10-a.conf', 'Port 2301\nHost gate\n  User inner\n');
    desk.write('conf.d/20-b.conf', 'Port 2302\nMatch user deep\n  HostName deep.example\n');
    desk.write('conf.d/.hidden.conf', 'Port 2303\n');
    expect(await compare(`Include ${desk.at('conf.d')}/*.conf\nUser after\n`)).to.include({
      port: 2301,
      user: 'after',
    });
    expect(await compare(`Host amd1\n  User deep\n  Include ${desk.at('conf.d')}/20-b.conf\n  Port 7\n`)).to.include({
      host: 'deep.example',
      port: 2302,
    });
    expect(await compare(`Host gate\n  Include ${desk.at('conf.d')}/*.conf\n`)).to.include({ port: 22 });
    expect(await compare(`Include ${desk.at('conf.d')}/[12]?-[!b].conf\n`)).to.include({ port: 2301 });
    const loop = desk.write('loop.conf', `Include ${desk.at('loop.conf')}\n`);
    expect(await compare(`Include ${loop}\n`)).to.equal(undefined);
    desk.write('conf.d/30-open.conf', 'Port 2304\n', 0o666);
    expect(await compare(`Include ${desk.at('conf.d')}/30-open.conf\n`), 'others may write it').to.equal(undefined);
  });

  it('means the same whatever is written', async () => {
    await fc.assert(
      fc.asyncProperty(
        configurations(() => desk.folder),
        fc.constantFrom(undefined, 'root', 'me'),
        async (config, user) => {
          await compare(config, user);
        },
      ),
      { numRuns: 60, interruptAfterTimeLimit: 60_000, endOnFailure: true },
    );
  }).timeout(120_000);
});

/** Texts of lines that ssh may like or not. */
function configurations(folder: () => string): fc.Arbitrary<string> {
  const pattern = fc.constantFrom(
    'amd1',
    'gate',
    '*',
    'a*',
    '!amd1',
    '?md1',
    'gate2',
    '"amd1"',
    '!gate',
    '10.*',
    'AMD1',
  );
  const host = fc.array(pattern, { minLength: 1, maxLength: 3 }).map((all) => `Host ${all.join(' ')}`);
  const criterion = fc.constantFrom(
    ...[
      'host amd*',
      'host 10.*',
      '!host gate',
      'user root',
      '!user me',
      'originalhost amd1,gate',
      'localuser root',
      'host "amd1"',
    ],
  );
  const match = fc.oneof(
    fc.constant('Match all'),
    fc.array(criterion, { minLength: 1, maxLength: 2 }).map((all) => `Match ${all.join(' ')}`),
  );
  const setting = fc.constantFrom(...SETTINGS).chain(([keyword, ...values]) =>
    fc.record({
      keyword: fc.constantFrom(keyword, keyword.toLowerCase(), keyword.toUpperCase()),
      value: fc.constantFrom(...values),
      indent: fc.constantFrom('', '  ', '\t'),
      separator: fc.constantFrom(' ', '=', ' = ', '\t', '  '),
      end: fc.constantFrom('', ' ', '\t', keyword.startsWith('Proxy') ? '' : ' # word'),
    }),
  );
  const line = setting.map(
    ({ indent, keyword, separator, value, end }) => `${indent}${keyword}${separator}${value}${end}`,
  );
  const other = fc.constantFrom('', '# nothing', '   ');
  const any = fc.oneof(
    { weight: 2, arbitrary: host },
    { weight: 1, arbitrary: match },
    { weight: 6, arbitrary: line },
    other,
  );
  return fc.array(any, { maxLength: 14 }).map((lines) => lines.join('\n').replaceAll('D/', `${folder()}/`));
}

const SETTINGS: readonly (readonly [keyword: string, ...values: string[]])[] = [
  ['HostName', '10.0.0.1', 'Upper.Lab', '%h.lab', '"amd1.example"'],
  ['User', 'root', 'me', "'me'"],
  ['Port', '22', '2222', '65535'],
  ['ProxyJump', 'none', 'gate', 'me@gate2:2200,gate', '[fd00::1]:22', 'gate2'],
  ['IdentityFile', 'D/k1', 'D/k-%n', '"D/k2"', 'D/k-%r', '~/absent', 'none'],
  ['IdentitiesOnly', 'yes', 'no', 'true'],
  ['ServerAliveInterval', '0', '15', '1m', '90s'],
  ['ServerAliveCountMax', '1', '7'],
  ['ConnectTimeout', '5', 'none', '1m30'],
  ['StrictHostKeyChecking', 'yes', 'no', 'accept-new', 'ask'],
  ['UserKnownHostsFile', 'D/known', 'D/a D/b', 'none', '~/kh'],
  ['HostKeyAlias', 'alias', 'Lab'],
  ['Ciphers', 'aes256-ctr', '+3des-cbc', '-chacha*', '^aes256-ctr', 'aes128-ctr,aes256-gcm@openssh.com'],
  ['MACs', 'hmac-sha2-256', '-hmac-sha1*', 'umac-64@openssh.com,hmac-sha2-512'],
  ['KexAlgorithms', 'curve25519-sha256', '-ecdh*', 'sntrup761x25519-sha512@openssh.com,ecdh-sha2-nistp256'],
  ['HostKeyAlgorithms', 'ssh-ed25519', '^rsa-sha2-512', '+ssh-rsa'],
  ['IdentityAgent', 'none', 'SSH_AUTH_SOCK'],
  ['ProxyCommand', 'none'],
  ['Compression', 'yes'],
  ['SendEnv', 'LANG LC_*'],
  ['LogLevel', 'ERROR'],
];
