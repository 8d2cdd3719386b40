// Which ways do not bring codes to a country at the moment, and which not to one contact: they are not tried first.
import type { Queryable } from '../db/pool';
import type { Method } from '../domain/messages';
import { passedOverCodes, passes } from '../twilio/errorTable';

/** A way to a country. */
export interface CountryRoute {
  readonly country: string;
  readonly method: Method;
}

// Of the last twenty codes within an hour, five telephones are enough to judge by, each by its latest code: one that is
// off says nothing of its country. A route that recovers is tried first again an hour later at the latest.
const lately = `interval '1 hour'`;
const judgedOf = 20;
const judgedMin = 5;
// Where nobody's code goes: asking takes as long for whoever has no number.
const nowhere = 'ZZ';

/**
 * The ways by which more than half of the codes that went to one of these countries lately did not arrive. A code that
 * was used has arrived, also where networks report nothing.
 */
export async function failingRoutes(db: Queryable, countries: readonly string[]): Promise<CountryRoute[]> {
  // The moment as a query of its own is asked for once, and can be looked up in the index.
  const { rows } = await db.query<CountryRoute>(
    `SELECT w.country, w.method
       FROM (SELECT country, method FROM unnest($1::text[]) country, unnest(ARRAY['sms', 'call']) method) w,
            LATERAL (
              SELECT count(*) AS judged, count(*) FILTER (WHERE NOT arrived) AS missed
                FROM (SELECT DISTINCT ON (destination_hash) arrived
                        FROM (SELECT s.destination_hash, s.charged_at,
                                     c.state = 'used' OR o.receipt IN ('delivered', 'read') AS arrived,
                                     s.missed_at IS NOT NULL OR o.receipt IN ('undelivered', 'failed')
                                       OR o.state = 'failed' AS missed
                                FROM sends s JOIN challenges c ON c.id = s.challenge_id
                                JOIN outbox o ON o.key = s.challenge_id || ':' || s.method || ':' || s.ordinal
                               WHERE s.country = w.country AND s.method = w.method AND s.allowed
                                 AND s.charged_at > (SELECT clock_timestamp()) - ${lately}
                               ORDER BY s.charged_at DESC LIMIT $2) latest
                       WHERE arrived OR missed
                       ORDER BY destination_hash, charged_at DESC) telephones) f
      WHERE f.judged >= $3 AND f.missed * 2 > f.judged`,
    [countries.length === 0 ? [nowhere] : countries, judgedOf, judgedMin]);
  return rows;
}

/** A way to one number or address. */
export interface ContactRoute {
  readonly destinationHash: Buffer;
  readonly method: Method;
}

const passedOver = passedOverCodes();
// Of a mail server: it knows no such mailbox (src/mail/refusals.ts).
const mailboxRefused = '^5\\d\\d';
const passedOverFor = `interval '30 days'`;
// As long as a keyed hash, and none.
const nobody = Buffer.alloc(32);

/**
 * The ways by which the last code to one of these contacts was refused for good: there is no such recipient, or they
 * do not want it. What arrived since, is a month ago, or is our own mistake and tried again, counts for nothing.
 */
export async function refusedRoutes(db: Queryable, destinationHashes: readonly Buffer[]): Promise<ContactRoute[]> {
  const { rows } = await db.query<ContactRoute>(
    `SELECT w.hash AS "destinationHash", w.method
       FROM (SELECT hash, method FROM unnest($1::bytea[]) hash, unnest(ARRAY['sms', 'call', 'email']) method) w,
            LATERAL (SELECT coalesce(o.receipt_fault, o.fault) AS fault
                       FROM sends s JOIN outbox o ON o.key = s.challenge_id || ':' || s.method || ':' || s.ordinal
                      WHERE s.destination_hash = w.hash AND s.method = w.method AND s.allowed AND o.state <> 'pending'
                        AND s.charged_at > (SELECT clock_timestamp()) - ${passedOverFor}
                      ORDER BY s.charged_at DESC LIMIT 1) last
      WHERE last.fault = ANY ($2) OR (w.method = 'email' AND last.fault ~ '${mailboxRefused}')`,
    [destinationHashes.length === 0 ? [nobody] : destinationHashes, passedOver]);
  return rows;
}

/**
 * The way of a send that failed for a reason that may pass, the first time for this code and way, not charged since;
 * undefined else.
 */
export async function passingFailure(db: Queryable, challengeId: string, ordinal: number): Promise<Method | undefined> {
  const { rows: [failed] } = await db.query<{ method: Method; fault: string | null; isFirst: boolean }>(
    `SELECT s.method, coalesce(o.receipt_fault, o.fault) AS fault,
            NOT EXISTS (SELECT FROM sends f WHERE f.challenge_id = s.challenge_id AND f.method = s.method
                           AND (f.ordinal < s.ordinal AND f.missed_at IS NOT NULL
                             OR f.ordinal > s.ordinal)) AS "isFirst"
       FROM sends s JOIN outbox o ON o.key = s.challenge_id || ':' || s.method || ':' || s.ordinal
      WHERE s.challenge_id = $1 AND s.ordinal = $2`, [challengeId, ordinal]);
  return failed?.isFirst === true && passes(failed.fault ?? '') ? failed.method : undefined;
}
