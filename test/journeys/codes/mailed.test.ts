// An employee without a telephone: the code comes by mail, though the mail server hangs up on it, and the session says so.
import { replyTo } from '../../../src/assistant/demo/orderReplies';
import { anyFreePort } from '../../../src/stack/ports';
import { createTexts } from '../../../src/texts/render';
import { Stack } from '../stack';
import { codeIn, Person } from '../stand/person';
import { organisation } from '../stand/phones';
import { gatherTraces, search } from '../stand/traces';

jest.setTimeout(180_000);

const address = 'daniel.novak@example.com';
const texts = createTexts({ organisation, language: 'en', methods: ['sms', 'email'] });
const password = 'journeys-mail-password';
let stack: Stack;

beforeAll(async () => {
  const port = await anyFreePort();
  stack = await Stack.start({
    policy: { replyQuantumMs: 100 },
    settings: {
      DOORMAN_CODE_METHODS: 'sms,email', DOORMAN_SMTP_URL: `smtp://doorman:${password}@127.0.0.1:${port}`,
      DOORMAN_MAIL_FROM: 'doorman@acme.example', SIMULATOR_SMTP_PORT: String(port), SIMULATOR_SMTP_PASSWORD: password,
    },
  });
});

afterAll(() => stack?.stop());

const mails = (count: number) => stack.phones.until(`${count} mails`, () => {
  const all = stack.phones.mailsTo(address);
  return all.length >= count ? all : undefined;
});

test('F08 a code that the mail server took and said nothing of is mailed again, is the same, and opens a session of low assurance', async () => {
  const person = new Person(stack.phones, 'phoneless');
  await stack.phones.fault({ mail: 'lost' });
  await person.say('my id is 160255');
  await person.reads(texts.render({ key: 'codeSent', params: { minutes: 5 } }, 'en'));
  await mails(1);
  await stack.phones.noFaults();
  const [first, second] = await mails(2);
  const code = codeIn(first!.text);
  expect(first).toMatchObject({ to: [address], subject: 'Acme: your code for our WhatsApp chat' });
  expect([second!.messageId, codeIn(second!.text)]).toEqual([first!.messageId, code]);

  await person.say(`${code} is my otp`);
  await person.readsText('verified');
  const question = 'what about 4500000001?';
  await person.say(question);
  await person.reads(...replyTo(question, 'en'));
  expect(stack.assistant.turns.map(({ assurance }) => assurance)).toEqual(['low']);
  expect((await stack.owner.query('SELECT method, assurance FROM sessions')).rows).toEqual([{ method: 'email', assurance: 'low' }]);

  await stack.atRest();
  expect(search(await gatherTraces(stack), { address, code, password, words: 'Type it only in that chat' })).toEqual([]);
});
