// Which ways do not bring codes to a country at the moment: a failing one is not tried first.
import type { Queryable } from '../db/pool';
import type { Method } from '../domain/messages';

/** A way to a country. */
export interface CountryRoute {
  readonly country: string;
  readonly method: Method;
}

// Of the last twenty codes within an hour, five are enough to judge by: a route that recovers is tried first again an
// hour later at the latest, since what fails gets few new ones.
const lately = `interval '1 hour'`;
const judgedOf = 20;
const judgedMin = 5;

/** The ways by which more than half of the codes that went to one of these countries lately did not arrive. */
export async function failingRoutes(db: Queryable, countries: readonly string[]): Promise<CountryRoute[]> {
  const { rows } = await db.query<CountryRoute>(
    `SELECT w.country, w.method
       FROM (SELECT country, method FROM unnest($1::text[]) country, unnest(ARRAY['sms', 'call']) method) w,
            LATERAL (
              SELECT count(*) AS judged, count(*) FILTER (WHERE missed) AS missed
                FROM (SELECT s.missed_at IS NOT NULL OR o.receipt IN ('undelivered', 'failed') OR o.state = 'failed'
                               AS missed,
                             o.receipt IN ('delivered', 'read') AS arrived
                        FROM sends s
                        JOIN outbox o ON o.key = s.challenge_id || ':' || s.method || ':' || s.ordinal
                       WHERE s.country = w.country AND s.method = w.method AND s.allowed
                         AND s.charged_at > clock_timestamp() - ${lately}
                       ORDER BY s.charged_at DESC LIMIT $2) latest
               WHERE missed OR arrived) f
      WHERE f.judged >= $3 AND f.missed * 2 > f.judged`, [countries, judgedOf, judgedMin]);
  return rows;
}
