// People and feeds for the directory's tests.
import { randomUUID } from 'node:crypto';
import { auditedTransaction } from '../../src/audit/auditedTransaction';
import { auditHead } from '../../src/audit/verifyAudit';
import type { Pool } from '../../src/db/pool';
import type { DirectoryFeed, EmployeeRecord, FeedItem } from '../../src/directory/directoryFeed';
import { paged } from '../../src/directory/reading/pages';
import { defaultPolicy } from '../../src/domain/policy';
import { issueChallenge } from '../../src/otp/challenges';
import { openSession } from '../../src/sessions/sessions';

export type Person = Partial<Omit<EmployeeRecord, 'phones' | 'emails'>> & {
  readonly id: string;
  /** E.164 numbers; the first is the main one. */
  readonly mobiles?: readonly string[];
  readonly addresses?: readonly string[];
};

export function recordOf({ id, mobiles = [], addresses = [], ...rest }: Person): EmployeeRecord {
  return {
    externalId: id, employeeNumber: id, givenName: 'Given', familyName: 'Family', preferredLanguage: null, active: true,
    phones: mobiles.map((e164, i) => ({ e164, raw: e164, type: 'mobile', primary: i === 0 })),
    emails: addresses.map((address, i) => ({ address, type: 'work', primary: i === 0 })),
    ...rest,
  };
}

export interface FeedOptions {
  readonly source?: string;
  readonly complete?: boolean;
  /** Further items, after the people. */
  readonly more?: () => AsyncIterable<FeedItem>;
}

export function feedOf(
  people: readonly Person[], { source = 'hr', complete = true, more }: FeedOptions = {},
): DirectoryFeed {
  async function* items(): AsyncGenerator<FeedItem> {
    for (const [i, person] of people.entries()) yield { record: recordOf(person), where: `line ${i + 2}` };
    if (more !== undefined) yield* more();
  }
  return { source, complete, hasDeltas: false, read: () => paged(items()) };
}

export const people = (count: number): Person[] => Array.from({ length: count }, (_, i) => ({ id: `E${100 + i}` }));

/** A sender with a live code, or beyond it an open session, of an employee. */
export async function enter(pool: Pool, employeeId: string, until: 'code' | 'session') {
  const { rows: [sender] } = await pool.query<{ id: string }>('INSERT INTO senders DEFAULT VALUES RETURNING id');
  const senderId = sender!.id;
  const [challengeId, sessionId] = [randomUUID(), randomUUID()];
  const opened = await auditedTransaction(pool, async (tx, note) => {
    await issueChallenge(tx, note, defaultPolicy, {
      challengeId, senderId, employeeId, identityHash: Buffer.alloc(32), claimHash: Buffer.alloc(32), pool: 'known', method: 'sms', keyId: 'k1',
      destinationHash: null });
    if (until === 'code') return undefined;
    await tx.query(`UPDATE challenges SET state = 'used', ended_at = clock_timestamp() WHERE id = $1`, [challengeId]);
    return openSession(tx, note, defaultPolicy, {
      sessionId, senderId, employeeId, challengeId, method: 'sms', assurance: 'standard' });
  });
  return { senderId, challengeId, sessionId, opened };
}

/** Everything that the directory holds, but for times and hashes, in an order of its own. */
export async function directoryState(pool: Pool): Promise<unknown> {
  const { rows } = await pool.query(
    `SELECT e.source, e.external_id, e.employee_number, e.identifier, e.given_name, e.family_name, e.preferred_language,
            e.active, e.listed_active,
            (SELECT jsonb_agg(to_jsonb(p) - 'employee_id' - 'changed_at' ORDER BY e164)
               FROM employee_phones p WHERE employee_id = e.id) AS phones,
            (SELECT jsonb_agg(to_jsonb(m) - 'employee_id' - 'changed_at' ORDER BY address)
               FROM employee_emails m WHERE employee_id = e.id) AS emails
       FROM employees e ORDER BY source, external_id`);
  return rows;
}

export async function employeeId(pool: Pool, identifier: string): Promise<string> {
  const { rows: [row] } = await pool.query<{ id: string }>(
    'SELECT id FROM employees WHERE identifier = $1', [identifier]);
  return row!.id;
}

/** The directory and the audit, to see that neither changed. */
export const everything = async (pool: Pool) => ({ state: await directoryState(pool), head: await auditHead(pool) });

/** Records since `seq`, without the times. */
export async function recordsSince(pool: Pool, seq: number) {
  const { rows } = await pool.query<{ kind: string; facts: Record<string, unknown> }>(
    'SELECT kind, facts FROM audit WHERE seq > $1 ORDER BY seq', [seq]);
  return rows;
}

export const anna: Person = {
  id: 'E-1', givenName: 'Anna', mobiles: ['+12025550123'], addresses: ['anna@acme.example'] };
export const ben: Person = {
  id: 'E-2', givenName: 'Ben', mobiles: ['+12025550124'], addresses: ['ben@acme.example'] };
export const cleo: Person = { id: 'E-3', givenName: 'Cleo', mobiles: ['+12025550125'] };
