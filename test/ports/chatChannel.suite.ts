// What every chat channel keeps to, whoever provides it.
import { randomUUID } from 'node:crypto';
import type { ChatChannel, ReceivedMessage } from '../../src/chat/chatChannel';
import { faultOf } from './leaks';

export type ProviderMood = 'well' | 'down' | 'throttling' | 'silent' | 'losing answers';

/** A provider of which a test can see both sides. */
export interface ChatProvider {
  readonly channel: ChatChannel;
  /** The same channel with credentials that the provider does not know. */
  readonly stranger: ChatChannel;
  readonly recipient: string;
  readonly otherRecipient: string;
  /** An address that the provider refuses for good, and the number of its refusal. */
  readonly unreachable: { readonly address: string; readonly code: string };
  /** What no fault may show, besides texts and addresses. */
  readonly secrets: readonly string[];
  /** What the provider took for an address, oldest first. */
  taken(address: string): readonly string[];
  /** A person writes; resolves with the provider's id of the message. */
  write(text: string): Promise<string>;
  /** The same with a picture. */
  writePicture(caption: string): Promise<string>;
  set(mood: ProviderMood): void;
  close(): Promise<void>;
}

/** How long a throttling provider asks to wait. */
export const throttleSeconds = 7;

export function describeChatChannel(name: string, start: () => Promise<ChatProvider>): void {
  describe(`${name} as a chat channel`, () => {
    let provider: ChatProvider;
    beforeEach(async () => { provider = await start(); });
    afterEach(() => provider.close());

    const text = 'Purchase order 4500000001 is approved ✅\n\n*Total*: 12.50 € & <b>more</b> %7B{{1}}';
    const send = (words = text, to = provider.recipient) => provider.channel.sendText({ to, text: words, receiptId: randomUUID() });
    const listed = async ({ channel = provider.channel, since = new Date(Date.now() - 60_000) } = {}) => {
      const received: ReceivedMessage[] = [];
      for await (const page of channel.listReceived(since)) received.push(...page);
      return received;
    };
    const secrets = () => [text, provider.recipient, '4500000001', ...provider.secrets];

    it('hands a text over as it is', async () => {
      const sent = await send();
      expect(sent).toMatchObject({ outcome: 'accepted' });
      expect(provider.taken(provider.recipient)).toEqual([text]);
    });

    it('sends every text on its own, in the order in which it is told to', async () => {
      const words = ['one', 'two', 'three', 'one'];
      for (const word of words) await send(word);
      expect(provider.taken(provider.recipient)).toEqual(words);
    });

    it('says so when a recipient can never be reached', async () => {
      expect(await send(text, provider.unreachable.address)).toMatchObject({ outcome: 'undeliverable', code: provider.unreachable.code });
    });

    it('throws a fault that keeps its silence when the provider is down, slow, throttling or does not know us', async () => {
      provider.set('down');
      await faultOf(send(), 'unavailable', secrets());
      provider.set('silent');
      expect((await faultOf(send(), 'unavailable', secrets())).code).toBe('timeout');
      provider.set('throttling');
      expect((await faultOf(send(), 'throttled', secrets())).retryAfterMs).toBe(throttleSeconds * 1_000);
      provider.set('well');
      await faultOf(provider.stranger.sendText({ to: provider.recipient, text, receiptId: 'r' }), 'misconfigured', secrets());
      expect(provider.taken(provider.recipient)).toEqual([]);
    });

    it('leaves time for the receipt of a text that may have been taken, and none after one that was not', async () => {
      for (const mood of ['silent', 'losing answers'] as const) {
        provider.set(mood);
        expect((await faultOf(send(), 'unavailable', secrets())).retryAfterMs).toBeGreaterThanOrEqual(3_000);
      }
      provider.set('down');
      expect((await faultOf(send(), 'unavailable', secrets())).retryAfterMs).toBeUndefined();
    });

    it('finds the text that was taken although the answer was lost', async () => {
      const earlier = await send('an answer');
      provider.set('losing answers');
      await faultOf(send(), 'unavailable', secrets());
      provider.set('well');
      const found = await provider.channel.findSent({ to: provider.recipient, text, sinceMs: 60_000 });
      expect(found).toHaveLength(1);
      expect(found[0]).not.toBe((earlier as { providerId: string }).providerId);
      expect(await provider.channel.fetchMessage(found[0]!)).toMatchObject({ text, direction: 'outbound', to: provider.recipient });
    });

    it('finds no text of other words, of another recipient or of the person', async () => {
      await send('something else');
      await send(text, provider.otherRecipient);
      await provider.write(text);
      expect(await provider.channel.findSent({ to: provider.recipient, text, sinceMs: 60_000 })).toEqual([]);
    });

    it('finds every text of the same words', async () => {
      const sent = [await send(), await send()].map((one) => (one as { providerId: string }).providerId);
      const found = await provider.channel.findSent({ to: provider.recipient, text, sinceMs: 60_000 });
      expect([...found].sort()).toEqual(sent.sort());
    });

    it('tells what the provider knows of a message', async () => {
      const id = await provider.write(' my id is 144133\n');
      const message = await provider.channel.fetchMessage(id);
      expect(message).toMatchObject({ id, text: ' my id is 144133\n', direction: 'inbound', from: provider.recipient });
    });

    it('shows typing as a courtesy: whatever the provider says to it, nobody hears of it', async () => {
      const id = await provider.write('hello');
      for (const mood of ['well', 'down', 'throttling', 'silent', 'losing answers'] as const) {
        provider.set(mood);
        expect(await provider.channel.showTyping(id)).toBeUndefined();
      }
      provider.set('well');
      expect(await provider.stranger.showTyping(id)).toBeUndefined();
      expect(await provider.channel.showTyping('no message')).toBeUndefined();
    });

    it.each(['SM00000000000000000000000000000000', '', '../Calls', 'SM1?x=1', `SM${'0'.repeat(33)}`])(
      'knows no message %j', async (id) => {
        expect(await provider.channel.fetchMessage(id)).toBeUndefined();
      });

    it('lists what people wrote to us, newest first, and nothing of ours', async () => {
      const before = Date.now();
      const older = await provider.write(' my id is 144133\n');
      await send();
      const newer = await provider.writePicture('look, 483920');
      const received = await listed();
      expect(received).toMatchObject([
        { id: newer, from: provider.recipient, text: 'look, 483920', hasMedia: true },
        { id: older, from: provider.recipient, text: ' my id is 144133\n', hasMedia: false },
      ]);
      for (const { createdAt } of received) {
        expect(createdAt.getTime()).toBeGreaterThan(before - 1_000); // whole seconds
        expect(createdAt.getTime()).toBeLessThanOrEqual(Date.now());
      }
    });

    it('lists nothing that was written before', async () => {
      await provider.write('hello');
      expect(await listed({ since: new Date(Date.now() + 60_000) })).toEqual([]);
    });

    it('does not take a provider that cannot answer for one that knows no such message', async () => {
      const id = await provider.write('hello');
      for (const mood of ['down', 'throttling', 'silent', 'losing answers'] as const) {
        provider.set(mood);
        await faultOf(provider.channel.fetchMessage(id), mood === 'throttling' ? 'throttled' : 'unavailable', secrets());
        await faultOf(provider.channel.findSent({ to: provider.recipient, text, sinceMs: 1 }),
          mood === 'throttling' ? 'throttled' : 'unavailable', secrets());
        await faultOf(listed(), mood === 'throttling' ? 'throttled' : 'unavailable', secrets());
      }
      provider.set('well');
      await faultOf(listed({ channel: provider.stranger }), 'misconfigured', secrets());
      await faultOf(provider.stranger.fetchMessage(id), 'misconfigured', secrets());
    });
  });
}
