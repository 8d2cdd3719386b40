// What the wired service tells people of a change, as every other source of the directory does.
import { createPool } from '../../../src/db/pool';
import { issueToken } from '../../../src/directory/scim/tokens';
import { defaultPolicy } from '../../../src/domain/policy';
import { createTelemetry } from '../../../src/telemetry';
import { wireScim } from '../../../src/wiring/scim';
import { createTellShared } from '../../../src/wiring/sharedContacts';
import { createTestDatabase } from '../../support/postgres';
import { keptLog } from '../../support/publicServer';
import { testKeyring } from '../../support/world';

test('R19 an address that an identity provider changes is told, and the former one, where codes go by e-mail', async () => {
  const database = await createTestDatabase();
  const pool = createPool(database.url, { max: 2 });
  const { deps: { findSource, users }, close } = wireScim({
    DATABASE_URL: database.url, keyring: testKeyring, policy: defaultPolicy, countries: undefined, mailsCodes: true,
  }, () => undefined, () => undefined);
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

test('a number that becomes two people\'s is counted and logged by its column, without the value', async () => {
  const database = await createTestDatabase();
  const pool = createPool(database.url, { max: 2 });
  const [telemetry, { log, lines }] = [createTelemetry({ role: 'web' }), keptLog()];
  const { deps: { findSource, users }, close } = wireScim({
    DATABASE_URL: database.url, keyring: testKeyring, policy: defaultPolicy, countries: undefined, mailsCodes: true,
  }, () => undefined, createTellShared(log, telemetry));
  try {
    const issued = await issueToken(pool, { source: 'entra' }, 'tester');
    if (issued.outcome !== 'issued') throw new Error(issued.outcome);
    const source = (await findSource(issued.token))!;
    for (const nth of [1, 2]) {
      expect(lines).toEqual([]);
      await users.create(source, {
        userName: `p${nth}@acme.example`, active: true, employeeNumber: `E-${nth}`, emails: [],
        phoneNumbers: [{ value: '+12025550123', type: 'mobile' }] }, new Date());
    }
    expect(lines.map((line) => JSON.parse(line) as object)).toEqual([
      expect.objectContaining({ source: 'entra', kind: 'mobile' })]);
    expect(lines[0]).not.toContain('0123');
    expect(await telemetry.render()).toContain('doorman_directory_shared_total{source="entra",column="mobile",role="web"} 1');
  } finally {
    await Promise.all([close(), pool.end()]);
    await database.drop();
  }
});
