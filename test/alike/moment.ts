// The clock of a test's database, held still and moved by hand: whoever is told something in the same step is told it
// at the same moment, to the microsecond, however long the machine took. Without it "wait 29 seconds" is now and then 28.
import { createPool } from '../../src/db/pool';
import type { Pool } from '../../src/db/pool';

export interface Moment {
  /** Lets time pass for the database, and for nobody else. */
  pass(ms: number): Promise<void>;
  /** Begins anew on another day: nobody has written yet. What was counted before would only be counted through. */
  beginAnew(): Promise<void>;
  stop(): Promise<void>;
}

/** Holds the clock for every connection that `pool` makes: it must not have made one yet. */
export async function holdMoment(ownerUrl: string, pool: Pool): Promise<Moment> {
  const owner = createPool(ownerUrl, { max: 1 });
  await owner.query(holdStatement);
  const times = [await timeOf(pool), await timeOf(pool)];
  if (times[0] !== times[1]) throw new Error('the pool was connected before the clock was held');
  const pass = async (ms: number) => {
    await owner.query(`UPDATE moment.now SET at = at + $1 * interval '1 ms'`, [ms]);
  };
  return {
    pass,
    async beginAnew() {
      await pass(dayMs);
      await owner.query('DELETE FROM sessions; DELETE FROM senders; DELETE FROM pools');
    },
    stop: () => owner.end(),
  };
}

const dayMs = 86_400_000;

async function timeOf(pool: Pool): Promise<string> {
  const { rows: [row] } = await pool.query<{ at: string }>('SELECT clock_timestamp()::text AS at');
  return row!.at;
}

// A function of this name that is found before Postgres's own. Defaults were bound to that one when their tables were
// made. The audit names its schemas itself and goes on with the real clock.
const holdStatement = `
  CREATE SCHEMA moment;
  CREATE TABLE moment.now (at timestamptz NOT NULL);
  INSERT INTO moment.now VALUES (clock_timestamp());
  CREATE FUNCTION moment.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE AS 'SELECT at FROM moment.now';
  GRANT USAGE ON SCHEMA moment TO PUBLIC;
  GRANT SELECT ON moment.now TO PUBLIC;
  DO $$
  DECLARE
    change text;
  BEGIN
    FOR change IN
      SELECT format('ALTER TABLE %s ALTER COLUMN %I SET DEFAULT moment.clock_timestamp()', a.attrelid::regclass, a.attname)
        FROM pg_attrdef d JOIN pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum
       WHERE pg_get_expr(d.adbin, d.adrelid) = 'clock_timestamp()'
    LOOP EXECUTE change; END LOOP;
    EXECUTE format('ALTER DATABASE %I SET search_path = moment, pg_catalog, public', current_database());
  END $$;`;
