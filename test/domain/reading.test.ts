// What a message means to the stage that awaits an identifier.
import fc from 'fast-check';
import { readMessage } from '../../src/domain/reading';
import { stageTable } from '../../src/domain/verification';
import { createTexts, languages } from '../../src/texts/render';

const texts = createTexts({ organisation: 'Contoso', language: 'en' });
const vocabulary = { commands: texts.vocabulary('en'), cues: texts.identifierCues('en') };
const identify = (text: string, asked: boolean) => readMessage('identify', 'text', text, { vocabulary, asked });

it.each([true, false])('a question about a number is held, asked before: %s', (asked) => {
  expect(identify('What is the status of purchase order 4500000001?', asked)).toEqual({ input: 'text' });
});

it('a number alone, or after a cue, is an identifier', () => {
  for (const text of ['144133', 'my id is 144133', 'What about order 4500000001? My ID is 144133']) {
    expect(identify(text, true)).toEqual({ input: 'identifier', identifier: '144133' });
  }
});

it('a late code that is called one is no identifier, and is not kept', () => {
  expect(identify('483920 is my otp', true)).toEqual({ input: 'code', code: '483920' });
  expect(stageTable.identify.code).toBe('ask');
});

it.each(languages.map(({ tag }) => tag))('the SMS in %s, forwarded too late, makes nobody an employee', (tag) => {
  fc.assert(fc.property(fc.stringMatching(/^[0-9]{6,10}$/), fc.stringMatching(/^[0-9]{4}$/), (code, last4) => {
    const sms = texts.render({ key: 'smsCode', params: { code, minutes: 5, last4 } }, tag);
    for (const asked of [true, false]) expect(identify(sms, asked).input).toMatch(/^(text|code)$/);
  }));
});

it('a code that sticks to its name is still a guess where a code is awaited', () => {
  const confirm = (text: string) => readMessage('confirm', 'text', text, { vocabulary, digits: [6, 8] });
  for (const text of ['otp483920', 'OTP-483920', 'code:483920']) {
    expect(confirm(text)).toEqual({ input: 'code', code: '483920' });
  }
  expect(confirm('E-144133').input).toBe('identifier');
});
