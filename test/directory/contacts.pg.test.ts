// Where a code for an employee may go: to a registered contact that is old enough, listed, and as the rule for the
// sender's own number says.
import { auditedTransaction } from '../../src/audit/auditedTransaction';
import { createPool } from '../../src/db/pool';
import type { Pool } from '../../src/db/pool';
import { applyFeed } from '../../src/directory/applyFeed';
import { confirmContacts, findContact, usualRules } from '../../src/directory/contacts';
import type { Contact, DestinationRules } from '../../src/directory/contacts';
import type { EmployeeRecord } from '../../src/directory/directoryFeed';
import type { Method } from '../../src/domain/messages';
import { createTestDatabase } from '../support/postgres';
import type { TestDatabase } from '../support/postgres';
import { employeeId, feedOf } from './people';
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

const [one, two, other] = ['+12025550123', '+12025550100', '+12025550177'];
const anna: Person = { id: 'E-144', mobiles: [one, two], addresses: ['anna@acme.example'], preferredLanguage: 'de' };

const employ = (staff: readonly Person[], source = 'hr') =>
  applyFeed(pool, feedOf(staff, { source }), { force: true });

interface Asked {
  readonly method?: Method;
  readonly rules?: Partial<DestinationRules>;
  /** The numbers that the sender writes from; null when WhatsApp shows none. */
  readonly from?: readonly string[] | null;
}

/** The contact of somebody, as a sender who writes from nobody's number gets it. */
async function contactOf(
  identifier: string | null, { method = 'sms', rules = {}, from = ['+12025550999'] }: Asked = {},
): Promise<Contact | undefined> {
  const id = identifier === null ? null : await employeeId(pool, identifier);
  return findContact(pool, { ...usualRules, ...rules }, {
    employeeId: id, method,
    ownNumbers: async (numbers) => from === null ? undefined : new Set(numbers.filter((each) => from.includes(each))),
  });
}

const toOf = async (identifier: string, asked?: Asked) => (await contactOf(identifier, asked))?.to;

/** As if so many hours had gone by on the database's clock. */
async function pass(hours: number): Promise<void> {
  for (const table of ['employee_phones', 'employee_emails']) {
    await owner.query(`UPDATE ${table} SET held_from = held_from - $1 * interval '1 h'`, [hours]);
  }
  await owner.query(`UPDATE employees SET confirm_asked_at = confirm_asked_at - $1 * interval '1 h'`, [hours]);
}

const phone = (e164: string, type: 'mobile' | 'work' | 'home', primary = false): EmployeeRecord['phones'][number] =>
  ({ e164, raw: e164, type, primary });

describe('a code', () => {
  it('goes to the main mobile number, and by e-mail to the work address', async () => {
    await employ([anna]);
    const number = { to: one, language: 'de', country: 'US', isOther: true };
    expect(await contactOf('E-144')).toEqual(number);
    expect(await contactOf('E-144', { method: 'call' })).toEqual(number);
    expect(await contactOf('E-144', { method: 'email' })).toEqual({
      to: 'anna@acme.example', language: 'de', isOther: false });
  });

  it('goes to a mobile number before the main one, and to no other that is not the main one', async () => {
    await employ([
      { id: 'E-1', phones: [phone('+12025550101', 'work', true), phone('+12025550102', 'mobile')] },
      { id: 'E-2', phones: [phone('+12025550103', 'work', true), phone('+12025550104', 'home')] },
      { id: 'E-3', phones: [phone('+12025550105', 'home')] }] as never);
    expect([await toOf('E-1'), await toOf('E-2'), await toOf('E-3')])
      .toEqual(['+12025550102', '+12025550103', undefined]);
  });

  it('goes nowhere for the departed, nobody, and those without contact', async () => {
    await employ([{ ...anna, active: false }, { id: 'E-2' }]);
    for (const identifier of ['E-144', 'E-2', null]) {
      for (const method of ['sms', 'call', 'email'] as const) {
        expect(await contactOf(identifier, { method })).toBeUndefined();
      }
    }
  });

  it('goes to no number that two active employees have', async () => {
    await employ([anna, { id: 'E-2', mobiles: [one] }]);
    expect([await toOf('E-144'), await toOf('E-2')]).toEqual([two, undefined]);
    await employ([anna, { id: 'E-2', mobiles: [one], active: false }]);
    expect(await toOf('E-144')).toBe(one);
  });

  it('goes to no mailbox that two active employees have: one would pass as the other', async () => {
    const shared: Person = { id: 'E-2', addresses: ['anna@acme.example'] };
    const mailed = async (identifier: string) => toOf(identifier, { method: 'email' });
    await employ([anna, shared]);
    expect([await mailed('E-144'), await mailed('E-2')]).toEqual([undefined, undefined]);
    await employ([anna, { ...shared, active: false }]);
    expect([await mailed('E-144'), await mailed('E-2')]).toEqual(['anna@acme.example', undefined]);
  });
});

describe('A53 a contact that came later than its person', () => {
  it('gets no code for 72 hours, and the former one none at all', async () => {
    await employ([{ ...anna, mobiles: [one] }]);
    expect(await toOf('E-144')).toBe(one);
    await employ([{ ...anna, mobiles: [other], addresses: ['ann@acme.example'] }]);
    for (const method of ['sms', 'email'] as const) expect(await toOf('E-144', { method })).toBeUndefined();
    await pass(71.9);
    for (const method of ['sms', 'email'] as const) expect(await toOf('E-144', { method })).toBeUndefined();
    await pass(0.2);
    expect(await toOf('E-144')).toBe(other);
    expect(await toOf('E-144', { method: 'email' })).toBe('ann@acme.example');
  });

  it('leaves the code to an older one that is still there', async () => {
    await employ([{ ...anna, mobiles: [two] }]);
    await employ([anna]);
    expect(await toOf('E-144')).toBe(two);
    await pass(73);
    expect(await toOf('E-144')).toBe(one);
  });

  it('is not one that is told again, whatever else changes', async () => {
    await employ([anna]);
    await employ([{ ...anna, givenName: 'Ann', mobiles: [two, one] }]);
    expect(await toOf('E-144')).toBe(two);
  });

  it('is one that was gone and came back', async () => {
    await employ([anna]);
    await employ([{ ...anna, mobiles: [] }]);
    await employ([anna]);
    expect(await toOf('E-144')).toBeUndefined();
  });

  it('is the first one of somebody who had none', async () => {
    await employ([{ id: 'E-144' }]);
    await employ([anna]);
    expect(await toOf('E-144')).toBeUndefined();
  });

  it('that was changed long ago is not held again for who is back from leave', async () => {
    await employ([anna]);
    const changed: Person = { ...anna, mobiles: [other] };
    await employ([changed]);
    await pass(169);
    await employ([{ ...changed, active: false, absent: true }]);
    await employ([changed]);
    expect(await toOf('E-144')).toBe(other);
  });

  it('is one from when on codes may go to it: a private number that becomes the mobile one, and a main one', async () => {
    const reach = (...phones: EmployeeRecord['phones']) => employ([{ id: 'E-144', phones }] as never);
    await reach(phone(one, 'mobile', true), phone(two, 'home'));
    await reach(phone(one, 'home'), phone(two, 'mobile', true));
    expect(await toOf('E-144')).toBeUndefined();
    await pass(73);
    expect(await toOf('E-144')).toBe(two);
    await reach(phone(one, 'home', true), phone(two, 'mobile'));
    expect(await toOf('E-144', { from: [two] })).toBe(two);
  });

  it('is that of somebody else who comes with the employee ID, under whatever key and from whatever source', async () => {
    await employ([anna]);
    await employ([{ ...anna, active: false }, { ...anna, id: 'K-2', employeeNumber: 'E-144', mobiles: [one, other] }]);
    const heldOf = async (key: string) => (await pool.query<{ e164: string }>(
      `SELECT e164 FROM employee_phones JOIN employees e ON e.id = employee_id
        WHERE e.external_id = $1 AND held_from IS NOT NULL`, [key])).rows.map(({ e164 }) => e164);
    expect(await heldOf('K-2')).toEqual([other]);
    await employ([{ ...anna, id: 'K-3', employeeNumber: 'e-144', mobiles: [two, other] }], 'weak');
    expect(await heldOf('K-3')).toEqual([other]);
    await employ([{ id: 'K-4', employeeNumber: 'E-4', mobiles: ['+12025550170'] }], 'third');
    expect(await heldOf('K-4')).toEqual([]);
    await employ([{ id: 'K-4', employeeNumber: 'E-144', mobiles: ['+12025550170'] }], 'third');
    expect(await heldOf('K-4')).toEqual(['+12025550170']);
  });

  it('is held for who is back again only where it is another one than before', async () => {
    const ben: Person = { id: 'E-2', mobiles: [other] };
    await employ([anna, ben]);
    await employ([{ ...anna, active: false }, { ...ben, active: false }]);
    await employ([anna, { ...ben, mobiles: ['+12025550178'] }, { id: 'E-3', mobiles: ['+12025550179'] }]);
    expect([await toOf('E-144'), await toOf('E-2'), await toOf('E-3')]).toEqual([one, undefined, '+12025550179']);
  });
});

describe('two operators', () => {
  const confirm = async (operator: string) => {
    const id = await employeeId(pool, 'E-144');
    return auditedTransaction(pool, (tx, note) => confirmContacts(tx, note, id, operator, usualRules.contactHoldMs));
  };
  const change = async () => {
    await employ([{ ...anna, mobiles: [two] }]);
    await employ([{ ...anna, mobiles: [other], addresses: ['ann@acme.example'] }]);
  };

  it('lift the hold together, within the hour, and the audit names both', async () => {
    await change();
    expect(await confirm('ann')).toBe('asked');
    expect(await confirm('ann')).toBe('askedAlready');
    expect(await toOf('E-144')).toBeUndefined();
    await pass(1.1);
    expect(await confirm('bob')).toBe('asked');
    expect(await confirm('ann')).toBe('confirmed');
    expect(await toOf('E-144')).toBe(other);
    expect(await toOf('E-144', { method: 'email' })).toBe('ann@acme.example');
    const { rows } = await pool.query(
      `SELECT kind, facts FROM audit WHERE kind LIKE 'contact.confirm%' ORDER BY seq DESC LIMIT 2`);
    const id = await employeeId(pool, 'E-144');
    expect(rows).toEqual([
      { kind: 'contact.confirmed', facts: { employeeId: id, operator: 'ann', askedBy: 'bob', contacts: 2 } },
      { kind: 'contact.confirming', facts: { employeeId: id, operator: 'bob', contacts: 2 } }]);
    expect(await confirm('cleo')).toBe('none');
  });

  it('agree on what both have seen: a contact that changes in between makes the asking void', async () => {
    await change();
    expect(await confirm('ann')).toBe('asked');
    await employ([{ ...anna, mobiles: ['+12025550178'], addresses: ['ann@acme.example'] }]);
    expect(await confirm('bob')).toBe('asked');
    expect(await toOf('E-144')).toBeUndefined();
    expect(await confirm('ann')).toBe('confirmed');
    expect(await toOf('E-144')).toBe('+12025550178');
  });

  it('have nothing to lift where nothing is held', async () => {
    await employ([anna]);
    expect(await confirm('ann')).toBe('none');
    await change();
    await pass(73);
    expect(await confirm('ann')).toBe('none');
  });
});

describe('A52 a number', () => {
  it.each([
    ['at a premium', '+449012345678'], ['at shared cost', '+448431234567'], ['of a pager', '+447640123456'],
    ['in a country that is not listed', '+33612345678'], ['in no country', '+881612345678'],
  ])('%s gets no code, however it came into the directory', async (_which, number) => {
    await employ([{ ...anna, mobiles: [number] }]);
    const rules = { countries: new Set(['GB', 'US']) };
    expect(await toOf('E-144', { rules })).toBeUndefined();
    await employ([{ ...anna, mobiles: [number, two] }]);
    await pass(73);
    expect(await contactOf('E-144', { rules })).toMatchObject({ to: two, country: 'US' });
  });
});

describe('the number that the chat comes from', () => {
  const own = { from: [one] };
  const under = (sameNumber: DestinationRules['sameNumber'], asked: Asked = own) =>
    contactOf('E-144', { ...asked, rules: { sameNumber } });

  it('gets the code where it is allowed to, which is noted', async () => {
    await employ([anna]);
    expect(await under('allow')).toMatchObject({ to: one, isOther: false });
    expect(await under('allow', { from: [two] })).toMatchObject({ to: one, isOther: true });
  });

  it('stands back for another one of the same person, where there is one that may be used', async () => {
    await employ([anna]);
    expect(await under('preferOther')).toMatchObject({ to: two, isOther: true });
    expect(await under('preferOther', { from: [one, two] })).toMatchObject({ to: one, isOther: false });
    await employ([{ ...anna, mobiles: [one] }]);
    await employ([anna]);
    expect(await under('preferOther')).toMatchObject({ to: one, isOther: false });
  });

  it('never gets one where that is refused', async () => {
    await employ([anna]);
    expect(await under('refuse')).toMatchObject({ to: two, isOther: true });
    await employ([{ ...anna, mobiles: [one] }]);
    expect(await under('refuse')).toBeUndefined();
    expect(await under('refuse', { from: [other] })).toMatchObject({ to: one, isOther: true });
  });

  it('may be any of them when WhatsApp does not show it: no code where that is refused, low assurance elsewhere', async () => {
    await employ([anna]);
    expect(await under('refuse', { from: null })).toBeUndefined();
    expect(await under('preferOther', { from: null })).toMatchObject({ to: one, isOther: false });
    expect(await under('allow', { from: null })).toMatchObject({ to: one, isOther: false });
  });

  it.each([
    ['+525512345678', '+5215512345678'], ['+5491123456789', '+541123456789'], ['+541123456789', '+5491123456789'],
    ['+5531987654321', '+553187654321'],
  ])('%s is the same when WhatsApp spells it %s', async (registered, spelled) => {
    await employ([{ ...anna, mobiles: [registered] }]);
    expect(await under('preferOther', { from: [spelled] })).toMatchObject({ to: registered, isOther: false });
    expect(await under('refuse', { from: [spelled] })).toBeUndefined();
  });
});
