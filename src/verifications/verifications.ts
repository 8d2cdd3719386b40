// Codes that other applications ask for: stored, and told to their workflows. What is asked for a number that no code
// goes to is stored and told like any other, so that nobody can tell by the answer (R47).
import { randomInt, randomUUID } from 'node:crypto';
import type { Pool, Queryable } from '../db/pool';
import { auditedTransaction } from '../audit/auditedTransaction';
import { isUuid } from '../domain/identifiers';
import type { Policy } from '../domain/policy';
import { open, seal } from '../keys/box';
import type { PurposeKeys } from '../keys/keyring';
import { storeGuess } from './guesses';
import type { GuessKeys } from './guesses';

/** What a code is for: one for an application is worth nothing in the chat, and the reverse (A26). */
export const verificationPurpose = 'rest-verification';

/** What a client may, of its settings. */
export interface VerifyingClient {
  readonly name: string;
  readonly countries: readonly string[];
}

/** A number that codes may go to; undefined for whatever else was written. */
export interface Destination {
  readonly e164: string;
  readonly country: string;
  /** Keyed hashes of the number, and of its other spelling where there is one. */
  readonly hash: Buffer;
  readonly otherHash: Buffer | null;
}

export interface NewVerification {
  /** As it was written. */
  readonly number: string;
  /** One of ours. */
  readonly language: string;
  /** `Idempotency-Key`: what was asked for under it is done once. */
  readonly key?: string | undefined;
}

export type Status = 'pending' | 'approved' | 'over';

/** `reused`: the key was that of a request for something else. */
export type StartOutcome = { readonly outcome: 'taken'; readonly id: string } | { readonly outcome: 'reused' };
export type CheckOutcome = Status | 'none';

export interface VerificationStarts {
  /** Rejects when it is not certain that the workflow was told. */
  start(verification: { verificationId: string; expiresInMs: number; isChecked: boolean }): Promise<void>;
  /** Has a stored guess judged. `gone`: its workflow is over. Rejects when that is not known. */
  check(guess: { verificationId: string; guessId: string }): Promise<Status | 'gone'>;
}

export interface VerificationsDeps extends GuessKeys {
  readonly pool: Pool;
  readonly policy: Policy;
  readonly activeCodeKeyId: string;
  readonly workflows: VerificationStarts;
  readNumber(number: string, countries: readonly string[]): Destination | undefined;
  /** Keyed hash of what a client gave. */
  hash(kind: 'restKey' | 'restRequest', value: string): Buffer;
}

export type Verifications = ReturnType<typeof createVerifications>;

/** What a web process does. */
export function createVerifications(deps: VerificationsDeps) {
  const { pool, workflows } = deps;
  return {
    /** Rejects only when nothing came of it. A workflow that could not be told is told by the sweep. */
    async start(client: VerifyingClient, asked: NewVerification): Promise<StartOutcome> {
      const stored = await store(deps, pool, client, asked, {});
      if (stored === undefined) return { outcome: 'reused' };
      await tell(deps, stored, true);
      return { outcome: 'taken', id: stored.id };
    },

    /** In the contract of before: the code is the caller's, who compares it. Random, and good for nothing here. */
    async startReturned(client: VerifyingClient, asked: NewVerification): Promise<string> {
      const code = String(randomInt(10 ** returnedDigits)).padStart(returnedDigits, '0');
      const stored = await auditedTransaction(pool, async (tx, note) => {
        const row = await store(deps, tx, client, { ...asked, key: undefined }, { code });
        note({ kind: 'verification.returned', facts: { verificationId: row!.id, client: client.name } });
        return row!; // without a key there is no other
      });
      await tell(deps, stored, false);
      return code;
    },

    /** Has a guess judged. `none` for another client's too. Rejects when it is not known what became of it. */
    async check(client: VerifyingClient, id: string, code: string): Promise<CheckOutcome> {
      const status = await statusOf(pool, client, id);
      if (status === undefined) return 'none';
      // Of what was used, too: who asks twice is not told `approved` twice.
      if (status !== 'pending') return 'over';
      const guessId = await storeGuess(pool, deps, id, code);
      if (guessId === undefined) return 'over';
      const judged = await workflows.check({ verificationId: id, guessId });
      return judged === 'gone' ? await afterEnd(pool, client, id) : judged;
    },

    async status(client: VerifyingClient, id: string): Promise<Status | undefined> {
      return statusOf(pool, client, id);
    },

    /** Tells workflows that could not be told; says how many. */
    async tellUntold(): Promise<number> {
      const { rows } = await pool.query<Stored & { mode: string }>(
        `SELECT id, mode, ${leftMs} AS "expiresInMs" FROM rest_verifications
          WHERE started_at IS NULL AND state = 'live' AND expires_at > clock_timestamp()
            AND created_at < clock_timestamp() - interval '5 s' ORDER BY created_at LIMIT 200`);
      let told = 0;
      for (const row of rows) {
        // With Temporal down nobody else can be told either.
        if (!await tell(deps, row, row.mode === 'checked')) break;
        told += 1;
      }
      return told;
    },
  };
}

const returnedDigits = 6;
const leftMs = '(extract(epoch FROM expires_at - clock_timestamp()) * 1000)::float8';

interface Stored {
  readonly id: string;
  readonly expiresInMs: number;
}

const numberContext = (id: string): string => `rest number:${id}`;
const codeContext = (id: string): string => `rest code:${id}`;

/** Undefined when the key was another request's. Told again under the same key, it is the same row. */
async function store(
  { policy, activeCodeKeyId, storageKeys, readNumber, hash }: VerificationsDeps, db: Queryable,
  client: VerifyingClient, { number, language, key }: NewVerification, { code }: { code?: string },
): Promise<Stored | undefined> {
  const id = randomUUID();
  const to = readNumber(number, client.countries);
  const requestKey = key === undefined ? null : hash('restKey', JSON.stringify([client.name, key]));
  const requestHash = hash('restRequest', JSON.stringify([client.name, number, language]));
  const { rows: [row] } = await db.query<Stored & { same: boolean }>(
    `INSERT INTO rest_verifications AS v (
       id, client, mode, language, number_enc, code_enc, key_id, digits, destination_hash, other_hash, country,
       tries_max, expires_at, request_key, request_hash)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, clock_timestamp() + $13 * interval '1 ms', $14, $15)
     ON CONFLICT (request_key) DO UPDATE SET request_key = v.request_key
     RETURNING id, request_hash = $15 AS same, ${leftMs} AS "expiresInMs"`,
    [id, client.name, code === undefined ? 'checked' : 'returned', language,
      // Of a number that no code goes to nothing is kept.
      seal(storageKeys, to?.e164 ?? '', numberContext(id)),
      code === undefined ? null : seal(storageKeys, code, codeContext(id)),
      activeCodeKeyId, policy.codeDigitsStranger, to?.hash ?? null, to?.otherHash ?? null, to?.country ?? null,
      policy.codeTriesMax, policy.codeLifetimeMs, requestKey, requestHash]);
  return row!.same ? { id: row!.id, expiresInMs: row!.expiresInMs } : undefined;
}

/** False when it could not be told. */
async function tell(
  { pool, workflows }: VerificationsDeps, { id, expiresInMs }: Stored, isChecked: boolean,
): Promise<boolean> {
  try {
    await workflows.start({ verificationId: id, expiresInMs, isChecked });
  } catch {
    return false;
  }
  await pool.query('UPDATE rest_verifications SET started_at = clock_timestamp() WHERE id = $1', [id]);
  return true;
}

async function statusOf(db: Queryable, client: VerifyingClient, id: string): Promise<Status | undefined> {
  const { rows: [row] } = await db.query<{ status: Status }>(
    `SELECT CASE WHEN state = 'approved' THEN 'approved'
                 WHEN state = 'live' AND expires_at > clock_timestamp() THEN 'pending' ELSE 'over' END AS status
       FROM rest_verifications WHERE id = $1 AND client = $2 AND mode = 'checked'`, [id, client.name]);
  return row?.status;
}

/** Of a workflow that is not there: over, or not begun yet. */
async function afterEnd(db: Queryable, client: VerifyingClient, id: string): Promise<Status> {
  if (await statusOf(db, client, id) === 'pending') throw new Error('the workflow of a verification is not there');
  return 'over';
}

/** A row as it is sent, and checked, from. */
export interface OpenVerification {
  readonly id: string;
  readonly client: string;
  readonly mode: 'checked' | 'returned';
  readonly isLive: boolean;
  readonly language: string;
  readonly keyId: string;
  readonly digits: number;
  readonly expiresInMs: number;
  readonly destinationHash: Buffer | null;
  readonly allowed: boolean | null;
  /** Undefined for a number that no code goes to, and when it was wiped. */
  readonly number: string | undefined;
  readonly code: string | undefined;
}

export async function openVerification(
  db: Queryable, keys: PurposeKeys, id: string,
): Promise<OpenVerification | undefined> {
  const { rows: [row] } = await db.query<
    Omit<OpenVerification, 'number' | 'code'> & { numberEnc: Buffer | null; codeEnc: Buffer | null }
  >(
    `SELECT id, client, mode, language, key_id AS "keyId", digits, destination_hash AS "destinationHash", allowed,
            state = 'live' AND expires_at > clock_timestamp() AS "isLive", number_enc AS "numberEnc",
            code_enc AS "codeEnc", ${leftMs} AS "expiresInMs"
       FROM rest_verifications WHERE id = $1`, [id]);
  if (row === undefined) return undefined;
  const { numberEnc, codeEnc, ...rest } = row;
  const opened = (sealed: Buffer | null, context: string) =>
    sealed === null ? undefined : open(keys, sealed, context).toString('utf8') || undefined;
  return { ...rest, number: opened(numberEnc, numberContext(id)), code: opened(codeEnc, codeContext(id)) };
}

/** The code was sent, or never will be: the client has it, and nobody else needs it. */
export async function wipeReturned(db: Queryable, id: string): Promise<void> {
  await db.query('UPDATE rest_verifications SET code_enc = NULL WHERE id = $1', [id]);
}

/** How long a client may ask for the number that it had approved. */
const takeWithinMinutes = 5;

/** A number that a client had approved. */
export interface Approved {
  readonly number: string;
  /** When its code was asked for. */
  readonly askedAt: Date;
}

/** What this client had approved within the last five minutes; once. */
export type ApprovedNumber =
  (db: Queryable, verificationId: string, clientName: string) => Promise<Approved | undefined>;

export function createApprovedNumber(storageKeys: PurposeKeys): ApprovedNumber {
  return async (db, verificationId, clientName) => {
    if (!isUuid(verificationId)) return undefined;
    const { rows: [row] } = await db.query<{ sealed: Buffer | null; askedAt: Date }>(
      `WITH taken AS (
         SELECT id, number_enc FROM rest_verifications
          WHERE id = $1 AND client = $2 AND state = 'approved' AND taken_at IS NULL
            AND ended_at > clock_timestamp() - $3 * interval '1 min' FOR UPDATE)
       UPDATE rest_verifications v SET taken_at = clock_timestamp(), number_enc = NULL FROM taken
        WHERE v.id = taken.id RETURNING taken.number_enc AS sealed, v.created_at AS "askedAt"`,
      [verificationId, clientName, takeWithinMinutes]);
    if (row === undefined || row.sealed === null) return undefined;
    const number = open(storageKeys, row.sealed, numberContext(verificationId)).toString('utf8');
    return { number, askedAt: row.askedAt };
  };
}
