// Codes that Twilio Verify makes, carries and compares, on the whole stack: who has one gets in, and Twilio is told of
// the others that they are over.
import { Stack } from '../stack';
import { pause } from '../../../src/stack/processes';
import { Person, wrongCode } from '../stand/person';
import { gatherTraces, search } from '../stand/traces';

jest.setTimeout(180_000);

const registered = '+12025550123';

let stack: Stack;

beforeAll(async () => {
  stack = await Stack.start({
    policy: { replyQuantumMs: 1_000 },
    settings: { DOORMAN_OTP_PROVIDER: 'verifyManaged', TWILIO_VERIFY_SERVICE_SID: `VA${'0e'.repeat(16)}` },
  });
});

afterAll(async () => {
  await stack?.stop();
});

/** How Twilio's verifications ended as far as is known here, oldest first, once there are so many ends. */
async function ends(count: number): Promise<(string | null)[]> {
  for (const until = Date.now() + 60_000; ;) {
    const { rows } = await stack.owner.query<{ ended: string | null }>('SELECT ended FROM verifications ORDER BY begun_at');
    if (rows.filter(({ ended }) => ended !== null).length === count || Date.now() > until) return rows.map(({ ended }) => ended);
    await pause(50);
  }
}

test('a code that Twilio made opens a session, after a wrong one; another is ended at Twilio when it is cancelled', async () => {
  const maya = new Person(stack.phones, 'employee', registered);
  await maya.say('my id is 144133');
  await maya.readsText('codeSent', { minutes: 5 });
  const cancelled = await maya.code();
  expect(maya.sms()[0]!.text).toBe(`Your Acme verification code is: ${cancelled}`);
  await maya.say('CANCEL');
  await maya.readsText('cancelled');
  expect(await ends(1)).toEqual(['canceled']);

  const stranger = new Person(stack.phones, 'private', registered);
  await stranger.say('my id is 144133');
  await stranger.readsText('codeSent', { minutes: 5 });
  const code = await stranger.code(1);
  await stranger.say(wrongCode(code));
  await stranger.readsText('wrongCode', { triesLeft: 4 });
  await stranger.say(`my code is ${code}`);
  await stranger.readsText('verified');
  expect(await ends(2)).toEqual(['canceled', 'approved']);

  const traces = await gatherTraces(stack);
  expect(search(traces, { code, cancelled, registered })).toEqual([]);
  expect((await stack.run(['audit', 'verify'])).output).toContain('intact');
});
