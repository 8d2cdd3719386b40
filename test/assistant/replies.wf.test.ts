// What an assistant says at once: all of it is read, in order, and what people see while it thinks.
import type { AssistantAnswer } from '../../src/assistant/assistant';
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

/** Of the same message twice at once: what the one run is answered is kept, then the other one is given up. */
function keptAndGivenUp(senderId: string, answer: AssistantAnswer): void {
  let runs = 0;
  world.assistant.answerTo = async (turn) => {
    if ((runs += 1) === 2) return answer;
    await world.relay(turn, senderId);
    throw new Fault('refused', 'assistant', 'too late');
  };
}

test('an answer that is kept in the moment in which its turn is given up is read', async () => {
  const senderId = await world.verify();
  keptAndGivenUp(senderId, { replies: [{ text: 'one' }, { text: 'two' }], endTurn: true });
  await world.write(anna, 'hello');
  await world.said('one');
  await world.said('two');
  expect(read()).toEqual(['one', 'two']);
});

test('a turn that is to be answered later in the moment in which it is given up is, and nobody reads that it is not', async () => {
  const senderId = await world.verify();
  keptAndGivenUp(senderId, { replies: [], endTurn: false });
  const { messageId } = await world.write(anna, 'hello');
  for (let outcome = ''; outcome !== 'taken';) ({ outcome } = await world.push(messageId, ['later'], true));
  await world.said('later');
  expect(read()).toEqual(['later']);
});

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
  expect(await world.channel.typing.count(1)).toEqual([messageId]);
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
