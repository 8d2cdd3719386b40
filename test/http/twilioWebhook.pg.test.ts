// The way from Twilio's request to a row in the inbox and a told conversation, over a real socket and a real Postgres.
import { createPool } from '../../src/db/pool';
import { createDispatcher } from '../../src/inbox/dispatcher';
import type { DispatcherDeps } from '../../src/inbox/dispatcher';
import type { ProviderView } from '../../src/inbox/unconfirmed';
import { createInboxWorld } from '../support/inboxWorld';
import type { InboxWorld } from '../support/inboxWorld';
import { keptLog, startPublicServer } from '../support/publicServer';
import type { PublicServer } from '../support/publicServer';
import {
  authToken, bsuidMessage, encodeForm, messageUrl, newMessageSid, nextAuthToken, otherKinds, recipient, sign,
  textMessage,
} from '../support/twilioRequests';

let world: InboxWorld;
let server: PublicServer;
let told: { senderId: string; messageId: string }[];
const { log, lines } = keptLog();
let temporal: () => Promise<void>;
let provider: () => Promise<ProviderView | undefined>;

const dispatcherOf = (changes: Partial<DispatcherDeps> = {}) => createDispatcher({
  pool: world.pool, keys: world.keys, recipient, log, textRetentionMs: 86_400_000, sweepAfterMs: 0,
  messagesPerMinuteMax: 1_000,
  fetchMessage: () => provider(),
  async signal(message) {
    await temporal();
    told.push(message);
  },
  ...changes,
});
let dispatcher: ReturnType<typeof dispatcherOf>;

beforeAll(async () => {
  world = await createInboxWorld();
  dispatcher = dispatcherOf({ deadlineMs: 200 });
  server = await startPublicServer({ log, takeMessage: (message, doubts) => dispatcher.take(message, doubts) });
}, 60_000);
afterAll(async () => {
  await server.close();
  await dispatcher.stop();
  await world.close();
});
beforeEach(async () => {
  await dispatcher.drain();
  await world.owner.query('DELETE FROM inbox');
  told = [];
  temporal = () => Promise.resolve();
  provider = () => Promise.resolve(undefined);
});

const inbox = () => world.rows<Record<string, unknown>>('SELECT * FROM inbox ORDER BY arrival');

test('a message is stored, told to its sender\'s conversation and acknowledged', async () => {
  const fields = textMessage();
  expect((await server.post(fields)).text).toBe('<Response/>');
  await dispatcher.drain();
  const [row] = await inbox();
  expect(row).toMatchObject({ message_id: fields.MessageSid, kind: 'text', handled_at: null,
    dispatched_at: expect.any(Date) });
  expect(told).toEqual([{ senderId: row!.sender_id, messageId: fields.MessageSid }]);
});

test('the same person is one sender under number, BSUID and either token', async () => {
  const bsuid = 'whatsapp:GB.2000000000000042';
  await server.post(textMessage());
  await server.post(bsuidMessage(bsuid), { token: nextAuthToken });
  await server.post(textMessage({ ExternalUserId: undefined, ExternalUserIdentifier: bsuid }));
  await dispatcher.drain();
  expect(told).toHaveLength(3);
  expect(new Set(told.map(({ senderId }) => senderId)).size).toBe(1);
});

test('A10 a genuine webhook, replayed five hundred times, is acknowledged each time and has one effect', async () => {
  const fields = textMessage();
  for (let n = 0; n < 500; n += 50) {
    for (const { status, text } of await Promise.all(Array.from({ length: 50 }, () => server.post(fields)))) {
      expect([status, text]).toEqual([200, '<Response/>']);
    }
  }
  await dispatcher.drain();
  await dispatcher.sweep();
  expect(await inbox()).toHaveLength(1);
  expect(told).toHaveLength(1);
}, 60_000);

test('A01 A03 A08 A09 A13 what is refused leaves no row', async () => {
  const fields = textMessage();
  const signature = (value: string) => [['Content-Type', 'application/x-www-form-urlencoded'],
    ['X-Twilio-Signature', value]] as const;
  const answers = await Promise.all([
    server.post(fields, { token: 'f'.repeat(32) }),
    server.send('POST', '/webhooks/twilio/message', signature(''), encodeForm(fields)),
    server.post(fields, { body: `${encodeForm(fields)}&From=x` }),
    server.post({ ...fields, WaId: '447700900124' }),
    server.post({ ...fields, AccountSid: `AC${'1'.repeat(32)}` }),
    server.post(fields, { path: '/webhooks/twilio/message?a=1', url: `${messageUrl}?a=1` }),
    server.post(fields, { url: messageUrl.replace('https', 'http') }),
    server.post({ ...fields, Body: 'x'.repeat(70_000) }),
  ]);
  expect(answers.map(({ status }) => status)).toEqual([403, 403, 400, 403, 403, 400, 403, 413]);
  expect(await inbox()).toEqual([]);
});

test('a message that comes to the fallback URL is taken in as any other, and once where both were reached', async () => {
  const fallback = { ErrorCode: '11200', ErrorUrl: `${messageUrl}#rc=3&rp=5xx,ct,rt&ct=2000&rt=4000&tt=15000` };
  const [fields, both] = [textMessage(), textMessage()];
  await server.post({ ...fields, ...fallback });
  await server.post(both);
  await server.post({ ...both, ...fallback });
  await dispatcher.drain();
  expect(told.map(({ messageId }) => messageId)).toEqual([fields.MessageSid, both.MessageSid]);
  expect(await inbox()).toMatchObject([{ unconfirmed: null, kind: 'text' }, { unconfirmed: null, kind: 'text' }]);
});

test.each(Object.entries(otherKinds))('A14, A15 %s is stored as what it is', async (_, { kind, fields }) => {
  expect((await server.post(fields())).status).toBe(200);
  expect(await inbox()).toEqual([expect.objectContaining({ kind })]);
});

test('A16 no address of a medium is stored', async () => {
  await server.post(otherKinds.image!.fields());
  expect(JSON.stringify(await inbox())).not.toContain('169.254');
});

test('A04 a forged sender among people without a number waits, and goes when the provider disagrees', async () => {
  const victim = 'whatsapp:US.VICTIM';
  await server.post(bsuidMessage(victim));
  await dispatcher.drain();
  const sessionId = await world.openSession(told[0]!.senderId);
  // The signed string of the attacker's own message, cut at From in the words; an unknown parameter takes the rest.
  const sid = newMessageSid();
  const genuine = bsuidMessage('whatsapp:US.ATTACKER', { MessageSid: sid, Body: `144133From${victim}Ga` });
  const { ChannelMetadata, ExternalUserId, From, ...rest } = genuine;
  const forged = { ...rest, Body: '144133', From: victim,
    Ga: `ChannelMetadata${ChannelMetadata!}ExternalUserId${ExternalUserId!}From${From!}` };
  expect(sign(authToken, messageUrl, forged)).toBe(sign(authToken, messageUrl, genuine));
  provider = async () => ({ from: From!, to: recipient, text: genuine.Body!, direction: 'inbound' });
  expect((await server.post(forged)).status).toBe(200);
  expect(await dispatcher.sweep()).toMatchObject({ refused: 1 });
  expect(told).toHaveLength(1);
  expect(await world.rows('SELECT 1 FROM sessions WHERE id = $1 AND ended_at IS NULL', [sessionId])).toHaveLength(1);
  expect((await inbox()).at(-1)).toMatchObject({ outcome: 'refused', sender_id: null, text_enc: null });
});

test('a parameter that Twilio added costs a question to the provider, not the message', async () => {
  const fields = textMessage({ Novelty: '1', Body: 'hello' });
  provider = async () => ({ from: fields.From!, to: recipient, text: 'hello', direction: 'inbound' });
  expect((await server.post(fields)).status).toBe(200);
  expect(told).toEqual([]);
  await dispatcher.sweep();
  expect(told.map(({ messageId }) => messageId)).toEqual([fields.MessageSid]);
});

test('while Temporal is down messages are acknowledged, and told in order when it is back', async () => {
  temporal = () => Promise.reject(new Error('down'));
  const sent = [textMessage(), textMessage(), textMessage()];
  for (const fields of sent) expect((await server.post(fields)).status).toBe(200);
  expect(await dispatcher.sweep()).toMatchObject({ told: 0, waiting: 1 });
  temporal = () => Promise.resolve();
  expect(await dispatcher.sweep()).toMatchObject({ told: 1, waiting: 0 });
  expect(told.map(({ messageId }) => messageId)).toEqual(sent.map(({ MessageSid }) => MessageSid));
});

test('while Temporal hangs they are acknowledged within the deadline', async () => {
  temporal = () => new Promise(() => undefined);
  const start = performance.now();
  expect((await server.post(textMessage())).status).toBe(200);
  expect(performance.now() - start).toBeLessThan(10_000);
  await dispatcher.drain();
  temporal = () => Promise.resolve();
  expect(await dispatcher.sweep()).toMatchObject({ told: 1 });
});

test('while Postgres is down, or refuses, the answer is 503 and nothing is told', async () => {
  const dead = createPool('postgres://app:app@127.0.0.1:1/none');
  const ended = createPool('postgres://app:app@127.0.0.1:1/none');
  await ended.end();
  for (const pool of [dead, ended]) {
    const closed = dispatcherOf({ pool });
    const other = await startPublicServer({ log, takeMessage: (message, doubts) => closed.take(message, doubts) });
    for (const fields of [textMessage(), textMessage({ Novelty: '1' })]) {
      const answer = await other.post(fields);
      expect([answer.status, answer.headers['content-type']]).toEqual([503, 'application/problem+json; charset=utf-8']);
      expect(answer.text).not.toMatch(/127|postgres|ECONN/);
    }
    await other.close();
  }
  await dead.end();
  expect(told).toEqual([]);
});

test('nothing of a person is in the log after all this', () => {
  const written = lines.join('');
  expect(written).not.toBe('');
  for (const canary of ['447700900', 'purchase order', '144133', 'VICTIM', 'ATTACKER', 'whatsapp:',
    'Jo Tester']) {
    expect(written).not.toContain(canary);
  }
});
