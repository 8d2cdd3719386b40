// Telephone numbers by the thousand.
import fc from 'fast-check';

const digits = (count: number, first = '0123456789') =>
  fc.tuple(fc.constantFrom(...first), fc.string({ unit: fc.constantFrom(...'0123456789'), minLength: count - 1, maxLength: count - 1 }))
    .map(([head, rest]) => head + rest);
const area = fc.tuple(fc.constantFrom(...'123456789'), fc.constantFrom(...'123456789')).map((two) => two.join(''));

/** Numbers of the three countries as they are, were and never will be; and of all others. */
export const anyNumber = fc.oneof(
  digits(10).map((number) => `+52${number}`), digits(10).map((number) => `+521${number}`),
  digits(10).map((number) => `+54${number}`), digits(10).map((number) => `+549${number}`),
  fc.tuple(area, digits(8)).map(([two, number]) => `+55${two}${number}`),
  fc.tuple(area, digits(8)).map(([two, number]) => `+55${two}9${number}`),
  fc.integer({ min: 7, max: 14 }).chain((count) => digits(count, '123456789')).map((number) => `+${number}`));
