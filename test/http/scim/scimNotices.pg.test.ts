// What the wired service tells people of a change, as every other source of the directory does.
import { createPool } from '../../../src/db/pool';
import { issueToken } from '../../../src/directory/scim/tokens';
import { defaultPolicy } from '../../../src/domain/policy';
import { wireScim } from '../../../src/wiring/scim';
import { createTestDatabase } from '../../support/postgres';
import { testKeyring } from '../../support/world';

test('R19 an address that an identity provider changes is told, and the former one, where codes go by e-mail', async () => {
  const database = await createTestDatabase();
  const pool = createPool(database.url, { max: 2 });
  const { deps: { findSource, users }, close } = wireScim({
    DATABASE_URL: database.url, keyring: testKeyring, policy: defaultPolicy, countries: undefined, mailsCodes: true,
  }, () => undefined);
  try {
    const issued = await issueToken(pool, { source: 'entra' }, 'tester');
    if (issued.outcome !== 'issued') throw new Error(issued.outcome);
    const source = (await findSource(issued.token))!;
    const userOf = (address: string) => ({
      userName: 'anna@acme.example', active: true, employeeNumber: 'E-1', phoneNumbers: [],
      emails: [{ value: address, type: 'work', primary: true }] });
    const stored = await users.create(source, userOf('anna@acme.example'), new Date());
    if (stored.outcome !== 'stored') throw new Error(stored.outcome);
    await users.change(source, stored.user.id, () => userOf('other@acme.example'), new Date());
    expect((await pool.query(`SELECT 1 FROM contact_notices WHERE state = 'pending'`)).rowCount).toBe(2);
  } finally {
    await Promise.all([close(), pool.end()]);
    await database.drop();
  }
});
