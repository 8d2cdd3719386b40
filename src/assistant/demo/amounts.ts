// Money and quantities as systems write them: decimal strings, reckoned with whole numbers. A sum of floats is none.

interface Decimal {
  readonly units: bigint;
  /** Digits after the point. */
  readonly scale: number;
}

/** Throws RangeError for what is no decimal; the text is not repeated. */
function parseDecimal(text: string): Decimal {
  const [, sign = '', whole, fraction = ''] = /^(-?)(\d{1,24})(?:\.(\d{1,12}))?$/.exec(text) ?? [];
  if (whole === undefined) throw new RangeError('not a decimal');
  return { units: BigInt(sign + whole + fraction), scale: fraction.length };
}

const powerOfTen = (exponent: number): bigint => 10n ** BigInt(exponent);

/** How many digits after the point amounts of a currency have (ISO 4217, by way of CLDR): 0 for JPY, 3 for KWD. */
export function minorDigits(currency: string): number {
  return new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits!;
}

export interface Priced {
  readonly quantity: string;
  /** Of `per` pieces. */
  readonly price: string;
  readonly per: string;
  /** By which a quantity in the order's unit becomes one in the price's unit; 1 to 1 where they are the same. */
  readonly numerator?: string;
  readonly denominator?: string;
}

/** quantity × price ÷ per × numerator ÷ denominator, in minor units, half of one rounded away from zero. */
export function amountOf({ quantity, price, per, numerator = '1', denominator = '1' }: Priced, digits: number): bigint {
  const over = [quantity, price, numerator].map(parseDecimal);
  const under = [per, denominator].map(parseDecimal);
  const product = (parts: readonly Decimal[]) => parts.reduce((all, { units }) => all * units, 1n);
  const scale = (parts: readonly Decimal[]) => parts.reduce((all, part) => all + part.scale, 0);
  const dividend = product(over) * powerOfTen(digits + scale(under));
  const divisor = product(under) * powerOfTen(scale(over));
  if (divisor <= 0n) throw new RangeError('not a ratio');
  const isNegative = dividend < 0n;
  const rounded = ((isNegative ? -dividend : dividend) * 2n + divisor) / (divisor * 2n);
  return isNegative ? -rounded : rounded;
}

/** The sum of the items' amounts, each rounded by itself as an order prints them, as a decimal of its currency. */
export function totalOf(items: readonly Priced[], currency: string): string {
  const digits = minorDigits(currency);
  const sum = items.reduce((all, item) => all + amountOf(item, digits), 0n);
  return toDecimal(sum, digits);
}

function toDecimal(minor: bigint, digits: number): string {
  const text = (minor < 0n ? -minor : minor).toString().padStart(digits + 1, '0');
  const decimal = digits === 0 ? text : `${text.slice(0, -digits)}.${text.slice(-digits)}`;
  return minor < 0n ? `-${decimal}` : decimal;
}

/** `12.000` is 12, `1.50` is 1.5. Throws RangeError for what is no decimal. */
export function withoutZeros(text: string): string {
  parseDecimal(text);
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}
