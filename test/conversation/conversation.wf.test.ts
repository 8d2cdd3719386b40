// The whole conversation on a real worker and a real Postgres, with time skipped: what people see, in order.
import { Fault } from '../../src/domain/faults';
import { anna, annaPrivate, stranger } from '../support/world';
import type { Person } from '../support/world';
import { startConversations } from '../support/conversations';
import type { ConversationWorld } from '../support/conversations';

let world: ConversationWorld;

beforeAll(async () => {
  world = await startConversations();
});

afterAll(async () => {
  await world.stop();
});

beforeEach(async () => {
  await world.reset();
});

async function verify(person: Person, identifier: string): Promise<{ senderId: string }> {
  await world.write(person, identifier);
  await world.reply('codeSent', { minutes: 5 });
  const { senderId } = await world.write(person, `${await world.code()} is my otp`);
  await world.reply('verified');
  return { senderId };
}

test('asks who is there, sends a code by SMS, and answers the first question in two messages', async () => {
  world.assistant.answerTo = () => ({ replies: [{ text: 'It is approved.' }, { text: 'It arrives on Friday.' }], endTurn: true });
  await world.write(anna, 'What is the status of purchase order 4500000001?');
  await world.reply('askIdentifier');
  await world.write(anna, 'my id is 144133');
  await world.reply('codeSent', { minutes: 5 });
  await world.write(anna, `${await world.code()} is my otp`);
  const replies = await world.channel.sent.count(5);
  expect(replies.map(({ text }) => text)).toEqual([
    world.text('askIdentifier'), world.text('codeSent', { minutes: 5 }), world.text('verified'),
    'It is approved.', 'It arrives on Friday.',
  ]);
  expect(world.assistant.turns.all.map(({ text }) => text)).toEqual(['What is the status of purchase order 4500000001?']);
  expect(world.carrier.carried.all).toMatchObject([{ to: '+447700900123', requestedBy: '0123', minutesLeft: 5 }]);
});

test('counts wrong codes down, locks at the fifth and gives one notice', async () => {
  await world.write(stranger, '144133');
  await world.reply('codeSent', { minutes: 5 });
  for (const triesLeft of [4, 3, 2, 1]) {
    await world.write(stranger, '00000000');
    await world.reply('wrongCode', { triesLeft });
  }
  await world.write(stranger, '00000000');
  await world.reply('locked', { minutes: 1 });
  await world.write(stranger, 'hello?');
  await world.reply('lockedNotice', { minutes: 1 });
  await world.write(stranger, 'anybody?');
  await world.skip('2 minutes');
  expect(world.channel.sent.all).toHaveLength(7);
});

test('takes an employee ID as the first message', async () => {
  await verify(anna, 'my id is 144133');
  expect(world.channel.sent.all).toHaveLength(2);
});

test('takes a work e-mail address', async () => {
  await verify(anna, 'my email is Anna@Acme.Example');
});

test('sends a stranger\'s code, eight digits long, to the registered number only', async () => {
  await verify(annaPrivate, '144133');
  const [carried] = world.carrier.carried.all;
  expect(carried).toMatchObject({ to: '+447700900123', requestedBy: '0999' });
  expect(carried!.code).toMatch(/^\d{8}$/);
});

test('speaks the language of the employee once it is known', async () => {
  const dirk: Person = { phone: 'whatsapp:+447700900126' };
  await world.write(dirk, '144136');
  await world.reply('codeSent', { minutes: 5 });
  await world.write(dirk, await world.code());
  await world.replyIn('de', 'verified');
  expect(world.carrier.carried.all[0]).toMatchObject({ language: 'de' });
  await world.write(dirk, 'abmelden');
  await world.replyIn('de', 'sessionEndedByLogout');
});

test.each([
  ['an unknown', '999999'], ['a departed', '144134'], ['a contactless', '144135'], ['a registered', '144133'],
])('A34 A36 %s employee gets the same words through wrong codes, a resend and the lock', async (_kind, identifier) => {
  await world.reset({ codeGap1Ms: 600_000 });
  await world.write(stranger, 'hello');
  await world.write(stranger, identifier);
  await world.write(stranger, 'resend');
  for (let n = 0; n < 5; n += 1) await world.write(stranger, '12345678');
  await world.write(stranger, 'hello');
  const sent = await world.channel.sent.count(9);
  expect(sent.map(({ text }) => text)).toEqual([
    world.text('askIdentifier'), world.text('codeSent', { minutes: 5 }), world.text('resendTooSoon', { seconds: 600 }),
    ...[4, 3, 2, 1].map((triesLeft) => world.text('wrongCode', { triesLeft })),
    world.text('locked', { minutes: 1 }), world.text('lockedNotice', { minutes: 1 }),
  ]);
  expect(world.carrier.carried.all).toHaveLength(identifier === '144133' ? 1 : 0);
});

test.each(['999999', '144133'])('A36 an expired code says so when it expires (%s)', async (identifier) => {
  await world.write(stranger, identifier);
  await world.reply('codeSent', { minutes: 5 });
  await world.skip('290 seconds');
  expect(world.channel.sent.all).toHaveLength(1);
  await world.skip('20 seconds');
  await world.reply('codeExpired');
  await world.write(stranger, '144133');
  await world.reply('codeSent', { minutes: 5 });
});

test('answers the first question even when the first code had expired', async () => {
  await world.write(anna, 'where is my order?');
  await world.reply('askIdentifier');
  await world.write(anna, '144133');
  await world.reply('codeSent', { minutes: 5 });
  await world.code();
  await world.skip('6 minutes');
  await world.reply('codeExpired');
  await verify(anna, '144133');
  await world.said('echo: where is my order?');
});

test('LOGOUT ends the session and the next message begins anew', async () => {
  await verify(anna, '144133');
  await world.write(anna, 'first');
  await world.said('echo: first');
  await world.write(anna, 'LOGOUT');
  await world.reply('sessionEndedByLogout');
  await world.write(anna, 'second');
  await world.reply('askIdentifier');
  expect(world.assistant.turns.all.map(({ text }) => text)).toEqual(['first']);
});

test('half an hour of silence ends the session, a message in time keeps it', async () => {
  const { senderId } = await verify(anna, '144133');
  await world.skip('29 minutes');
  await world.write(anna, 'still there');
  await world.said('echo: still there');
  await world.skip('29 minutes');
  expect((await world.status(senderId))?.stage).toBe('session');
  await world.skip('2 minutes');
  await world.reply('sessionEndedIdle');
});

test('a session ends after eight hours, however busy it is', async () => {
  const { senderId } = await verify(anna, '144133');
  for (let hour = 0; hour < 16; hour += 1) {
    await world.write(anna, `tick ${hour}`);
    await world.said(`echo: tick ${hour}`);
    await world.skip('29 minutes');
  }
  await world.write(anna, 'last');
  await world.said('echo: last');
  expect((await world.status(senderId))?.stage).toBe('session');
  await world.skip('20 minutes');
  await world.reply('sessionEndedAge');
});

test('CANCEL voids the code and destroys what was held', async () => {
  await world.write(anna, 'where is my order?');
  await world.reply('askIdentifier');
  await world.write(anna, '144133');
  await world.reply('codeSent', { minutes: 5 });
  const code = await world.code();
  await world.write(anna, 'cancel');
  await world.reply('cancelled');
  await world.backdateSends(31);
  await world.write(anna, code);
  await world.reply('codeSent', { minutes: 5 });
  expect(await world.unhandledTexts()).toBe(0);
});

test('A36 who waits for a code cannot tell that somebody has just left', async () => {
  for (const identifier of ['144133', '999999']) {
    const person: Person = { phone: `whatsapp:+44770090${identifier.slice(0, 4)}` };
    await world.write(person, identifier);
    await world.reply('codeSent', { minutes: 5 });
    await world.leave('144133');
    await world.write(person, '12345678');
    await world.reply('wrongCode', { triesLeft: 4 });
  }
});

test('the ID said once more is no guess, and a code of any length is one', async () => {
  await world.write(anna, '144133');
  await world.reply('codeSent', { minutes: 5 });
  await world.write(anna, 'my id is 144133');
  await world.reply('askCode');
  await world.write(anna, '12345678');
  await world.reply('wrongCode', { triesLeft: 4 });
});

test('NOT ME voids the code', async () => {
  await world.write(anna, '144133');
  await world.reply('codeSent', { minutes: 5 });
  await world.write(anna, 'not me!');
  await world.reply('notMe');
});

test('A14 A15 a voice note, a place or a sticker is no code and costs no try', async () => {
  await world.write(anna, '144133');
  await world.reply('codeSent', { minutes: 5 });
  const code = await world.code();
  for (const kind of ['media', 'location', 'contacts', 'button', 'unsupported'] as const) {
    await world.write(anna, code, { kind });
    await world.reply('textOnly');
  }
  for (const kind of ['reaction', 'group', 'edited'] as const) await world.write(anna, code, { kind });
  await world.write(anna, code);
  await world.reply('verified');
});

test('a message that is told three times is answered once', async () => {
  const message = await world.write(anna, 'hello');
  await world.deliver(message);
  await world.deliver(message);
  await world.reply('askIdentifier');
  await verify(anna, '144133');
  await world.said('echo: hello');
  expect(world.assistant.turns.all).toHaveLength(1);
});

test('messages before verification are answered in their order, within their bounds', async () => {
  await world.reset({ heldMessagesMax: 3 });
  for (let n = 1; n <= 5; n += 1) await world.write(anna, `question ${'abcde'[n - 1]}`);
  await world.channel.sent.count(5);
  await world.write(anna, '144133');
  await world.write(anna, 'my id is 144133');
  await world.channel.sent.count(7);
  await world.write(anna, await world.code());
  await world.channel.sent.count(12);
  expect(world.assistant.turns.all.map(({ text }) => text)).toEqual(['question c', 'question d', 'question e']);
});

test('silence before verification ends the conversation and destroys what was held', async () => {
  const { senderId } = await world.write(anna, 'secret question');
  await world.reply('askIdentifier');
  await world.skip('16 minutes');
  expect(await world.unhandledTexts()).toBe(0);
  expect((await world.status(senderId))?.outcome).toBe('abandoned');
});

test('every reply of the assistant arrives in order, and a failing one does not stop the others', async () => {
  await verify(anna, '144133');
  world.assistant.answerTo = () => ({ replies: ['one', 'two', 'three', 'four'].map((text) => ({ text })), endTurn: true });
  world.channel.before = ({ text }) => text === 'two' ? { outcome: 'undeliverable', code: '63013' } : undefined;
  await world.write(anna, 'count');
  for (const text of ['one', 'three', 'four']) await world.said(text);
});

test('an assistant that does not answer costs one apology and the session stays', async () => {
  await verify(anna, '144133');
  world.assistant.answerTo = () => { throw new Fault('refused', 'assistant', 'invalid body'); };
  await world.write(anna, 'hello');
  await world.reply('assistantUnavailable');
  world.assistant.answerTo = () => ({ replies: [{ text: 'back' }], endTurn: true });
  await world.write(anna, 'again');
  await world.said('back');
});

test('what the assistant answers after the person has left stays in', async () => {
  await verify(anna, '144133');
  world.assistant.answerTo = async () => {
    await world.leave('144133');
    return { replies: [{ text: 'too late' }], endTurn: true };
  };
  await world.write(anna, 'hello');
  await world.reply('sessionEndedOther');
  expect(world.channel.sent.all.map(({ text }) => text)).not.toContain('too late');
  expect(await world.unhandledTexts()).toBe(0);
});

describe('operators', () => {
  test('end a session, even while the assistant thinks', async () => {
    const { senderId } = await verify(anna, '144133');
    world.assistant.answerTo = (_turn, signal) => new Promise((_, reject) => {
      signal.addEventListener('abort', () => reject(new DOMException('aborted', 'AbortError')));
    });
    await world.write(anna, 'think');
    await world.assistant.turns.count(1);
    expect(await world.order(senderId, 'endSession')).toEqual({ outcome: 'done', result: 'ended' });
    await world.reply('sessionEndedByOperator');
    expect(await world.unhandledTexts()).toBe(0);
  });

  test('cancel the workflow: the session is over and nothing waits', async () => {
    const { senderId } = await verify(anna, '144133');
    const handle = world.env.client.workflow.getHandle(`wa-${senderId}`);
    await handle.cancel();
    expect(await handle.result()).toBe('ended');
    const { rows } = await world.pool.query('SELECT end_reason FROM sessions');
    expect(rows).toEqual([{ end_reason: 'operator' }]);
  });

  test('cannot break a conversation by an order without a name', async () => {
    const { senderId } = await verify(anna, '144133');
    const handle = world.env.client.workflow.getHandle(`wa-${senderId}`);
    await expect(handle.executeUpdate('endSession', { args: [] as never })).rejects.toThrow();
    await world.write(anna, 'still there');
    await world.said('echo: still there');
  });

  test('are refused where an order makes no sense', async () => {
    const { senderId } = await world.write(anna, 'hello');
    await world.reply('askIdentifier');
    for (const order of ['endSession', 'unlock', 'resendCode'] as const) {
      expect(await world.order(senderId, order)).toMatchObject({ outcome: 'refused' });
    }
  });

  test('unlock a sender', async () => {
    const { senderId } = await world.write(stranger, '144133');
    for (let n = 0; n < 5; n += 1) await world.write(stranger, '12345678');
    await world.channel.sent.count(6);
    expect(await world.order(senderId, 'unlock')).toEqual({ outcome: 'done', result: 'unlocked' });
    await world.write(stranger, '144133');
    expect((await world.channel.sent.count(7))[6]!.text).toBe(world.text('codeSent', { minutes: 5 }));
  });

  test('send a code again only after its gap', async () => {
    const { senderId } = await world.write(anna, '144133');
    await world.reply('codeSent', { minutes: 5 });
    const code = await world.code();
    expect(await world.order(senderId, 'resendCode')).toEqual({ outcome: 'done', result: 'tooSoon' });
    await world.backdateSends(31);
    expect(await world.order(senderId, 'resendCode')).toEqual({ outcome: 'done', result: 'resend' });
    expect(await world.code()).toBe(code);
  });
});
