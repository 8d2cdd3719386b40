import fc from 'fast-check';
import twilio from 'twilio';
import { parseTwiml, TwimlProblem } from '../../../../src/simulator/twilio/voice/twiml';
import { parseXml } from '../../../../src/simulator/twilio/voice/xml';

const { VoiceResponse } = twilio.twiml;

function problemOf(document: string): TwimlProblem {
  try {
    parseTwiml(document);
  } catch (error) {
    if (error instanceof TwimlProblem) return error;
  }
  throw new Error('it was taken');
}

describe('what the official SDK renders', () => {
  it('is read verb by verb', () => {
    const response = new VoiceResponse();
    const gather = response.gather({ numDigits: 1, timeout: 6, actionOnEmptyResult: true, action: 'https://doorman.example.com/pressed?a=1&b=2' });
    gather.say({ language: 'en-GB' }, 'Press a key & hold "on".');
    response.pause({ length: 2 });
    response.redirect('https://doorman.example.com/again');
    response.hangup();
    expect(parseTwiml(response.toString())).toEqual([
      {
        kind: 'gather', action: 'https://doorman.example.com/pressed?a=1&b=2', digitsMax: 1, timeoutSeconds: 6, finishKey: '#',
        actionOnEmptyResult: true,
        prompts: [{ kind: 'say', language: 'en-GB', utterances: [{ kind: 'words', text: 'Press a key & hold "on".' }] }],
      },
      { kind: 'pause', seconds: 2 },
      { kind: 'redirect', url: 'https://doorman.example.com/again' },
      { kind: 'hangup' },
    ]);
  });

  it('is spoken digit by digit, with the silence between', () => {
    const response = new VoiceResponse();
    const say = response.say({ language: 'de-DE' }, 'Ihr Code ist');
    say.sayAs({ 'interpret-as': 'digits' }, '4');
    say.break({ time: '600ms' });
    say.sayAs({ 'interpret-as': 'digits' }, '83');
    expect(parseTwiml(response.toString())).toEqual([{
      kind: 'say', language: 'de-DE', utterances: [
        { kind: 'words', text: 'Ihr Code ist' }, { kind: 'characters', text: '4' }, { kind: 'silence', seconds: 0.6 },
        { kind: 'characters', text: '83' },
      ],
    }]);
  });

  it('keeps every text as it was', () => {
    fc.assert(fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (text) => {
      const words = text.replace(/\s+/g, ' ').trim();
      fc.pre(words !== '' && !/[\u0000-\u001f\ufffe\uffff]/.test(text)); // XML has no way to write these
      const response = new VoiceResponse();
      response.say({ language: 'en-GB' }, text);
      expect(parseTwiml(response.toString())).toEqual([{ kind: 'say', language: 'en-GB', utterances: [{ kind: 'words', text: words }] }]);
    }));
  });
});

describe('what is no TwiML', () => {
  it.each([
    ['nothing', ''],
    ['words', 'hello'],
    ['half a document', '<Response><Say>hello</Say>'],
    ['tags that cross', '<Response><Say>hello</Response></Say>'],
    ['two documents', '<Response/><Response/>'],
    ['a bare ampersand', '<Response><Say>you & me</Say></Response>'],
    ['an entity of its own', '<Response><Say>&code;</Say></Response>'],
    ['a document type', '<!DOCTYPE x [<!ENTITY a "b">]><Response/>'],
    ['an attribute twice', '<Response><Pause length="1" length="2"/></Response>'],
    ['an attribute without quotes', '<Response><Pause length=1/></Response>'],
    ['a control character', '<Response><Say>\u0007</Say></Response>'],
    ['a number of no character', '<Response><Say>&#0;</Say></Response>'],
    ['JSON', '{"say":"hello"}'],
  ])('%s is refused with 12100', (_case, document) => {
    expect(problemOf(document).code).toBe(12100);
  });

  it.each([
    ['another root', '<Say>hello</Say>'],
    ['a verb that is not known', '<Response><Dial>+12025550123</Dial></Response>'],
    ['a verb in small letters', '<Response><say>hello</say></Response>'],
    ['an attribute that is not known', '<Response><Say lang="en">hello</Say></Response>'],
    ['text between verbs', '<Response>hello</Response>'],
    ['a hangup in a gather', '<Response><Gather><Hangup/></Gather></Response>'],
    ['a gather without digits', '<Response><Gather numDigits="0"/></Response>'],
    ['a gather that listens to speech', '<Response><Gather input="speech"/></Response>'],
    ['a gather that answers by GET', '<Response><Gather method="GET"/></Response>'],
    ['SSML that is not known', '<Response><Say><prosody>hello</prosody></Say></Response>'],
    ['a break that is too long', '<Response><Say><break time="11s"/></Say></Response>'],
    ['words in a pause', '<Response><Pause>hello</Pause></Response>'],
  ])('%s is refused with 12200', (_case, document) => {
    expect(problemOf(document).code).toBe(12200);
  });
});

describe('XML', () => {
  it('is read with comments, CDATA, both quotes and numbered characters', () => {
    const document = '<?xml version="1.0" encoding="UTF-8"?>\n<!-- one -->\n<a b="&lt;1&gt;" c=\'"\'>x<!-- two --><![CDATA[<&>]]>&#65;&#x1F44D;<d/></a>\n';
    expect(parseXml(document)).toEqual({
      name: 'a', attributes: { b: '<1>', c: '"' }, children: ['x', '<&>', 'A👍', { name: 'd', attributes: {}, children: [] }],
    });
  });

  it('never hangs, and throws nothing but problems, on whatever is posted', () => {
    const pieces = fc.constantFrom('<', '>', '/', '&', ';', '"', '\'', '=', ' ', 'a', 'Say', '<!--', '-->', '<![CDATA[', ']]>', '&#', '<a>', '</a>', '?');
    fc.assert(fc.property(fc.array(pieces, { maxLength: 60 }), (parts) => {
      try {
        parseTwiml(parts.join(''));
      } catch (error) {
        expect(error).toBeInstanceOf(TwimlProblem);
      }
    }));
  });
});
