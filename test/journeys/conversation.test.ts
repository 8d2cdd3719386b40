// The main journey over the real stack, for each person of the page, and what an operator sees of it.
import { Client } from '@temporalio/client';
import type { Payload } from '@temporalio/common';
import { conversationId } from '../../workflows/contract';
import { replyTo } from '../../src/assistant/demo/orderReplies';
import { Stack } from './stack';
import { Person, wrongCode } from './stand/person';
import { words } from './stand/phones';

jest.setTimeout(180_000);

const question = 'What is the status of purchase order 4500000001?';
const mayasMobile = '+12025550123';
const tomasMobile = '+12025550107';
const uiOrigin = 'http://127.0.0.1:8233';

let stack: Stack;

beforeAll(async () => {
  // The quantum is kept, but short: five people with two seconds a reply would take minutes.
  stack = await Stack.start({ policy: { replyQuantumMs: 100 } });
});

afterAll(() => stack?.stop());

const personOf = (persona: string, mobile?: string) => new Person(stack.phones, persona, mobile);

/** From the first question to the code. */
async function identify(person: Person, id: string): Promise<void> {
  await person.say(question);
  await person.readsText('askIdentifier');
  await person.say(`my id is ${id}`);
  await person.readsText('codeSent', { minutes: 5 });
}

async function senderOf(person: Person): Promise<string> {
  const { code, output } = await stack.run(['--json', 'conversation', 'find', person.address]);
  expect(code).toBe(0);
  return (JSON.parse(output) as { senderId: string }).senderId;
}

async function handled(messageId: string): Promise<string> {
  for (;;) {
    const { rows: [row] } = await stack.owner.query<{ outcome: string | null }>(
      'SELECT outcome FROM inbox WHERE message_id = $1', [messageId]);
    if (typeof row?.outcome === 'string') return row.outcome;
    await new Promise(setImmediate);
  }
}

describe('somebody who works here', () => {
  test.each([
    ['on the registered number', { persona: 'employee', id: '144133', mobile: mayasMobile, digits: 6, last4: '0123' }],
    ['on a private number', { persona: 'private', id: '144133', mobile: mayasMobile, digits: 8, last4: '0171' }],
    ['with a BSUID, no number', { persona: 'username', id: '144207', mobile: tomasMobile, digits: 8, last4: '0077' }],
  ])('%s: is asked who they are, proves it by SMS and gets the first answer', async (_, expected) => {
    const { persona, id, mobile, digits, last4 } = expected;
    const person = personOf(persona, mobile);
    const before = person.smsCount();
    await identify(person, id);
    const code = await person.code(before);
    expect(code).toHaveLength(digits);
    expect(person.sms()[before]!.text).toBe(words('smsCode', { code, minutes: 5, last4 }));
    await person.say(`${code} is my otp`);
    await person.readsText('verified');
    await person.reads(...replyTo(question, 'en'));
    expect(replyTo(question, 'en')).toHaveLength(2);
    expect(person.smsCount()).toBe(before + 1);
  });

  test('asks on within the session, and LOGOUT ends it', async () => {
    const person = new Person(stack.phones, 'employee', mayasMobile);
    await person.reads(...person.replies());
    await person.say('and 4500000002?');
    await person.reads(...replyTo('and 4500000002?', 'en'));
    await person.say('LOGOUT');
    await person.readsText('sessionEndedByLogout');
    await person.say('and 4500000003?');
    await person.readsText('askIdentifier');
  });
});

describe('somebody who does not', () => {
  const transcripts: string[][] = [];

  test.each([
    { persona: 'departed', id: '152760', who: 'has left', smsTo: undefined },
    { persona: 'stranger', id: '144133', who: 'never worked here and has heard of an ID', smsTo: mayasMobile },
  ])('$who: five wrong codes lock, with one notice', async ({ persona, id, smsTo }) => {
    const allSms = () => stack.phones.messages().filter(({ channel }) => channel === 'sms').length;
    const person = personOf(persona, smsTo);
    const [before, codesBefore] = [allSms(), person.smsCount()];
    await identify(person, id);
    // Whoever really has the ID reads on their own phone that somebody tries; the code never reaches the stranger.
    const code = smsTo === undefined ? '12345678' : await person.code(codesBefore);
    for (let nth = 1; nth <= 4; nth += 1) {
      await person.say(`is it ${wrongCode(code, nth)}`);
      await person.readsText('wrongCode', { triesLeft: 5 - nth });
    }
    await person.say(wrongCode(code, 5));
    await person.readsText('locked', { minutes: 1 });
    await person.say('let me in');
    await person.readsText('lockedNotice', { minutes: 1 });
    const last = await person.say(code);
    expect(await handled(last.sid)).toBe('notice');
    expect(allSms()).toBe(before + (smsTo === undefined ? 0 : 1));
    transcripts.push(person.replies());
  });

  test('A34 reads the same words either way', () => {
    expect(transcripts).toHaveLength(2);
    expect(transcripts[0]).toEqual(transcripts[1]);
  });
});

test('the provider reports what becomes of replies and codes; that is taken and counted', async () => {
  for (const end of [{ channel: 'whatsapp', what: 'read' }, { channel: 'sms', what: 'delivered' }] as const) {
    await stack.phones.until(`a report of ${end.channel}: ${end.what}`, () => stack.phones.reports()
      .find(({ channel, what, answer }) => channel === end.channel && what === end.what && answer !== null));
  }
  const answers = stack.phones.reports().flatMap(({ answer }) => answer ?? []);
  expect(new Set(answers)).toEqual(new Set([204]));
  expect(await stack.metrics('web')).toMatch(/^doorman_status_callbacks_total\{.*outcome="read".*\} [1-9]/m);
});

test('Ctrl-C in the middle, started again: the conversation goes on where it was', async () => {
  const person = personOf('german', '+491713920042');
  await identify(person, '150322');
  const code = await person.code();
  await Promise.all([stack.parts.web.stop(), stack.parts.worker.stop()]);
  expect([stack.parts.web.ended, stack.parts.worker.ended]).toEqual(['exit code 0', 'exit code 0']);
  const early = await stack.phones.say(person.who, code);
  expect(early.posting).toBe('refused');
  await Promise.all([stack.parts.web.start(), stack.parts.worker.start()]);
  await stack.phones.resend(early.sid);
  // From here on the employee's own language is known.
  await person.readsText('verified', {}, 'de');
  await person.reads(...replyTo(question, 'de'));
});

describe('an operator', () => {
  let senderId: string;

  beforeAll(async () => {
    senderId = await senderOf(personOf('username'));
  });

  test.each([
    ['stage', `DoormanStage = 'session' AND ExecutionStatus = 'Running'`],
    ['outcome', `DoormanOutcome = 'verified'`],
  ])('finds a conversation by its %s', async (_, query) => {
    const client = await stack.temporal();
    const found: string[] = [];
    // Visibility follows within a moment.
    while (!found.includes(conversationId(senderId))) {
      for await (const { workflowId } of client.workflow.list({ query })) found.push(workflowId);
    }
    expect(new Set(found.map((id) => id.slice(0, 3)))).toEqual(new Set(['wa-']));
  });

  test('reads its summary, its current details and its timers without a key', async () => {
    const { connection } = await stack.temporal();
    const handle = new Client({ connection }).workflow.getHandle(conversationId(senderId));
    const description = await handle.describe();
    expect(await description.staticSummary()).toBe('Employee verification');
    const metadata = await handle.query<{ currentDetails: string }>('__temporal_workflow_metadata');
    expect(metadata.currentDetails).toContain('| stage | session |');
    expect(metadata.currentDetails).toContain('| outcome | verified |');
    const { events } = await handle.fetchHistory();
    const summaries = (events ?? []).flatMap(({ userMetadata }) => userMetadata?.summary ?? [])
      .map(({ data }) => Buffer.from(data ?? []).toString('utf8'));
    expect(summaries).toEqual(expect.arrayContaining(['"deadline set in stage confirm"', '"code"', '"reply"', '"assistant turn"']));
  });

  test('gets the redacted state by the command line', async () => {
    const { output } = await stack.run(['--json', 'conversation', 'status', senderId]);
    const status = { stage: 'session', outcome: 'verified', heldMessages: 0, waitingMessages: 0 };
    expect(JSON.parse(output)).toMatchObject(status);
  });

  test('decodes payloads with the codec server, each time into the audit', async () => {
    await stack.parts.codec.start();
    const payloads = await payloadsOf(senderId);
    const decoded = await decode(payloads);
    const opened = decoded.payloads.map(({ data }) => Buffer.from(data, 'base64').toString('utf8'));
    expect(opened.some((text) => text.includes(`"senderId":"${senderId}"`))).toBe(true);
    expect(opened.some((text) => /"messageId":"SM[0-9a-f]{32}"/.test(text))).toBe(true);
    const { rows } = await stack.owner.query<{ facts: object }>(
      `SELECT facts FROM audit WHERE kind = 'payload.decoded'`);
    expect(rows.map(({ facts }) => facts)).toEqual([
      { payloads: payloads.length, operator: expect.stringMatching(/^codec-[0-9a-f]{8}$/) as unknown }]);
  });

  test('decodes nothing without the token, or from another page', async () => {
    const payloads = await payloadsOf(senderId);
    expect((await askCodec('x'.repeat(48), uiOrigin, payloads)).status).toBe(401);
    expect((await askCodec(stack.codecToken, 'http://127.0.0.1:8234', payloads)).status).toBe(403);
    const { rows } = await stack.owner.query(`SELECT 1 FROM audit WHERE kind = 'payload.decoded'`);
    expect(rows).toHaveLength(1);
  });

  test('ends a session, which the person reads', async () => {
    const person = personOf('username', tomasMobile);
    await person.reads(...person.replies());
    const { code, output } = await stack.run(['conversation', 'end', senderId]);
    expect({ code, output }).toEqual({ code: 0, output: 'The session is over: nothing is relayed any more.\n' });
    await person.readsText('sessionEndedByOperator');
  });

  test('verifies the audit', async () => {
    const { code, output } = await stack.run(['audit', 'verify']);
    expect({ code, intact: /^The audit is intact: \d+ records/.test(output) }).toEqual({ code: 0, intact: true });
  });
});

/** The sealed arguments of a conversation's start and of its signals, as the Temporal UI would send them on. */
async function payloadsOf(senderId: string): Promise<Payload[]> {
  const handle = (await stack.temporal({ sealed: true })).workflow.getHandle(conversationId(senderId));
  const { events } = await handle.fetchHistory();
  return (events ?? []).flatMap((event) => [
    ...event.workflowExecutionStartedEventAttributes?.input?.payloads ?? [],
    ...event.workflowExecutionSignaledEventAttributes?.input?.payloads ?? [],
  ]);
}

function askCodec(token: string, origin: string, payloads: readonly Payload[]): Promise<Response> {
  const text = (bytes?: Uint8Array | null) => Buffer.from(bytes ?? []).toString('base64');
  const entry = ([name, value]: [string, Uint8Array]) => [name, text(value)];
  return fetch(`http://127.0.0.1:${stack.ports.codec}/${token}/decode`, {
    method: 'POST',
    headers: { origin, 'content-type': 'application/json', 'x-namespace': 'default' },
    body: JSON.stringify({
      payloads: payloads.map(({ metadata, data }) => ({
        metadata: Object.fromEntries(Object.entries(metadata ?? {}).map(entry)), data: text(data),
      })),
    }),
  });
}

async function decode(payloads: readonly Payload[]): Promise<{ payloads: { data: string }[] }> {
  const response = await askCodec(stack.codecToken, uiOrigin, payloads);
  expect(response.status).toBe(200);
  expect(response.headers.get('access-control-allow-origin')).toBe(uiOrigin);
  return await response.json() as { payloads: { data: string }[] };
}
