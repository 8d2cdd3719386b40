// A code whose SMS does not arrive: the telephone rings instead, and the chat says nothing of it.
import { anyFreePort } from '../../../src/stack/ports';
import { createTexts } from '../../../src/texts/render';
import { Stack } from '../stack';
import { Person } from '../stand/person';
import { organisation } from '../stand/phones';
import type { ShownCall } from '../stand/phones';
import { gatherTraces, search } from '../stand/traces';

jest.setTimeout(180_000);

const mobile = '+12025550123';
const texts = createTexts({ organisation, language: 'en', methods: ['sms', 'call', 'email'] });
const codeSent = texts.render({ key: 'codeSent', params: { minutes: 5 } }, 'en');
const password = 'journeys-mail-password';
let stack: Stack;

beforeAll(async () => {
  const port = await anyFreePort();
  stack = await Stack.start({
    // However slow the machine is, it is no silence that moves the code on.
    policy: { replyQuantumMs: 100, codeSilenceMs: 10 * 60_000 },
    settings: {
      DOORMAN_CODE_METHODS: 'sms,call,email', TWILIO_VOICE_SENDER: '+14155550101',
      DOORMAN_SMTP_URL: `smtp://doorman:${password}@127.0.0.1:${port}`, DOORMAN_MAIL_FROM: 'doorman@acme.example',
      SIMULATOR_SMTP_PORT: String(port), SIMULATOR_SMTP_PASSWORD: password,
    },
  });
});

afterAll(() => stack?.stop());

/** What was spoken character by character, each time that it was spoken to its end. */
function spelt({ transcript }: ShownCall): string[] {
  const said = transcript.filter(({ kind }) => kind === 'said').slice(0, -1);
  return said.flatMap(({ text }) => /\d(?: \d){5,}/.exec(text)?.[0].replaceAll(' ', '') ?? []);
}

/** The keys that the call asks for; none while it has not said them. */
function keysAskedIn({ transcript }: ShownCall): string {
  const [, first = '', second = ''] = /press (\d) and then (\d)/.exec(transcript.map(({ text }) => text).join(' ')) ?? [];
  return first + second;
}

/** As the provider reported it of each code. */
async function codeReceipts(): Promise<unknown[]> {
  const { rows } = await stack.owner.query(
    `SELECT s.method, s.asked, o.state, o.receipt, o.receipt_fault AS fault
       FROM outbox o JOIN sends s ON o.key = s.challenge_id || ':' || s.method || ':' || s.ordinal ORDER BY s.ordinal`);
  return rows;
}

test('a code whose SMS does not arrive is spoken in a call to the registered number, once its keys are pressed', async () => {
  const { phones } = stack;
  const person = new Person(phones, 'private', mobile);
  await phones.fault({ smsError: 30_003 });
  await person.say('my id is 144133');
  await person.reads(codeSent);

  const ringing = await phones.callTo(mobile, 'rings', ({ status }) => status === 'ringing');
  await phones.noFaults();
  await phones.answer(ringing);
  const asked = await phones.callTo(mobile, 'waits for keys', (call) => call.isListening && keysAskedIn(call) !== '');
  expect(spelt(asked)).toEqual([]);
  await phones.press(asked, keysAskedIn(asked));
  const [code, again] = spelt(await phones.callTo(mobile, 'has said the code twice', (call) => spelt(call).length === 2));
  expect(again).toBe(code);
  // It is the code that did not arrive.
  expect(person.sms().map(({ text, status }) => [text.includes(code!), status])).toEqual([[true, 'undelivered']]);
  expect(phones.callsTo(mobile)).toHaveLength(1);
  expect(phones.mailsTo('maya.lindqvist@example.com')).toEqual([]);
  expect(person.replies()).toEqual([codeSent]);

  await person.say(`${code} is my otp`);
  await person.readsText('verified');
  await phones.hangUp(ringing);
  await stack.atRest();
  expect(await codeReceipts()).toEqual([
    { method: 'sms', asked: true, state: 'sent', receipt: 'undelivered', fault: '30003' },
    { method: 'call', asked: false, state: 'sent', receipt: 'delivered', fault: null },
  ]);
  expect((await stack.owner.query('SELECT method FROM sessions')).rows).toEqual([{ method: 'call' }]);
  expect(search(await gatherTraces(stack), { code: code!, spelt: [...code!].join(' '), mobile, password })).toEqual([]);
});
