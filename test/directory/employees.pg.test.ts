// Whom an identifier finds, and whom a number.
import fc from 'fast-check';
import { createPool } from '../../src/db/pool';
import type { Pool } from '../../src/db/pool';
import { applyFeed } from '../../src/directory/applyFeed';
import { findByPhone, findEmployee, numbersOf } from '../../src/directory/employees';
import { spellingsOf } from '../../src/directory/phoneNumber';
import { canonicalIdentifier } from '../../src/domain/identifiers';
import { createTestDatabase } from '../support/postgres';
import type { TestDatabase } from '../support/postgres';
import { anyNumber } from './numbers';
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

it('recognises nobody by a number that two active employees have, or that came a short while ago', async () => {
  await employ([anna, { id: 'E-2', mobiles: ['+12025550123'] }, { id: 'E-3' }]);
  expect(await findEmployee(pool, 'E-144')).toMatchObject({ employee: { phones: [{ e164: '+12025550100' }] } });
  expect(await findByPhone(pool, '+12025550123')).toBeUndefined();
  await employ([anna, { id: 'E-2', mobiles: ['+12025550123'], active: false }, { id: 'E-3', mobiles: ['+12025550177'] }]);
  expect(await findByPhone(pool, '+12025550123')).toBe(await employeeId(pool, 'E-144'));
  expect(await findByPhone(pool, '+12025550177')).toBeUndefined();
  expect(await findEmployee(pool, 'E-3')).toMatchObject({ employee: { phones: [] } });
  expect(await findByPhone(pool, '+12025550177', 0)).toBe(await employeeId(pool, 'E-3'));
});

it('recognises the owner of a number that WhatsApp spells otherwise', async () => {
  await employ([{ id: 'E-1', mobiles: ['+525512345678'] }, { id: 'E-2', mobiles: ['+5531987654321'] }]);
  expect(await findByPhone(pool, '+5215512345678')).toBe(await employeeId(pool, 'E-1'));
  expect(await findByPhone(pool, '+553187654321')).toBe(await employeeId(pool, 'E-2'));
});

describe('a telephone that is spelled in several ways', () => {
  // As it is now, and as it was.
  const lines = [
    ['+525512345678', '+5215512345678'], ['+5491123456789', '+541123456789'], ['+5531987654321', '+553187654321'],
  ] as const;

  it.each(lines)('%s is nobody\'s when another active employee has it as %s', async (now, former) => {
    await employ([{ id: 'E-1', mobiles: [now] }, { id: 'E-2', mobiles: [former] }]);
    for (const spelling of [now, former]) expect(await findByPhone(pool, spelling)).toBeUndefined();
    for (const id of ['E-1', 'E-2']) {
      expect(await findEmployee(pool, id)).toMatchObject({ employee: { phones: [] } });
      expect(await numbersOf(pool, await employeeId(pool, id))).toEqual([]);
    }
    await employ([{ id: 'E-1', mobiles: [now] }, { id: 'E-2', mobiles: [former], active: false }]);
    for (const spelling of [now, former]) {
      expect(await findByPhone(pool, spelling)).toBe(await employeeId(pool, 'E-1'));
    }
  });

  it.each(lines)('%s stays the number of who has it as %s, too', async (now, former) => {
    await employ([{ id: 'E-1', mobiles: [now, former] }]);
    expect(await findByPhone(pool, former)).toBe(await employeeId(pool, 'E-1'));
    expect(await numbersOf(pool, await employeeId(pool, 'E-1'))).toHaveLength(2);
  });

  it('is one line to the database exactly where it is one to us', async () => {
    const numbers = [...new Set(fc.sample(anyNumber, 3_000).flatMap(spellingsOf))];
    const { rows } = await pool.query<{ e164: string; line: string; again: string }>(
      `SELECT e164, phone_line(e164) AS line, phone_line(phone_line(e164)) AS again
         FROM unnest($1::text[]) AS e164`, [numbers]);
    const lines = new Map(rows.map(({ e164, line }) => [e164, line]));
    const members = new Map<string, Set<string>>();
    for (const { e164, line, again } of rows) {
      expect(again).toBe(line);
      members.set(line, (members.get(line) ?? new Set()).add(e164));
    }
    for (const number of numbers) expect(members.get(lines.get(number)!)).toEqual(new Set(spellingsOf(number)));
  });
});

it('finds one of many people by an index, whichever way they are asked for', async () => {
  await employ(people(5_000).map((person, i) => ({
    ...person, addresses: [`${person.id}@acme.example`.toLowerCase()], mobiles: [`+1202${5_550_000 + i}`] })));
  await pool.query('ANALYZE employees; ANALYZE employee_emails; ANALYZE employee_phones');
  const plans: string[] = [];
  const explaining = { query: async (sql: string, values: unknown[]) => {
    const { rows } = await pool.query<{ 'QUERY PLAN': string }>(`EXPLAIN ${sql}`, values);
    plans.push(rows.map((row) => row['QUERY PLAN']).join('\n'));
    return { rows: [] };
  } };
  for (const identifier of ['E4999', 'e4999@acme.example']) await findEmployee(explaining as never, identifier);
  await findByPhone(explaining as never, '+12025550123');
  for (const plan of plans) expect(plan).not.toMatch(/Seq Scan on employee(s|_emails|_phones)\b/);
  expect(plans).toHaveLength(3);
});
