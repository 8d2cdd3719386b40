import fc from 'fast-check';
import { readForm } from '../../src/http/twilioForm';
import { encodeForm } from '../support/twilioRequests';

const read = (body: string | Buffer) => readForm(Buffer.from(body as string));
const reason = (body: string | Buffer) => {
  const form = read(body);
  return form.outcome === 'malformed' ? form.reason : form.outcome;
};

test('reads what a form says, whatever characters a person types', () => {
  fc.assert(fc.property(
    fc.dictionary(fc.stringMatching(/^[A-Za-z0-9_.-]{1,20}$/), fc.string({ unit: 'grapheme', maxLength: 50 }),
      { minKeys: 1, maxKeys: 64 }),
    (fields) => {
      fc.pre(!Object.values(fields).some((value) => value.includes('\0')));
      expect({ ...(read(encodeForm(fields)) as { parameters: object }).parameters }).toEqual({ ...fields });
    }));
});

test('keeps spaces, line breaks, empty values and a byte order mark exactly', () => {
  expect(read('Body=+%0A+%EF%BB%BF%F0%9F%98%80&Label=')).toEqual({
    outcome: 'form', parameters: { Body: ' \n \uFEFF😀', Label: '' } });
});

test('A40 a name that objects know is a name like any other', () => {
  const form = read('__proto__=x&constructor=y');
  expect(form.outcome).toBe('form');
  const { parameters } = form as { parameters: Record<string, string> };
  expect(Object.keys(parameters)).toEqual(['__proto__', 'constructor']);
  expect(parameters.toString).toBeUndefined();
});

test('A03 refuses a repeated name, whatever its spelling', () => {
  for (const body of ['From=x&From=x', 'From=x&Fro%6D=y', 'a=1&b=2&a=1']) expect(reason(body)).toBe('repeated');
});

test('A06 refuses brackets in names', () => {
  for (const body of ['From[a]=1', 'From%5Ba%5D=1', 'From[]=1', 'a%5Bb%5D%5Bc%5D=1']) expect(reason(body)).toBe('name');
});

test('A39 refuses bytes that are not UTF-8, escapes that are none, and NUL', () => {
  for (const body of [
    'Body=%', 'Body=%4', 'Body=%GG', 'Body=%C3', 'Body=%FF%FE', 'Body=%C0%80', 'Body=%ED%A0%80', 'Body=%F5%80%80%80',
    'Body=%00', 'Body=a b', 'Body=a\nb', 'Body=\u00e9', Buffer.from('Body=hi', 'utf16le'),
    Buffer.from([0x42, 0x3d, 0xff]), '%FF=1',
  ]) expect(reason(body)).toBe('encoding');
});

test('refuses pairs without a name or a value', () => {
  for (const body of ['Body', 'a=1&b', 'a=1&&b=2', 'a=1&', '&a=1']) expect(reason(body)).toBe('pair');
  for (const body of ['=1', `${'a'.repeat(65)}=1`, 'a%20b=1', '%C3%A9=1']) expect(reason(body)).toBe('name');
});

test('A13 refuses one byte or one parameter too many', () => {
  const pairs = (count: number) => Array.from({ length: count }, (_, n) => `k${n}=`).join('&');
  expect(reason(pairs(64))).toBe('form');
  expect(reason(pairs(65))).toBe('size');
  expect(reason(`a=${'x'.repeat(65_534)}`)).toBe('form');
  expect(reason(`a=${'x'.repeat(65_535)}`)).toBe('size');
  expect(reason('')).toBe('empty');
});

test('a value may be read in one way only: no other body of printable bytes throws', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
    expect(['form', 'malformed']).toContain(readForm(Buffer.from(bytes)).outcome);
  }), { numRuns: 2_000 });
});
