// What a run of the bench stands on: the local stack's servers, freshly made and durable, a fake Twilio, an assistant.
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { anyFreePort } from '../../src/stack/ports';
import { startPostgres } from '../../src/stack/postgres/postgresServer';
import { temporalBinary } from '../../src/stack/temporal/temporalBinary';
import { startTemporal } from '../../src/stack/temporal/temporalServer';
import { startFakeTwilio } from './fakeTwilio';
import type { FakeTwilio } from './fakeTwilio';
import { startQuickAssistant } from './quickAssistant';

export interface Stand {
  /** Logs and data. */
  readonly folder: string;
  /** The origin that is configured at Twilio: what webhooks are signed for. */
  readonly publicUrl: string;
  readonly twilio: FakeTwilio;
  readonly assistantUrl: string;
  readonly temporal: Temporal;
  readonly postgresPid: number;
  /** Makes an empty database; its URL as its owner. */
  createDatabase(name: string): Promise<string>;
}

/** Temporal, which can be stopped and started again with what it has stored. */
export interface Temporal {
  readonly address: string;
  pid(): number;
  readonly databaseFile: string;
  stop(): Promise<void>;
  start(): Promise<void>;
}

type Progress = (line: string) => void;

/** Starts it piece by piece; what has been started is in `stops` at once, so that a failure leaves nothing behind. */
export async function startStand(progress: Progress, stops: (() => Promise<void>)[]): Promise<Stand> {
  const folder = mkdtempSync(join(tmpdir(), 'doorman-bench-'));
  stops.push(async () => rmSync(folder, { recursive: true, force: true }));
  // Postgres does not run as root: its own user has to reach its folder.
  chmodSync(folder, 0o755);
  const postgres = await startPostgres({
    dataFolder: join(folder, 'postgres'), logFile: join(folder, 'postgres.log'),
    port: await anyFreePort(), password: 'doorman-bench', durable: true, progress,
  });
  stops.push(() => postgres.stop());
  const temporal = await prepareTemporal(folder, progress);
  stops.push(() => temporal.stop());
  const twilio = await startFakeTwilio(await anyFreePort());
  stops.push(async () => twilio.close());
  const assistant = await startQuickAssistant(await anyFreePort());
  stops.push(async () => assistant.close());
  return {
    folder, twilio, temporal,
    publicUrl: 'http://doorman.example.com',
    assistantUrl: assistant.url,
    postgresPid: postgres.pid,
    async createDatabase(name) {
      const client = new Client({ connectionString: postgres.url('postgres') });
      await client.connect();
      await client.query(`CREATE DATABASE ${name}`).finally(() => client.end());
      return postgres.url(name);
    },
  };
}

async function prepareTemporal(folder: string, progress: Progress): Promise<Temporal> {
  const databaseFile = join(folder, 'temporal.db');
  const options = {
    binary: await temporalBinary(progress), port: await anyFreePort(), databaseFile,
    logFile: join(folder, 'temporal.log'), progress,
  };
  let server = await startTemporal(options);
  return {
    address: server.address, databaseFile,
    pid: () => server.pid,
    stop: () => server.stop(),
    async start() {
      server = await startTemporal(options);
    },
  };
}
