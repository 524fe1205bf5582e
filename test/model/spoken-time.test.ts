import { expect } from 'chai';
import { describe, it } from 'mocha';
import { spokenTime } from '../../harness/model/spoken-time.ts';

describe('spoken time', () => {
  it('gives as many figures as a reader can use', () => {
    const said = [
      0, 10, 340.6, 999.6, 4999.187250999999, 9960, 41_300, 360_000, 363_000, 3_599_700, 4_500_000, 7_200_000,
    ];
    expect(said.map(spokenTime)).to.deep.equal([
      '0 ms',
      '10 ms',
      '341 ms',
      '1.0 s',
      '5.0 s',
      '10 s',
      '41 s',
      '6 m',
      '6 m 03 s',
      '1 h',
      '1 h 15 m',
      '2 h',
    ]);
  });
});
