// JSON that can be read in one way only.
import fc from 'fast-check';
import { readStrictJson } from '../../src/partners/strictJson';

const read = (text: string) => readStrictJson(Buffer.from(text));

test('what is JSON is read as JSON.parse reads it', () => {
  fc.assert(fc.property(fc.jsonValue({ maxDepth: 5 }), fc.integer({ min: 0, max: 2 }), (value, indent) => {
    const text = JSON.stringify(value, null, indent);
    expect(read(text)).toEqual(JSON.parse(text));
  }), { seed: 6, numRuns: 1_000 });
});

test.each([
  ['a byte order mark', '\ufeff{"a":1}'],
  ['a name that stands twice', '{"a":1,"b":2,"a":3}'],
  ['a name that stands twice, once with an escape', '{"a":1,"\\u0061":2}'],
  ['a name that stands twice far inside', '{"x":[{"y":{"a":[],"b":"}","a":{}}}]}'],
  ['a name that stands twice after a value that looks like the end', '{"a":"\\\\","b":"\\"}","a":1}'],
  ['__proto__ twice', '{"__proto__":1,"__proto__":2}'],
  ['arrays in arrays without end', '['.repeat(33) + ']'.repeat(33)],
  ['objects in objects without end', '{"a":'.repeat(40) + '1' + '}'.repeat(40)],
  ['a million brackets', '['.repeat(1_000_000)],
  ['nothing', ''],
  ['a comma too many', '{"a":1,}'],
  ['a comment', '{"a":1 /* b */}'],
  ['single quotes', "{'a':1}"],
  ['something after the end', '{"a":1}{"a":2}'],
  ['no number', '{"a":NaN}'],
])('A66 %s is not read', (_what, text) => {
  expect(read(text)).toBeUndefined();
});

test('A66 what is not UTF-8 is not read', () => {
  expect(readStrictJson(Buffer.from('{"a":"\xff"}', 'latin1'))).toBeUndefined();
  expect(readStrictJson(Buffer.from('{"a":1}', 'utf16le'))).toBeUndefined();
});

test('the same name in two objects is no repetition', () => {
  expect(read('{"a":{"a":1},"b":[{"a":1},{"a":2}],"c":{"a":"a\\"a"}}')).toEqual(
    { a: { a: 1 }, b: [{ a: 1 }, { a: 2 }], c: { a: 'a"a' } });
});

test('__proto__ is a name like any other', () => {
  const value = read('{"__proto__":{"polluted":true}}') as object;
  expect(Object.keys(value)).toEqual(['__proto__']);
  expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  expect((value as Record<string, unknown>).polluted).toBeUndefined();
});
