import type { CodeCarrier, CodeToCarry } from '../../../src/otp/carriers/codeCarrier';
import { createVoiceCarrier } from '../../../src/otp/carriers/voiceCarrier';
import { codeQuestion, spokenCode } from '../../../src/otp/voice/spokenCode';
import { createTexts } from '../../../src/texts/render';
import type { Twilio } from '../../../src/twilio/client';
import { describeCodeCarrier, written } from '../../ports/codeCarrier.suite';
import type { CarrierNature } from '../../ports/codeCarrier.suite';
import { account } from '../../support/simulation';
import { startCallsApi, throttleSeconds, unreachable } from '../voice/callsApi';
import type { CallsApi } from '../voice/callsApi';
import { heardIn } from '../voice/transcript';

const texts = createTexts({ organisation: 'Contoso', language: 'en' });
const contact = '+4915112345678';
const callUrl = (receiptId: string) => `https://doorman.example.com/voice/${receiptId}`;
const statusUrl = (receiptId: string) => `${callUrl(receiptId)}/status`;
const carrierOf = (twilio: Twilio) => createVoiceCarrier({ twilio, sender: account.smsSender, callUrl, statusUrl });

/** Carries over the carrier, and remembers which code is behind which address that Twilio asks. */
function remembering(carrier: CodeCarrier, codes: Map<string, CodeToCarry>): CodeCarrier {
  return {
    method: carrier.method,
    carry(code) {
      codes.set(callUrl(code.receiptId), code);
      return carrier.carry(code);
    },
  };
}

/** As they are heard when a key is pressed, the words are those of every code. */
const nature: CarrierNature = {
  ...written, method: 'call', notContacts: ['anna@acme.example'], throttledMs: throttleSeconds * 1_000,
};

describeCodeCarrier('a call', async () => {
  const { twilio, stranger, secrets, calls, set, close } = await startCallsApi();
  const codes = new Map<string, CodeToCarry>();
  const carrier = carrierOf(twilio);
  return {
    nature,
    carrier: remembering(carrier, codes),
    stranger: carrierOf(stranger),
    contact,
    unreachable,
    secrets,
    arrived: (address) => calls.filter((form) => form.get('To') === address)
      .map((form) => heardIn(spokenCode(texts, codes.get(form.get('Url')!)!)).join(' ')),
    everything: () => calls.map(String),
    set, close,
  };
});

describe('a call with a code', () => {
  const code: CodeToCarry = {
    to: contact, code: '483920', language: 'de', requestedBy: '0123', minutesLeft: 5,
    receiptId: '0d3c7a9e-5b1f-4c52-9a77-1f6a1c0b2e11', challengeId: '0d3c7a9e-5b1f-4c52-9a77-1f6a1c0b2e12',
  };
  let api: CallsApi;

  beforeEach(async () => { api = await startCallsApi(); });
  afterEach(() => api.close());

  it('asks us what to say, rings for 25 s, ends after 60 s, is not recorded and reports all that becomes of it', async () => {
    expect(await carrierOf(api.twilio).carry(code)).toEqual({ outcome: 'accepted', providerId: `CA${'1'.padStart(32, '0')}` });
    expect([...api.calls[0]!]).toEqual(expect.arrayContaining([['To', contact], ['From', account.smsSender]]));
    expect(Object.fromEntries([...api.calls[0]!].filter(([name]) => name !== 'StatusCallbackEvent'))).toEqual({
      To: contact, From: account.smsSender, Url: callUrl(code.receiptId), Method: 'POST', Timeout: '25', TimeLimit: '60',
      Record: 'false', StatusCallback: statusUrl(code.receiptId), StatusCallbackMethod: 'POST',
    });
    expect(api.calls[0]!.getAll('StatusCallbackEvent')).toEqual(['initiated', 'ringing', 'answered', 'completed']);
  });

  it('is placed without the code and without who asked for it: Twilio keeps what it is told', async () => {
    await carrierOf(api.twilio).carry(code);
    expect(String(api.calls[0])).not.toMatch(/483920|0123/);
    expect(api.calls[0]!.has('Twiml')).toBe(false);
  });

  it.each(['client:anna', 'sip:anna@acme.example', '+49151123456789012', '+0151', '00491511234567', `${contact} `])(
    'is placed to no %j', async (to) => {
      expect(await carrierOf(api.twilio).carry({ ...code, to })).toEqual({ outcome: 'undeliverable', code: 'no number' });
      expect(api.calls).toEqual([]);
    });

  it('is a fault of the provider when its answer names no call', async () => {
    const odd: Twilio = { call: async (request) => ({ outcome: 'done', value: await request(
      // cast: the one method that is called
      { calls: { create: async () => ({ sid: 'SM1' }) } } as never) }) };
    await expect(carrierOf(odd).carry(code)).rejects.toMatchObject({ kind: 'unavailable', code: 'unreadable answer' });
  });
});

describe('what is heard', () => {
  const spoken = (code: string, language = 'en') => spokenCode(texts, { code, language, requestedBy: '0123', minutesLeft: 5 });

  it('is the code, the code again, who asked, and the warning, and then the call ends', () => {
    expect(heardIn(spoken('000042'))).toEqual([
      'Your code is: 000042', 'Once more, your code is: 000042', 'It was asked for from the number that ends in: 0123',
      expect.stringMatching(/5 minutes\..*nobody will ask you for it\..*NOT ME/)]);
    expect(spoken('000042')).toMatch(/<\/Say><Hangup\/><\/Response>$/);
  });

  it('is spelt digit by digit with time to write each down, in few enough characters for Twilio', () => {
    const twiml = spoken('0123456789');
    expect(twiml.match(/<say-as interpret-as="digits">\d<\/say-as><break time="600ms"\/>/g)).toHaveLength(24);
    expect(twiml.length).toBeLessThan(4_000);
  });

  it('spells who asked also where the address is no number', () => {
    const twiml = spokenCode(texts, { code: '483920', language: 'en', requestedBy: 'aX0z', minutesLeft: 1 });
    expect(heardIn(twiml)[2]).toMatch(/: aX0z$/);
    expect(twiml).toContain('<say-as interpret-as="characters">X</say-as>');
  });

  it('before keys are pressed is a question for two, whose answer is told also when there are none', () => {
    const action = 'https://doorman.example.com/voice/x/pressed';
    expect(codeQuestion(texts, { language: 'fr', keys: '07', actionUrl: action })).toBe('<?xml version="1.0" encoding="UTF-8"?><Response>'
      + `<Gather input="dtmf" numDigits="2" timeout="6" actionOnEmptyResult="true" action="${action}" method="POST">`
      + '<Say language="fr-FR">Bonjour, ici Contoso, avec un code pour notre chat WhatsApp. Pour l’entendre, appuyez sur 0 puis sur 7.</Say>'
      + '</Gather></Response>');
  });

  it('A42 is the name of the organisation, also one that is markup', () => {
    const name = `</Say><Redirect>https://evil.example</Redirect>&amp;<break time="9s"/>"'`;
    const twiml = codeQuestion(createTexts({ organisation: name, language: 'en' }), {
      language: 'en', keys: '07', actionUrl: 'https://x.example/?a=1&b="2"' });
    expect(twiml).not.toMatch(/<Redirect|<break|<\/Say>.*<\/Say>/);
    expect(twiml).toContain('&lt;Redirect&gt;https://evil.example&lt;/Redirect&gt;&amp;amp;');
    expect(twiml).toContain('action="https://x.example/?a=1&amp;b=&quot;2&quot;"');
  });
});
