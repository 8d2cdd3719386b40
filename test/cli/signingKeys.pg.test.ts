// What an operator types to see and change the keys that sign statements.
import { join } from 'node:path';
import { Command } from 'commander';
import { keysCommands } from '../../src/cli/keys/keys';
import { createPool } from '../../src/db/pool';
import type { Pool } from '../../src/db/pool';
import { tendSigningKeys } from '../../src/statements/keyRotation';
import { listSigningKeys } from '../../src/statements/published';
import { keyTimes } from '../../src/statements/times';
import { createTestDatabase } from '../support/postgres';
import type { TestDatabase } from '../support/postgres';
import { testKeyring } from '../support/world';

let database: TestDatabase;
let pool: Pool;
const before = { ...process.env };

beforeAll(async () => {
  database = await createTestDatabase();
  pool = createPool(database.url, { max: 2 });
  Object.assign(process.env, {
    DATABASE_URL: database.url, DOORMAN_OPERATOR: 'olga', DOORMAN_KEYRING: '',
    DOORMAN_KEYRING_FILE: join(__dirname, '..', 'support', 'testKeyring.json'),
  });
});

afterAll(async () => {
  process.env = before;
  await pool.end();
  await database.drop();
});

/** Runs `doorman keys signing …`: what it prints. */
async function run(...words: string[]): Promise<string> {
  const program = new Command('doorman').option('--json').exitOverride().configureOutput({ writeErr: () => undefined });
  keysCommands(program);
  let printed = '';
  const write = jest.spyOn(process.stdout, 'write').mockImplementation((chunk) => { printed += String(chunk); return true; });
  try {
    await program.parseAsync(['node', 'doorman', ...words.filter((word) => word === '--json'), 'keys', 'signing',
      ...words.filter((word) => word !== '--json')]);
    return printed;
  } finally {
    write.mockRestore();
  }
}

const kidOf = async (state: string) => (await listSigningKeys(pool)).find((key) => key.state === state)!.kid;

test('keys are listed, rotated when the next one is known long enough, and withdrawn at once when one is stolen', async () => {
  expect(await run()).toBe('None yet: the first one is made when it is needed.\n');
  await tendSigningKeys({ pool, storageKeys: testKeyring.storage, times: keyTimes() });
  const [first, second] = [await kidOf('active'), await kidOf('next')];
  const listed = await run('list');
  expect(listed).toMatch(new RegExp(`^${first} active, published .*Z, until .*Z\n${second} next, published .*Z\n$`));
  expect(JSON.parse(await run('--json'))).toMatchObject({ keys: [{ kid: first }, { kid: second }] });

  expect(await run('rotate')).toMatch(new RegExp(`^${second} takes over at .*Z: `));
  expect(await kidOf('active')).toBe(first);
  await pool.query(`UPDATE signing_keys SET published_at = published_at - interval '1 day'`);
  expect(await run('rotate')).toBe(`${second} signs from now on.\n`);
  expect(await run()).toContain(`${first} retiring, published`);

  const third = await kidOf('next');
  const withdrawn = await run('rotate', '--now');
  expect(withdrawn).toContain(`${second} is withdrawn.`);
  expect(withdrawn).toContain(`${third} signs from now on.\n`);
  expect(await run()).not.toContain(second);
  const { rows } = await pool.query<{ operator: string }>(
    `SELECT DISTINCT facts->>'operator' AS operator FROM audit WHERE kind IN ('signingkey.asked', 'signingkey.withdrawn')`);
  expect(rows).toEqual([{ operator: 'olga' }]);
});
