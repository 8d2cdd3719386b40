// What a run of the bench stands on: the engines, the fake Twilio and the assistant, in a folder that is removed again.
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { anyFreePort } from '../../src/stack/ports';
import { startPostgres, startTemporal } from './engines';
import type { Temporal } from './engines';
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
  postgresPid(): number;
  /** Makes an empty database; its URL as its owner. */
  createDatabase(name: string): Promise<string>;
}

/** Starts it piece by piece; what has been started is in `stops` at once, so that a failure leaves nothing behind. */
export async function startStand(progress: (line: string) => void, stops: (() => Promise<void>)[]): Promise<Stand> {
  const folder = mkdtempSync(join(tmpdir(), 'doorman-bench-'));
  stops.push(async () => rmSync(folder, { recursive: true, force: true }));
  // Postgres does not run as root: its own user has to reach its folder.
  chmodSync(folder, 0o755);
  progress('starting Postgres');
  const postgres = await startPostgres(folder);
  stops.push(() => postgres.stop());
  progress('starting Temporal');
  const temporal = await startTemporal(folder, process.env.TEMPORAL_CLI_PATH ?? 'temporal');
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
      await postgres.createDatabase(name);
      return postgres.url(name);
    },
  };
}
