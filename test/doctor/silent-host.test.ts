import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { HOST_CHECKS, hostRows, hostUnread } from '../../harness/doctor/host/examine.ts';
import { capabilityContract } from '../../harness/host/capability.ts';
import { type Answers, EXIT_127, fixture, stateOf, UNREADABLE } from '../host/fixture.ts';

const rows = (answers: Answers) => hostRows({ state: stateOf(answers), guestBytes: 2 ** 30, guestsAtOnce: 1 });

describe('checks of a host that answers nothing of use', () => {
  const names = Object.keys(fixture('milan-6.11'));
  const all = (text: string): Answers => Object.fromEntries(names.map((name) => [name, text]));
  const given = (answers: Answers) =>
    Object.values(capabilityContract(stateOf(answers).facts).technologies).filter((one) => one.given === 'yes');

  for (const [what, text] of [
    ['exit 127', EXIT_127],
    ['nothing', ''],
    ['rubbish', 'lorem ipsum; 12 of 13 -> 0x7f'],
    ['a banner', '*****\n* Authorized users only! *\n* System v6.11 (c) 2024, call 555-0199 *\n*****'],
    ['binary output', '\u0000\u0001\ufffd\ufffd\u007fELF\u0002\u0001\u0001'],
    ['that it may not', 'sudo: a password is required'],
    ['that it is unreadable', UNREADABLE],
    ['megabytes', 'x'.repeat(2_000_000)],
  ] as const) {
    it(`say ok for nothing when every probe answers with ${what}`, () => {
      const results = rows(all(text));
      expect(results.filter(({ verdict }) => verdict === 'ok')).to.deep.equal([]);
      expect(given(all(text))).to.deep.equal([]);
      for (const { read } of results) expect(read.length).to.be.lessThan(301);
    });
  }

  it('say ok for nothing when the probe was not answered, or could not be done at all', () => {
    expect(rows({}).filter(({ verdict }) => verdict === 'ok')).to.deep.equal([]);
    const unread = hostUnread('no POSIX shell answered', 'give the user a POSIX shell');
    expect(new Set(unread.map(({ verdict }) => verdict))).to.deep.equal(new Set(['unread']));
    expect(unread).to.have.length(HOST_CHECKS.length);
  });

  it('say ok for nothing and give nothing, whatever words every probe answers with', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-zA-Z !?:;,.\n]{6,300}$/), (text) => {
        expect(rows(all(text)).filter(({ verdict }) => verdict === 'ok')).to.deep.equal([]);
        expect(given(all(text))).to.deep.equal([]);
      }),
      { numRuns: 200 },
    );
  });

  it('never throw and never give a technology out of arbitrary text', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom(...names), fc.oneof(fc.string(), fc.string({ unit: 'binary' }))),
        (texts) => {
          rows(texts);
          expect(given(texts)).to.deep.equal([]);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('never throw when one answer of a good host is replaced, and give nothing that hangs on it', () => {
    const decisive = /\/dev\/sev$|\/proc\/cpuinfo$|parameters\/sev$/;
    fc.assert(
      fc.property(fc.constantFrom(...names), fc.string({ minLength: 2 }), (name, text) => {
        const answers = { ...fixture('milan-6.11'), [name]: text };
        rows(answers);
        if (decisive.test(name)) expect(given(answers).map(({ technology }) => technology)).to.not.include('sev');
      }),
      { numRuns: 300 },
    );
  });
});
