// The parts of a whole Doorman as processes: each starts, stops, is killed, is frozen and thawed, by its own id alone.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startPostgres } from '../../../src/stack/postgres/postgresServer';
import { startServer } from '../../../src/stack/processes';
import { startTemporal } from '../../../src/stack/temporal/temporalServer';
import { untilReady } from '../../../src/stack/temporal/readiness';

/** What runs of a part: the process, and how to end it in order. */
interface Running {
  readonly pid: number;
  readonly gone: Promise<string>;
  stop(): Promise<void>;
}

/** One part: at most one process of it runs at a time. */
export class Part {
  private running: Running | undefined;
  /** How the last process of it ended, as `exit code 0` or `signal SIGKILL`. */
  ended = '';

  constructor(readonly name: string, readonly logFile: string, private readonly launch: () => Promise<Running>) {}

  get isRunning(): boolean {
    return this.running !== undefined;
  }

  async start(): Promise<void> {
    if (this.running !== undefined) throw new Error(`${this.name} runs already`);
    this.running = await this.launch();
  }

  /** SIGTERM, or what the server calls an orderly end. */
  async stop(): Promise<void> {
    if (this.running === undefined) return;
    // What is frozen cannot end.
    this.resume();
    await this.running.stop();
    await this.forget();
  }

  /** `kill -9` of the process and of all its children, at once. */
  async kill(): Promise<void> {
    const { pid } = this.held();
    for (const one of familyOf(pid)) signal(one, 'SIGKILL');
    await this.forget();
  }

  /** Freezes it: connections stay, answers do not come. */
  pause(): void {
    for (const one of familyOf(this.held().pid)) signal(one, 'SIGSTOP');
  }

  resume(): void {
    for (const one of familyOf(this.held().pid)) signal(one, 'SIGCONT');
  }

  log(): string {
    try {
      return readFileSync(this.logFile, 'utf8');
    } catch {
      return '';
    }
  }

  private held(): Running {
    if (this.running === undefined) throw new Error(`${this.name} does not run`);
    return this.running;
  }

  private async forget(): Promise<void> {
    this.ended = await this.running?.gone ?? this.ended;
    this.running = undefined;
  }
}

/** A process and those that it started, where the kernel tells (Linux): Postgres is one process a connection. */
function familyOf(pid: number): number[] {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
    return [pid, ...children === '' ? [] : children.split(' ').map(Number)];
  } catch {
    return [pid];
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    // It ended by itself in between.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

export interface ProgramOptions {
  readonly name: string;
  readonly folder: string;
  readonly args: readonly string[];
  env(): NodeJS.ProcessEnv;
  isReady(): Promise<boolean>;
}

/** One of our own processes, from the build. */
export function programPart({ name, folder, args, env, isReady }: ProgramOptions): Part {
  const logFile = join(folder, `${name}.log`);
  return new Part(name, logFile, async () => {
    const server = startServer({ file: process.execPath, args, logFile, env: env(), cwd: folder });
    await untilReady(name, server, isReady);
    // As long as its own drain may take, so that an end that takes too long shows as SIGKILL.
    return { pid: server.pid, gone: server.gone, stop: () => server.stop('SIGTERM', 40_000) };
  });
}

export interface PostgresPart extends Part {
  url(database: string): string;
}

/** A Postgres that forces every commit to the disk. */
export function postgresPart(folder: string, port: number): PostgresPart {
  const password = 'journeys';
  const logFile = join(folder, 'postgres.log');
  const part = new Part('postgres', logFile, () => startPostgres({
    dataFolder: join(folder, 'postgres'), logFile, port, password, durable: true, progress: () => undefined,
  }));
  const server = `postgres://postgres:${password}@127.0.0.1:${port}`;
  return Object.assign(part, { url: (database: string) => `${server}/${database}` });
}

/** A Temporal server with its state in a file. */
export function temporalPart(folder: string, port: number, binary: string): Part {
  const logFile = join(folder, 'temporal.log');
  return new Part('temporal', logFile, () => startTemporal({
    binary, port, databaseFile: join(folder, 'temporal.db'), logFile, progress: () => undefined,
  }));
}
