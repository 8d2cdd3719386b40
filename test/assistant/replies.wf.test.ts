// What an assistant says at once: all of it is read, in order, and what people see while it thinks.
import { Fault } from '../../src/domain/faults';
import { startConversations } from '../support/conversations';
import type { ConversationWorld } from '../support/conversations';
import { anna } from '../support/world';

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

const numbered = (count: number) => Array.from({ length: count }, (_, n) => `reply ${n}`);
/** Of "hello" it has that much to say; it repeats everything else. */
const says = (count: number) => {
  world.assistant.answerTo = ({ text }) => ({ replies: (text === 'hello' ? numbered(count) : [text]).map((words) => ({ text: words })), endTurn: true });
};
/** What the chat read since the person was verified. */
const read = () => world.channel.sent.all.slice(2).map(({ text }) => text);

test.each([0, 1, 2, 5, 20])('of %i replies every one is read, in order, and no more', async (count) => {
  await world.verify();
  says(count);
  await world.write(anna, 'hello');
  await world.write(anna, 'goodbye');
  for (const text of [...numbered(count), 'goodbye']) await world.said(text);
  expect(read()).toHaveLength(count + 1);
});

test.each([
  ['is undeliverable', () => ({ outcome: 'undeliverable' as const, code: '63013' })],
  ['is refused', (): never => { throw new Fault('refused', 'twilio', '21617'); }],
])('a reply in the middle that %s does not hold up the others', async (_, refuse) => {
  await world.verify();
  says(5);
  world.channel.before = ({ text }) => text === 'reply 2' ? refuse() : undefined;
  await world.write(anna, 'hello');
  for (const n of [0, 1, 3, 4]) await world.said(`reply ${n}`);
});

test('typing is shown for what the assistant is asked, and for nothing else', async () => {
  await world.verify();
  expect(world.channel.typing.all).toEqual([]);
  const { messageId } = await world.write(anna, 'hello');
  await world.said('echo: hello');
  await world.write(anna, 'logout');
  await world.reply('sessionEndedByLogout');
  expect(world.channel.typing.all).toEqual([messageId]);
});

test('an assistant that thinks for longer than three seconds is said to, once, before it answers', async () => {
  await world.reset({ stillWorkingAfterMs: 3_000 });
  await world.verify();
  world.assistant.answerTo = async () => {
    await world.channel.sent.next(({ text }) => text === world.text('stillWorking'));
    return { replies: [{ text: 'done' }], endTurn: true };
  };
  await world.write(anna, 'hello');
  await world.reply('stillWorking');
  await world.said('done');
  expect(read()).toHaveLength(2);
});
