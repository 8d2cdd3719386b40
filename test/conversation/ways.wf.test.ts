// A code that does not arrive goes by the next way, and nobody in the chat hears of it.
import { methods } from '../../src/domain/messages';
import { noteReceipt } from '../../src/outbox/receipts';
import type { Receipt } from '../../src/outbox/receipts';
import { startConversations } from '../support/conversations';
import type { ConversationWorld } from '../support/conversations';
import { annaPrivate } from '../support/world';

let world: ConversationWorld;

beforeAll(async () => { world = await startConversations('skipping', { methods }); });
afterAll(() => world.stop());
beforeEach(() => world.reset());

const carried = (method: (typeof methods)[number]) => world.carriers.get(method)!.carried;

/** The provider's word on the code that has just left, as soon as it is noted that it left. */
async function receipt(of: Receipt): Promise<void> {
  for (;;) {
    const { rows: [row] } = await world.pool.query<{ id: string; provider: string }>(
      `SELECT id, provider_id AS provider FROM outbox WHERE kind = 'code' AND state = 'sent' AND receipt IS NULL`);
    if (row !== undefined) {
      await noteReceipt(world.pool, { receiptId: row.id, providerId: row.provider, receipt: of });
      return;
    }
    await new Promise((resolve) => { setTimeout(resolve, 20); });
  }
}

test('an SMS that is not delivered becomes a call with the same code, then a mail; the code opens the session', async () => {
  await world.write(annaPrivate, '144133');
  await world.reply('codeSent', { minutes: 5 });
  const { code } = (await carried('sms').count(1))[0]!;
  await receipt('undelivered');
  expect(await world.tellMissed()).toBe(1);
  expect(await carried('call').count(1)).toMatchObject([{ code, to: '+447700900123' }]);
  await receipt('failed');
  expect(await world.tellMissed()).toBe(1);
  expect(await carried('email').count(1)).toMatchObject([{ code, to: 'anna@acme.example' }]);
  await world.write(annaPrivate, code);
  await world.reply('verified');
  expect(world.channel.sent.all).toHaveLength(2);
});

test('a code that was used is not sent again, whatever is told of it', async () => {
  await world.write(annaPrivate, '144133');
  await world.reply('codeSent', { minutes: 5 });
  const { senderId } = await world.write(annaPrivate, (await carried('sms').count(1))[0]!.code);
  await world.reply('verified');
  await world.env.client.workflow.getHandle(`wa-${senderId}`).signal('codeMissed', { challengeId: 'any', sends: 1 });
  await world.env.client.workflow.getHandle(`wa-${senderId}`).signal('codeMissed', null);
  await world.write(annaPrivate, 'hello');
  await world.said('echo: hello');
  expect([carried('call').all, carried('email').all]).toEqual([[], []]);
});

test('when no way is left an operator sees it, and the chat says nothing', async () => {
  const { senderId } = await world.write(annaPrivate, '144133');
  await world.reply('codeSent', { minutes: 5 });
  await carried('sms').count(1);
  for (const method of ['call', 'email'] as const) {
    await receipt('undelivered');
    await world.tellMissed();
    await carried(method).count(1);
  }
  await receipt('undelivered');
  await world.tellMissed();
  await world.write(annaPrivate, 'RESEND');
  await world.channel.sent.count(2);
  expect(await world.status(senderId)).toMatchObject({ codeDelivery: 'failed' });
  expect(world.channel.sent.all).toHaveLength(2);
});

test('CALL and EMAIL say what they do, also to somebody whom nobody knows', async () => {
  await world.reset({ codeGap1Ms: 10_000, codeGap2Ms: 10_000 });
  for (const identifier of ['144133', '999999']) {
    await world.reset({ codeGap1Ms: 10_000, codeGap2Ms: 10_000 });
    await world.write(annaPrivate, identifier);
    await world.reply('codeSent', { minutes: 5 });
    await world.backdateSends(11);
    await world.write(annaPrivate, 'CALL');
    await world.reply('codeByCall');
    await world.backdateSends(11);
    await world.write(annaPrivate, 'by e-mail');
    await world.reply('codeByMail');
  }
});
