// What an operator types to make, list and revoke the credentials of applications, and what a program gets to read.
import { Command } from 'commander';
import { clientCommands } from '../../src/cli/clients/client';
import { findByApiKey, findBySecret, issueCredentials } from '../../src/clients/credentials';
import { createPool } from '../../src/db/pool';
import type { Pool } from '../../src/db/pool';
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

afterEach(() => {
  process.exitCode = undefined;
  delete process.env.DOORMAN_CLIENTS;
});

/** Runs `doorman client …`: what it prints, and with which code it ends. */
async function run(...words: string[]): Promise<{ printed: string; code: number }> {
  const program = new Command('doorman').option('--json').exitOverride().configureOutput({ writeErr: () => undefined });
  clientCommands(program);
  let printed = '';
  const write = jest.spyOn(process.stdout, 'write').mockImplementation((chunk) => { printed += String(chunk); return true; });
  try {
    await program.parseAsync(['node', 'doorman', 'client', ...words]);
    return { printed, code: Number(process.exitCode ?? 0) };
  } finally {
    write.mockRestore();
  }
}

interface Made { outcome: string; client_id: string; client_secret: string; api_key: string }
const made = async (name: string) => JSON.parse((await run('new', name, '--json')).printed) as Made;

test('credentials are printed once, count from then on, and until they are revoked', async () => {
  expect(await run('list')).toEqual({ printed: 'There are no credentials.\n', code: 0 });
  const { printed, code } = await run('new', 'vendor');
  const [, id = '', secret = '', key = ''] = /^client id: +(\S+)\nclient secret: (\S+)\napi key: +(\S+)\n/.exec(printed) ?? [];
  expect([secret, key, code]).toEqual([expect.stringMatching(/^dmsecret_[\w-]{43}$/), expect.stringMatching(/^dmkey_[\w-]{43}$/), 0]);
  expect([await findBySecret(pool, id, secret), await findByApiKey(pool, key)]).toEqual([{ id, client: 'vendor' }, { id, client: 'vendor' }]);
  const listed = await run('list');
  expect(listed.printed).toMatch(new RegExp(`^${id}: vendor, made .*, never used\n$`));
  for (const secretOne of [secret, key]) expect(listed.printed).not.toContain(secretOne);
  expect(await run('revoke', id)).toMatchObject({ code: 0 });
  expect([await findBySecret(pool, id, secret), await findByApiKey(pool, key)]).toEqual([undefined, undefined]);
  expect((await run('list')).printed).toContain(', revoked ');
  expect(await run('revoke', id)).toMatchObject({ code: 1 });
  const { rows } = await pool.query(`SELECT kind, facts FROM audit WHERE kind LIKE 'client.%' ORDER BY seq`);
  expect(rows).toEqual(['client.issued', 'client.revoked'].map((kind) => ({ kind, facts: { credentialId: id, client: 'vendor', operator: 'olga' } })));
});

test('a client may have two, to change over, however many ask at once', async () => {
  const all = [await made('twin'), await made('twin'), await made('twin')];
  expect(all.map(({ outcome }) => outcome)).toEqual(['issued', 'issued', 'full']);
  expect(process.exitCode).toBe(1);
  process.exitCode = undefined;
  const [first] = all;
  expect(await run('revoke', first!.client_id.toUpperCase())).toMatchObject({ code: 0 });
  const atOnce = await Promise.all([1, 2, 3].map(() => issueCredentials(pool, 'twin', 'olga')));
  expect(atOnce.map(({ outcome }) => outcome).sort()).toEqual(['full', 'full', 'issued']);
});

test('a name that DOORMAN_CLIENTS does not have gets no credentials, and is told what to do', async () => {
  process.env.DOORMAN_CLIENTS = '{"clients":[{"name":"known"}]}';
  const refused = await run('new', 'knwon');
  expect(refused).toEqual({ printed: expect.stringMatching(/^DOORMAN_CLIENTS names no such client.*put it there first/), code: 1 });
  expect((await run('list')).printed).not.toContain('knwon');
  process.exitCode = undefined;
  expect(await run('new', 'known')).toMatchObject({ printed: expect.stringContaining('client id:'), code: 0 });
  process.env.DOORMAN_CLIENTS = '{"clients":[{"name":"known","secret":"canary"}]}';
  await expect(run('new', 'known')).rejects.toThrow(/DOORMAN_CLIENTS: clients\.0: has members that are not known$/);
});

test('an id that is none is not found', async () => {
  for (const id of ['x', '2b6c0a3e-0000-4000-8000-000000000000']) expect(await run('revoke', id)).toMatchObject({ code: 1 });
});

test.each([['new'], ['new', 'Vendor'], ['new', 'a b'], ['new', '-a'], ['revoke']])('`%s %s` is misuse', async (...words) => {
  await expect(run(...words.filter((word) => typeof word === 'string'))).rejects.toMatchObject({ code: expect.stringMatching(/^commander\./) });
});
