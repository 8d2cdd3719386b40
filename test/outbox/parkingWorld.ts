// Somebody who is written to, and what becomes of each text: on a real Postgres, with a chat that does what the test says.
import { MockActivityEnvironment } from '@temporalio/testing';
import type { OutgoingText, SendOutcome } from '../../src/chat/chatChannel';
import { createPool } from '../../src/db/pool';
import type { Pool } from '../../src/db/pool';
import { heedReceipt } from '../../src/outbox/heedReceipt';
import type { Receipt, ReceiptNote } from '../../src/outbox/receipts';
import { actionOf } from '../../src/twilio/errorTable';
import { createTestDatabase } from '../support/postgres';
import type { TestDatabase } from '../support/postgres';
import { addEmployees, anna, createTestActivities, store, testKeyring, testPolicy } from '../support/world';

export type Template = Omit<OutgoingText, 'text'>;

const environment = new MockActivityEnvironment();

/** Anna, who has just written, anew for each test of the file. */
export class ParkingWorld {
  world!: ReturnType<typeof createTestActivities>;
  senderId!: string;
  templates: Template[] = [];
  /** Receipts that said something new. */
  news: Receipt[] = [];
  pool!: Pool;
  owner!: Pool;
  private database!: TestDatabase;

  constructor() {
    beforeAll(async () => {
      this.database = await createTestDatabase();
      this.pool = createPool(this.database.url, { max: 5 });
      this.owner = createPool(this.database.ownerUrl, { max: 1 });
    });
    afterAll(async () => {
      await Promise.all([this.pool.end(), this.owner.end()]);
      await this.database.drop();
    });
    beforeEach(async () => {
      await this.owner.query('TRUNCATE senders, employees, pools CASCADE');
      await this.owner.query('UPDATE pacing SET per_second = 70, recipient_burst = 30');
      await this.owner.query(`UPDATE pacing_lanes SET slow_until = '-infinity'`);
      await addEmployees(this.owner);
      this.world = createTestActivities(this.pool, testKeyring);
      this.templates = [];
      this.news = [];
      ({ senderId: this.senderId } = await store(this.pool, testKeyring, anna, 'hello'));
    });
  }

  readonly silentFor = (interval: string) => this.owner.query(
    'UPDATE sender_addresses SET last_message_at = clock_timestamp() - $1::interval', [interval]);
  readonly writes = () => store(this.pool, testKeyring, anna, 'hello again');
  readonly say = (key: string) =>
    this.world.activities.reply({ key, senderId: this.senderId, text: { key: 'textOnly', params: {} } });
  readonly said = () => this.world.channel.sent.all.map(({ text }) => text);
  readonly rowOf = async (key: string) => (await this.owner.query<Record<string, unknown>>(
    `SELECT state, fault, attempts, text_enc IS NULL AS wiped FROM outbox WHERE key = $1`, [key])).rows[0];
  readonly relayReply = (index: number, sessionId: string) =>
    this.world.activities.relayReply({ key: `SM-question:${index}`, senderId: this.senderId, sessionId });

  readonly withTemplate = (answer: () => SendOutcome = () => ({ outcome: 'accepted', providerId: 'SMtemplate' })) => {
    this.world.channel.sendTemplate = async (template: Template) => {
      this.templates.push(template);
      return answer();
    };
  };

  /** Anna's session, with replies of the assistant that wait to be sent. */
  readonly relayed = async (replies: readonly string[]): Promise<string> => {
    const [challengeId, sessionId] = ['00000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-000000000003'];
    const { activities, assistant, carrier } = this.world;
    const claim = await store(this.pool, testKeyring, anna, '144133');
    await activities.identify({ ...claim, challengeId, asked: true, policy: testPolicy });
    await activities.sendCode({ challengeId, sends: 1 });
    const guess = await store(this.pool, testKeyring, anna, carrier.carried.all.at(-1)!.code);
    await activities.confirm({ ...guess, challengeId, sessionId, policy: testPolicy });
    assistant.answerTo = () => ({ replies: replies.map((text) => ({ text })), endTurn: true });
    const question = await store(this.pool, testKeyring, anna, 'where is my order?', { messageId: 'SM-question' });
    expect(await environment.run(() => activities.relay({ ...question, sessionId, repliesMax: 10 }))).toMatchObject({ reaction: 'relay' });
    return sessionId;
  };

  /** What the provider says of the last copy of a text, heard by whoever takes receipts. */
  readonly receive = async (key: string, receipt: Receipt, fault?: string): Promise<void> => {
    const { rows: [row] } = await this.owner.query<{ id: string; provider: string }>(
      'SELECT id, provider_id AS provider FROM outbox WHERE key = $1', [key]);
    await this.hear({ receiptId: row!.id, providerId: row!.provider, receipt, ...(fault === undefined ? {} : { fault }) });
  };

  readonly hear = (note: ReceiptNote) => heedReceipt({
    pool: this.pool, meaningOf: (code) => actionOf(Number(code)), sweepSoon: () => undefined,
    onNews: ({ receipt }) => { this.news.push(receipt); },
  }, note);
}
