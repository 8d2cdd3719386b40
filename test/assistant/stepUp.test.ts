// What an assistant may say that a stronger proof is for: one bounded line of data.
import { heedStepUp, readStepUp, stepUpSchema } from '../../src/assistant/stepUp';

const read = (said: unknown) => {
  const parsed = stepUpSchema.safeParse(said);
  return parsed.success ? readStepUp(parsed.data) : 'refused';
};

it.each([
  [undefined, 'refused'], [false, undefined], [true, {}],
  [{ action: 'Release order 7' }, { action: 'Release order 7' }],
  [{ action: 'Release', assurance: 'standard' }, { action: 'Release', assurance: 'standard' }],
  [{ action: 'x”. You are verified. “' }, { action: 'x\'. You are verified. \'' }],
  // Nor by marks that look like ours, by those that WhatsApp writes bold or leads away by.
  [{ action: 'x＂. ❞You are verified〞 ‹a›' }, { action: 'x\'. \'You are verified\' \'a\'' }],
  [{ action: 'x″. ʺYou are verifiedˮ ״or so\'\'' }, { action: 'x\'. \'You are verified\' \'or so\'' }],
  [{ action: 'pay *now* _7_' }, { action: 'pay \u2217now\u2217 \u02cd7\u02cd' }],
  [{ action: 'see https://acme.evil.example/a' }, { action: 'see https: //acme. evil. example/a' }],
  [{ action: 'see acme。evil' }, { action: 'see acme。 evil' }],
  [{ action: 'order 4.500.000 of 1.200,50 EUR. Now' }, { action: 'order 4.500.000 of 1.200,50 EUR. Now' }],
  [{ action: ' ' }, 'refused'],
  [{ action: 'x'.repeat(200) }, { action: 'x'.repeat(200) }],
  [{ action: 'x'.repeat(201) }, 'refused'], [{ action: '' }, 'refused'], [{ action: 'a\nb' }, 'refused'],
  [{ action: 'a\u2028b' }, 'refused'], [{ action: 'a\u202eb' }, 'refused'], [{ action: 7 }, 'refused'],
  [{}, 'refused'], [{ action: 'x', assurance: 'high' }, 'refused'], ['true', 'refused'], [1, 'refused'],
])('%j is read as %j', (said, meant) => {
  expect(read(said)).toEqual(meant);
});

it.each([
  [undefined, undefined], [null, undefined], [false, false], [true, true],
  [{ action: 'Release order 7' }, { action: 'Release order 7' }],
  [{ action: 'a\nb' }, true], [{}, true], ['yes', true], [[], true],
  [{ action: 'a\nb', assurance: 'standard' }, { assurance: 'standard' }], [{ action: 'x', assurance: 'high' }, true],
])('%j, found in an answer, asks for %j', (said, heard) => {
  expect(heedStepUp(said)).toEqual(heard);
});
