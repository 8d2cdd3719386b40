// How many requests a client may make in a minute, whichever web process takes them: one that is stolen, or goes round
// in a loop, fills no table and starts no workflows without end. Counted by Postgres; who is beyond the limit is known
// here until the minute is over, and is counted no further.
import { auditedTransaction } from '../audit/auditedTransaction';
import type { Pool } from '../db/pool';
import type { Log } from '../log';
import type { Client } from './clientSettings';

export interface RequestLimit {
  /**
   * Counts a request of a client, by its name. Says in how many seconds it may come again when this one is too many;
   * undefined when it is not. Nobody is asked for too, where nothing may tell who was known. Rejects when it cannot be
   * known.
   */
  charge(client: string | undefined): Promise<number | undefined>;
}

export interface RequestLimitDeps {
  readonly pool: Pool;
  /** The clients of DOORMAN_CLIENTS. */
  readonly clients: readonly Client[];
  readonly log: Pick<Log, 'warn'>;
}

export function createRequestLimit({ pool, clients, log }: RequestLimitDeps): RequestLimit {
  const perMinute = new Map(clients.map(({ name, requestsPerMinute }) => [name, requestsPerMinute]));
  /** When the minute of a client is over that made too many, in ms of this process. */
  const overAt = new Map<string, number>();
  const secondsLeft = (client: string): number =>
    Math.ceil(((overAt.get(client) ?? 0) - performance.now()) / 1_000);
  return {
    async charge(client) {
      if (client !== undefined && secondsLeft(client) > 0) return secondsLeft(client);
      const { rows: [row] } = await pool.query<{ seconds: number | null }>(
        'SELECT charge_client_request($1, $2) AS seconds', [client ?? null, perMinute.get(client ?? '') ?? 0]);
      const { seconds } = row!; // a SELECT without FROM is one row
      if (client === undefined || seconds === null) return undefined;
      // Of those that came at once the first one tells.
      if (secondsLeft(client) > 0) return seconds;
      overAt.set(client, performance.now() + seconds * 1_000);
      log.warn('a client makes too many requests', { source: client });
      await noteOnceADay(pool, client);
      return seconds;
    },
  };
}

function noteOnceADay(pool: Pool, client: string): Promise<void> {
  return auditedTransaction(pool, async (tx, note) => {
    const { rowCount } = await tx.query(
      `UPDATE client_minutes SET noted_on = (clock_timestamp() AT TIME ZONE 'UTC')::date
        WHERE client = $1 AND noted_on IS DISTINCT FROM (clock_timestamp() AT TIME ZONE 'UTC')::date`, [client]);
    if (rowCount === 1) note({ kind: 'client.limited', facts: { client } });
  });
}
