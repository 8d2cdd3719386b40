// One at a time, across processes: for things that take minutes to get and are kept for all.
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { markOf, pause } from './processes';
import type { Progress } from './progress';

const pollMs = 250;
const reportMs = 5_000;

/** Runs `work`, which gets `what`, while holding the lock file. Waits for another, takes over from one that is dead. */
export async function withLock<T>(
  file: string, what: string, progress: Progress, work: () => Promise<T>,
): Promise<T> {
  for (let waited = 0; !take(file); waited += pollMs) {
    if (clearDead(file)) continue;
    if (waited > 0 && waited % reportMs === 0) {
      progress(`another process is getting ${what}: waiting … ${waited / 1_000} s`);
    }
    await pause(pollMs);
  }
  try {
    return await work();
  } finally {
    rmSync(file, { force: true });
  }
}

function take(file: string): boolean {
  try {
    writeFileSync(file, `${process.pid} ${markOf(process.pid)}`, { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Removes the lock of a process that is no more. Renamed first: of several that find it, one removes it. */
function clearDead(file: string): boolean {
  const holder = read(file);
  if (holder === undefined || holder === '') return false;
  const [pid, mark] = holder.split(' ');
  if (markOf(Number(pid)) === mark) return false;
  const aside = `${file}.${process.pid}`;
  try {
    if (read(file) !== holder) return false;
    renameSync(file, aside);
    rmSync(aside);
    return true;
  } catch {
    return false;
  }
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
