// An assistant that streams: its first reply is read while it still thinks, and each is read once, whatever happens.
import type { ServerResponse } from 'node:http';
import { createWebhookAssistant } from '../../../src/assistant/webhookAssistant';
import { Fault } from '../../../src/domain/faults';
import type { RelayReplyInput } from '../../../activities/chat';
import { replyKey } from '../../../src/domain/messages';
import { disputeByLink } from '../../../src/otp/disputes';
import { disputeDeps } from '../../../src/wiring';
import { startConversations } from '../../support/conversations';
import type { ConversationWorld } from '../../support/conversations';
import { openHistory } from '../../support/openHistory';
import { anna, testKeyring } from '../../support/world';
import { listen } from '../stand/server';
import type { TestServer } from '../stand/server';

const secret = `whsec_${Buffer.alloc(32, 9).toString('base64')}`;

let world: ConversationWorld;
let server: TestServer;
/** How the backend answers each turn that it is given. */
let stream: (res: ServerResponse, nth: number) => unknown;
let turns: number;

beforeAll(async () => {
  world = await startConversations();
  // Workers come and go: none is told in vain what another one kept.
  await world.stopWorker();
  await world.startWorker({ forgetful: true });
  server = await listen((_req, res) => {
    res.writeHead(200, { 'content-type': 'application/x-ndjson' });
    void stream(res, turns += 1);
  });
});

afterAll(async () => {
  await server.close();
  await world.stop();
});

beforeEach(async () => {
  await world.reset();
  await world.verify();
  turns = 0;
  const assistant = createWebhookAssistant({ url: server.url, secret, production: false, partGapMs: 20_000 });
  world.assistant.answerTo = (...given) => assistant.answer(...given);
});

const says = (res: ServerResponse, ...parts: object[]) => { for (const part of parts) res.write(`${JSON.stringify(part)}\n`); };
const isRead = (words: string) => world.channel.sent.next(({ text }) => text === words);
/** What the chat read since the person was verified. */
const read = () => world.channel.sent.all.slice(2).map(({ text }) => text);
const end = { end_turn: true };

test('each reply is read before the assistant has said the next one', async () => {
  stream = async (res) => {
    for (const text of ['one', 'two', 'three']) {
      says(res, { text });
      await isRead(text);
    }
    says(res, { delta: 'fo' }, { delta: 'ur' }, end);
  };
  await world.write(anna, 'hello');
  for (const text of ['one', 'two', 'three', 'four']) await world.said(text);
  await world.write(anna, 'logout');
  await world.reply('sessionEndedByLogout');
  expect(read()).toHaveLength(5);
  expect(turns).toBe(1);
});

test('F14 a worker that dies between two replies says none of them twice, and the next one says the rest', async () => {
  stream = (res, nth) => {
    // What is said in other words stays as it was read.
    if (nth === 1) return says(res, { text: 'one' });
    says(res, { text: 'in other words' }, { text: 'two' }, end);
  };
  await world.write(anna, 'hello');
  await world.said('one');
  await world.stopWorker();
  await world.startWorker({ forgetful: true });
  await world.skip('30 seconds');
  await world.said('two');
  expect(read()).toEqual(['one', 'two']);
  expect(turns).toBe(2);
});

test('after a stronger proof the first reply comes after what was said last, and not after one of before', async () => {
  await world.pool.query(`UPDATE sessions SET opened_at = opened_at - interval '6 minutes'`);
  await world.backdateSends(31);
  stream = async (res, nth) => {
    if (nth > 1) return says(res, { text: 'two' }, { text: 'three' }, end);
    says(res, { text: 'one' });
    await isRead('one');
    says(res, { ...end, step_up: true });
  };
  const { messageId, senderId } = await world.write(anna, 'release it');
  await world.said('one');
  await world.reply('sessionEndedStepUp');
  await world.reply('askIdentifier');
  await world.write(anna, '144133');
  await world.reply('codeSent', { minutes: 5 });
  await world.write(anna, await world.code());
  await world.reply('verified');
  for (const text of ['two', 'three']) await world.said(text);
  const isSaid = async () => (await world.pool.query(
    `SELECT FROM outbox WHERE key = $1 AND state = 'sent'`, [replyKey(messageId, 2)])).rowCount === 1;
  while (!await isSaid()) await new Promise(setImmediate);
  const history = await world.env.client.workflow.getHandle(`wa-${senderId}`).fetchHistory();
  const { activities } = await openHistory(testKeyring.payload, history);
  const places = activities.filter(({ type }) => type === 'relayReply').map(({ input }) => input as RelayReplyInput); // cast: what it is given
  expect(places.map(({ key, after }) => [key, after]).at(1)).toEqual([replyKey(messageId, 1), undefined]);
});

async function sayNotMe(): Promise<void> {
  const { rows: [session] } = await world.pool.query<{ id: string }>('SELECT id FROM sessions');
  await disputeByLink(disputeDeps(world.pool, testKeyring, () => undefined), session!.id);
}

test.each([
  ['the employee left', () => world.leave('144133')], ['the employee said NOT ME, by the link,', sayNotMe],
])('A55 when %s between two replies, no other one is read', async (_, ends) => {
  stream = async (res) => {
    says(res, { text: 'one' });
    await isRead('one');
    await ends();
    says(res, { text: 'for an employee' }, { text: 'and more' }, end);
  };
  await world.write(anna, 'hello');
  await world.said('one');
  await world.reply('sessionEndedOther');
  expect(read()).toHaveLength(2);
});

test('A55 an employee who leaves when all is said, and before they read it, is told that the session is over', async () => {
  let fail = (): void => undefined;
  const isTried = new Promise<void>((resolve) => { fail = resolve; });
  world.channel.before = () => {
    fail();
    throw new Fault('unavailable', 'chat', 'ECONNREFUSED');
  };
  stream = async (res) => {
    says(res, { text: 'one' });
    await isTried;
    says(res, end);
  };
  const { messageId } = await world.write(anna, 'hello');
  const isWhole = async () => (await world.pool.query(
    'SELECT FROM inbox WHERE message_id = $1 AND handled_at IS NOT NULL', [messageId])).rowCount === 1;
  while (!await isWhole()) await new Promise(setImmediate);
  await world.leave('144133');
  world.channel.before = () => undefined;
  await world.skip('30 seconds');
  await world.reply('sessionEndedOther');
  expect(read()).toHaveLength(1);
});

test('an assistant that breaks off after its first reply is apologised for, once', async () => {
  stream = async (res) => {
    says(res, { text: 'one' });
    await isRead('one');
    res.destroy();
  };
  await world.write(anna, 'hello');
  await world.said('one');
  await world.reply('assistantUnavailable');
  expect(read()).toHaveLength(2);
  expect(turns).toBe(1);
});
