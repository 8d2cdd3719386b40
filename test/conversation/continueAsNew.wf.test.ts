// A conversation that has grown long goes on in a new run, with everything that it had not finished. On a development
// server: the one that skips time now and then leaves the former run open, its task begun, and holds time for ever.
import { bundleThatContinuesSoon } from '../support/conversationWorker';
import { startConversations } from '../support/conversations';
import type { ConversationWorld } from '../support/conversations';
import { anna, testPolicy } from '../support/world';

let world: ConversationWorld;

beforeAll(async () => {
  world = await startConversations('real');
  await world.stopWorker();
  await world.startWorker({ bundle: await bundleThatContinuesSoon() });
});

afterAll(async () => {
  await world.stop();
});

beforeEach(async () => {
  await world.reset();
});

const runOf = async (senderId: string): Promise<string> =>
  (await world.env.client.workflow.getHandle(`wa-${senderId}`).describe()).runId;

/** Resolves when a later run has begun: it does when what the former one had in hand is done. */
async function newRun(senderId: string, before: string): Promise<void> {
  while (await runOf(senderId) === before) await world.status(senderId);
}

/** When the timer that the latest run has set will fire, in ms since 1970. */
async function clockOf(senderId: string): Promise<number> {
  const { events } = await world.env.client.workflow.getHandle(`wa-${senderId}`).fetchHistory();
  const set = events!.filter((event) => (event.timerStartedEventAttributes ?? undefined) !== undefined).at(-1)!;
  return Number(set.eventTime!.seconds) * 1_000 + Number(set.timerStartedEventAttributes!.startToFireTimeout!.seconds) * 1_000;
}

const turns = (): string[] => world.assistant.turns.all.map(({ text }) => text);

/** Lets the assistant think until the function that this answers with is called. */
function assistantThinks(): () => void {
  let answer = (): void => undefined;
  const thought = new Promise<void>((resolve) => { answer = resolve; });
  world.assistant.answerTo = async ({ text }) => {
    await thought;
    return { replies: [{ text: `echo: ${text}` }], endTurn: true };
  };
  return answer;
}

test('messages that wait are taken over in their order, and the session with them', async () => {
  const senderId = await world.verify();
  const before = await runOf(senderId);
  const answer = assistantThinks();
  const questions = Array.from({ length: 60 }, (_, n) => `question ${n}`);
  for (const question of questions) await world.write(anna, question);
  answer();
  for (const question of questions) await world.said(`echo: ${question}`);
  expect(turns()).toEqual(questions);
  await newRun(senderId, before);
  expect((await world.status(senderId))?.stage).toBe('session');
});

test('a message that was told in an earlier run is not taken again', async () => {
  const senderId = await world.verify();
  const before = await runOf(senderId);
  const first = await world.write(anna, 'first');
  await world.said('echo: first');
  while (await runOf(senderId) === before) {
    await world.write(anna, 'again');
    await world.said('echo: again');
  }
  const known = turns().length;
  await world.deliver(first);
  await world.write(anna, 'last');
  await world.said('echo: last');
  expect(turns()).toHaveLength(known + 1);
});

test('questions that are held are answered after verification in a later run', async () => {
  const questions = ['where is order a?', 'where is order b?', 'where is order c?', 'where is order d?', 'where is order e?'];
  const { senderId } = await world.write(anna, questions[0]!);
  const before = await runOf(senderId);
  for (const question of questions.slice(1)) await world.write(anna, question);
  await world.channel.sent.count(5);
  await world.write(anna, 'nothing');
  await world.channel.sent.count(6);
  await newRun(senderId, before);
  await world.write(anna, '144133');
  await world.channel.sent.count(7);
  await world.write(anna, await world.code());
  await world.channel.sent.count(14);
  expect(turns()).toEqual([...questions, 'nothing']);
});

test('wrong guesses stay counted, and the code will run out when it would have', async () => {
  await world.reset({ codeTriesMax: 10 });
  const { senderId } = await world.write(anna, '144133');
  await world.reply('codeSent', { minutes: 5 });
  await world.code();
  const before = await runOf(senderId);
  for (const triesLeft of [9, 8, 7, 6, 5, 4]) {
    await world.write(anna, '000000');
    await world.reply('wrongCode', { triesLeft });
  }
  await newRun(senderId, before);
  expect(await world.status(senderId)).toMatchObject({ stage: 'confirm', wrongGuesses: 6 });
  const { deadline } = (await world.status(senderId))!;
  const { rows: [code] } = await world.pool.query<{ expires: Date }>('SELECT expires_at AS expires FROM challenges');
  expect(Math.abs(Date.parse(deadline) - code!.expires.getTime())).toBeLessThan(5_000);
  expect(Math.abs(await clockOf(senderId) - Date.parse(deadline))).toBeLessThan(5_000);
});

test('half an hour of silence will end a session of a later run', async () => {
  const senderId = await world.verify();
  const before = await runOf(senderId);
  while (await runOf(senderId) === before) {
    await world.write(anna, 'tick');
    await world.said('echo: tick');
  }
  const deadline = Date.parse((await world.status(senderId))!.deadline);
  expect(Math.abs(deadline - Date.now() - testPolicy.sessionIdleMs)).toBeLessThan(10_000);
  // The clock may be earlier: it looks again when it fires.
  expect(await clockOf(senderId)).toBeLessThan(deadline + 5_000);
});

test('a code that is on its way keeps its run', async () => {
  let carried = (): void => undefined;
  const travelling = new Promise<void>((resolve) => { carried = resolve; });
  const carry = world.carrier.carry.bind(world.carrier);
  world.carrier.carry = async (code) => {
    await travelling;
    return carry(code);
  };
  const { senderId } = await world.write(anna, '144133');
  const before = await runOf(senderId);
  await world.reply('codeSent', { minutes: 5 });
  for (const question of ['a', 'b', 'c', 'd', 'e', 'f']) {
    await world.write(anna, `and ${question}?`);
    await world.reply('askCode');
  }
  expect(await runOf(senderId)).toBe(before);
  carried();
  world.carrier.carry = carry;
  await world.write(anna, await world.code());
  await world.reply('verified');
  for (const question of ['a', 'b', 'c', 'd', 'e', 'f']) await world.said(`echo: and ${question}?`);
  await newRun(senderId, before);
});
