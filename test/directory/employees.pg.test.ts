// Whom an identifier finds, and where a code for them may go.
import { createPool } from '../../src/db/pool';
import type { Pool } from '../../src/db/pool';
import { applyFeed } from '../../src/directory/applyFeed';
import type { EmployeeRecord } from '../../src/directory/directoryFeed';
import { findContact, findEmployee } from '../../src/directory/employees';
import { canonicalIdentifier } from '../../src/domain/identifiers';
import { createTestDatabase } from '../support/postgres';
import type { TestDatabase } from '../support/postgres';
import { employeeId, feedOf, people } from './people';
import type { Person } from './people';

let database: TestDatabase;
let pool: Pool;
let owner: Pool;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = createPool(database.url);
  owner = createPool(database.ownerUrl, { max: 1 });
});

afterAll(async () => {
  await Promise.all([pool.end(), owner.end()]);
  await database.drop();
});

beforeEach(async () => { await owner.query('DELETE FROM employees'); });

const anna: Person = {
  id: 'E-144', mobiles: ['+12025550123', '+12025550100'], addresses: ['anna@acme.example'], preferredLanguage: 'de',
};

const employ = (staff: readonly Person[], source = 'hr') =>
  applyFeed(pool, feedOf(staff, { source }), { force: true });

const phone = (e164: string, type: 'mobile' | 'work' | 'home', primary = false): EmployeeRecord['phones'][number] =>
  ({ e164, raw: e164, type, primary });

describe('an employee', () => {
  it.each(['E-144', 'e-144 ', 'Ｅ－１４４', 'anna@acme.example', 'ANNA@ACME.EXAMPLE'])('A38 is found by %p', async (written) => {
    await employ([anna, { id: 'E-1' }]);
    expect(await findEmployee(pool, canonicalIdentifier(written)!)).toEqual({ outcome: 'found', employee: {
      id: await employeeId(pool, 'E-144'), active: true, preferredLanguage: 'de',
      phones: [{ e164: '+12025550123', type: 'mobile' }, { e164: '+12025550100', type: 'mobile' }],
      emails: [{ address: 'anna@acme.example', type: 'work' }] } });
  });

  it.each([
    'E-145', 'anna@acme.exampl', "' OR 1=1--", '$1', '__proto__', '', '%', 'E_144',
  ])('is not found by %p', async (identifier) => {
    await employ([anna]);
    expect(await findEmployee(pool, identifier)).toEqual({ outcome: 'none' });
  });

  it('is not found by a private address', async () => {
    await employ([{ ...anna, emails: [{ address: 'anna@home.example', type: 'private', primary: true }] } as never]);
    expect(await findEmployee(pool, 'anna@home.example')).toEqual({ outcome: 'none' });
  });

  it('is found, as inactive, after leaving', async () => {
    await employ([{ ...anna, active: false }]);
    expect(await findEmployee(pool, 'E-144')).toMatchObject({ outcome: 'found', employee: { active: false } });
  });

  it('is ambiguous when two active people answer to it, also over two sources', async () => {
    await employ([anna, { id: 'E-2', addresses: ['anna@acme.example'] }]);
    expect(await findEmployee(pool, 'anna@acme.example')).toEqual({ outcome: 'ambiguous' });
    expect(await findEmployee(pool, 'E-2')).toMatchObject({ outcome: 'found' });
    await employ([anna], 'subsidiary');
    expect(await findEmployee(pool, 'E-144')).toEqual({ outcome: 'ambiguous' });
  });

  it('goes before somebody who left with the same address', async () => {
    await employ([{ ...anna, active: false }, { id: 'E-2', addresses: ['anna@acme.example'] }]);
    expect(await findEmployee(pool, 'anna@acme.example')).toMatchObject({
      outcome: 'found', employee: { id: await employeeId(pool, 'E-2'), active: true } });
  });

  it('is found once when ID and address are asked for at the same time by one string', async () => {
    await employ([{ ...anna, id: 'E-1' }, { id: 'E-2', active: false, addresses: ['anna@acme.example'] }]);
    expect(await findEmployee(pool, 'anna@acme.example')).toMatchObject({ outcome: 'found' });
  });
});

describe('a code', () => {
  it('goes to the main mobile number, and by e-mail to the work address', async () => {
    await employ([anna]);
    const id = await employeeId(pool, 'E-144');
    expect(await findContact(pool, id, 'sms')).toEqual({ to: '+12025550123', language: 'de' });
    expect(await findContact(pool, id, 'call')).toEqual({ to: '+12025550123', language: 'de' });
    expect(await findContact(pool, id, 'email')).toEqual({ to: 'anna@acme.example', language: 'de' });
  });

  it('goes to a mobile number before the main one, and to no other that is not the main one', async () => {
    await employ([
      { id: 'E-1', phones: [phone('+12025550101', 'work', true), phone('+12025550102', 'mobile')] },
      { id: 'E-2', phones: [phone('+12025550103', 'work', true), phone('+12025550104', 'home')] },
      { id: 'E-3', phones: [phone('+12025550105', 'home')] }] as never);
    const numberOf = async (id: string) => (await findContact(pool, await employeeId(pool, id), 'sms'))?.to;
    expect([await numberOf('E-1'), await numberOf('E-2'), await numberOf('E-3')])
      .toEqual(['+12025550102', '+12025550103', undefined]);
  });

  it('goes nowhere for the departed, the unknown, nobody, and those without contact', async () => {
    await employ([{ ...anna, active: false }, { id: 'E-2' }]);
    const unknown = '00000000-0000-4000-8000-000000000000';
    for (const id of [await employeeId(pool, 'E-144'), await employeeId(pool, 'E-2'), unknown, null]) {
      for (const method of ['sms', 'call', 'email'] as const) {
        expect(await findContact(pool, id, method)).toBeUndefined();
      }
    }
  });

  it('goes to no number that two active employees have, nor is anybody recognised by it', async () => {
    await employ([anna, { id: 'E-2', mobiles: ['+12025550123'] }]);
    const found = await findEmployee(pool, 'E-144');
    expect(found).toMatchObject({ outcome: 'found', employee: { phones: [{ e164: '+12025550100' }] } });
    expect(await findContact(pool, await employeeId(pool, 'E-144'), 'sms')).toMatchObject({ to: '+12025550100' });
    expect(await findContact(pool, await employeeId(pool, 'E-2'), 'sms')).toBeUndefined();
    await employ([anna, { id: 'E-2', mobiles: ['+12025550123'], active: false }]);
    expect(await findContact(pool, await employeeId(pool, 'E-144'), 'sms')).toMatchObject({ to: '+12025550123' });
  });
});

it('finds one of many people by an index, whichever way they are asked for', async () => {
  await employ(people(5_000).map((person) => ({ ...person, addresses: [`${person.id}@acme.example`.toLowerCase()] })));
  await pool.query('ANALYZE employees; ANALYZE employee_emails');
  const plans: string[] = [];
  const explaining = { query: async (sql: string, values: unknown[]) => {
    const { rows } = await pool.query<{ 'QUERY PLAN': string }>(`EXPLAIN ${sql}`, values);
    plans.push(rows.map((row) => row['QUERY PLAN']).join('\n'));
    return { rows: [] };
  } };
  for (const identifier of ['E4999', 'e4999@acme.example']) await findEmployee(explaining as never, identifier);
  for (const plan of plans) expect(plan).not.toMatch(/Seq Scan on employee(s|_emails)\b/);
  expect(plans).toHaveLength(2);
});
