// A pool for the length of one command.
import { Misconfiguration, readSetting } from '../config';
import { createPool } from '../db/pool';
import type { Pool } from '../db/pool';

/** Runs `work` with a pool on DATABASE_URL and closes it. As long as the server allows: an import takes its time. */
export async function withDatabase<T>(work: (pool: Pool) => Promise<T>): Promise<T> {
  const url = readSetting('DATABASE_URL');
  if (url === undefined) {
    throw new Misconfiguration(['DATABASE_URL: is missing. With `npm start` running, `source var/local.env` sets it']);
  }
  const pool = createPool(url, { max: 4, application_name: 'doorman cli', query_timeout: 0 });
  try {
    return await work(pool);
  } finally {
    await pool.end();
  }
}
