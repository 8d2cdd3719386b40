// Our own processes for `doorman up`: which there are, how to see that one is ready, how long it may take to stop.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { startServer } from '../processes';
import { untilReady } from '../temporal/readiness';
import type { Ports } from './ports';
import type { Running } from './supervised';

/** As long as each may take to drain, with some to spare: the worker gives its activities 30 s. */
const drainMs = { web: 20_000, worker: 45_000, codec: 5_000, simulator: 5_000 } as const;
export type ProgramName = keyof typeof drainMs;
export const programNames = Object.keys(drainMs) as ProgramName[];

/** Whoever takes messages in stops first, whom others need last. */
export const stopOrder: readonly (readonly ProgramName[])[] = [['web'], ['worker'], ['codec', 'simulator']];

const readyUrls: Record<ProgramName, (ports: Ports) => string> = {
  web: ({ internal }) => `http://127.0.0.1:${internal}/readyz`,
  worker: ({ internal }) => `http://127.0.0.1:${internal + 1}/readyz`,
  codec: ({ codec }) => `http://127.0.0.1:${codec}/livez`,
  simulator: ({ simulator }) => `http://127.0.0.1:${simulator}/livez`,
};
const answerMs = 2_000;

export interface ProgramOptions {
  readonly cli: string;
  readonly env: NodeJS.ProcessEnv;
  readonly ports: Ports;
  readonly logFolder: string;
}

/** Starts one and waits until it says that it is ready. */
export async function startProgram(name: ProgramName, options: ProgramOptions): Promise<Running> {
  const { cli, env, ports, logFolder } = options;
  const server = startServer({
    file: process.execPath, args: [cli, name], env,
    logFile: join(logFolder, `${name}.log`), lastSignal: 'TERM',
  });
  const url = readyUrls[name](ports);
  const isReady = async () => (await fetch(url, { signal: AbortSignal.timeout(answerMs) })).ok;
  await untilReady(name, server, isReady);
  return { pid: server.pid, gone: server.gone, stop: () => server.stop('SIGTERM', drainMs[name]) };
}

/** The compiled `doorman` command of this checkout. */
export function compiledCli(root: string): string {
  const cli = join(root, 'dist', 'src', 'cli.js');
  if (existsSync(cli)) return cli;
  throw new Error('There is no build: run `npm run build`, or `npm start`, which does so by itself.');
}
