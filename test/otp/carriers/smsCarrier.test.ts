import { createSmsCarrier, createSmsNotices } from '../../../src/otp/carriers/smsCarrier';
import { createTwilioSms } from '../../../src/otp/carriers/twilioSms';
import { createTexts } from '../../../src/texts/render';
import type { Twilio } from '../../../src/twilio/client';
import { describeCodeCarrier, written } from '../../ports/codeCarrier.suite';
import type { CarrierNature } from '../../ports/codeCarrier.suite';
import { account } from '../../support/simulation';
import { simulateTwilio } from '../../twilio/simulatedTwilio';

const texts = createTexts({ organisation: 'Contoso', language: 'en' });
const contact = '+4915112345678';
const messagingServiceSid = `MG${'0c'.repeat(16)}`;

const ways = [
  ['SMS from a number', { sender: account.smsSender }],
  ['SMS from a messaging service', { messagingServiceSid }],
] as const;

const nature: CarrierNature = { ...written, method: 'sms', notContacts: ['anna@acme.example'], throttledMs: 7_000 };

for (const [name, from] of ways) {
  describeCodeCarrier(name, async () => {
    const { simulator, twilio, stranger, secrets, set, close } = await simulateTwilio();
    const carrier = (client: Twilio) => createSmsCarrier({ send: createTwilioSms({ twilio: client, from }), texts });
    return {
      nature,
      carrier: carrier(twilio),
      stranger: carrier(stranger),
      contact,
      unreachable: { address: '+15005550009', code: '21614' },
      secrets,
      arrived: (address) => simulator.state.messages().filter(({ to }) => to === address).map(({ body }) => body),
      everything: () => simulator.state.messages().map(({ body }) => body),
      set, close,
    };
  });
}

describe('an SMS with a code', () => {
  it.each([[1, '60'], [4, '240'], [5, '300'], [10, '300']])(
    'that counts for %i more minutes is given up by the network after %s s', async (minutesLeft, seconds) => {
      const { simulator, twilio, close } = await simulateTwilio();
      try {
        const statusCallback = (receiptId?: string) => `https://doorman.example.com/status/${receiptId}`;
        const carrier = createSmsCarrier({ send: createTwilioSms({ twilio, from: { messagingServiceSid }, statusCallback }), texts });
        await carrier.carry({ to: contact, code: '483920', language: 'en', requestedBy: '0123', minutesLeft, receiptId: 'r-1', challengeId: 'c-1' });
        const form = simulator.state.exchanges().find(({ kind }) => kind === 'rest')!.form;
        expect(Object.fromEntries(form)).toEqual({
          To: contact, MessagingServiceSid: messagingServiceSid, ValidityPeriod: seconds, RiskCheck: 'enable',
          Body: expect.stringContaining('483920'), StatusCallback: 'https://doorman.example.com/status/r-1',
        });
      } finally {
        await close();
      }
    });
});

describe('an SMS that a contact was changed', () => {
  it('goes to a telephone and nowhere else, in the language that is asked for', async () => {
    const { simulator, twilio, close } = await simulateTwilio();
    try {
      const tell = createSmsNotices({ send: createTwilioSms({ twilio, from: { messagingServiceSid } }), texts });
      const text = { key: 'smsNumberChanged', params: {} } as const;
      expect(await tell({ to: contact, language: 'de-AT', text })).toMatchObject({ outcome: 'accepted' });
      expect(await tell({ to: `whatsapp:${contact}`, language: 'de', text })).toEqual({ outcome: 'undeliverable', code: 'no number' });
      const forms = simulator.state.exchanges().filter(({ kind }) => kind === 'rest').map(({ form }) => Object.fromEntries(form));
      expect(forms).toEqual([{
        To: contact, MessagingServiceSid: messagingServiceSid, RiskCheck: 'enable', Body: expect.stringMatching(/^Contoso: Ihr Kontakt/) }]);
    } finally {
      await close();
    }
  });
});
