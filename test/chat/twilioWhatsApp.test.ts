import { createTwilioWhatsApp } from '../../src/chat/twilioWhatsApp';
import { describeChatChannel } from '../ports/chatChannel.suite';
import { account } from '../support/simulation';
import { simulateTwilio } from '../twilio/simulatedTwilio';
import type { SimulatedTwilio } from '../twilio/simulatedTwilio';

const person = '+4915112345678';
const recipient = `whatsapp:${person}`;
const sender = account.whatsappSender;

describeChatChannel('WhatsApp over Twilio', async () => {
  const { simulator, twilio, stranger, secrets, set, close } = await simulateTwilio();
  return {
    channel: createTwilioWhatsApp({ twilio, sender }),
    stranger: createTwilioWhatsApp({ twilio: stranger, sender }),
    recipient,
    otherRecipient: 'whatsapp:+4915187654321',
    unreachable: { address: 'whatsapp:+15005550001', code: '21211' },
    secrets,
    taken: (address) => simulator.state.messages()
      .filter(({ to, direction }) => to === address && direction === 'outbound-api').map(({ body }) => body),
    write: async (text) => (await simulator.write({ number: person, profileName: 'Jo Tester' }, text)).sid,
    set, close,
  };
});

describe('WhatsApp over Twilio', () => {
  let simulated: SimulatedTwilio;
  beforeEach(async () => { simulated = await simulateTwilio(); });
  afterEach(() => simulated.close());

  const lastSent = () => simulated.simulator.state.messages().at(-1)!;

  it('writes to a person who has no number', async () => {
    const to = 'whatsapp:US.ABC123XYZ';
    const channel = createTwilioWhatsApp({ twilio: simulated.twilio, sender });
    expect(await channel.sendText({ to, text: 'hello', receiptId: 'r' })).toMatchObject({ outcome: 'accepted' });
    expect(lastSent()).toMatchObject({ to, from: sender, body: 'hello', statusCallback: null });
  });

  it('has Twilio report to the address that is given, and to no other', async () => {
    const statusCallback = 'http://127.0.0.1:1/webhooks/twilio/status';
    const channel = createTwilioWhatsApp({ twilio: simulated.twilio, sender, statusCallback: (id) => `${statusCallback}/${id}` });
    await channel.sendText({ to: recipient, text: 'hello', receiptId: 'r-1' });
    expect(lastSent().statusCallback).toBe(`${statusCallback}/r-1`);
  });

  it('finds only what was sent since then, oldest first', async () => {
    const channel = createTwilioWhatsApp({ twilio: simulated.twilio, sender });
    const { state } = simulated.simulator;
    const sids: string[] = [];
    for (const minutesAgo of [0, 3, 7, 5]) {
      await channel.sendText({ to: recipient, text: 'hello', receiptId: 'r' });
      const { sid } = lastSent();
      sids.push(sid);
      state.saveMessage({ ...state.message(sid)!, createdAt: Date.now() - minutesAgo * 60_000 });
    }
    expect(await channel.findSent({ to: recipient, text: 'hello', sinceMs: 5 * 60_000 })).toEqual([sids[3], sids[1], sids[0]]);
  });

  it('a text that is too long is our mistake', async () => {
    const channel = createTwilioWhatsApp({ twilio: simulated.twilio, sender });
    await expect(channel.sendText({ to: recipient, text: 'x'.repeat(1_601), receiptId: 'r' }))
      .rejects.toMatchObject({ kind: 'misconfigured', code: '21617' });
  });
});
