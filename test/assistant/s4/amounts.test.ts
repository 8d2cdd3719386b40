import fc from 'fast-check';
import { amountOf, minorDigits, totalOf, withoutZeros } from '../../../src/assistant/demo/amounts';
import { demoOrders } from '../../../src/assistant/demo/demoOrders';

const one = (quantity: string, price: string, per = '1') => ({ quantity, price, per });

describe('an amount', () => {
  it.each([
    ['0.1 and 0.2', [one('1', '0.10'), one('1', '0.20')], 'EUR', '0.30'],
    ['more than a float can hold', [one('3', '0.10'), one('1', '9007199254740993.01')], 'EUR', '9007199254740993.31'],
    ['a price for a hundred', [one('250.000', '12.34', '100')], 'EUR', '30.85'],
    ['half a cent, away from zero', [one('1', '0.01', '2')], 'EUR', '0.01'],
    ['less than half a cent', [one('1', '0.0049')], 'EUR', '0.00'],
    ['a credit', [one('-1', '0.01', '2')], 'EUR', '-0.01'],
    ['yen, which have no parts', [one('3', '1250.4')], 'JPY', '3751'],
    ['dinars, which have a thousand', [one('1', '1.2345')], 'KWD', '1.235'],
    ['no items', [], 'EUR', '0.00'],
  ])('of %s is exact', (_what, items, currency, total) => {
    expect(totalOf(items, currency)).toBe(total);
  });

  it('heeds the ratio between the unit that is ordered and the unit that is priced', () => {
    const boxes = { quantity: '3', price: '1250', per: '100', numerator: '2500', denominator: '1' };
    expect(totalOf([boxes], 'JPY')).toBe('93750');
    expect(totalOf([{ ...boxes, numerator: '1', denominator: '3' }], 'EUR')).toBe('12.50');
  });

  it('of the demonstration is what it always was', () => {
    expect(demoOrders.map(({ total }) => total)).toEqual(['9628.20', '657.30', '4121.58', '688.00']);
  });

  it('of whole cents loses nothing, however large', () => {
    const cents = fc.bigInt({ min: 0n, max: 10n ** 20n });
    fc.assert(fc.property(cents, fc.bigInt({ min: 0n, max: 10n ** 12n }), (price, quantity) => {
      const text = `${price / 100n}.${String(price % 100n).padStart(2, '0')}`;
      expect(amountOf(one(String(quantity), text), 2)).toBe(price * quantity);
    }), { numRuns: 1_000 });
  });

  it('is the sum of its items, each rounded by itself', () => {
    const decimal = fc.tuple(fc.nat(99_999), fc.nat(999)).map(([whole, rest]) => `${whole}.${String(rest).padStart(3, '0')}`);
    const item = fc.record({ quantity: decimal, price: decimal, per: fc.constantFrom('1', '100', '1000') });
    fc.assert(fc.property(fc.array(item, { maxLength: 20 }), fc.constantFrom('EUR', 'JPY', 'KWD'), (items, currency) => {
      const digits = minorDigits(currency);
      const sum = items.reduce((all, each) => all + amountOf(each, digits), 0n);
      expect(BigInt(totalOf(items, currency).replace('.', ''))).toBe(sum);
    }));
  });

  it('is refused for what is no decimal, without repeating it', () => {
    for (const text of ['', '1e5', '0x10', '1,5', ' 1', '1.', '.5', '--1', 'NaN', '9'.repeat(30)]) {
      expect(() => amountOf(one(text, '1'), 2)).toThrow(/^not a decimal$/);
    }
    expect(() => amountOf(one('1', '1', '0'), 2)).toThrow(/^not a ratio$/);
  });

  it.each([['12.000', '12'], ['1.50', '1.5'], ['100', '100'], ['0.000', '0'], ['0.250', '0.25']])(
    '%s is shown as %s', (text, shown) => { expect(withoutZeros(text)).toBe(shown); });
});
