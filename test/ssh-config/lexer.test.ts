import { expect } from 'chai';
import fc from 'fast-check';
import { after, before, describe, it } from 'mocha';
import { readConfigLine, splitWords } from '../../harness/ssh-config/lexer.ts';
import { fitsAny, fitsList, fitsPattern } from '../../harness/ssh-config/patterns.ts';
import { brief, type Desk, NO_SSH, setDesk } from './desk.ts';

describe('a line of ssh_config', () => {
  it('is a keyword and words, however they are separated', () => {
    for (const line of ['Port 22', ' port=22', 'PORT = 22 # why', '\tPort\t22\r', '"port" 22', "Port '22'"]) {
      expect(readConfigLine(line), line).to.deep.include({ keyword: 'port', words: ['22'] });
    }
    for (const line of ['', '   ', '# Port 22', '\t#x', '\r']) expect(readConfigLine(line)).to.equal(undefined);
  });

  it('keeps blanks in quotes and behind backslashes', () => {
    expect(splitWords(`a "b c" 'd "e' f\\ g "h\\"i" j\\k`)).to.deep.equal(['a', 'b c', 'd "e', 'f g', 'h"i', 'j\\k']);
    expect(splitWords('a"b"c# d #e')).to.deep.equal(['abc#', 'd']);
    expect(splitWords('"open')).to.equal(undefined);
  });

  it('is never more than an error, whatever it holds', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (line) => {
        const read = readConfigLine(line);
        if (read === undefined) return;
        // Binary rubbish is not repeated.
        if ('problem' in read) expect(read.problem).to.match(/^[\x20-\x7e]+$/);
        else expect(read.keyword).to.not.equal('');
      }),
      { numRuns: 3000 },
    );
  });
});

describe('a pattern', () => {
  it('knows stars and question marks, and nothing else', () => {
    expect(['amd1', 'amd12', 'xamd1', 'a.d1'].map((name) => fitsPattern(name, 'a?d1'))).to.deep.equal([
      true,
      false,
      false,
      true,
    ]);
    expect(['', 'a', 'ab', 'ba', 'aXb'].map((name) => fitsPattern(name, 'a*b'))).to.deep.equal([
      false,
      false,
      true,
      false,
      true,
    ]);
    expect(fitsPattern('a.c', 'a.c') && !fitsPattern('abc', 'a.c') && fitsPattern('[x]', '[x]')).to.equal(true);
    expect(fitsAny('amd1', ['*', '!amd1'])).to.equal(false);
    expect(fitsList('gate', 'amd*,gate,!amd1')).to.equal(true);
  });

  it('says what an expression of the same meaning says', () => {
    const letters = (unit: readonly string[]) =>
      fc.array(fc.constantFrom(...unit), { maxLength: 10 }).map((all) => all.join(''));
    fc.assert(
      fc.property(letters(['a', 'b', '.']), letters(['a', 'b', '.', '*', '?']), (name, pattern) => {
        const source = pattern.replaceAll('.', '\\.').replaceAll('*', '.*').replaceAll('?', '.');
        expect(fitsPattern(name, pattern)).to.equal(new RegExp(`^${source}$`).test(name));
      }),
      { numRuns: 2000 },
    );
  });

  it('is decided at once, however many stars it has', () => {
    expect(fitsPattern('a'.repeat(20_000), `${'a*'.repeat(200)}b`)).to.equal(false);
  });
});

describe('an ssh_config without ssh', () => {
  let desk: Desk;
  before(() => {
    desk = setDesk();
  });
  after(() => desk.clear());
  const told = async (config: string) =>
    brief(await desk.resolve(config, { pinnedHostKey: 'SHA256:x', agent: 'none' }, NO_SSH));

  it('is refused with file and line, all mistakes at once', async () => {
    expect(await told('Host amd1\n  Prot 22\n  Port many\n\n  "open\n')).to.deep.equal([
      `${desk.at('config')}:2: "prot" is no keyword of ssh_config`,
      `${desk.at('config')}:3: port: "many" is not a port`,
      `${desk.at('config')}:5: begins with no keyword`,
    ]);
  });

  it('names a criterion that only ssh can judge, where the rest of the line holds', async () => {
    const place = `${desk.at('config')}:2`;
    for (const line of [
      'Match exec "true"',
      'Match host amd1 exec true',
      'Match final',
      'Match localnetwork 10.0.0.0/8',
    ]) {
      const criterion = /(exec|final|localnetwork)/.exec(line)?.[1];
      expect(await told(`User root\n${line}\n  Port 2222\n`)).to.deep.equal([
        `${place}: Match ${criterion} can only be evaluated by ssh, which is not installed here`,
      ]);
    }
    const elsewhere = await told('Match host other exec "true"\n  Port 2222\nHost *\n  ProxyCommand x\n');
    expect(elsewhere).to.deep.include(
      `${desk.at('config')}:4: ProxyCommand is in effect for amd1, which the built-in transport does not follow`,
    );
  });

  it('is refused where ssh would make a full name of a short one', async () => {
    expect(await told('CanonicalizeHostname yes\n')).to.deep.include(
      `${desk.at('config')}:1: CanonicalizeHostname is in effect for amd1, which only ssh can follow, and it is not installed here`,
    );
  });

  it('ends when files include themselves, or each other', async () => {
    desk.write('a.conf', `Include ${desk.at('b.conf')}\n`);
    desk.write('b.conf', `\nInclude ${desk.at('a.conf')} ${desk.at('a.conf')}\n`);
    expect(await told(`Include ${desk.at('*.conf')}\n`)).to.deep.equal([
      `${desk.at('b.conf')}:2: Include goes deeper than 16 files; does a file include itself?`,
    ]);
  });

  it('is refused when it is no ssh_config at all', async () => {
    for (const text of [
      '\0\x01\x02\xff'.repeat(50),
      '<html>\n<body class="x">\n',
      'apiVersion: v1\nkind: Config\n',
      '{"a": 1}',
    ]) {
      const problems = await told(text);
      expect(problems).to.be.an('array').that.is.not.empty;
      expect(String(problems))
        .to.include(desk.at('config'))
        .and.to.match(/^[\x20-\x7e\n]+$/);
    }
    const [large] = (await told(`#${'x'.repeat(2 ** 21)}`)) as string[];
    expect(large).to.equal(`${desk.at('config')}: is too large for an ssh_config`);
  });

  it('never throws, whatever it holds', async () => {
    const line = fc.oneof(
      fc.constantFrom(
        'Host ',
        'Match ',
        'Include ',
        'ProxyJump ',
        'Match host ',
        'IdentityFile ',
        'Port=',
        'Ciphers +',
      ),
      fc.string({ unit: 'binary', maxLength: 30 }),
      fc.constant('\n'),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(line, { maxLength: 20 }), async (parts) => {
        const resolution = await desk.resolve(parts.join(''), { pinnedHostKey: 'SHA256:x', agent: 'none' }, NO_SSH);
        if (!('problems' in resolution)) return;
        for (const { place, problem, fix } of resolution.problems) {
          expect(place).to.not.equal('');
          expect(problem).to.not.equal('');
          expect(fix).to.not.equal('');
        }
      }),
      { numRuns: 400 },
    );
  });
});
