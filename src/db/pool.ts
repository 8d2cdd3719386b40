// Connections to Postgres: one pool a process, one way to run a transaction.
import { Pool } from 'pg';
import type { PoolClient, PoolConfig } from 'pg';

/** What runs a statement: the pool itself, or the one client of a transaction. */
export type Queryable = Pick<PoolClient, 'query'>;
export type { Pool };

/**
 * A pool for `url`. `max` connections; a statement is given 10 s, a lock 5 s, so that a stuck row closes the door
 * for one message instead of holding every worker (F07).
 */
export function createPool(url: string, options: Pick<PoolConfig, 'max' | 'application_name'> = {}): Pool {
  const pool = new Pool({
    connectionString: url,
    max: 10,
    connectionTimeoutMillis: 3_000,
    idleTimeoutMillis: 30_000,
    statement_timeout: 10_000,
    lock_timeout: 5_000,
    idle_in_transaction_session_timeout: 15_000,
    keepAlive: true,
    ...options,
  });
  // An idle connection that breaks is replaced on next use; without a listener it would end the process.
  pool.on('error', () => undefined);
  return pool;
}

/** Runs `work` in one transaction: commits what it returns, rolls back what it throws. */
export async function inTransaction<T>(pool: Pool, work: (tx: Queryable) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  let broken: Error | undefined;
  // A connection that breaks tells the statement that waits, and besides emits this: unheard, it would end the process.
  const onBroken = (error: Error) => { broken = error; };
  client.on('error', onBroken);
  try {
    await client.query('BEGIN');
    const result = await work(client);
    await client.query('COMMIT');
    return result;
  } catch (error) {
    await client.query('ROLLBACK').catch((rollback: Error) => { broken = rollback; });
    throw error;
  } finally {
    client.off('error', onBroken);
    client.release(broken);
  }
}
