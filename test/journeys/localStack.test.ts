// `doorman up` as a person runs it: everything on this computer, killed, started again, stopped.
import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createPool } from '../../src/db/pool';
import { createMailer } from '../../src/mail/mailer';
import { markOf } from '../../src/stack/processes';
import { readEnvFile, withoutSettings } from '../../src/stack/up/localSettings';
import type { StackState } from '../../src/stack/up/stackState';

jest.setTimeout(240_000);

let root: string;
let up: ChildProcess | undefined;
let printed = '';

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'doorman-up-'));
  chmodSync(root, 0o755);
  symlinkSync(resolve(__dirname, '../../dist'), join(root, 'dist'));
});

afterAll(async () => {
  if (up !== undefined && up.exitCode === null && up.signalCode === null) {
    const exited = once(up, 'exit');
    up.kill('SIGTERM');
    await exited;
  }
  rmSync(root, { recursive: true, force: true });
});

const cli = () => join(root, 'dist', 'src', 'cli.js');
const env = (): NodeJS.ProcessEnv => ({ ...withoutSettings(), TEMPORAL_CLI_PATH: process.env.TEMPORAL_CLI_PATH });
const state = () => JSON.parse(readFileSync(join(root, 'var', 'stack.json'), 'utf8')) as StackState;
const pidOf = (name: string) => state().processes.find((known) => known.name === name)!.pid;
const settings = () => readEnvFile(join(root, 'var', 'local.env'));

/** Starts it and waits until it says where to look. */
async function start(): Promise<string> {
  printed = '';
  up = spawn(process.execPath, [cli(), 'up'], { cwd: root, env: env(), stdio: ['ignore', 'ignore', 'pipe'] });
  up.stderr!.setEncoding('utf8').on('data', (text: string) => { printed += text; });
  await saidSince('Ctrl-C stops it');
  return /http:\/\/127\.0\.0\.1:\d+/.exec(printed)![0];
}

async function saidSince(words: string, from = 0): Promise<void> {
  while (!printed.slice(from).includes(words)) {
    if (up!.exitCode !== null) throw new Error(`it ended with ${up!.exitCode}:\n${printed}`);
    await new Promise((next) => { setTimeout(next, 50); });
  }
}

const answers = async (url: string) => (await fetch(url)).status;
const webReady = () => `http://127.0.0.1:${settings().DOORMAN_INTERNAL_PORT}/readyz`;

async function employees(): Promise<number> {
  const pool = createPool(settings().DATABASE_URL!, { max: 1 });
  try {
    return (await pool.query<{ count: number }>('SELECT count(*)::int AS count FROM employees')).rows[0]!.count;
  } finally {
    await pool.end();
  }
}

test('the first start makes everything and says where to look', async () => {
  const page = await start();
  expect(await answers(page)).toBe(200);
  expect(await answers(webReady())).toBe(200);
  expect(await employees()).toBeGreaterThan(0);
  for (const secret of ['local.env', 'keyring.json', 'simulator.jsonl']) {
    expect(statSync(join(root, 'var', secret)).mode & 0o077).toBe(0);
  }
});

test('mail goes to the mailboxes of the page, by the settings that web and worker have', async () => {
  const { DOORMAN_SMTP_URL: url, DOORMAN_MAIL_FROM: from, SIMULATOR_PORT: port } = settings();
  const mailer = createMailer({ url: url!, from: from!, production: false });
  const to = 'maya.lindqvist@example.com';
  expect(await mailer.send({ key: 'k', to, subject: 's', text: 't', html: '<p>t</p>' })).toMatchObject({ outcome: 'accepted' });
  mailer.close();
  expect(await (await fetch(`http://127.0.0.1:${port}/admin/mails`)).json()).toMatchObject([{ from, to: [to], subject: 's' }]);
});

test('HR of the page hires somebody, whom the directory has then, and lets them go', async () => {
  const before = await employees();
  const act = async (path: string) => {
    const url = `http://127.0.0.1:${settings().SIMULATOR_PORT}/admin/hr/people${path}`;
    return await (await fetch(url, { method: 'POST' })).json() as { answer: object; person: { id: string } };
  };
  const { answer, person } = await act('');
  expect([answer, await employees()]).toEqual([expect.objectContaining({ isTaken: true, status: 200 }), before + 1]);
  expect((await act(`/${person.id}/leave`)).answer).toMatchObject({ isTaken: true, sentence: 'Applied.' });
});

test('a second start in the same place names the first and touches nothing', async () => {
  const { status, stderr } = spawnSync(process.execPath, [cli(), 'up'], { cwd: root, env: env(), encoding: 'utf8' });
  expect(status).toBe(1);
  expect(stderr).toMatch(/It runs already \(process \d+\): http/);
  expect(await answers(webReady())).toBe(200);
});

test.each(['web', 'worker', 'Temporal', 'Postgres'])('%s that is killed runs again by itself', async (name) => {
  const before = pidOf(name);
  const from = printed.length;
  process.kill(before, 'SIGKILL');
  await saidSince(`${name} runs again`, from);
  expect(pidOf(name)).not.toBe(before);
  // Web is ready when Postgres answers again.
  while (await answers(webReady()).catch(() => 0) !== 200) await new Promise((next) => { setTimeout(next, 50); });
});

test('a start after a kill -9 finds the same data and no left-over in its way', async () => {
  const { processes } = state();
  const people = await employees();
  const keyring = readFileSync(join(root, 'var', 'keyring.json'), 'utf8');
  const { TWILIO_AUTH_TOKEN: token } = settings();
  const exited = once(up!, 'exit');
  up!.kill('SIGKILL');
  await exited;
  await start();
  for (const { pid, mark } of processes) expect(markOf(pid)).not.toBe(mark);
  expect(await employees()).toBe(people);
  expect(readFileSync(join(root, 'var', 'keyring.json'), 'utf8')).toBe(keyring);
  expect(settings().TWILIO_AUTH_TOKEN).toBe(token);
});

test('Ctrl-C, which npm passes on a second time, stops everything in order', async () => {
  const { processes } = state();
  expect(processes.length).toBe(6);
  const exited = once(up!, 'exit');
  up!.kill('SIGINT');
  up!.kill('SIGINT');
  expect(await exited).toEqual([0, null]);
  expect(printed).toContain('`npm start` goes on where this was');
  for (const { pid, mark } of processes) expect(markOf(pid)).not.toBe(mark);
  expect(existsSync(join(root, 'var', 'stack.json'))).toBe(false);
});
