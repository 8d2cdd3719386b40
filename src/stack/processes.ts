// Starts servers that are not ours to write, stops them by their id, and knows a process again after a restart of ours.
import { spawn, spawnSync } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

export interface ServerOptions {
  readonly file: string;
  readonly args: readonly string[];
  /** Receives what it prints; appended to. */
  readonly logFile: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  readonly user?: { readonly uid: number; readonly gid: number } | undefined;
  /** What the kernel sends it when we die without a word (Linux). */
  readonly lastSignal?: 'KILL' | 'INT' | 'TERM';
}

export interface ServerProcess {
  readonly pid: number;
  /** Resolves with a phrase such as `exit code 1` when it is gone. */
  readonly gone: Promise<string>;
  isRunning(): boolean;
  /** The end of what this process has printed. */
  lastWords(): string;
  /** Sends `signal`, and SIGKILL when it is still there after `patienceMs`. Resolves when it is gone. */
  stop(signal?: NodeJS.Signals, patienceMs?: number): Promise<void>;
}

const patienceDefaultMs = 10_000;
const pollMs = 20;

/** Starts a server in its own process group: a Ctrl-C in the terminal reaches us alone, and we stop it in order. */
export function startServer(options: ServerOptions): ServerProcess {
  mkdirSync(dirname(options.logFile), { recursive: true });
  const log = openSync(options.logFile, 'a');
  const before = statSync(options.logFile).size;
  const [file, args] = diesWithUs(options);
  const child = spawn(file, args, {
    env: options.env ?? process.env, cwd: options.cwd, detached: true, stdio: ['ignore', log, log],
    ...(options.user === undefined ? {} : options.user),
  });
  closeSync(log);
  const gone = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(signal === null ? `exit code ${code}` : `signal ${signal}`));
  });
  const isRunning = () => child.pid !== undefined && child.exitCode === null && child.signalCode === null;
  return {
    // Never -1 or 0 for one that could not be started: a signal to those reaches many.
    pid: child.pid ?? Number.NaN,
    gone,
    isRunning,
    lastWords: () => readFileSync(options.logFile).subarray(before).subarray(-4_000).toString('utf8').trim(),
    async stop(signal = 'SIGTERM', patienceMs = patienceDefaultMs) {
      if (!isRunning()) return;
      child.kill(signal);
      const hard = setTimeout(() => child.kill('SIGKILL'), patienceMs);
      await gone;
      clearTimeout(hard);
    },
  };
}

// The kernel's own promise (PR_SET_PDEATHSIG): nothing of ours runs when we are killed with -9.
function diesWithUs({ file, args, lastSignal = 'KILL' }: ServerOptions): [string, string[]] {
  return canDieWithUs() ? ['setpriv', ['--pdeathsig', lastSignal, file, ...args]] : [file, [...args]];
}

let deathSignals: boolean | undefined;

function canDieWithUs(): boolean {
  deathSignals ??= process.platform === 'linux' && spawnSync('setpriv', ['--pdeathsig', 'KILL', 'true']).status === 0;
  return deathSignals;
}

/**
 * What tells a process from a later one with the same id: the moment it started. Undefined when it does not run.
 * A zombie runs no more.
 */
export function markOf(pid: number): string | undefined {
  if (!Number.isInteger(pid) || pid <= 1) return undefined;
  if (existsSync('/proc/self/stat')) {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      // The name in parentheses may hold anything; state is the first field after it, the start time the twentieth.
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
      return fields[0] === 'Z' ? undefined : `${boot}/${fields[19]}`;
    } catch {
      return undefined;
    }
  }
  const { status, stdout } = spawnSync('ps', ['-o', 'lstart=,stat=', '-p', String(pid)], { encoding: 'utf8' });
  const line = stdout?.trim() ?? '';
  if (status !== 0 || line === '' || /Z\S*$/.test(line)) return undefined;
  return line.replace(/\s+\S+$/, '');
}

/** The command line of a process, for people and for a look whether it is what we take it for. */
export function commandOf(pid: number): string {
  const file = `/proc/${pid}/cmdline`;
  if (existsSync(file)) return readFileSync(file, 'utf8').replaceAll('\0', ' ').trim();
  return spawnSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' }).stdout?.trim() ?? '';
}

/** Stops a process that we did not start (a left-over): each signal in turn, `patienceMs` apart, until it is gone. */
export async function stopLeftOver(
  pid: number, signals: readonly NodeJS.Signals[], patienceMs = patienceDefaultMs,
): Promise<void> {
  const mark = markOf(pid);
  if (mark === undefined) return;
  for (const signal of [...signals, 'SIGKILL' as const]) {
    try {
      process.kill(pid, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ESRCH') return;
      throw error;
    }
    for (let waited = 0; waited < patienceMs; waited += pollMs) {
      if (markOf(pid) !== mark) return;
      await pause(pollMs);
    }
  }
  throw new Error(`process ${pid} (${commandOf(pid)}) does not end: stop it by hand`);
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => { setTimeout(resolve, ms); });
}
