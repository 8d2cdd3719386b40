// Our own Postgres: it keeps its data, and whatever a killed run leaves behind never stops the next start.
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createPool } from '../../src/db/pool';
import { anyFreePort } from '../../src/stack/ports';
import { startPostgres } from '../../src/stack/postgres/postgresServer';
import type { PostgresServer } from '../../src/stack/postgres/postgresServer';
import { reachable, serverUser } from '../../src/stack/postgres/serverUser';
import { markOf } from '../../src/stack/processes';

let folder: string;
let server: PostgresServer | undefined;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'doorman-pg-'));
  chmodSync(folder, 0o755);
});

afterAll(async () => {
  await server?.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function start(): Promise<PostgresServer> {
  return startPostgres({
    dataFolder: join(folder, 'var', 'postgres'), logFile: join(folder, 'postgres.log'), port: await anyFreePort(),
    password: 'a secret/with:signs@', durable: true, progress: () => undefined,
  });
}

async function query<Row extends object>(on: PostgresServer, sql: string): Promise<Row[]> {
  const pool = createPool(on.url('postgres'), { max: 1 });
  try {
    return (await pool.query<Row>(sql)).rows;
  } finally {
    await pool.end();
  }
}

test('a new one is made, durable and behind a password', async () => {
  server = await start();
  await query(server, 'CREATE TABLE kept (word text)');
  await query(server, "INSERT INTO kept VALUES ('first')");
  const [settings] = await query<{ fsync: string; commit: string }>(server,
    "SELECT current_setting('fsync') AS fsync, current_setting('synchronous_commit') AS commit");
  expect(settings).toEqual({ fsync: 'on', commit: 'on' });
  const open = createPool(Object.assign(new URL(server.url('postgres')), { password: 'wrong' }).href, { max: 1 });
  await expect(open.query('SELECT 1')).rejects.toMatchObject({ code: '28P01' });
  await open.end();
});

test('one that still runs on the same data is stopped, and its data is there', async () => {
  const former = server!;
  server = await start();
  await former.gone;
  expect(await query(server, 'SELECT word FROM kept')).toEqual([{ word: 'first' }]);
});

test('one that was killed is started again, with all that was committed', async () => {
  await query(server!, "INSERT INTO kept VALUES ('second')");
  process.kill(server!.pid, 'SIGKILL');
  await server!.gone;
  server = await start();
  expect(await query(server, 'SELECT count(*)::int AS count FROM kept')).toEqual([{ count: 2 }]);
});

test('a pid file that speaks of another process by now is no obstacle', async () => {
  await server!.stop();
  expect(markOf(server!.pid)).toBeUndefined();
  writeFileSync(join(folder, 'var', 'postgres', 'postmaster.pid'), `${process.pid}\n${join(folder, 'var', 'postgres')}\n`);
  server = await start();
  expect(await query(server, 'SELECT count(*)::int AS count FROM kept')).toEqual([{ count: 2 }]);
});

test('a port that is taken is named in one sentence', async () => {
  await expect(startPostgres({
    dataFolder: join(folder, 'another'), logFile: join(folder, 'another.log'), port: server!.port,
    password: 'x', durable: false, progress: () => undefined,
  })).rejects.toThrow(/Postgres does not start .*port \d+ taken/s);
});

const rootOnly = process.getuid?.() === 0 ? test : test.skip;

rootOnly('root whose checkout is closed to others gets a data folder elsewhere, and is told', () => {
  const closed = join(folder, 'closed');
  mkdirSync(closed, { mode: 0o700 });
  const lines: string[] = [];
  const elsewhere = reachable(join(closed, 'var', 'postgres'), serverUser(), (line) => lines.push(line));
  expect(elsewhere).toMatch(/^\/var\/lib\/doorman\/data-[0-9a-f]{12}$/);
  expect(lines).toEqual([expect.stringContaining(elsewhere)]);
  expect(reachable(join(closed, 'var', 'postgres'), serverUser(), () => undefined)).toBe(elsewhere);
});
