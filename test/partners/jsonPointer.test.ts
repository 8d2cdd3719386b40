// JSON pointers, as RFC 6901 gives them in its section 5.
import { pointerForm, valueAt } from '../../src/partners/jsonPointer';
import { readStrictJson } from '../../src/partners/strictJson';

const document = readStrictJson(Buffer.from(JSON.stringify({
  foo: ['bar', 'baz'], '': 0, 'a/b': 1, 'c%d': 2, 'e^f': 3, 'g|h': 4, 'i\\j': 5, 'k"l': 6, ' ': 7, 'm~n': 8, '~1': 9,
})))!;

test.each([
  ['/foo', ['bar', 'baz']], ['/foo/0', 'bar'], ['/', 0], ['/a~1b', 1], ['/c%d', 2], ['/e^f', 3], ['/g|h', 4], ['/i\\j', 5],
  ['/k"l', 6], ['/ ', 7], ['/m~0n', 8], ['/~01', 9],
])('%s leads where the standard says', (pointer, value) => {
  expect(pointer).toMatch(pointerForm);
  expect(valueAt(document, pointer)).toEqual(value);
});

test.each([
  '/foo/2', '/foo/-', '/foo/00', '/foo/01', '/foo/length', '/foo/0/x', '/nothing/x', '/__proto__', '/constructor', '/foo/__proto__',
  '/toString', '/foo/1e0',
])('%s leads nowhere', (pointer) => {
  expect(valueAt(document, pointer)).toBeUndefined();
});

test.each(['', 'foo', '#/foo', '/a~', '/a~2'])('%j is no pointer to a field', (pointer) => {
  expect(pointer).not.toMatch(pointerForm);
});
