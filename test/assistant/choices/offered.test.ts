// What a person writes chooses among what was offered, and can say nothing else by it.
import fc from 'fast-check';
import { offeredBy, payloadOf } from '../../../src/assistant/choices/offered';

const offered = { titles: ['Track it', 'Cancel it'], payloads: ['/track', '/cancel{"order": 1}'] };

test.each([
  ['1', '/track'], ['2.', '/cancel{"order": 1}'], [' 2) ', '/cancel{"order": 1}'], ['track  IT', '/track'], ['Ｔｒａｃｋ it', '/track'],
  ['0', undefined], ['3', undefined], ['12', undefined], ['1 2', undefined], ['track', undefined], ['please track it', undefined],
  ['', undefined], ['/cancel{"order": 1}', undefined], ['-1', undefined], ['1.5', undefined],
])('%j chooses %j', (text, payload) => {
  expect(payloadOf(text, offered)).toBe(payload);
});

test('what could be two choices is none', () => {
  expect(payloadOf('2', { titles: ['2', '4'], payloads: ['/two', '/four'] })).toBeUndefined();
  expect(payloadOf('4', { titles: ['2', '4'], payloads: ['/two', '/four'] })).toBe('/four');
  expect(payloadOf('yes', { titles: ['Yes', 'yes'], payloads: ['/a', '/b'] })).toBeUndefined();
});

test('A43 nothing that is written can be anything but what was offered', () => {
  const titles = fc.array(fc.string({ minLength: 1 }), { minLength: 1, maxLength: 50 });
  const anyText = fc.oneof(fc.string({ unit: 'grapheme' }), fc.nat(60).map(String), fc.constantFrom('/restart', '__proto__', 'length'));
  fc.assert(fc.property(titles, anyText, (all, text) => {
    const payloads = all.map((_, index) => `/payload_${index}`);
    expect([undefined, ...payloads]).toContain(payloadOf(text, { titles: all, payloads }));
  }));
});

test('only one whole list that the person sees is offered', () => {
  const list = { text: 'Which?', choices: ['a', 'b'] };
  expect(offeredBy([{ text: 'hello' }, list], ['/a', '/b'])).toEqual({ titles: ['a', 'b'], payloads: ['/a', '/b'] });
  for (const [replies, payloads] of [
    [[list], undefined], [[list], ['/a']], [[list, list], ['/a', '/b']], [[{ text: 'hello' }], ['/a', '/b']], [[], undefined],
  ] as const) expect(offeredBy(replies, payloads)).toBeUndefined();
});
