// Whom a sender can claim to be, by what Doorman knows of them: one class of people each, of which nobody in the chat
// may tell which one it is.
import { randomUUID } from 'node:crypto';
import type { Pool } from '../../src/db/pool';
import { lookupHash } from '../../src/keys/box';
import { codePurpose } from '../../src/otp/challenges';
import { testKeyring, testPolicy } from '../support/world';
import type { Person } from '../support/world';

/** Somebody who claims to be up to four people of one class, from a telephone of their own. */
export interface Claimant {
  readonly who: string;
  readonly person: Person;
  /** What can be claimed: employee IDs, and the work e-mail address of each. */
  readonly claims: readonly Claim[];
}

export interface Claim {
  readonly id: string;
  readonly address: string;
}

/** Claims may be this many: one more than a sender has a day. */
export const claimsOfEach = 4;

type Class = (pool: Pool, claim: Claim, sender: string, nth: number) => Promise<void>;

/** The first is what all the others are compared with. */
const classes: Record<string, Class> = {
  'an unknown person': async () => undefined,
  'an ID of a strange form': async () => undefined,
  'a person': async (pool, claim) => { await employ(pool, claim, { phone: newPhone() }); },
  'themselves': async (pool, claim, sender, nth) => {
    await employ(pool, claim, { phone: nth === 0 ? sender : newPhone() });
  },
  'a person who left': async (pool, claim) => { await employ(pool, claim, { phone: newPhone(), active: false }); },
  'a person without a telephone': async (pool, claim) => { await employ(pool, claim, {}); },
  'a person who shares a telephone': async (pool, claim) => {
    const phone = newPhone();
    await employ(pool, claim, { phone });
    await employ(pool, newClaim(), { phone });
  },
  'two people with one ID': async (pool, claim) => {
    await employ(pool, claim, { phone: newPhone() });
    await employ(pool, claim, { phone: newPhone() });
  },
  'a person who said NOT ME': async (pool, claim) => {
    const id = await employ(pool, claim, { phone: newPhone() });
    await pool.query(
      `INSERT INTO pools (identity_hash, pool, shut_at) VALUES ($1, 'stranger', clock_timestamp())`, [identity(id)]);
  },
  'a person whose pool is closed': async (pool, claim) => {
    const id = await employ(pool, claim, { phone: newPhone() });
    await pool.query(
      `INSERT INTO pools (identity_hash, pool, wrong_in_a_row) VALUES ($1, 'stranger', $2)`,
      [identity(id), testPolicy.strangerGuessesInARowMax]);
  },
  'a person at whom others have guessed until they were locked': async (pool, claim) => {
    const id = await employ(pool, claim, { phone: newPhone() });
    for (const _ of [1, 2]) await guessUntilLocked(pool, id);
  },
};

export const [unknown, ...others] = Object.keys(classes) as [string, ...string[]]; // cast: keys forgets that there are some

/** Those whose code goes to a telephone or, where there is none, to a mailbox; everybody else's is a decoy, or is not sent. */
export const reachable = ['a person', 'themselves', 'a person without a telephone', 'a person who shares a telephone'];

/** Those that the rule names (R24): with all others, a talk takes half as long again. */
export const named = [
  'an unknown person', 'an ID of a strange form', 'a person', 'a person who left', 'a person without a telephone',
  'a person whose pool is closed', 'a person at whom others have guessed until they were locked',
];

/** New people of each class, and a new sender for each, who has not written yet. */
export async function newClaimants(pool: Pool, whos: readonly string[] = [unknown, ...others]): Promise<Claimant[]> {
  return Promise.all(whos.map(async (who) => {
    const become = classes[who]!;
    const phone = newPhone();
    const claims = Array.from({ length: claimsOfEach }, () => newClaim(who === 'an ID of a strange form'));
    await Promise.all(claims.map((claim, nth) => become(pool, claim, phone, nth)));
    return { who, person: { phone: `whatsapp:${phone}` }, claims };
  }));
}

let made = 0;

/** Six digits each, so that all are read alike; the strange one has a dash where no ID of ours has one. */
function newClaim(isStrange = false): Claim {
  const digits = String(200_000 + (made += 1));
  const id = isStrange ? `${digits.slice(0, 5)}-${digits.slice(5)}` : digits;
  return { id, address: `somebody.${digits}@acme.example` };
}

const newPhone = (): string => `+4474${String(10_000_000 + (made += 1))}`;

const identity = (employeeId: string): Buffer => lookupHash(testKeyring.lookup, 'identity', employeeId);

async function employ(
  pool: Pool, { id, address }: Claim, { phone, active = true }: { phone?: string; active?: boolean },
): Promise<string> {
  const { rows: [row] } = await pool.query<{ id: string }>(
    `WITH employee AS (
       INSERT INTO employees (source, external_id, employee_number, identifier, active, content_hash)
       VALUES ('test', $1, $2, $2, $3, '') RETURNING id),
     email AS (INSERT INTO employee_emails (employee_id, address, is_primary) SELECT id, $4, true FROM employee),
     phone AS (INSERT INTO employee_phones (employee_id, e164, raw, is_primary)
       SELECT id, $5::text, $5::text, true FROM employee WHERE $5::text IS NOT NULL)
     SELECT id FROM employee`, [randomUUID(), id, active, address, phone ?? null]);
  return row!.id;
}

/**
 * What another sender leaves who claimed the same person and guessed until they were locked; two have spent what
 * strangers may guess in a day. Written as it would have been: a hundred statements fewer for each talk.
 */
async function guessUntilLocked(pool: Pool, employeeId: string): Promise<void> {
  await pool.query(
    `WITH sender AS (
       INSERT INTO senders (locked_until) VALUES (clock_timestamp() + interval '1 min') RETURNING id),
     challenge AS (
       INSERT INTO challenges (id, sender_id, employee_id, identity_hash, claim_hash, pool, purpose, method, key_id,
                               digits, tries_max, tries_used, expires_at, state, ended_at)
       SELECT $1, id, $2, $3, $3, 'stranger', $4, 'sms', $5, 8, $6, $6, clock_timestamp() + interval '5 min',
              'exhausted', clock_timestamp() FROM sender RETURNING id, sender_id),
     counted AS (
       INSERT INTO pools AS p (identity_hash, pool, wrong_in_a_row) VALUES ($3, 'stranger', $6)
       ON CONFLICT (identity_hash, pool) DO UPDATE SET wrong_in_a_row = p.wrong_in_a_row + $6)
     INSERT INTO guesses (challenge_id, message_id, ordinal, verdict, sender_id, identity_hash, pool)
     SELECT id, 'SM' || n, n, 'wrong', sender_id, $3, 'stranger' FROM challenge, generate_series(1, $6) AS n`,
    [randomUUID(), employeeId, identity(employeeId), codePurpose, testKeyring.code.activeId, testPolicy.codeTriesMax]);
}
