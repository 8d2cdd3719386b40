// Proving by the registered e-mail: it is asked for, the code goes there, a service must know the account, and the
// number is bound to it until HR changes the address.
import { replyTo } from '../../../src/assistant/demo/orderReplies';
import { anyFreePort } from '../../../src/stack/ports';
import { createTexts } from '../../../src/texts/render';
import { FakeShop } from '../../services/fakeShop';
import { Stack } from '../stack';
import { codeIn, Person } from '../stand/person';
import { organisation } from '../stand/phones';
import { gatherTraces, search } from '../stand/traces';

jest.setTimeout(180_000);

const address = 'daniel.novak@example.com';
const password = 'journeys-mail-password';
const token = 'service-token-of-journeys-32-letters';
const texts = createTexts({ organisation, language: 'en', methods: ['sms', 'email'], identifyBy: 'workEmail' });
const accounts = new Set<string>();
let stack: Stack;
let shop: FakeShop;

beforeAll(async () => {
  shop = await new FakeShop(({ body }) => {
    const { email } = JSON.parse(body) as { email: string };
    return { status: 200, body: { exists: accounts.has(email) } };
  }).start();
  const port = await anyFreePort();
  const service = {
    name: 'shop', kind: 'twoEndpoints', base: shop.url, auth: { kind: 'bearer', token }, allowInsecure: true,
  };
  stack = await Stack.start({
    policy: { replyQuantumMs: 100 },
    settings: {
      DOORMAN_IDENTIFY_BY: 'workEmail', DOORMAN_IDENTIFY_ACCOUNT: 'shop', DOORMAN_CODE_METHODS: 'sms,email',
      DOORMAN_SERVICES: JSON.stringify({ services: [service] }),
      DOORMAN_SMTP_URL: `smtp://doorman:${password}@127.0.0.1:${port}`, DOORMAN_MAIL_FROM: 'doorman@acme.example',
      SIMULATOR_SMTP_PORT: String(port), SIMULATOR_SMTP_PASSWORD: password,
    },
  });
});

afterAll(async () => {
  await stack?.stop();
  await shop.close();
});

const mails = (count: number) => stack.phones.until(`${count} mails`, () => {
  const all = stack.phones.mailsTo(address);
  return all.length >= count ? all : undefined;
});
const words = (key: 'askIdentifier' | 'verified') => texts.render({ key, params: {} }, 'en');

test('whoever has no account is let in nowhere; whoever has one is, and their number is bound until the address changes', async () => {
  const person = new Person(stack.phones, 'phoneless');
  await person.say('160255');
  await person.reads(words('askIdentifier'));
  await person.say(address);
  await person.reads(texts.render({ key: 'codeSent', params: { minutes: 5 } }, 'en'));
  const code = codeIn((await mails(1))[0]!.text);
  await person.say(code);
  await person.reads(texts.render({ key: 'wrongCode', params: { triesLeft: 4 } }, 'en'));
  expect(shop.asked.map(({ path }) => path)).toEqual(['/users/exists']);

  accounts.add(address);
  // What the service said is kept for a few minutes: those that were kept go with the process.
  await stack.parts.worker.kill();
  await stack.parts.worker.start();
  await person.say(code);
  await person.reads(words('verified'));
  const question = 'what about 4500000001?';
  await person.say(question);
  await person.reads(...replyTo(question, 'en'));
  expect(stack.assistant.turns.map(({ assurance }) => assurance)).toEqual(['low']);

  const { output } = await stack.run(['binding', 'list', '--employee', '160255']);
  expect(output).toMatch(/employee 160255 {2}since .* by email/);
  await stack.atRest();
  expect(search(await gatherTraces(stack), { address, code, token })).toEqual([]);

  await stack.owner.query(
    'UPDATE employee_emails SET address = $1 WHERE address = $2', ['d.novak@example.com', address]);
  const { output: left } = await stack.run(['binding', 'list', '--employee', '160255']);
  expect(left).not.toMatch(/employee 160255/);
});
