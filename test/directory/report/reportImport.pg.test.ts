// What a report comes to when it is applied.
import { createPool } from '../../../src/db/pool';
import type { Pool } from '../../../src/db/pool';
import { applyFeed } from '../../../src/directory/applyFeed';
import { createTestDatabase } from '../../support/postgres';
import type { TestDatabase } from '../../support/postgres';
import { directoryState, everything } from '../people';
import { annaRow, closeServers, feedAt, json, rowOf, serve } from './reportServer';

let database: TestDatabase;
let pool: Pool;
let owner: Pool;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = createPool(database.url, { max: 5 });
  owner = createPool(database.ownerUrl, { max: 1 });
});

afterAll(async () => {
  await Promise.all([pool.end(), owner.end()]);
  await database.drop();
});

beforeEach(async () => { await owner.query('DELETE FROM employees'); });
afterEach(closeServers);

async function applyRows(rows: readonly unknown[]) {
  const { origin } = await serve((_request, response) => json(response, { Report_Entry: rows }));
  return applyFeed(pool, feedAt(origin));
}

it('a report is applied, without those whom nobody could find', async () => {
  const report = await applyRows([annaRow, { ...rowOf(1), Mobile_Phone: '+49177' }, { ...rowOf(2), Employee_ID: '__proto__' }]);
  expect(report).toMatchObject({ outcome: 'applied', people: 2, added: 2, noticeCount: 3 });
  expect(await directoryState(pool)).toMatchObject([
    { source: 'workday', identifier: '144133', active: true, phones: [{ e164: '+12025550123' }] },
    { identifier: '200001', phones: null }]);
});

it('a report that tells somebody twice is not applied', async () => {
  await applyRows([annaRow]);
  const before = await everything(pool);
  const report = await applyRows([annaRow, rowOf(1), { ...annaRow, Active_Status: '0' }]);
  expect(report).toMatchObject({ outcome: 'refused', problems: [
    { where: 'row 3', column: 'employee_id', why: 'is the same as on row 1' }] });
  expect(await everything(pool)).toEqual(before);
});

it('a telephone of two people, in two spellings, is told with both rows', async () => {
  const report = await applyRows([
    { ...rowOf(1), Mobile_Phone: '+54 9 11 2345-6789' }, { ...rowOf(2), Mobile_Phone: '+54 11 2345-6789' }]);
  expect(report.notices).toEqual([
    { where: 'row 1', column: 'mobile', why: 'is shared by 2 active people, also row 2: nobody is verified by it' }]);
});

it('a report that breaks off leaves everything as it was', async () => {
  await applyRows([annaRow, rowOf(1)]);
  const before = await everything(pool);
  const { origin } = await serve(({ url }, response) => {
    if (url === '/') json(response, { Report_Entry: [annaRow], next: '/2' });
    else response.writeHead(500).end();
  });
  await expect(applyFeed(pool, feedAt(origin, { next: 'next' }))).rejects.toMatchObject({ kind: 'unreachable' });
  expect(await everything(pool)).toEqual(before);
});
