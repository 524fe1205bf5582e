import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import {
  canonicalQuantity,
  compareQuantities,
  findQuantity,
  NOT_A_QUANTITY,
  parseQuantity,
  quantityOf,
  quantityText,
  sum,
  wholeValue,
} from '../../providers/mock/quantity.ts';

describe('a quantity', () => {
  it('is written as Kubernetes writes it', () => {
    const written = {
      '1024Mi': '1Gi',
      '1.5Gi': '1536Mi',
      '1Gi': '1Gi',
      '0.5': '500m',
      '1000m': '1',
      '1000': '1k',
      '1024': '1024',
      '512Ki': '512Ki',
      '1023Ki': '1023Ki',
      '0.5Ki': '512',
      '0.5Gi': '512Mi',
      '-5': '-5',
      '1e3': '1e3',
      '0Gi': '0',
      '-1.5': '-1500m',
      '2000M': '2G',
      '1500Mi': '1500Mi',
      '50M': '50M',
      '0.1': '100m',
      '0.3Gi': '322122547200m',
    };
    for (const [text, canonical] of Object.entries(written)) expect(canonicalQuantity(text), text).to.equal(canonical);
  });

  it('is refused in the words of Kubernetes when it is none', () => {
    for (const text of ['', '1 Gi', 'Gi', '1GiB?', 'abc', '1Q', '1.2.3'])
      expect(() => parseQuantity(text), text).to.throw(NOT_A_QUANTITY);
    expect(() => parseQuantity('1Kii')).to.throw("unable to parse quantity's suffix");
  });

  it('has no power that would take for ever', () => {
    for (const text of ['1e1000000000', '1e-1000000000']) expect(findQuantity(text), text).to.equal(undefined);
  });

  it('keeps in a sum the notation of the first summand that is not zero', () => {
    expect(quantityText(sum(quantityOf(0, 'DecimalSI'), parseQuantity('1Gi')))).to.equal('1Gi');
    expect(quantityText(sum(parseQuantity('1G'), parseQuantity('1Ki')))).to.equal('1000001024');
  });

  it('is compared by its size and rounded up where a whole number is wanted', () => {
    expect(compareQuantities('1Gi', '1024Mi')).to.equal(0);
    expect(compareQuantities('1G', '1Gi')).to.be.lessThan(0);
    expect(wholeValue('1500m')).to.equal(2n);
    expect(wholeValue('1Gi')).to.equal(1_073_741_824n);
  });

  it('keeps its size and its form when it is written again', () => {
    const suffix = fc.constantFrom('', 'm', 'k', 'M', 'G', 'Ki', 'Mi', 'Gi', 'Ti');
    const text = fc.tuple(fc.nat(5_000_000), suffix).map(([number, unit]) => `${number}${unit}`);
    fc.assert(
      fc.property(text, (quantity) => {
        const canonical = canonicalQuantity(quantity);
        expect(compareQuantities(canonical, quantity)).to.equal(0);
        expect(canonicalQuantity(canonical)).to.equal(canonical);
      }),
    );
  });
});
