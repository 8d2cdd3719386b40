// What feeds the directory in a worker: the configured sources, the activities that read them, their schedules.
import { Client, Connection } from '@temporalio/client';
import type { DataConverter } from '@temporalio/common';
import type { NativeConnection } from '@temporalio/worker';
import { createDirectoryActivities } from '../../activities/directory';
import type { DirectoryDeps } from '../../activities/directory';
import { Misconfiguration } from '../config';
import type { Config } from '../config';
import { createPool } from '../db/pool';
import { countShared } from '../directory/delivery/shared';
import { warnOfPasswords } from '../directory/sync/production';
import { createSources } from '../directory/sync/sources';
import type { Source } from '../directory/sync/sources';
import { wantFullSync } from '../directory/sync/syncs';
import { lastSyncs, waitingSyncs } from '../directory/sync/views';
import { approveWaiting } from '../directory/sync/waiting';
import type { Log } from '../log';
import { createEgress } from '../outbound/egress';
import type { Telemetry } from '../telemetry';
import { temporalAddress } from '../temporal/connection';
import { createDataConverter } from '../temporal/dataConverter';
import { createDirectorySyncs } from '../temporal/directorySyncs';
import { changeNotices } from './changeNotices';

// Of one source one activity runs at a time. Each may hold a page of a hundred megabytes.
const activitiesMax = 8;

export function wireDirectory(config: Config, log: Log, telemetry: Telemetry) {
  // Comparing a whole company takes longer than anything that answers a person may.
  const pool = createPool(config.DATABASE_URL, { application_name: 'doorman sync', max: 4, query_timeout: 0 });
  const sources = configuredSources(config);
  warnOfPasswords(config.directory, Date.now(), log);
  const tellSync: DirectoryDeps['tellSync'] = (source, outcome) => {
    telemetry.count('directorySyncs', { source, outcome });
    if (outcome === 'failed' || outcome === 'refused') log.error('a source could not be applied', { source, outcome });
    if (outcome === 'waiting') log.error('a reading waits for doorman directory approve', { source, outcome });
  };
  return {
    activities: createDirectoryActivities({
      pool, sources, tellSync,
      notices: changeNotices(config),
      tellFault: (source, error) => log.warn('a source cannot be read', { source, error }),
    }),
    /** How many activities run at once: as many as there are sources, so that a slow one holds back no other. */
    activitiesAtOnce: Math.min(activitiesMax, Math.max(2, sources.size)),
    /** Makes the schedules at the Temporal server what the configuration says. */
    schedule: (connection: NativeConnection, dataConverter: DataConverter) =>
      createDirectorySyncs(new Client({ connection, namespace: config.TEMPORAL_NAMESPACE, dataConverter }))
        .schedule(sources),
    close: () => pool.end(),
  };
}

export function configuredSources(
  config: Pick<Config, 'directory' | 'countries' | 'privateHosts'>,
): Map<string, Source> {
  const { directory, countries } = config;
  try {
    return createSources(directory, { countries }, createEgress(config));
  } catch (error) {
    throw new Misconfiguration([`DOORMAN_DIRECTORY: ${(error as Error).message}`]);
  }
}

/** What an operator's commands about readings run on. */
export function wireSyncs(config: Config) {
  const pool = createPool(config.DATABASE_URL, { max: 2, application_name: 'doorman cli' });
  const connection = Connection.lazy(temporalAddress(config));
  const syncs = createDirectorySyncs(new Client({
    connection,
    namespace: config.TEMPORAL_NAMESPACE,
    dataConverter: createDataConverter(config.keyring.payload),
  }));
  return {
    /** What several active people have, whichever way they came. */
    countShared: () => countShared(pool),
    /** The last reading of each source, and those that wait. */
    async list() {
      const [last, waiting] = await Promise.all([lastSyncs(pool), waitingSyncs(pool)]);
      return [...waiting.filter((view) => last.every(({ syncId }) => syncId !== view.syncId)), ...last];
    },
    find: async (source: string) => (await lastSyncs(pool, source))[0],
    /** `full`: everybody, whatever the source could tell of changes. */
    async startNow(source: string, full: boolean): Promise<'triggered' | 'none'> {
      if (full && configuredSources(config).has(source)) await wantFullSync(pool, source);
      return syncs.trigger(source);
    },
    /** Has the source read now, and as many people left as its reading that waits told of: says how many. */
    async approve(source: string, operator: string): Promise<number | undefined> {
      const deactivations = await approveWaiting(pool, source, operator);
      if (deactivations !== undefined) await syncs.trigger(source);
      return deactivations;
    },
    close: async () => { await connection.close(); await pool.end(); },
  };
}
