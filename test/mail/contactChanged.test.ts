// R19 A53: a contact that HR changed is told by SMS where it is a number, and by mail where it is an address.
import { tellOfChange } from '../../src/tellEmployee';
import type { SmsNotice } from '../../src/otp/carriers/smsCarrier';
import { createTexts } from '../../src/texts/render';

const texts = createTexts({ organisation: 'Acme', language: 'en' });
const accepted = { outcome: 'accepted', providerId: 'id' } as const;

function newDeps() {
  const [texted, mailed]: [SmsNotice[], { key: string; to: string; subject: string; text: string; html: string }[]] = [[], []];
  const deps = {
    texts, defaultLanguage: 'en',
    sendSms: async (notice: SmsNotice) => { texted.push(notice); return accepted; },
    mailer: { send: async (mail: typeof mailed[number]) => { mailed.push(mail); return accepted; } },
  };
  return { deps, texted, mailed };
}

const notice = { id: '7f0c', to: 'anna@acme.example', language: 'de' };

it('A53 an address is told by mail, in its owner\'s language, without any address or number in the words', async () => {
  const { deps, texted, mailed } = newDeps();
  expect(await tellOfChange(deps, notice)).toEqual(accepted);
  expect(texted).toEqual([]);
  expect(mailed).toEqual([{
    key: 'contact:7f0c', to: 'anna@acme.example', subject: 'Acme: Ein Kontakt von Ihnen wurde geändert',
    text: expect.stringContaining('sofort der Personalabteilung'), html: expect.stringContaining('<html lang="de">'),
  }]);
  expect(mailed[0]!.subject + mailed[0]!.text).not.toMatch(/@|\d/);
});

it('A53 a number is told by SMS, in the language of the organisation where there is no other', async () => {
  const { deps, texted, mailed } = newDeps();
  await tellOfChange(deps, { ...notice, to: '+12025550123', language: null });
  expect([texted, mailed]).toEqual([[{ to: '+12025550123', language: 'en', text: { key: 'smsNumberChanged', params: {} } }], []]);
});

it('an address is given up where there is no mail server any more', async () => {
  const { deps } = newDeps();
  expect(await tellOfChange({ ...deps, mailer: undefined }, notice)).toEqual({ outcome: 'undeliverable', code: 'no mail server' });
});
