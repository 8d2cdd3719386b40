// The tables of the plain service: as few as the exchange needs.
import type { Pool } from 'pg';
import type { Person } from '../stand/people';

export async function createTables(pool: Pool, people: readonly Person[]): Promise<void> {
  await pool.query(`
    CREATE TABLE employees (employee_id text PRIMARY KEY, mobile text NOT NULL);
    CREATE TABLE messages (sid text PRIMARY KEY, sender text NOT NULL, body text NOT NULL,
      at timestamptz NOT NULL DEFAULT now());
    CREATE TABLE challenges (sender text PRIMARY KEY, employee_id text NOT NULL, code_hash bytea NOT NULL,
      tries int NOT NULL DEFAULT 0, expires_at timestamptz NOT NULL);
    CREATE TABLE sessions (sender text PRIMARY KEY, employee_id text NOT NULL,
      opened_at timestamptz NOT NULL DEFAULT now());`);
  await pool.query('INSERT INTO employees SELECT * FROM unnest($1::text[], $2::text[])',
    [people.map(({ employeeId }) => employeeId), people.map(({ number }) => number)]);
}
