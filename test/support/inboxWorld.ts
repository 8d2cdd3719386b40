// An empty inbox on a real Postgres, and shorthand for people who write.
import { randomUUID } from 'node:crypto';
import { createPool } from '../../src/db/pool';
import type { Pool } from '../../src/db/pool';
import { storeMessage } from '../../src/inbox/inbox';
import type { IncomingMessage, Stored } from '../../src/inbox/inbox';
import type { Addresses } from '../../src/inbox/senders';
import { newKeyring, parseKeyring } from '../../src/keys/keyring';
import type { Keyring } from '../../src/keys/keyring';
import { createTestDatabase } from './postgres';
import { newMessageSid } from './twilioRequests';

export interface InboxWorld {
  readonly pool: Pool;
  /** May delete what the application may not. */
  readonly owner: Pool;
  readonly keys: Keyring;
  store(addresses: Addresses, changes?: Partial<IncomingMessage>): Promise<Stored>;
  /** Stores a message and answers with its sender; fails when it was known. */
  senderOf(addresses: Addresses): Promise<string>;
  /** Gives a sender a live challenge and an open session, as a verification would. */
  openSession(senderId: string): Promise<string>;
  rows<T>(sql: string, values?: unknown[]): Promise<T[]>;
  /** Resolves when so many statements of this database wait for a lock. */
  lockWaited(count: number): Promise<void>;
  close(): Promise<void>;
}

export async function createInboxWorld(poolSize = 20): Promise<InboxWorld> {
  const database = await createTestDatabase();
  const pool = createPool(database.url, { max: poolSize });
  const owner = createPool(database.ownerUrl, { max: 1 });
  const keys = parseKeyring(JSON.stringify(newKeyring()));
  const rows = async <T>(sql: string, values: unknown[] = []) => (await pool.query(sql, values)).rows as T[];
  const store = (addresses: Addresses, changes: Partial<IncomingMessage> = {}) =>
    storeMessage(pool, keys, incoming(addresses, changes));
  return {
    pool, owner, keys, rows, store,
    async senderOf(addresses) {
      const stored = await store(addresses);
      if (stored.outcome !== 'stored') throw new Error('a fresh message id was known');
      return stored.senderId;
    },
    openSession: (senderId) => openSession(pool, senderId),
    async lockWaited(count) {
      const waiting = `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
      while ((await rows(waiting)).length < count) await new Promise(setImmediate);
    },
    async close() {
      await Promise.all([pool.end(), owner.end()]);
      await database.drop();
    },
  };
}

export function incoming(addresses: Addresses, changes: Partial<IncomingMessage> = {}): IncomingMessage {
  return {
    messageId: newMessageSid(), kind: 'text', text: 'my id is 144133', addresses,
    writtenFrom: (addresses.phone ?? addresses.bsuid)!, ...changes,
  };
}

async function openSession(pool: Pool, senderId: string): Promise<string> {
  const [employeeId, usedId, liveId, sessionId] = [randomUUID(), randomUUID(), randomUUID(), randomUUID()];
  await pool.query(
    `INSERT INTO employees (id, source, external_id, employee_number, identifier, active, content_hash)
     VALUES ($1::uuid, 'test', $1::text, $1::text, $1::text, true, '\\x00')`, [employeeId]);
  for (const [id, state, ended] of [[usedId, 'used', new Date()], [liveId, 'live', null]]) {
    await pool.query(
      `INSERT INTO challenges (id, sender_id, employee_id, identity_hash, pool, purpose, method, key_id, digits,
         tries_max, expires_at, state, ended_at)
       VALUES ($1, $2, $3, '\\x00', 'known', 'verify-sender', 'sms', 'k1', 6,
         5, clock_timestamp() + interval '5 min', $4, $5)`,
      [id, senderId, employeeId, state, ended]);
  }
  await pool.query(
    `INSERT INTO sessions (id, sender_id, employee_id, challenge_id, method, assurance, idle_ms, ends_at)
     VALUES ($1, $2, $3, $4, 'sms', 'standard', 1800000, clock_timestamp() + interval '8 h')`,
    [sessionId, senderId, employeeId, usedId]);
  return sessionId;
}
