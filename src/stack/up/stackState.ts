// What runs in this checkout, in var/stack.json: a second start finds the first, and the next one what was left.
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { markOf, stopLeftOver } from '../processes';

interface KnownProcess {
  readonly name: string;
  readonly pid: number;
  readonly mark: string;
}

export interface StackState {
  readonly supervisor: KnownProcess;
  readonly page?: string;
  readonly processes: readonly KnownProcess[];
}

/** What a process is known by; undefined when it does not run. */
export function known(name: string, pid: number | undefined): KnownProcess | undefined {
  const mark = pid === undefined ? undefined : markOf(pid);
  return mark === undefined ? undefined : { name, pid: pid!, mark }; // a mark means that there is a pid
}

/** Stops what a killed run has left. Throws one sentence when a run is under way. */
export async function clearFormer(file: string): Promise<void> {
  const former = read(file);
  if (former === undefined) return;
  if (runs(former.supervisor)) {
    const where = former.page === undefined ? '' : `: ${former.page}`;
    const { pid } = former.supervisor;
    throw new Error(`It runs already (process ${pid})${where}. Use it, or stop it there with Ctrl-C.`);
  }
  await Promise.all(former.processes.filter(runs).map(({ pid }) => stopLeftOver(pid, ['SIGTERM'], 5_000)));
}

export function writeState(file: string, state: StackState): void {
  writeFileSync(`${file}.new`, JSON.stringify(state, null, 2));
  renameSync(`${file}.new`, file);
}

export function removeState(file: string): void {
  rmSync(file, { force: true });
}

const runs = ({ pid, mark }: KnownProcess) => markOf(pid) === mark;

function read(file: string): StackState | undefined {
  if (!existsSync(file)) return undefined;
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as StackState;
  } catch {
    return undefined;
  }
}
