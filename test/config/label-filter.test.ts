import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { parseLabelFilter } from '../../harness/config/label-filter.ts';

function chooses(filter: string, ...labels: string[]): boolean {
  const parsed = parseLabelFilter(filter);
  if (!('matches' in parsed)) throw new Error(`${filter}: ${parsed.problem}`);
  return parsed.matches(labels);
}

function refusal(filter: string) {
  const parsed = parseLabelFilter(filter);
  if ('matches' in parsed) throw new Error(`${filter} was accepted`);
  return parsed;
}

describe('label filter', () => {
  it('chooses everything when it is empty', () => {
    expect(chooses('')).to.equal(true);
    expect(chooses('', 'SEV')).to.equal(true);
  });

  it("reads KubeVirt's own lane filter", () => {
    const lane = '(!flake-check)&&((SEV)&&(!PERIODIC)&&(!QUARANTINE))';
    expect(chooses(lane, 'SEV', 'sig-compute')).to.equal(true);
    expect(chooses(lane, 'SEV', 'QUARANTINE')).to.equal(false);
    expect(chooses(lane, 'sig-compute')).to.equal(false);
  });

  it('binds && tighter than || and takes a comma for ||', () => {
    expect(chooses('a || b && c', 'a')).to.equal(true);
    expect(chooses('a, b && c', 'b')).to.equal(false);
    expect(chooses('(a, b) && c', 'a')).to.equal(false);
    expect(chooses('(a, b) && c', 'b', 'c')).to.equal(true);
  });

  it('binds ! tightest and lets it repeat', () => {
    expect(chooses('!a && b', 'b')).to.equal(true);
    expect(chooses('!(a && b)', 'a')).to.equal(true);
    expect(chooses('!!a', 'a')).to.equal(true);
  });

  it('compares without regard to case', () => {
    expect(chooses('sevsnp', 'SEVSNP')).to.equal(true);
  });

  it('takes labels with dots, dashes, underscores and a value after a colon', () => {
    expect(chooses('sig-compute && v1.9_x && owner:me', 'sig-compute', 'v1.9_x', 'owner:me')).to.equal(true);
  });

  it('gives what the expression means, however it is nested, spaced and put in parentheses', () => {
    const labels = ['SEV', 'SEVES', 'sig-compute', 'QUARANTINE'];
    interface Meaning {
      readonly text: string;
      readonly holds: (labels: readonly string[]) => boolean;
    }
    const { tree } = fc.letrec<{ tree: Meaning; leaf: Meaning; not: Meaning; all: Meaning; any: Meaning }>((tie) => ({
      tree: fc.oneof({ depthSize: 'small' }, tie('leaf'), tie('not'), tie('all'), tie('any')),
      leaf: fc.constantFrom(...labels).map((label) => ({ text: label, holds: (has) => has.includes(label) })),
      not: tie('tree').map(({ text, holds }) => ({ text: `!( ${text})`, holds: (has) => !holds(has) })),
      all: fc
        .tuple(tie('tree'), tie('tree'))
        .map(([a, b]) => ({ text: `(${a.text})&& (${b.text} )`, holds: (has) => a.holds(has) && b.holds(has) })),
      any: fc
        .tuple(tie('tree'), tie('tree'), fc.constantFrom('||', ' , ', ','))
        .map(([a, b, or]) => ({ text: `(${a.text}${or}${b.text})`, holds: (has) => a.holds(has) || b.holds(has) })),
    }));
    fc.assert(
      fc.property(tree, fc.subarray(labels), ({ text, holds }, has) => {
        expect(chooses(text, ...has), text).to.equal(holds(has));
      }),
    );
  });

  it('never breaks on what it cannot read: it names a column inside of the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const parsed = parseLabelFilter(text);
        if ('matches' in parsed) return;
        expect(parsed.column).to.be.within(1, text.length + 1);
      }),
    );
  });

  for (const { filter, column, problem } of [
    { filter: 'SEV & SEVES', column: 5, problem: 'a single "&"; write "&&"' },
    { filter: 'SEV | SEVES', column: 5, problem: 'a single "|"; write "||"' },
    { filter: 'SEV SEVES', column: 5, problem: '"&&", "||" or "," is missing before "SEVES"' },
    { filter: 'SEV &&', column: 7, problem: 'the filter ends where a label is expected' },
    { filter: '&& SEV', column: 1, problem: '"&&" stands where a label is expected' },
    { filter: 'SEV && ()', column: 9, problem: '")" stands where a label is expected' },
    { filter: '(SEV', column: 1, problem: 'this "(" is never closed' },
    { filter: 'SEV)', column: 4, problem: 'this ")" closes nothing' },
    { filter: 'SEV == 1', column: 5, problem: '"=" cannot stand in a label filter' },
    { filter: '/SEV.*/', column: 1, problem: 'expressions between slashes' },
    { filter: 'area: containsAny {x}', column: 5, problem: 'set operations' },
  ]) {
    it(`refuses ${filter} at column ${column}`, () => {
      const refused = refusal(filter);
      expect(refused.problem).to.contain(problem);
      expect(refused.column).to.equal(column);
      expect(refused.picture).to.equal(`${filter}\n${' '.repeat(column - 1)}^`);
    });
  }
});
