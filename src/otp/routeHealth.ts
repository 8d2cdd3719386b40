// Which ways do not bring codes to a country at the moment: a failing one is not tried first.
import type { Queryable } from '../db/pool';
import type { Method } from '../domain/messages';

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
