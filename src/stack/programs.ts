// Looks for programs on this computer and runs those that end by themselves.
import { spawn, spawnSync } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** The path of a program on PATH, or undefined. */
export function findProgram(name: string): string | undefined {
  return (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '')
    .map((folder) => join(folder, name)).find(isProgram);
}

export function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** What a program prints about its version; undefined when it cannot run or takes longer than 10 s. */
export function versionOf(path: string, flag = '--version'): string | undefined {
  const { status, stdout, stderr } = spawnSync(path, [flag], { encoding: 'utf8', timeout: 10_000 });
  return status === 0 ? `${stdout}${stderr}`.trim() : undefined;
}

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Called with each line that it prints. */
  readonly onLine?: (line: string) => void;
  readonly limitMs?: number;
}

/** Runs a program to its end; rejects with the end of what it printed, or when its time is over. */
export function runProgram(file: string, args: readonly string[], options: RunOptions = {}): Promise<void> {
  const { cwd, env, limitMs, onLine } = options;
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, {
      cwd, env, stdio: ['ignore', 'pipe', 'pipe'], timeout: limitMs, killSignal: 'SIGKILL',
    });
    let tail = '';
    for (const stream of [child.stdout, child.stderr]) {
      let line = '';
      stream.setEncoding('utf8').on('data', (chunk: string) => {
        tail = `${tail}${chunk}`.slice(-4_000);
        const lines = `${line}${chunk}`.split('\n');
        line = lines.pop()!;
        if (onLine !== undefined) lines.forEach(onLine);
      });
    }
    child.once('error', reject);
    child.once('close', (code, signal) => {
      if (code === 0) return resolve();
      reject(new Error(`${file} ended with ${signal ?? `exit code ${code}`}:\n${tail.trim()}`));
    });
  });
}
