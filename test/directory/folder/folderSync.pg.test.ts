// What the files of a folder come to, reading after reading.
import { randomUUID } from 'node:crypto';
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createPool } from '../../../src/db/pool';
import type { Pool } from '../../../src/db/pool';
import { createFolderFeed, folderSettings } from '../../../src/directory/folder/folderFeed';
import { readSource } from '../../../src/directory/sync/readSource';
import { applySync, endSync, wantFullSync } from '../../../src/directory/sync/syncs';
import { createTestDatabase } from '../../support/postgres';
import type { TestDatabase } from '../../support/postgres';
import { annaLine, header } from '../csv/csvFiles';

let database: TestDatabase;
let pool: Pool;
let owner: Pool;
let path: string;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = createPool(database.url, { max: 5 });
  owner = createPool(database.ownerUrl, { max: 1 });
});

afterAll(async () => {
  await Promise.all([pool.end(), owner.end()]);
  await database.drop();
});

beforeEach(async () => {
  path = mkdtempSync(join(tmpdir(), 'folder-'));
  await owner.query('DELETE FROM employees; DELETE FROM directory_syncs; DELETE FROM directory_sources');
});
afterEach(() => rmSync(path, { recursive: true }));

const put = (name: string, ...ids: readonly number[]) => writeFileSync(
  join(path, name), `${[header, ...ids.map((id) => annaLine.replace('144133', String(id)))].join('\n')}\n`);

/** How one reading comes out. */
async function sync(): Promise<string> {
  const settings = folderSettings.parse({ kind: 'folder', path, order: 'name' });
  const feed = createFolderFeed({ source: 'files', ...settings }, {}, () => Date.now() + 60_000);
  const syncId = randomUUID();
  const read = await readSource(pool, feed, { syncId, workflowId: `directory-sync-${syncId}`, fullEveryMs: 1 }, () => undefined, new AbortController().signal);
  if (read.outcome === 'read') return (await applySync(pool, syncId, { deactivationShareMax: 1 })).outcome;
  await endSync(pool, syncId, read.outcome);
  return read.outcome;
}

const active = async () => (await pool.query<{ id: string }>(
  'SELECT employee_number AS id FROM employees WHERE active ORDER BY 1')).rows.map(({ id }) => Number(id));

it('a file is applied once, and the next one in its turn', async () => {
  expect(await sync()).toBe('unchanged');
  put('1.csv', 1001, 1002);
  expect([await sync(), await sync()]).toEqual(['applied', 'unchanged']);
  put('2.csv', 1002, 1003);
  expect([await sync(), await sync()]).toEqual(['applied', 'unchanged']);
  expect(await active()).toEqual([1002, 1003]);
});

it('a file with a problem is not applied, and is looked at again until it is mended', async () => {
  put('1.csv', 1001);
  await sync();
  put('2.csv', 1001, 1);
  expect([await sync(), await sync()]).toEqual(['refused', 'refused']);
  put('2.csv', 1001, 1002);
  expect([await sync(), await sync()]).toEqual(['applied', 'unchanged']);
  expect(await active()).toEqual([1001, 1002]);
});

it('a leaver is not back with an older file, unless somebody wants everything as the folder has it', async () => {
  put('1.csv', 1001, 1002);
  await sync();
  put('2.csv', 1001);
  await sync();
  renameSync(join(path, '2.csv'), join(path, 'done'));
  expect([await sync(), await active()]).toEqual(['unchanged', [1001]]);
  await wantFullSync(pool, 'files');
  expect([await sync(), await sync()]).toEqual(['applied', 'unchanged']);
  expect(await active()).toEqual([1001, 1002]);
});
