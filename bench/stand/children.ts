// Starts the processes that are measured and stops them, by their ids alone.
import { fork, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';

export interface Child {
  readonly name: string;
  readonly pid: number;
  readonly process: ChildProcess;
  /** SIGTERM, and SIGKILL after a while; resolves when it is gone. */
  stop(): Promise<void>;
}

export interface ChildOptions {
  readonly env?: NodeJS.ProcessEnv;
  /** Where its output goes. */
  readonly logs: string;
}

const patienceMs = 20_000;

/** Starts a program. */
export function startProgram(name: string, file: string, args: readonly string[], options: ChildOptions): Child {
  return adopt(name, spawn(file, args, { env: options.env, stdio: ['ignore', 'pipe', 'pipe'] }), options.logs);
}

/** Starts a compiled module of ours with a channel to it, gives it its order and waits until it says `ready`. */
export async function startModule(name: string, path: string, order: unknown, options: ChildOptions): Promise<Child> {
  const forked = fork(path, [], { env: options.env ?? {}, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
  const child = adopt(name, forked, options.logs);
  await new Promise<void>((resolve, reject) => {
    child.process.on('message', (message) => { if (message === 'ready') resolve(); });
    child.process.once('exit', () => reject(new Error(`${name} ended while starting: see ${options.logs}`)));
    child.process.send(order as object);
  });
  return child;
}

/** Runs one of Doorman's commands to its end. Rejects unless it exits with 0. */
export async function runNode(args: readonly string[], options: ChildOptions): Promise<void> {
  const child = startProgram('command', process.execPath, args, options);
  const code = await new Promise((resolve) => child.process.once('exit', resolve));
  if (code !== 0) throw new Error(`${args.join(' ')} ended with ${String(code)}: see ${options.logs}`);
}

/** Waits until `isReady` says so; rejects when the child ends before or a minute passes. */
export async function untilReady(child: Child, isReady: () => Promise<boolean>): Promise<void> {
  for (let waited = 0; waited < 60_000; waited += 50) {
    if (await isReady().catch(() => false)) return;
    if (child.process.exitCode !== null) throw new Error(`${child.name} ended while starting`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`${child.name} did not become ready`);
}

function adopt(name: string, child: ChildProcess, logs: string): Child {
  const log = createWriteStream(join(logs, `${name}.log`), { flags: 'a' });
  child.stdout?.pipe(log, { end: false });
  child.stderr?.pipe(log, { end: false });
  const gone = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  if (child.pid === undefined) throw new Error(`${name} cannot be started`);
  return {
    name, pid: child.pid, process: child,
    async stop() {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
      const hard = setTimeout(() => child.kill('SIGKILL'), patienceMs);
      await gone;
      clearTimeout(hard);
    },
  };
}
