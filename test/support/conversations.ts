// Conversations, with time skipped or not: one worker, one database, fakes at the ports, a person who writes and reads.
import { msToNumber } from '@temporalio/common/lib/time';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import type { RelayOutcome } from '../../activities/assistant';
import type { Turn } from '../../src/assistant/assistant';
import type { ConversationStatus, UpdateName } from '../../workflows/contract';
import { auditedTransaction } from '../../src/audit/auditedTransaction';
import { createPool } from '../../src/db/pool';
import type { Pool } from '../../src/db/pool';
import type { Method } from '../../src/domain/messages';
import type { Policy } from '../../src/domain/policy';
import type { IncomingMessage } from '../../src/inbox/inbox';
import type { TextKey, TextRequest } from '../../src/texts/keys';
import { endEmployee } from '../../src/directory/leavers';
import { tellMissedCodes } from '../../src/otp/missedCodes';
import { createConversations } from '../../src/temporal/conversations';
import type { Pushes, PushOutcome } from '../../src/assistant/pushes';
import { createWiredPushes } from '../../src/wiredActivities';
import type { OrderOutcome } from '../../src/temporal/conversations';
import { startWorker } from './conversationWorker';
import type { WorkerChoices } from './conversationWorker';
import { createTestDatabase } from './postgres';
import { startTestTemporal } from './testTemporal';
import type { Time } from './testTemporal';
import { addEmployees, anna, createTestActivities, store, testKeyring, testPolicy } from './world';
import type { FakeAssistant, FakeCarrier, FakeChannel, Person, TestChoices } from './world';

export interface StoredMessage {
  readonly messageId: string;
  readonly senderId: string;
}

export interface ConversationWorld {
  readonly pool: Pool;
  /** Of the database, as the owner of its tables. */
  readonly ownerUrl: string;
  readonly env: TestWorkflowEnvironment;
  readonly channel: FakeChannel;
  /** Of the first way, and of all. */
  readonly carrier: FakeCarrier;
  readonly carriers: ReadonlyMap<Method, FakeCarrier>;
  readonly assistant: FakeAssistant;
  write(person: Person, text: string, message?: Partial<IncomingMessage>): Promise<StoredMessage>;
  /** Stores a message of which the conversation is not told yet: `deliver` tells it. */
  store(person: Person, text: string, message?: Partial<IncomingMessage>): Promise<StoredMessage>;
  /** Waits for the next reply with this text; fails at once when another comes. */
  reply(key: TextKey, params?: object): Promise<void>;
  replyIn(language: string, key: TextKey, params?: object): Promise<void>;
  /** Waits for the next reply, which must be these words. */
  said(words: string): Promise<void>;
  /** Tells the conversation of a stored message; again when the server took too long, as the sweeper does. */
  deliver(message: StoredMessage): Promise<void>;
  /** Anna proves who she is. Says her sender. */
  verify(): Promise<string>;
  order(senderId: string, order: UpdateName): Promise<OrderOutcome>;
  /** Tells conversations of codes that do not arrive, as the web process does. */
  tellMissed(): Promise<number>;
  /** One more run of the activity of a turn that is being relayed: as of a worker that is taken for dead, and is not. */
  relay(turn: Turn, senderId: string): Promise<RelayOutcome>;
  /** The assistant says more to a turn, and ends it with the last. */
  push(turnId: string, texts: readonly string[], isLast?: boolean): Promise<PushOutcome>;
  readonly pushes: Pushes;
  /** Waits for a turn that is answered later, has it take long or run out of time, and sweeps. */
  turnIs(what: 'slow' | 'over'): Promise<void>;
  /** HR's event: the employee is inactive and open sessions are over. */
  leave(employeeNumber: string): Promise<void>;
  /** Moves every send back, as if time had passed on the database's clock. */
  backdateSends(seconds: number): Promise<void>;
  /** How many messages still have a text. */
  unhandledTexts(): Promise<number>;
  /** Waits for the next code that is carried. */
  code(): Promise<string>;
  text(key: TextKey, params?: object): string;
  status(senderId: string): Promise<ConversationStatus | undefined>;
  skip(duration: string): Promise<void>;
  /** Stops the worker, in the middle of whatever it does. */
  stopWorker(): Promise<void>;
  startWorker(choices?: WorkerChoices): Promise<void>;
  /** Cuts every connection of the application to the database, and lets it make no new one until `mendDatabase`. */
  cutDatabase(): Promise<void>;
  mendDatabase(): Promise<void>;
  /** As a deploy with other numbers: conversations that begin from now on have them. */
  changePolicy(changes: Partial<Policy>): void;
  reset(policy?: Partial<Policy>): Promise<void>;
  stop(): Promise<void>;
}

/** Of gRPC. */
const deadlineExceeded = 4;

/** Starts everything that conversations need. About two seconds; one for a test file. */
export async function startConversations(
  time: Time = 'skipping', choices: TestChoices = {},
): Promise<ConversationWorld> {
  const database = await createTestDatabase();
  const pool = createPool(database.url, { max: 20 });
  const owner = createPool(database.ownerUrl, { max: 1 });
  const ports: TestChoices['ports'] = (given) => ({ say: (...said) => pushes.say(...said), ...choices.ports?.(given) });
  const { channel, carrier, carriers, assistant, texts, activities } =
    createTestActivities(pool, testKeyring, { ...choices, ports });
  const { env, stop: stopServer } = await startTestTemporal(time);
  const { username: role, pathname } = new URL(database.url);
  const name = pathname.slice(1);
  let policy = testPolicy;
  let senders = new Set<string>();
  let read = { replies: 0, codes: 0 };
  let running = await startWorker(env, activities);

  const pushes = createWiredPushes(
    pool, testKeyring, new Set(), { tellNews: (turn) => conversations().tellNews(turn) }, { warn: () => undefined });
  let pushed = 0;

  const words = (key: TextKey, params: object = {}, language = 'en') => texts.render({ key, params } as TextRequest, language);
  const conversations = () => createConversations(env.client, policy);

  async function said(expected: string): Promise<void> {
    const next = (await channel.sent.count(read.replies + 1))[read.replies]!;
    read.replies += 1;
    expect(next.text).toBe(expected);
  }

  async function storeFrom(
    person: Person, text: string, message: Partial<IncomingMessage> = {},
  ): Promise<StoredMessage> {
    const stored = await store(pool, testKeyring, person, text, message);
    senders.add(stored.senderId);
    return stored;
  }

  async function deliver(message: StoredMessage): Promise<void> {
    try {
      await conversations().deliver(message);
    } catch (error) {
      if ((error as { cause?: { code?: number } }).cause?.code !== deadlineExceeded) throw error;
      await deliver(message);
    }
  }

  async function backdateSends(seconds: number): Promise<void> {
    await owner.query(`UPDATE challenges SET last_sent_at = last_sent_at - $1 * interval '1 s' WHERE state = 'live'`, [seconds]);
    await owner.query(`UPDATE sends SET charged_at = charged_at - $1 * interval '1 s'`, [seconds]);
  }

  async function cancelAll(): Promise<void> {
    for (const senderId of senders) {
      const handle = env.client.workflow.getHandle(`wa-${senderId}`);
      // Never terminated: the server would not skip time any more.
      await handle.cancel().then(() => handle.result(), () => undefined).catch(() => undefined);
    }
  }

  async function write(
    person: Person, text: string, message: Partial<IncomingMessage> = {},
  ): Promise<StoredMessage> {
    const stored = await storeFrom(person, text, message);
    await deliver(stored);
    return stored;
  }

  async function nextCode(): Promise<string> {
    const next = (await carrier.carried.count(read.codes + 1))[read.codes]!;
    read.codes += 1;
    return next.code;
  }

  return {
    pool, ownerUrl: database.ownerUrl, env, channel, carrier, carriers, assistant,
    store: storeFrom,
    write,
    reply: (key, params) => said(words(key, params)),
    replyIn: (language, key, params) => said(words(key, params, language)),
    said,
    deliver,
    pushes,
    async push(turnId, texts, isLast = false) {
      pushed += 1;
      const outcome = await pushes.take({ id: `push-${pushed}`, turnId, replies: texts.map((text) => ({ text })), endTurn: isLast });
      await pushes.drain();
      return outcome;
    },
    async turnIs(what) {
      const column = what === 'slow' ? 'still_at' : 'ends_at';
      const isChanged = async () => ((await pool.query(
        `UPDATE turns SET ${column} = clock_timestamp(), due_at = clock_timestamp() WHERE ended_at IS NULL`)).rowCount ?? 0) > 0;
      while (!await isChanged()) await new Promise(setImmediate);
      await pushes.tellDue();
    },
    relay: ({ turnId: messageId, conversationId: sessionId }, senderId) =>
      activities.relay({ messageId, sessionId, senderId, repliesMax: policy.repliesPerTurnMax }),
    order: (senderId, order) => conversations().order(senderId, order, 'tester'),
    tellMissed: () => tellMissedCodes({
      pool, log: { warn: () => undefined }, silenceMs: policy.codeSilenceMs, tell: (missed) => conversations().tellMissed(missed),
    }),
    async leave(employeeNumber) {
      await auditedTransaction(pool, async (tx, note) => {
        const { rows: [row] } = await tx.query<{ id: string }>(
          'SELECT id FROM employees WHERE employee_number = $1', [employeeNumber]);
        await endEmployee(tx, note, row!.id, 'tester');
      });
    },
    backdateSends,
    async unhandledTexts() {
      const { rows: [row] } = await owner.query<{ count: number }>('SELECT count(*)::int AS count FROM inbox WHERE text_enc IS NOT NULL');
      return row!.count;
    },
    code: nextCode,
    async verify() {
      await write(anna, '144133');
      await said(words('codeSent', { minutes: 5 }));
      const { senderId } = await write(anna, await nextCode());
      await said(words('verified'));
      return senderId;
    },
    text: words,
    status: (senderId) => conversations().status(senderId),
    async skip(duration) {
      await env.sleep(duration as '1 minute'); // cast: the type is a template of durations
      // Afterwards: what was just written may be charged while time is skipped.
      await backdateSends(msToNumber(duration as '1 minute') / 1_000);
    },
    stopWorker: () => running.stop(),
    async startWorker(choices) {
      running = await startWorker(env, activities, choices);
    },
    async cutDatabase() {
      // Of this database only: the role is everybody's who tests on this server.
      await owner.query(`REVOKE CONNECT ON DATABASE ${name} FROM PUBLIC, ${role}`);
      await owner.query(
        'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = $1 AND datname = $2', [role, name]);
    },
    async mendDatabase() {
      await owner.query(`GRANT CONNECT ON DATABASE ${name} TO ${role}`);
    },
    changePolicy(changes) { policy = { ...testPolicy, ...changes }; },
    async reset(changes = {}) {
      await cancelAll();
      senders = new Set();
      policy = { ...testPolicy, ...changes };
      read = { replies: 0, codes: 0 };
      for (const events of [channel.sent, channel.typing, assistant.turns]) events.clear();
      channel.before = () => undefined;
      for (const one of carriers.values()) {
        one.carried.clear();
        one.before = () => undefined;
      }
      assistant.answerTo = ({ text }) => ({ replies: [{ text: `echo: ${text}` }], endTurn: true });
      await owner.query('TRUNCATE senders, employees, pools CASCADE');
      await addEmployees(pool);
    },
    async stop() {
      await cancelAll();
      await running.stop();
      await pushes.drain();
      await stopServer();
      await owner.end();
      await pool.end();
      await database.drop();
    },
  };
}

