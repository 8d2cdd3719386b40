import type { ReceivedMessage } from '../../src/chat/chatChannel';
import { createTwilioWhatsApp } from '../../src/chat/twilioWhatsApp';
import { anyFreePort } from '../../src/stack/ports';
import { createTwilio } from '../../src/twilio/client';
import type { Twilio, TwilioSdk } from '../../src/twilio/client';
import { describeChatChannel } from '../ports/chatChannel.suite';
import { faultOf } from '../ports/leaks';
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
    writePicture: async (text) =>
      (await simulator.write({ number: person, profileName: 'Jo Tester' }, { kind: 'image', text })).sid,
    set, close,
  };
});

describe('WhatsApp over Twilio', () => {
  let simulated: SimulatedTwilio;
  beforeEach(async () => { simulated = await simulateTwilio(); });
  afterEach(() => simulated.close());

  const lastSent = () => simulated.simulator.state.messages().at(-1)!;

  it('shows typing by one call, for the message that is answered, and for no other text', async () => {
    const asked: unknown[] = [];
    const typingIndicator = { create: async (given: unknown) => { asked.push(given); } };
    const sdk = { messaging: { v2: { typingIndicator } } };
    const twilio: Twilio = { call: async (request) => ({ outcome: 'done', value: await request(sdk as unknown as TwilioSdk) }) }; // cast: all that is used
    const messageId = `SM${'0a'.repeat(16)}`;
    const channel = createTwilioWhatsApp({ twilio, sender });
    for (const id of [messageId, 'SM1', `${messageId}/x`, '']) await channel.showTyping(id);
    expect(asked).toEqual([{ channel: 'whatsapp', messageId }]);
  });

  it('writes to a person who has no number', async () => {
    const to = 'whatsapp:US.ABC123XYZ';
    const channel = createTwilioWhatsApp({ twilio: simulated.twilio, sender });
    expect(await channel.sendText({ to, text: 'hello', receiptId: 'r' })).toMatchObject({ outcome: 'accepted' });
    expect(lastSent()).toMatchObject({ to, from: sender, body: 'hello', statusCallback: null });
  });

  it('does not wait for the receipt of a text that never left', async () => {
    const { sid: accountSid, apiKeySid, apiKeySecret } = account;
    const twilio = createTwilio({ accountSid, apiKeySid, apiKeySecret, apiUrl: `http://127.0.0.1:${await anyFreePort()}` });
    const fault = await faultOf(createTwilioWhatsApp({ twilio, sender }).sendText({ to: recipient, text: 'hello', receiptId: 'r' }), 'unavailable', ['hello']);
    expect([fault.code, fault.retryAfterMs]).toEqual(['ECONNREFUSED', undefined]);
  });

  it('has Twilio report to the address that is given, and to no other', async () => {
    const statusCallback = 'http://127.0.0.1:1/webhooks/twilio/status';
    const channel = createTwilioWhatsApp({ twilio: simulated.twilio, sender, statusCallback: (id) => `${statusCallback}/${id}` });
    await channel.sendText({ to: recipient, text: 'hello', receiptId: 'r-1' });
    expect(lastSent().statusCallback).toBe(`${statusCallback}/r-1`);
  });

  it('asks somebody to write again by a template without words of ours, where one is configured', async () => {
    const { twilio } = simulated;
    const channel = createTwilioWhatsApp({ twilio, sender, windowTemplate: `HX${'0a'.repeat(16)}` });
    // Without words and without a template it would be refused.
    expect(await channel.sendTemplate!({ to: recipient, receiptId: 'r' })).toMatchObject({ outcome: 'accepted' });
    expect(lastSent()).toMatchObject({ to: recipient, from: sender, body: '' });
    expect(createTwilioWhatsApp({ twilio, sender }).sendTemplate).toBeUndefined();
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

  it('does not take a text that Twilio gave up for one that went out', async () => {
    const statuses = [
      'accepted', 'queued', 'sending', 'sent', 'delivered', 'read', 'failed', 'undelivered', 'canceled'];
    const sidOf = (nth: number) => `SM${String(nth).repeat(32)}`;
    const listed = statuses.map((status, nth) => ({
      sid: sidOf(nth), status, body: 'hello', direction: 'outbound-api', dateCreated: new Date() }));
    const sdk = { messages: { list: async () => listed } };
    // cast: of the SDK only this much is used
    const twilio = { call: async (request) => ({ outcome: 'done', value: await request(sdk as never) }) } as Twilio;
    const found = await createTwilioWhatsApp({ twilio, sender }).findSent({ to: recipient, text: 'hello', sinceMs: 60_000 });
    expect([...found].sort()).toEqual([0, 1, 2, 3, 4, 5].map(sidOf));
  });

  it('lists what was received page after page, each message once, and from then on only', async () => {
    const { simulator, twilio } = simulated;
    simulator.faults.set({ webhookDropped: true });
    const sids: string[] = [];
    for (let n = 0; n < 165; n += 1) {
      sids.push((await simulator.write({ number: person, profileName: 'Jo Tester' }, `hello ${n}`)).sid);
    }
    const yesterday = new Date(Date.now() - 86_400_000);
    const oldest = simulator.state.message(sids[0]!)!;
    simulator.state.saveMessage({ ...oldest, createdAt: yesterday.getTime(), sentAt: yesterday.getTime() });
    const channel = createTwilioWhatsApp({ twilio, sender });
    const pages: string[][] = [];
    for await (const page of channel.listReceived(new Date(Date.now() - 3_600_000))) pages.push(page.map(({ id }) => id));
    expect(pages.map(({ length }) => length)).toEqual([80, 80, 4]);
    expect(pages.flat()).toEqual(sids.slice(1).reverse());
  });

  it('reads no further than it was asked for where the provider filters by days, and over what it cannot read', async () => {
    const record = (changes: object = {}) => ({
      sid: `SM${'1'.repeat(32)}`, from: recipient, to: sender, body: 'hello', direction: 'inbound', numMedia: '0',
      dateCreated: new Date(), ...changes,
    });
    const past = new Date(Date.now() - 7_200_000);
    const unreadable = [{ sid: 'SM1' }, { from: null }, { to: recipient }, { direction: 'outbound-api' }, { dateCreated: '-' }];
    const pages = [
      [...unreadable.map(record), record({ body: null })], [record(), record({ dateCreated: past })],
      [record({ dateCreated: past })], [record({ dateCreated: past })],
    ];
    const asked: number[] = [];
    const pageOf = (nth: number) => {
      asked.push(nth);
      return Promise.resolve({ instances: pages[nth], nextPageUrl: nth + 1 < pages.length ? String(nth + 1) : undefined });
    };
    const sdk = { messages: { page: () => pageOf(0), getPage: (url: string) => pageOf(Number(url)) } };
    // cast: of the SDK only this much is used
    const twilio = { call: async (request) => ({ outcome: 'done', value: await request(sdk as never) }) } as Twilio;
    const received: ReceivedMessage[] = [];
    const channel = createTwilioWhatsApp({ twilio, sender });
    for await (const page of channel.listReceived(new Date(Date.now() - 3_600_000))) received.push(...page);
    expect(asked).toEqual([0, 1, 2]);
    expect(received.map(({ text }) => text)).toEqual(['', 'hello', 'hello', 'hello']);
  });

  it('a text that is too long is our mistake', async () => {
    const channel = createTwilioWhatsApp({ twilio: simulated.twilio, sender });
    await expect(channel.sendText({ to: recipient, text: 'x'.repeat(1_601), receiptId: 'r' }))
      .rejects.toMatchObject({ kind: 'misconfigured', code: '21617' });
  });
});
