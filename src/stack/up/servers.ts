// Postgres and Temporal for `doorman up`: the ones that the user names, else our own, their state in var/.
import { join } from 'node:path';
import { loadTemporalConfig, readSetting } from '../../config';
import { migrate } from '../../db/migrations';
import { createPool } from '../../db/pool';
import { isDirectoryEmpty } from '../../directory/employees';
import { registerSearchAttributes } from '../../temporal/searchAttributes';
import { startPostgres } from '../postgres/postgresServer';
import { reachable, serverUser } from '../postgres/serverUser';
import { reported } from '../progress';
import type { Progress } from '../progress';
import { temporalBinary } from '../temporal/temporalBinary';
import { startTemporal } from '../temporal/temporalServer';
import type { Values } from './localSettings';
import { supervise } from './supervised';
import type { Supervised } from './supervised';

export interface ServerContext {
  /** var/ of the checkout. */
  readonly folder: string;
  readonly secrets: Values;
  readonly given: Values;
  readonly progress: Progress;
  /** Hears of each server of ours as soon as it runs, so that a start that fails later stops it. */
  readonly keep: (server: Supervised) => void;
  readonly onChange: () => void;
}

const applicationUser = 'doorman_local';

/** Postgres with the tables up to date; the settings to find it by. */
export async function preparePostgres(context: ServerContext, port: number): Promise<Values> {
  const { given, progress } = context;
  const named = readSetting('DATABASE_URL', given);
  const { appUrl, ownerUrl } = named === undefined ? await ownPostgres(context, port)
    : { appUrl: named, ownerUrl: readSetting('DATABASE_OWNER_URL', given) ?? named };
  await reported(progress, 'bringing the tables up to date', () => migrate({ ownerUrl, appUrl }));
  return { DATABASE_URL: appUrl, DATABASE_OWNER_URL: ownerUrl };
}

async function ownPostgres(context: ServerContext, port: number): Promise<{ appUrl: string; ownerUrl: string }> {
  const { secrets, progress, keep, onChange } = context;
  const password = secrets.LOCAL_POSTGRES_PASSWORD!;
  const supervised = await supervise('Postgres', () => startPostgres({
    dataFolder: join(context.folder, 'postgres'), logFile: join(context.folder, 'log', 'postgres.log'),
    port, password, durable: true, progress,
  }), progress, onChange);
  keep(supervised);
  const at = (user: string, secret: string, database: string) =>
    `postgres://${user}:${secret}@127.0.0.1:${port}/${database}`;
  try {
    await createDatabase(at('postgres', password, 'postgres'));
  } catch (error) {
    if ((error as { code?: string }).code !== wrongPassword) throw error;
    const data = reachable(join(context.folder, 'postgres'), serverUser(), () => undefined);
    throw new Error(`The database in ${data} was made with another var/local.env, which is gone. `
      + `Remove ${data} and ${context.folder} to begin anew.`);
  }
  return {
    appUrl: at(applicationUser, secrets.LOCAL_APPLICATION_PASSWORD!, 'doorman'),
    ownerUrl: at('postgres', password, 'doorman'),
  };
}

const wrongPassword = '28P01';
const alreadyThere = '42P04';

async function createDatabase(adminUrl: string): Promise<void> {
  const pool = createPool(adminUrl, { max: 1 });
  try {
    await pool.query('CREATE DATABASE doorman');
  } catch (error) {
    if ((error as { code?: string }).code !== alreadyThere) throw error;
  } finally {
    await pool.end();
  }
}

/** Whether nobody works here yet. */
export async function hasNoPeople(appUrl: string): Promise<boolean> {
  const pool = createPool(appUrl, { max: 1 });
  try {
    return await isDirectoryEmpty(pool);
  } finally {
    await pool.end();
  }
}

export interface TemporalPorts {
  readonly temporal: number;
  readonly temporalUi: number;
}

/** Temporal with our search attributes; the settings to find it by. Its UI asks `codecEndpoint` for clear payloads. */
export async function prepareTemporal(
  context: ServerContext, ports: TemporalPorts, codecEndpoint: string,
): Promise<Values> {
  const { given, progress, keep, onChange } = context;
  const named = readSetting('TEMPORAL_ADDRESS', given);
  if (named !== undefined) {
    const register = () => registerSearchAttributes(loadTemporalConfig(given));
    await reported(progress, 'registering search attributes', register);
    return { TEMPORAL_ADDRESS: named };
  }
  const binary = await temporalBinary(progress);
  const supervised = await supervise('Temporal', () => startTemporal({
    binary, port: ports.temporal, uiPort: ports.temporalUi, codecEndpoint,
    databaseFile: join(context.folder, 'temporal', 'temporal.db'),
    logFile: join(context.folder, 'log', 'temporal.log'), progress,
  }), progress, onChange);
  keep(supervised);
  return { TEMPORAL_ADDRESS: `127.0.0.1:${ports.temporal}` };
}
