import { expect } from 'chai';
import {
  quantity,
  quantityOf,
  quantityText,
  sum,
  wholeUnits,
} from '../../../providers/mock/kubevirt/launcher/quantity.ts';

describe('quantities', () => {
  it('come out in the largest suffix that divides them evenly', () => {
    const canonical = (text: string) => quantityText(quantity(text));
    expect(canonical('1024Mi')).to.equal('1Gi');
    expect(canonical('1500Mi')).to.equal('1500Mi');
    expect(canonical('1000m')).to.equal('1');
    expect(canonical('0.1')).to.equal('100m');
    expect(canonical('50M')).to.equal('50M');
    expect(canonical('512')).to.equal('512');
    expect(canonical('1e3')).to.equal('1k');
  });

  it('keep the notation of the first summand that is not zero', () => {
    expect(quantityText(sum(quantityOf(0, 'DecimalSI'), quantity('1Gi')))).to.equal('1Gi');
    expect(quantityText(sum(quantity('1G'), quantity('1Ki')))).to.equal('1000001024');
    expect(wholeUnits(quantity('1500m'))).to.equal(2n);
  });

  it('refuse what is no quantity', () => {
    expect(() => quantity('much')).to.throw('"much" is no quantity');
    expect(() => quantity('')).to.throw('is no quantity');
  });
});
