// How an operator ends somebody whose identifier others have, too.
import { Command } from 'commander';
import { directoryCommands } from '../../src/cli/directory';
import { createPool } from '../../src/db/pool';
import type { Pool } from '../../src/db/pool';
import { applyFeed } from '../../src/directory/applyFeed';
import { feedOf } from '../directory/people';
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

beforeEach(async () => {
  await applyFeed(pool, feedOf([{ id: 'E-1', addresses: ['anna@acme.example'] }], { source: 'hr' }));
  await applyFeed(pool, feedOf([{ id: 'E-1', addresses: ['ben@acme.example'] }], { source: 'entra' }));
  await applyFeed(pool, feedOf([
    { id: 'first', employeeNumber: 'E-7' }, { id: 'second', employeeNumber: 'E-7', addresses: ['cleo@acme.example'] },
    { id: 'third', employeeNumber: 'E-8', active: false, absent: true }], { source: 'twice' }));
});

afterEach(async () => {
  process.exitCode = undefined;
  const owner = createPool(database.ownerUrl, { max: 1 });
  await owner.query('DELETE FROM employees');
  await owner.end();
});

/** Runs `doorman employee end …`: what it prints, and with which code it ends. */
async function end(...words: string[]): Promise<{ printed: string; code: number }> {
  const program = new Command('doorman').option('--json').exitOverride();
  directoryCommands(program);
  process.exitCode = undefined;
  let printed = '';
  const write = jest.spyOn(process.stdout, 'write').mockImplementation((chunk) => { printed += String(chunk); return true; });
  try {
    await program.parseAsync(['node', 'doorman', 'employee', 'end', ...words]);
    return { printed, code: Number(process.exitCode ?? 0) };
  } finally {
    write.mockRestore();
  }
}

const active = async () => (await pool.query<{ who: string }>(
  `SELECT source || ' ' || external_id AS who FROM employees WHERE active ORDER BY 1`)).rows.map(({ who }) => who);

test('whose ID people of two sources have is not ended unasked: the sources are named, and nobody', async () => {
  expect(await end('e-1')).toEqual({
    printed: '2 people have it, of entra, hr. Say with --source whose list has the one who left.\n', code: 1 });
  expect(JSON.parse((await end('E-1', '--json')).printed)).toEqual({ ended: 0, sources: ['entra', 'hr'] });
  expect(await active()).toContain('hr E-1');
});

test('the one of the named source is ended, and no other one', async () => {
  expect(await end('E-1', '--source', 'hr')).toEqual({ printed: 'Ended: sessions are over, codes open nothing.\n', code: 0 });
  expect(await active()).toEqual(['entra E-1', 'twice first', 'twice second']);
  // Only one has it now.
  expect(JSON.parse((await end('E-1', '--json')).printed)).toEqual({ ended: 1 });
  expect(await active()).toEqual(['twice first', 'twice second']);
  const { rows } = await pool.query<{ facts: object }>(
    `SELECT facts FROM audit WHERE kind = 'employee.ended' ORDER BY seq DESC LIMIT 1`);
  expect(rows[0]!.facts).toMatchObject({ reason: 'operator', operator: 'olga' });
});

test('of two people of one source the address tells which, where an ID cannot', async () => {
  const { printed, code } = await end('E-7', '--source', 'twice');
  expect([printed, code]).toEqual([expect.stringContaining('Give the work e-mail address'), 1]);
  expect(await end('cleo@acme.example')).toMatchObject({ code: 0 });
  expect(await active()).not.toContain('twice second');
});

test('who is on leave can be ended, and whom nobody has cannot', async () => {
  expect(await end('E-8')).toMatchObject({ code: 0 });
  for (const words of [['E-8'], ['E-1', '--source', 'nobody'], ['E-999'], ['?']]) {
    expect(await end(...words)).toEqual({ printed: 'No active employee has this identifier.\n', code: 1 });
  }
});
