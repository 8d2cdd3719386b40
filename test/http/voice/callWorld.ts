// Calls that carry codes, as Twilio makes them ask: the public routes over a real Postgres, with all that really answers.
import { randomBytes, randomInt, randomUUID } from 'node:crypto';
import { codeKey } from '../../../activities/code';
import { createPool } from '../../../src/db/pool';
import type { Pool } from '../../../src/db/pool';
import { pressedPath } from '../../../src/http/voice/voiceCalls';
import { codePurpose } from '../../../src/otp/challenges';
import { deriveCode } from '../../../src/otp/codes';
import { callKeys } from '../../../src/otp/voice/callKeys';
import { beginSend, settleSend } from '../../../src/outbox/outbox';
import { noteReceipt } from '../../../src/outbox/receipts';
import type { ReceiptNote } from '../../../src/outbox/receipts';
import { createTexts } from '../../../src/texts/render';
import { createWiredCalls } from '../../../src/wiredActivities';
import { createTestDatabase, patience } from '../../support/postgres';
import { keptLog, startPublicServer } from '../../support/publicServer';
import type { Answer, PublicServer } from '../../support/publicServer';
import { accountSid, publicUrl } from '../../support/twilioRequests';
import type { Fields } from '../../support/twilioRequests';
import { addEmployees, employeesOfTests, store, testKeyring } from '../../support/world';

export const newCallSid = (): string => `CA${randomBytes(16).toString('hex')}`;
const voicePath = (receiptId: string, below = '') => `/webhooks/twilio/voice/${receiptId}${below}`;

/** A send of a code, and the call that carries it. */
export interface PlacedCall {
  readonly receiptId: string;
  readonly challengeId: string;
  readonly callSid: string;
  /** The number that is called. */
  readonly to: string;
  readonly code: string;
}

export interface Placing {
  /** Employee number of the test directory; null makes a decoy. */
  readonly employee?: string | null;
  readonly method?: 'sms' | 'call' | 'email';
  readonly kind?: 'code' | 'reply';
  readonly digits?: number;
  readonly allowed?: boolean;
}

export interface CallWorld {
  readonly pool: Pool;
  /** May change what the application may not. */
  readonly owner: Pool;
  readonly server: PublicServer;
  readonly lines: readonly string[];
  /** What notes receipts; a test may replace it. */
  note: (given: ReceiptNote) => Promise<unknown>;
  placed(placing?: Placing): Promise<PlacedCall>;
  /** The call is answered; `changes` are of the form that Twilio posts. */
  answered(call: PlacedCall, changes?: Changes): Promise<Answer>;
  /** Keys were pressed, those that the call asks for where none are given; or none: `''`. */
  pressed(call: PlacedCall, keys?: string, changes?: Changes): Promise<Answer>;
  reported(call: PlacedCall, status: string, changes?: Changes): Promise<Answer>;
  /** The row of the send. */
  sendOf(call: PlacedCall): Promise<Record<string, unknown>>;
  close(): Promise<void>;
}

type Changes = Readonly<Record<string, string | undefined>>;

export async function createCallWorld(): Promise<CallWorld> {
  const database = await createTestDatabase();
  const pool = createPool(database.url, { max: 10, ...patience });
  const owner = createPool(database.ownerUrl, { max: 1 });
  await addEmployees(pool);
  const { log, lines } = keptLog();
  const noteForReal = (given: ReceiptNote) => noteReceipt(pool, given);
  const calls = createWiredCalls(pool, testKeyring, createTexts({ organisation: 'Acme', language: 'en' }), {
    log, defaultLanguage: 'en', noteReceipt: (given) => world.note(given),
    pressedUrl: (receiptId) => publicUrl + pressedPath(receiptId),
  });
  const server = await startPublicServer({ log, takeMessage: async () => 'known', calls });
  const post = (path: string, fields: Fields) => server.post(fields, { path, url: publicUrl + path });
  const world: CallWorld = {
    pool, owner, server, lines,
    note: noteForReal,
    placed: (placing = {}) => place(pool, placing),
    answered: (call, changes) => post(voicePath(call.receiptId), callForm(call, changes)),
    pressed: (call, keys, changes) => post(voicePath(call.receiptId, '/pressed'), callForm(call, {
      Digits: keys ?? keysOf(call, changes?.CallSid), ...changes })),
    reported: (call, status, changes) =>
      post(voicePath(call.receiptId, '/status'), callForm(call, { CallStatus: status, ...changes })),
    async sendOf({ receiptId }) {
      const { rows: [row] } = await pool.query<Record<string, unknown>>('SELECT * FROM outbox WHERE id = $1', [receiptId]);
      return row!;
    },
    async close() {
      await server.close();
      await Promise.all([pool.end(), owner.end()]);
      await database.drop();
    },
  };
  return world;
}

/** The keys that a call asks for. */
export const keysOf = ({ challengeId, callSid }: PlacedCall, callId = callSid): string =>
  callKeys(testKeyring.code, { challengeId, keyId: testKeyring.code.activeId, callId });

/** What Twilio posts of a call of ours. Undefined in `changes` removes a field. */
export function callForm({ callSid, to }: PlacedCall, changes: Changes = {}): Fields {
  const fields = {
    CallSid: callSid, AccountSid: accountSid, From: '+14155550100', To: to, Caller: '+14155550100', Called: to,
    CallStatus: 'in-progress', Direction: 'outbound-api', ApiVersion: '2010-04-01', CalledCountry: 'GB', CalledCity: '',
    ...changes,
  };
  return Object.fromEntries(Object.entries(fields).filter((entry): entry is [string, string] => entry[1] !== undefined));
}

async function place(
  pool: Pool, { employee = '144133', method = 'call', kind = 'code', digits = 6, allowed = true }: Placing,
): Promise<PlacedCall> {
  const phone = `whatsapp:+4930${randomInt(10 ** 9, 10 ** 10)}`;
  const { senderId } = await store(pool, testKeyring, { phone }, 'my id is 144133');
  const challengeId = randomUUID();
  const keyId = testKeyring.code.activeId;
  await pool.query(
    `INSERT INTO challenges (id, sender_id, employee_id, identity_hash, pool, purpose, method, key_id, digits, tries_max,
       expires_at)
     VALUES ($1, $2, (SELECT id FROM employees WHERE employee_number = $3), '\\x00', 'known', $4, $5, $6, $7, 5,
       clock_timestamp() + interval '5 min')`,
    [challengeId, senderId, employee, codePurpose, method, keyId, digits]);
  await pool.query(
    `INSERT INTO sends (challenge_id, ordinal, sender_id, identity_hash, pool, destination_hash, allowed, method)
     VALUES ($1, 1, $2, '\\x00', 'known', '\\x00', $3, $4)`, [challengeId, senderId, allowed, method]);
  // A reply, too: what it is for decides, not what its key looks like.
  const key = codeKey({ id: challengeId, method }, 1);
  const { receiptId } = await beginSend(pool, testKeyring.storage, { key, senderId, kind });
  const callSid = newCallSid();
  await settleSend(pool, key, { state: 'sent', providerId: callSid });
  return {
    receiptId, challengeId, callSid,
    to: employeesOfTests.find(({ number }) => number === employee)?.mobile ?? '+447700900123',
    code: deriveCode(testKeyring.code, { keyId, challengeId, purpose: codePurpose, digits }),
  };
}
