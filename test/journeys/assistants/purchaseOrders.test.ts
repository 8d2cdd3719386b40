// The demo's chat: purchase orders from the local S/4HANA, asked in the employee's own name, and a release that needs a
// stronger proof. Everything is a process of its own but the person.
import { randomBytes } from 'node:crypto';
import { replyTo } from '../../../src/assistant/demo/orderReplies';
import { behindTheDoor } from '../../../src/stack/up/behindTheDoor';
import { Stack } from '../stack';
import { Person } from '../stand/person';
import { words } from '../stand/phones';
import { gatherTraces, search } from '../stand/traces';

jest.setTimeout(240_000);

const question = 'What is the status of purchase order 4500000001?';
const accountsToken = randomBytes(32).toString('hex');
let stack: Stack;

beforeAll(async () => {
  stack = await Stack.start({
    policy: { replyQuantumMs: 100, codeGap1Ms: 10_000 },
    settings: ({ ports: { simulator }, assistantSecret }) => {
      const origin = `http://127.0.0.1:${simulator}`;
      return {
        ...behindTheDoor(origin, { assistantSecret, accountsToken }),
        ASSISTANT_URL: `${origin}/assistant`, SIMULATOR_ACCOUNTS_TOKEN: accountsToken,
      };
    },
  });
});
afterAll(() => stack?.stop());

async function prove(person: Person, id: string): Promise<void> {
  const before = person.smsCount();
  await person.say(`my id is ${id}`);
  await person.readsText('codeSent', { minutes: 5 });
  await person.say(`${await person.code(before)} is my otp`);
  await person.readsText('verified');
}

test('an employee reads an order that S/4HANA lets them see, and hears of no other', async () => {
  const maya = new Person(stack.phones, 'employee', '+12025550123');
  await maya.say(question);
  await maya.readsText('askIdentifier');
  await prove(maya, '144133');
  await maya.reads(...replyTo(question, 'en'));
  await maya.say('and of 4500000005?');
  await maya.reads('I do not know order 4500000005.');
  await maya.say('and of 4500000099?');
  await maya.reads('I do not know order 4500000099.');
});

test('who may see more, sees it in the same chat', async () => {
  const claire = new Person(stack.phones, { profileName: 'Claire', number: '+12025550194' }, '+12025550194');
  await claire.say('4500000005?');
  await claire.readsText('askIdentifier');
  await prove(claire, '153941');
  await claire.reads(
    'Purchase order 4500000005 from Contoso Papers is ordered. Delivery is planned for February 1, 2027.',
    'Items of 4500000005:\n- 3 × Washi paper, ¥1,250 per 100\nTotal: ¥93,750');
});

test('a release asks once more who it is, says what for, and is done once', async () => {
  const maya = new Person(stack.phones, 'employee', '+12025550123');
  await maya.reads(...maya.replies());
  await stack.owner.query(
    `UPDATE sessions SET opened_at = opened_at - interval '10 min' WHERE ended_at IS NULL`);
  await maya.say('please release order 4500000002');
  await maya.reads(words('sessionEndedStepUpFor', { action: 'Release purchase order 4500000002' }));
  await maya.readsText('askIdentifier');
  await prove(maya, '144133');
  await maya.reads('Purchase order 4500000002 is released.');
  await maya.say('4500000002?');
  await maya.reads(...replyTo('4500000002?', 'en').map((text) => text.replace('waiting for approval', 'approved')));
});

test('no token of the services stands in a history, a table or a log', async () => {
  const traces = await gatherTraces(stack);
  expect(search(traces, { 'token of accounts': accountsToken })).toEqual([]);
});
