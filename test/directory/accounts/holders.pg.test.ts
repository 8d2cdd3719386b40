// What a service knows an employee by: never an address that could be somebody else's.
import { createPool } from '../../../src/db/pool';
import type { Pool } from '../../../src/db/pool';
import { findHolder } from '../../../src/directory/accounts/holders';
import { createTestDatabase } from '../../support/postgres';
import type { TestDatabase } from '../../support/postgres';
import { addEmployees } from '../../support/world';

let database: TestDatabase;
let pool: Pool;
let owner: Pool;
const holdMs = 86_400_000;

beforeAll(async () => {
  database = await createTestDatabase();
  [pool, owner] = [createPool(database.url), createPool(database.ownerUrl, { max: 1 })];
});
afterAll(async () => {
  await Promise.all([pool.end(), owner.end()]);
  await database.drop();
});
beforeEach(async () => {
  await owner.query('TRUNCATE employees CASCADE');
  await addEmployees(pool);
});

const idOf = async (number: string) => (await pool.query<{ id: string }>(
  'SELECT id FROM employees WHERE employee_number = $1', [number])).rows[0]!.id;
const emailOf = async (number: string) => (await findHolder(pool, await idOf(number), holdMs))?.workEmail;
const add = async (number: string, address: string, main = false, type = 'work') => pool.query(
  'INSERT INTO employee_emails (employee_id, address, is_primary, type) VALUES ($1, $2, $3, $4)',
  [await idOf(number), address, main, type]);

test('an employee is known by number and work e-mail, and somebody who left not at all', async () => {
  expect(await findHolder(pool, await idOf('144133'), holdMs)).toEqual({
    employeeId: await idOf('144133'), employeeNumber: '144133', workEmail: 'anna@acme.example', returnedAt: null });
  expect(await findHolder(pool, await idOf('144134'), holdMs)).toBeUndefined();
});

test('the main address counts, and none where two could be meant', async () => {
  await add('144133', 'anna.second@acme.example');
  await add('144133', 'anna@home.example', true, 'private');
  expect(await emailOf('144133')).toBe('anna@acme.example');
  await add('144133', 'anna.third@acme.example', true);
  expect(await emailOf('144133')).toBeNull();
});

test('an address that another employee has too is nobody\'s', async () => {
  await add('144135', 'anna@acme.example');
  expect(await emailOf('144133')).toBeNull();
});

test('an address that has just changed opens nobody\'s account yet', async () => {
  await owner.query(`UPDATE employee_emails SET held_from = clock_timestamp() WHERE address = 'anna@acme.example'`);
  expect(await emailOf('144133')).toBeNull();
});
