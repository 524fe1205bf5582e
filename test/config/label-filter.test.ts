import { expect } from 'chai';
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
