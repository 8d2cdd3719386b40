// Webhooks that never come: what people wrote is found in the provider's list and answered, once, in the order in which
// it was written, as far as that is still possible.
import { replyTo } from '../../src/assistant/demo/orderReplies';
import { Stack } from './stack';
import { Person, wrongCode } from './stand/person';
import { words } from './stand/phones';

jest.setTimeout(120_000);

const question = 'What is the status of purchase order 4500000001?';
const order = (nth: number) => `what about 450000000${nth}?`;
const answersTo = (...orders: readonly number[]) => orders.flatMap((nth) => replyTo(order(nth), 'en'));

let stack: Stack;
let maya: Person;

beforeAll(async () => {
  // Nobody has to wait for half a minute; long enough that what is posted at once comes first.
  stack = await Stack.start({ policy: { replyQuantumMs: 0, reconcileIntervalMs: 1_000, webhookPatienceMs: 4_000 } });
  maya = new Person(stack.phones, 'private', '+12025550123');
});

afterAll(() => stack?.stop());
afterEach(() => stack.phones.noFaults());

/** Writes; Doorman does not hear of it. */
async function lose(person: Person, text: string): Promise<string> {
  const { sid, posting } = await stack.phones.say(person.who, text);
  expect(posting).toBe('refused');
  return sid;
}

/** How often each message is in the inbox, with what became of it. */
async function handled(sids: readonly string[]): Promise<(string | null)[]> {
  const { rows } = await stack.owner.query<{ outcome: string | null }>(
    'SELECT outcome FROM inbox WHERE message_id = ANY ($1) ORDER BY arrival', [sids]);
  return rows.map(({ outcome }) => outcome);
}

test('F13 of a whole conversation: the person is verified and answered all the same, each message once', async () => {
  await stack.phones.fault({ webhookDropped: true });
  const sids = [await lose(maya, question)];
  await maya.readsText('askIdentifier');
  sids.push(await lose(maya, 'my id is 144133'));
  await maya.readsText('codeSent', { minutes: 5 });
  const code = await maya.code();
  sids.push(await lose(maya, wrongCode(code)));
  await maya.readsText('wrongCode', { triesLeft: 4 });
  sids.push(await lose(maya, `${code} is my otp`));
  await maya.reads(words('verified'), ...replyTo(question, 'en'));
  await stack.phones.noFaults();
  // From here on the webhook also tells the BSUID: the session stays.
  sids.push((await maya.say(order(2))).sid);
  await maya.reads(...answersTo(2));
  await stack.atRest();
  expect(await handled(sids)).toHaveLength(sids.length);
  expect(maya.smsCount()).toBe(1);
  expect(await stack.metrics('web')).toMatch(/doorman_swept_total\{what="recovered",role="web"\} 4\n/);
  const log = stack.parts.web.log();
  expect(log.match(/"messages recovered that no webhook brought"/g)).toHaveLength(4);
  expect(log).not.toMatch(/144133|4500000001|whatsapp:|1202555/);
});

test('of one message: it is answered after a later one that came, and neither is lost or answered twice', async () => {
  await stack.phones.fault({ webhookDropped: true });
  await lose(maya, order(3));
  await stack.phones.noFaults();
  await maya.say(order(4));
  await maya.reads(...answersTo(4, 3));
});

test('of somebody who hides the number', async () => {
  const tomas = new Person(stack.phones, 'username', '+12025550107');
  await stack.phones.fault({ webhookDropped: true });
  await lose(tomas, 'my id is 144207');
  await tomas.readsText('codeSent', { minutes: 5 });
  await lose(tomas, await tomas.code());
  await tomas.readsText('verified');
});

test('while no web process runs: the next one takes them in by itself, in order', async () => {
  await stack.parts.web.kill();
  for (const nth of [1, 2, 3]) await lose(maya, order(nth));
  await stack.parts.web.start();
  await maya.reads(...answersTo(1, 2, 3));
});

test('F13 while the provider cannot be asked either: they are found when it can', async () => {
  await stack.phones.fault({ webhookDropped: true, apiStatus: 503 });
  const asked = () => stack.phones.calls().filter(({ status }) => status === 503).length;
  const before = asked();
  await lose(maya, order(4));
  await stack.phones.until('two looks in vain', () => asked() >= before + 2 || undefined);
  await stack.phones.noFaults();
  await maya.reads(...answersTo(4));
});

test('and whoever was answered was answered once', async () => {
  await stack.atRest();
  const { rows } = await stack.owner.query<{ messages: number; unhandled: number }>(
    'SELECT count(*)::int AS messages, (count(*) FILTER (WHERE handled_at IS NULL))::int AS unhandled FROM inbox');
  expect(rows).toEqual([{ messages: 13, unhandled: 0 }]);
  const expected = [
    words('askIdentifier'), words('codeSent', { minutes: 5 }), words('wrongCode', { triesLeft: 4 }), words('verified'),
    ...replyTo(question, 'en'), ...answersTo(2, 4, 3, 1, 2, 3, 4),
  ];
  expect(maya.replies()).toEqual(expected);
});
