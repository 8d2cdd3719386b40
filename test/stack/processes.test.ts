// Servers of others: started, known again, stopped, and never left behind.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { markOf, startServer, stopLeftOver } from '../../src/stack/processes';
import { anyFreePort, freePort } from '../../src/stack/ports';

let folder: string;

beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'doorman-processes-')); });
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const logFile = () => join(folder, 'log', 'server.log');
const node = (code: string) => startServer({ file: process.execPath, args: ['-e', code], logFile: logFile() });

test('a server that cannot start says how it ended and what it printed', async () => {
  const server = node('console.error("no such setting"); process.exit(3)');
  expect(await server.gone).toBe('exit code 3');
  expect(server.lastWords()).toBe('no such setting');
  expect(server.isRunning()).toBe(false);
});

test('a program that is not there is an end like any other', async () => {
  const server = startServer({ file: join(folder, 'missing'), args: [], logFile: logFile() });
  expect(await server.gone).toMatch(/ENOENT|exit code 127/);
});

test('a server that does not listen to reason is killed', async () => {
  const server = node('process.on("SIGTERM", () => {}); console.log("up"); setInterval(() => {}, 1000)');
  while (server.lastWords() !== 'up') await new Promise((resolve) => { setImmediate(resolve); });
  await server.stop('SIGTERM', 100);
  expect(await server.gone).toBe('signal SIGKILL');
});

test('a process is known by when it started, not by its id alone', async () => {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
  const mark = markOf(child.pid!);
  expect(mark).toBeDefined();
  expect(markOf(child.pid!)).toBe(mark);
  const exited = once(child, 'exit');
  await stopLeftOver(child.pid!, ['SIGTERM']);
  await exited;
  expect(markOf(child.pid!)).toBeUndefined();
  expect(markOf(0)).toBeUndefined();
  expect(markOf(Number.NaN)).toBeUndefined();
});

test('the next free port is taken, and neighbours where two are needed', async () => {
  const port = await anyFreePort();
  const taken = createServer().listen(port, '127.0.0.1');
  await once(taken, 'listening');
  expect(await freePort(port)).toBeGreaterThan(port);
  expect(await freePort(port - 1, { count: 2 })).toBeGreaterThan(port);
  expect(await freePort(port + 1, { taken: [port + 1] })).toBeGreaterThan(port + 1);
  taken.close();
});
