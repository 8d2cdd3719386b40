// A real Postgres of our own on the loopback: makes its data folder, starts it, takes care of what a killed run left.
import { spawn } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { commandOf, markOf, pause, startServer, stopLeftOver } from '../processes';
import type { ServerProcess } from '../processes';
import { reported } from '../progress';
import type { Progress } from '../progress';
import { postgresBinaries } from './postgresBinaries';
import type { PostgresBinaries } from './postgresBinaries';
import { reachable, serverUser } from './serverUser';
import type { ServerUser } from './serverUser';

export interface PostgresOptions {
  readonly dataFolder: string;
  readonly logFile: string;
  readonly port: number;
  /** Of the superuser `postgres`. Must be the same for the same data folder. */
  readonly password: string;
  /** False in tests: nothing is forced to the disk, and a power cut may lose all. */
  readonly durable: boolean;
  readonly progress: Progress;
}

export interface PostgresServer {
  readonly port: number;
  readonly pid: number;
  readonly gone: Promise<string>;
  /** As the superuser. */
  url(database: string): string;
  stop(): Promise<void>;
}

const superuser = 'postgres';
/** Recovery after a kill -9 replays at most a few checkpoints' worth of log. */
const startPatienceMs = 120_000;
const leftOverPatienceMs = 15_000;
const pollMs = 10;

/** Starts the server and waits until it accepts connections. Rejects with one sentence and the end of its log. */
export async function startPostgres(options: PostgresOptions): Promise<PostgresServer> {
  const { port, password, progress } = options;
  const user = serverUser();
  const binaries = postgresBinaries(user, progress);
  const dataFolder = reachable(options.dataFolder, user, progress);
  await reported(progress, 'stopping the Postgres that a former run left', () => stopFormer(dataFolder));
  const launch = { ...options, dataFolder, binaries, user };
  if (!existsSync(join(dataFolder, 'PG_VERSION'))) {
    await reported(progress, 'making a new Postgres database', () => initialise(launch));
  }
  const server = await reported(progress, 'starting Postgres', () => startPatiently(launch));
  return {
    port, pid: server.pid, gone: server.gone,
    url: (database) => `postgres://${superuser}:${encodeURIComponent(password)}@127.0.0.1:${port}/${database}`,
    // Fast shutdown: open transactions are rolled back, everything committed is kept.
    stop: () => server.stop('SIGINT', leftOverPatienceMs),
  };
}

interface Launch extends PostgresOptions {
  readonly binaries: PostgresBinaries;
  readonly user: ServerUser | undefined;
}

async function initialise({ dataFolder, password, durable, binaries, user }: Launch): Promise<void> {
  // Renamed when whole: a folder that a killed run left half made is never taken for a database.
  const half = `${dataFolder}.new`;
  const passwordFile = `${dataFolder}.password`;
  rmSync(half, { recursive: true, force: true });
  const parent = dirname(dataFolder);
  const made = mkdirSync(parent, { recursive: true });
  if (made !== undefined && user !== undefined) chmodSync(parent, 0o755);
  mkdirSync(half, { mode: 0o700 });
  writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 });
  if (user !== undefined) for (const path of [half, passwordFile]) chownSync(path, user.ids.uid, user.ids.gid);
  try {
    await run(binaries.initdb, [
      `--pgdata=${half}`, `--username=${superuser}`, '--auth=scram-sha-256', `--pwfile=${passwordFile}`,
      '--encoding=UTF8', '--locale=C', ...durable ? [] : ['--no-sync'],
    ], user);
    renameSync(half, dataFolder);
  } finally {
    rmSync(passwordFile, { force: true });
  }
}

function run(file: string, args: readonly string[], user?: ServerUser): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { ...user?.ids, cwd: '/', stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk) => { output = `${output}${chunk}`.slice(-4_000); });
    }
    child.once('error', reject);
    child.once('close', (code) => code === 0 ? resolve() : reject(new Error(`${file} failed:\n${output.trim()}`)));
  });
}

async function startPatiently(options: Launch): Promise<ServerProcess> {
  const patientUntil = Date.now() + leftOverPatienceMs;
  for (;;) {
    const server = launchOnce(options);
    const ended = await untilReady(options.dataFolder, server);
    if (ended === undefined) return server;
    // The children of a postmaster that was killed hold its memory until they notice.
    const shared = /shared memory block|lock file|is still in use/.test(server.lastWords());
    if (!shared || Date.now() > patientUntil) {
      throw new Error(`Postgres does not start (${ended}). ${adviceOn(options)}:\n${server.lastWords()}`);
    }
    await pause(200);
  }
}

// A test file may open fifty connections, and several files run at once.
const undurable = [
  'max_connections=400', 'fsync=off', 'synchronous_commit=off', 'full_page_writes=off',
  'wal_level=minimal', 'max_wal_senders=0',
];

function launchOnce({ dataFolder, port, durable, logFile, binaries, user }: Launch): ServerProcess {
  const settings = ['listen_addresses=127.0.0.1', 'unix_socket_directories=', ...durable ? [] : undurable];
  return startServer({
    file: binaries.postgres,
    args: ['-D', dataFolder, '-p', String(port), ...settings.flatMap((setting) => ['-c', setting])],
    logFile, cwd: '/', user: user?.ids, lastSignal: 'INT',
  });
}

// The eighth line of its pid file says when it accepts connections. Resolves with how it ended if it does not.
async function untilReady(dataFolder: string, server: ServerProcess): Promise<string | undefined> {
  for (let waited = 0; waited < startPatienceMs; waited += pollMs) {
    if (!server.isRunning()) return server.gone;
    const [pid, , , , , , , status] = pidFile(dataFolder);
    if (Number(pid) === server.pid && status?.trim() === 'ready') return undefined;
    await pause(pollMs);
  }
  await server.stop('SIGQUIT');
  return `not ready after ${startPatienceMs / 1_000} s`;
}

/** Stops a server that still runs on this folder, and removes a pid file that speaks of another process by now. */
async function stopFormer(dataFolder: string): Promise<void> {
  const pid = Number(pidFile(dataFolder)[0]);
  if (markOf(pid) === undefined || !commandOf(pid).includes(dataFolder)) {
    rmSync(join(dataFolder, 'postmaster.pid'), { force: true });
    return;
  }
  await stopLeftOver(pid, ['SIGINT', 'SIGQUIT'], leftOverPatienceMs);
}

function pidFile(dataFolder: string): string[] {
  try {
    return readFileSync(join(dataFolder, 'postmaster.pid'), 'utf8').split('\n');
  } catch {
    return [];
  }
}

function adviceOn({ dataFolder, port }: PostgresOptions): string {
  return `Is port ${port} taken, or ${dataFolder} from another version? The end of its log`;
}
