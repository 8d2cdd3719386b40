// A provider that refuses, resets, is slow or tells things in the wrong order: nothing is lost, doubled or let in.
import { replyTo } from '../../src/assistant/demo/orderReplies';
import { Stack } from './stack';
import { Person } from './stand/person';
import type { Posted } from './stand/phones';
import { employees } from './stand/story';

jest.setTimeout(300_000);

const { people, csv } = employees(6);
let stack: Stack;
let inSession: Person;

beforeAll(async () => {
  stack = await Stack.start({ people: csv });
  inSession = personOf(0);
  await inSession.say(`my id is ${people[0]!.id}`);
  await inSession.readsText('codeSent', { minutes: 5 });
  await inSession.say(await inSession.code());
  await inSession.readsText('verified');
});

afterAll(() => stack?.stop());

afterEach(() => stack.phones.noFaults());

function personOf(nth: number): Person {
  const { id, number } = people[nth]!;
  return new Person(stack.phones, { profileName: id, number }, number);
}

const order = (nth: number) => `what about 450000000${nth}?`;
const answersTo = (...orders: readonly number[]) => orders.flatMap((nth) => replyTo(order(nth), 'en'));

/** Sends of texts that Doorman asked for since there were `before` calls. */
const sendsAfter = (before: number): Posted[] => stack.phones.calls().slice(before)
  .filter(({ form }) => form.some(([name]) => name === 'Body'));

const untilSend = (before: number, what: string, isSo: (send: Posted) => boolean) =>
  stack.phones.until(what, () => sendsAfter(before).find(isSo));

test.each([500, 503, 429, 401])('F09 %d to everything, for a while: what was said waits, and arrives once and in order', async (apiStatus) => {
  const before = stack.phones.calls().length;
  await stack.phones.fault({ apiStatus });
  await inSession.say(order(1));
  await inSession.say(order(2));
  await untilSend(before, `a send that is answered with ${apiStatus}`, ({ status }) => status === apiStatus);
  await stack.phones.noFaults();
  await inSession.reads(...answersTo(1, 2));
});

test('F09 400: no text is asked for twice, and what is said next arrives', async () => {
  // A text is on the phone a moment before its call is in the provider's log: those of before are there.
  const arrived = stack.phones.messages().filter(({ direction }) => direction === 'outbound-api').length;
  await stack.phones.until('what was sent before is in the log', () =>
    sendsAfter(0).filter(({ status }) => status === 201).length >= arrived || undefined);
  const before = stack.phones.calls().length;
  await stack.phones.fault({ apiStatus: 400 });
  await inSession.say(order(1));
  const refused = answersTo(1).length;
  await stack.phones.until('all replies were refused', () =>
    sendsAfter(before).filter(({ status }) => status === 400).length === refused || undefined);
  await stack.phones.noFaults();
  await inSession.say(order(2));
  await inSession.reads(...answersTo(2));
  const expected = refused + answersTo(2).length;
  await stack.phones.until('every send is in the log', () => sendsAfter(before).length >= expected || undefined);
  expect(sendsAfter(before)).toHaveLength(expected);
});

test('F09 a connection that is reset after the request: what left is not sent again', async () => {
  const before = stack.phones.calls().length;
  await stack.phones.fault({ apiLosesAnswers: true });
  await inSession.say(order(1));
  await untilSend(before, 'a send without an answer', ({ status }) => status === null);
  await stack.phones.noFaults();
  await inSession.reads(...answersTo(1));
  await inSession.say(order(2));
  await inSession.reads(...answersTo(2));
});

test.each([14_000, 60_000])('F10 a provider that takes %d ms: messages are acknowledged at once, and each text arrives once', async (apiDelayMs) => {
  const before = stack.phones.calls().length;
  await stack.phones.fault({ apiDelayMs });
  const first = await inSession.say(order(1));
  const newcomer = personOf(apiDelayMs === 14_000 ? 1 : 2);
  const second = await newcomer.say('hello?');
  for (const { sid } of [first, second]) {
    expect(stack.phones.postsOf(sid).at(-1)).toMatchObject({ status: 200 });
    expect(stack.phones.postsOf(sid).at(-1)!.answerMs).toBeLessThan(5_000);
  }
  // Our own patience ends first.
  await untilSend(before, 'a send that was given up', ({ status }) => status === null);
  await stack.phones.noFaults();
  await inSession.reads(...answersTo(1));
  await newcomer.readsText('askIdentifier');
});

test('F10 a provider that takes 14 s, and does what nobody waits for any more: each text is asked for once, and arrives', async () => {
  const before = stack.phones.calls().length;
  await stack.phones.fault({ apiDelayMs: 14_000, apiLosesAnswers: true });
  await inSession.say(order(3));
  await untilSend(before, 'a send that was given up', ({ status }) => status === null);
  await stack.phones.noFaults();
  const answers = answersTo(3);
  await inSession.reads(...answers);
  const asked = () => sendsAfter(before).filter(({ form }) => form.some(([name, value]) => name === 'Body' && answers.includes(value)));
  // A text is on the phone a moment before its call is in the provider's log.
  await stack.phones.until('every send is in the log', () => asked().length >= answers.length || undefined);
  expect(asked()).toHaveLength(answers.length);
});

test('F12 messages and reports in the wrong order: each message is answered once, and replies keep their order', async () => {
  await stack.phones.fault({ webhookReordered: true, statusReordered: true, statusSkipped: true });
  const sent = [await stack.phones.write(inSession.who, order(1)), await stack.phones.write(inSession.who, order(2))];
  await Promise.all(sent.map(({ sid }) => stack.phones.posted(sid)));
  await inSession.reads(...answersTo(2, 1));
});
