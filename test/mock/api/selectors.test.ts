import { expect } from 'chai';
import { describe, it } from 'mocha';
import { fieldTerms, labelSelector } from '../../../providers/mock/api/selectors.ts';
import { ApiError } from '../../../providers/mock/api/status.ts';
import { selects } from '../../../providers/mock/label-selector.ts';

const LABELS = { app: 'web', tier: '2' };

function refusal(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof ApiError) return `${error.status} ${error.message}`;
    throw error;
  }
  return 'accepted';
}

describe('selectors', () => {
  const chosen: readonly [string, boolean][] = [
    ['', true],
    ['app=web', true],
    ['app==web,tier=2', true],
    ['app!=web', false],
    ['absent!=x', true],
    ['app in (db, web)', true],
    ['app notin (web)', false],
    ['absent notin (web)', true],
    ['app', true],
    ['!app', false],
    ['!absent', true],
    ['tier>1', true],
    ['tier<1', false],
  ];
  for (const [text, wanted] of chosen) {
    it(`"${text}" ${wanted ? 'chooses' : 'leaves out'} app=web,tier=2`, () => {
      expect(labelSelector(text)(LABELS)).to.equal(wanted);
    });
  }

  it('refuse what cannot be parsed in the words of the real parser', () => {
    expect(refusal(() => labelSelector('a b c'))).to.equal(
      "400 unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt",
    );
    expect(refusal(() => labelSelector('a in b'))).to.contain("found 'b' expected: '('");
    expect(refusal(() => labelSelector('a=b=c'))).to.contain("expected: ',' or 'end of string'");
    expect(refusal(() => labelSelector('-bad=1'))).to.contain('name part must consist of alphanumeric characters');
    expect(refusal(() => fieldTerms('xx'))).to.equal("400 invalid selector: 'xx'; can't understand 'xx'");
  });

  it('read the terms of a field selector, unequal ones and escaped commas too', () => {
    expect(fieldTerms('metadata.name=a,spec.nodeName!=n\\,1')).to.deep.equal([
      { field: 'metadata.name', equal: true, value: 'a' },
      { field: 'spec.nodeName', equal: false, value: 'n,1' },
    ]);
  });

  it('of objects choose nothing when absent and everything when empty', () => {
    expect(selects(undefined, LABELS)).to.equal(false);
    expect(selects({}, LABELS)).to.equal(true);
    const matchExpressions = [
      { key: 'app', operator: 'In', values: ['web'] },
      { key: 'x', operator: 'DoesNotExist' },
    ];
    expect(selects({ matchLabels: { tier: '2' }, matchExpressions }, LABELS)).to.equal(true);
  });
});
