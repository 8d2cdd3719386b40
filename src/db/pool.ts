// Connections to Postgres: one pool a process, one way to run a transaction.
import { createHash } from 'node:crypto';
import { Client, Pool } from 'pg';
import type { PoolClient, PoolConfig } from 'pg';

/** What runs a statement: the pool itself, or the one client of a transaction. */
export type Queryable = Pick<PoolClient, 'query'>;
export type { Pool };

type Limits = 'query_timeout' | 'statement_timeout' | 'lock_timeout' | 'connectionTimeoutMillis';
export type PoolOptions = Pick<PoolConfig, 'max' | 'application_name' | Limits>;

/**
 * A pool for `url`. `max` connections; a statement is given 10 s, a lock 5 s, so that a stuck row closes the door
 * for one message instead of holding every worker (F07). Those limits are the server's; `query_timeout` is ours, for a
 * server that hangs or cannot be reached any more (F18): in ms, a little longer than the others, 0 for none. Who finds
 * all connections busy is given up after 3 s (`connectionTimeoutMillis`), and tried again by whoever runs the activity.
 */
export function createPool(url: string, options: PoolOptions = {}): Pool {
  const pool = new Pool({
    Client: PreparingClient,
    connectionString: url,
    max: 10,
    connectionTimeoutMillis: 3_000,
    idleTimeoutMillis: 30_000,
    statement_timeout: 10_000,
    lock_timeout: 5_000,
    idle_in_transaction_session_timeout: 15_000,
    query_timeout: 11_000,
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
    // What did not answer in time would not answer this either. Closing the connection rolls back as well.
    if (isUnanswered(error)) broken = error;
    else await client.query('ROLLBACK').catch((rollback: Error) => { broken = rollback; });
    throw error;
  } finally {
    client.off('error', onBroken);
    client.release(broken);
  }
}

// pg tells its own time-out by words only.
function isUnanswered(error: unknown): error is Error {
  return error instanceof Error && error.message === 'Query read timeout';
}

/**
 * Has the server parse and plan a statement with values once for each connection, not each time: a third of what
 * Postgres takes for a short one. Our statements are constants, so that there are few.
 */
class PreparingClient extends Client {
  override query(config: unknown, ...rest: unknown[]): never {
    const [values] = rest;
    const isPlain = typeof config === 'string' && Array.isArray(values) && values.length > 0;
    const query = super.query.bind(this) as (config: unknown, ...rest: unknown[]) => never; // cast: it has many forms
    return isPlain ? query({ name: nameOf(config), text: config }, ...rest) : query(config, ...rest);
  }
}

const names = new Map<string, string>();

/** By the text itself: behind a pooler, another process's statement of this name is the same. */
function nameOf(text: string): string {
  const name = names.get(text) ?? createHash('sha256').update(text).digest('base64url');
  names.set(text, name);
  return name;
}
