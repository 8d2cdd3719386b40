// What an operator types to make, list and revoke the tokens of identity providers, and what a program gets to read.
import { Command } from 'commander';
import { scimCommands } from '../../src/cli/scim';
import { createPool } from '../../src/db/pool';
import type { Pool } from '../../src/db/pool';
import { findSource } from '../../src/directory/scim/tokens';
import { createTestDatabase } from '../support/postgres';
import type { TestDatabase } from '../support/postgres';

let database: TestDatabase;
let pool: Pool;
const before = { ...process.env };

beforeAll(async () => {
  database = await createTestDatabase();
  pool = createPool(database.url, { max: 2 });
  Object.assign(process.env, { DATABASE_URL: database.url, DOORMAN_OPERATOR: 'olga' });
});

afterAll(async () => {
  process.env = before;
  await pool.end();
  await database.drop();
});

afterEach(() => { process.exitCode = undefined; });

/** Runs `doorman scim …`: what it prints, and with which code it ends. */
async function run(...words: string[]): Promise<{ printed: string; code: number }> {
  const program = new Command('doorman').option('--json').exitOverride().configureOutput({ writeErr: () => undefined });
  scimCommands(program);
  let printed = '';
  const write = jest.spyOn(process.stdout, 'write').mockImplementation((chunk) => { printed += String(chunk); return true; });
  try {
    await program.parseAsync(['node', 'doorman', 'scim', 'token', ...words]);
    return { printed, code: Number(process.exitCode ?? 0) };
  } finally {
    write.mockRestore();
  }
}

test('a token is printed once, counts from then on, and until it is revoked', async () => {
  expect(await run('list')).toEqual({ printed: 'There is no token.\n', code: 0 });
  const { printed, code } = await run('new', '--source', 'entra', '--country', 'DE', '--employee-number', 'userName');
  const [token = '', sentence] = printed.split('\n');
  expect([token, code]).toEqual([expect.stringMatching(/^dmscim_[A-Za-z0-9_-]{43}$/), 0]);
  expect(await findSource(pool, token)).toEqual({ source: 'entra', employeeNumberFrom: 'userName', defaultCountry: 'DE' });
  const [id = ''] = /[0-9a-f-]{36}/.exec(sentence!) ?? [];
  const listed = await run('list');
  expect(listed.printed).toMatch(new RegExp(`^${id}: entra, made .*, last used in the hour of .*:00:00\\.000Z$`, 'm'));
  expect(listed.printed).not.toContain(token);
  expect(await run('revoke', id)).toMatchObject({ code: 0 });
  expect(await findSource(pool, token)).toBeUndefined();
  expect((await run('list')).printed).toContain(', revoked ');
  expect(await run('revoke', id)).toMatchObject({ code: 1 });
  const { rows } = await pool.query<{ kind: string; facts: object }>(`SELECT kind, facts FROM audit WHERE kind LIKE 'scimtoken.%' ORDER BY seq`);
  expect(rows).toEqual(['scimtoken.issued', 'scimtoken.revoked'].map((kind) => ({ kind, facts: { tokenId: id, source: 'entra', operator: 'olga' } })));
});

test('what a second token does not say stays as the source has it; a third is refused', async () => {
  const made = async (...words: string[]) => JSON.parse((await run('new', '--json', '--source', 'okta', ...words)).printed) as { token: string; outcome: string };
  const first = await made('--country', 'FR', '--employee-number', 'externalId');
  const second = await made('--employee-number', 'nowhere');
  const read = { source: 'okta', employeeNumberFrom: null, defaultCountry: 'FR' };
  expect([await findSource(pool, first.token), await findSource(pool, second.token)]).toEqual([read, read]);
  expect(await made('--country', 'DE')).toEqual({ outcome: 'full' });
  expect(process.exitCode).toBe(1);
  expect(await findSource(pool, second.token)).toEqual(read);
  const tokens = JSON.parse((await run('list', '--json')).printed) as { source: string }[];
  expect(tokens.filter(({ source }) => source === 'okta')).toEqual([1, 2].map(() => ({
    id: expect.any(String), source: 'okta', createdAt: expect.any(String), lastUsedAt: expect.any(String), revokedAt: null })));
});

test('a source has a name of 32 letters at most, as everywhere', async () => {
  expect(await run('new', '--source', 'a'.repeat(32))).toMatchObject({ code: 0 });
});

test('a source of which a partner speaks has no token, and it is said why', async () => {
  await pool.query(`INSERT INTO partner_sources (partner, source) VALUES ('hub', 'csv')`);
  expect(await run('new', '--source', 'csv')).toEqual({ printed: expect.stringContaining('a source has one owner'), code: 1 });
});

test('an id that is none is not found', async () => {
  for (const id of ['x', '2b6c0a3e-0000-4000-8000-000000000000']) expect(await run('revoke', id)).toMatchObject({ code: 1 });
});

test.each([['new'], ['new', '--source', 'Entra'], ['new', '--source', 'a b'], ['new', '--source', 'a'.repeat(33)], ['new', '--source', 'x', '--country', 'Germany'],
  ['new', '--source', 'x', '--employee-number', 'phone'], ['revoke']])('`%s %s %s` is misuse', async (...words) => {
  await expect(run(...words.filter((word) => typeof word === 'string'))).rejects.toMatchObject({ code: expect.stringMatching(/^commander\./) });
});
