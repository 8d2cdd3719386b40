// A real Temporal development server of our own, set for short answers; state in one SQLite file, or none.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { Connection } from '@temporalio/client';
import { searchAttributes } from '../../../workflows/contract';
import { commandOf, markOf, startServer, stopLeftOver } from '../processes';
import { reported } from '../progress';
import type { Progress } from '../progress';
import { untilReady } from './readiness';

export interface TemporalOptions {
  /** From temporalBinary(). */
  readonly binary: string;
  readonly port: number;
  /** Without it there is no UI. */
  readonly uiPort?: number;
  /** Where the UI has payloads decoded. */
  readonly codecEndpoint?: string;
  /** Without it everything is gone when the server ends. */
  readonly databaseFile?: string;
  readonly logFile: string;
  readonly progress: Progress;
}

export interface TemporalServer {
  readonly address: string;
  readonly pid: number;
  readonly gone: Promise<string>;
  stop(): Promise<void>;
}

// What each is worth in milliseconds from a message to its reply, measured on two cores: eager activities 10, the
// transfer queue's poll limit 30, one partition and the limits the rest of 70. The timer and visibility queues have the
// same limit of 20 polls a second.
export const temporalSettings = [
  'system.enableActivityEagerExecution=true',
  'history.transferProcessorMaxPollRPS=2000',
  'history.timerProcessorMaxPollRPS=2000',
  'history.visibilityProcessorMaxPollRPS=2000',
  'matching.numTaskqueueReadPartitions=1',
  'matching.numTaskqueueWritePartitions=1',
  ...[
    'frontend.rps', 'frontend.namespaceRPS', 'frontend.persistenceMaxQPS', 'matching.rps',
    'matching.persistenceMaxQPS', 'history.rps', 'history.persistenceMaxQPS',
  ].map((name) => `${name}=100000`),
  // A conversation whose code is stuck shows in the list (TemporalReportedProblems) after two failures instead of five.
  'system.numConsecutiveWorkflowTaskProblemsToTriggerSearchAttribute=2',
];

const attributeTypes = { KEYWORD: 'Keyword', INT: 'Int', DATETIME: 'Datetime' } as const;
const stopPatienceMs = 10_000;

/** Starts the server and waits until it answers and knows our search attributes. */
export async function startTemporal(options: TemporalOptions): Promise<TemporalServer> {
  const { databaseFile, progress } = options;
  if (databaseFile !== undefined) {
    mkdirSync(dirname(databaseFile), { recursive: true });
    await reported(progress, 'stopping the Temporal server that a former run left', () => stopFormer(databaseFile));
  }
  const address = `127.0.0.1:${options.port}`;
  const server = startServer({
    file: options.binary, args: argumentsOf(options), logFile: options.logFile, lastSignal: 'TERM',
  });
  if (databaseFile !== undefined) writeFileSync(pidFile(databaseFile), `${server.pid} ${markOf(server.pid)}`);
  const starting = () => untilReady('Temporal', server, () => knowsAttributes(address));
  await reported(progress, 'starting Temporal', starting);
  return {
    address, pid: server.pid, gone: server.gone,
    async stop() {
      await server.stop('SIGTERM', stopPatienceMs);
      if (databaseFile !== undefined) rmSync(pidFile(databaseFile), { force: true });
    },
  };
}

function argumentsOf({ port, uiPort, codecEndpoint, databaseFile }: TemporalOptions): string[] {
  return [
    'server', 'start-dev', '--ip', '127.0.0.1', '--port', String(port), '--log-level', 'warn',
    ...uiPort === undefined ? ['--headless'] : ['--ui-port', String(uiPort), '--ui-disable-news-fetch'],
    ...codecEndpoint === undefined ? [] : ['--ui-codec-endpoint', codecEndpoint],
    // NORMAL survives a power cut with a write-ahead log, and costs a fifth more than OFF.
    ...databaseFile === undefined ? [] : ['--db-filename', databaseFile,
      '--sqlite-pragma', 'journal_mode=WAL', '--sqlite-pragma', 'synchronous=NORMAL'],
    ...temporalSettings.flatMap((setting) => ['--dynamic-config-value', setting]),
    ...Object.values(searchAttributes)
      .flatMap(({ name, type }) => ['--search-attribute', `${name}=${attributeTypes[type]}`]),
    // What the user has set for other servers is none of this one's.
    '--disable-config-env', '--disable-config-file',
  ];
}

async function knowsAttributes(address: string): Promise<boolean> {
  const connection = await Connection.connect({ address, connectTimeout: 2_000 });
  try {
    const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace: 'default' });
    return Object.values(searchAttributes).every(({ name }) => name in (customAttributes ?? {}));
  } finally {
    await connection.close();
  }
}

const pidFile = (databaseFile: string) => `${databaseFile}.pid`;

/** Two servers on one file would spoil it. */
async function stopFormer(databaseFile: string): Promise<void> {
  let line: string;
  try {
    line = readFileSync(pidFile(databaseFile), 'utf8');
  } catch {
    return;
  }
  const [pid, mark] = line.split(' ');
  if (markOf(Number(pid)) === mark && commandOf(Number(pid)).includes('start-dev')) {
    await stopLeftOver(Number(pid), ['SIGTERM'], stopPatienceMs);
  }
  rmSync(pidFile(databaseFile), { force: true });
}
