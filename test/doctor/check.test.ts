import { expect } from 'chai';
import { describe, it } from 'mocha';
import { type Check, judgeAll, ok, unread, warning } from '../../harness/doctor/check.ts';

const LIMIT: Check<{ readonly limit: number | undefined }> = {
  id: 'host-limit',
  group: 'host',
  title: 'the limit is high enough',
  expected: 'a high limit',
  why: 'low limits hurt',
  judge({ limit }) {
    if (limit === undefined) return unread('it is absent', '/proc/limit', 'look by hand');
    if (limit < 5) return { ...warning(`${limit}`, '/proc/limit', 'raise it'), expected: 'at least 5' };
    return ok(`${limit}`, '/proc/limit');
  },
};

describe('doctor checks', () => {
  it('give one result each, with the identity, the reading, the expectation and the reason', () => {
    const [result] = judgeAll([LIMIT], { limit: 9 });

    expect(result).to.deep.equal({
      id: 'host-limit',
      group: 'host',
      title: 'the limit is high enough',
      verdict: 'ok',
      read: '9',
      from: '/proc/limit',
      expected: 'a high limit',
      why: 'low limits hurt',
    });
  });

  it('may put a figure into what was expected, and always tell what to do when it is not well', () => {
    const [result] = judgeAll([LIMIT], { limit: 2 });

    expect(result).to.include({ verdict: 'warning', expected: 'at least 5', action: 'raise it' });
  });

  it('tell what could not be read apart from what is well', () => {
    expect(judgeAll([LIMIT], { limit: undefined })[0]).to.include({ verdict: 'unread', read: 'it is absent' });
  });

  it('put what a host said on one line without control characters', () => {
    const loud: Check<string> = { ...LIMIT, judge: (text) => ok(text, 'motd') };

    const [result] = judgeAll([loud], '\u001b[31mred\u0007\n\n two\u0000');
    expect(result?.read).to.equal('[31mred two');
    expect(judgeAll([loud], 'x'.repeat(5000))[0]?.read).to.have.length(300);
  });
});
