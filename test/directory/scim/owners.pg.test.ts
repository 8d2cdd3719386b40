// A source has one owner: a partner or an identity provider, whichever came first.
import { createPool } from '../../../src/db/pool';
import type { Pool } from '../../../src/db/pool';
import { issueToken, revokeToken } from '../../../src/directory/scim/tokens';
import { partnerProblems } from '../../../src/wiring/partners';
import { directoryPartner, partnersOf } from '../../partners/partnerRequests';
import { createTestDatabase } from '../../support/postgres';
import type { TestDatabase } from '../../support/postgres';

let database: TestDatabase;
let pool: Pool;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = createPool(database.url, { max: 4 });
});

afterAll(async () => {
  await pool.end();
  await database.drop();
});

const hub = (changes: object) => partnersOf(directoryPartner('hub', 'hub', changes), directoryPartner('plain', 'plain'));
const start = (source: string) => partnerProblems(pool, hub({ source }));
const token = (source: string) => issueToken(pool, { source }, 'tester');

test('a partner does not speak of people whom an identity provider pushes, until it has no token any more', async () => {
  const issued = await token('entra');
  expect(await start('entra')).toEqual([expect.stringMatching(/^DOORMAN_PARTNERS: .* partner hub.*one owner.*revoke/)]);
  expect((await token('csv')).outcome).toBe('issued');
  if (issued.outcome === 'issued') await revokeToken(pool, issued.id, 'tester');
  expect(await start('entra')).toEqual([]);
  expect(await token('entra')).toEqual({ outcome: 'partners' });
});

test('no token is made for a source of which a partner speaks, until it does not any more', async () => {
  expect(await start('people')).toEqual([]);
  expect(await token('people')).toEqual({ outcome: 'partners' });
  // A second web process says the same.
  expect(await start('people')).toEqual([]);
  expect(await partnerProblems(pool, hub({}))).toEqual([]);
  expect((await token('people')).outcome).toBe('issued');
});

test('of two at the same moment one is refused', async () => {
  for (let round = 0; round < 10; round += 1) {
    const [problems, issued] = await Promise.all([start(`both-${round}`), token(`both-${round}`)]);
    expect([problems.length, issued.outcome]).toEqual(issued.outcome === 'issued' ? [1, 'issued'] : [0, 'partners']);
  }
});
