// What processes cost: CPU time and resident memory as Linux counts them. NaN where there is no /proc.
import { readFileSync, readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';

/** A process by role. `tree` counts its children too: Postgres works in one process a connection. */
export interface Measured {
  readonly role: Role;
  readonly pid: number;
  readonly tree?: true;
}

export const roles = ['client', 'web', 'worker', 'service', 'temporal', 'postgres'] as const;
export type Role = (typeof roles)[number];
export type CostByRole = Partial<Record<Role, number>>;

// USER_HZ: what /proc counts in, 100 on every Linux that Node runs on, whatever the kernel's own tick is.
const tickMs = 10;

interface Stat {
  readonly parent: number;
  readonly ownMs: number;
  /** Of children that have ended and were waited for. */
  readonly reapedMs: number;
}

/** CPU milliseconds that each role has used since its start. */
export function cpuMsByRole(measured: readonly Measured[]): CostByRole {
  return Object.fromEntries(measured.map((one) => [one.role, cpuMs(one)]));
}

export function total(cost: CostByRole): number {
  return Object.values(cost).reduce((sum, ms) => sum + ms, 0);
}

/** Waits until hardly anything is done any more, for five seconds at most. */
export async function untilQuiet(measured: () => readonly Measured[]): Promise<void> {
  const stepMs = 200;
  let before = total(cpuMsByRole(measured()));
  for (let step = 0; step < 25; step += 1) {
    await new Promise((resolve) => setTimeout(resolve, stepMs));
    const now = total(cpuMsByRole(measured()));
    // A tenth of a core: pollers and sweepers never rest entirely.
    if (now - before <= stepMs * 0.1) return;
    before = now;
  }
}

/** What the machine did since a moment: how much of it was ours, as a part (0 to 1) of all its processors. */
export function watchMachine(): () => { readonly ours: number; readonly others: number } {
  const start = { at: performance.now(), busyMs: machineBusyMs(), oursMs: descendantsMs(process.pid) };
  return () => {
    const capacityMs = (performance.now() - start.at) * availableParallelism();
    const oursMs = descendantsMs(process.pid) - start.oursMs;
    return { ours: oursMs / capacityMs, others: Math.max(0, machineBusyMs() - start.busyMs - oursMs) / capacityMs };
  };
}

/** All processors' time that was not idle, since boot. */
function machineBusyMs(): number {
  try {
    const fields = readFileSync('/proc/stat', 'utf8').split('\n')[0]!.split(/\s+/).slice(1).map(Number);
    // user, nice, system, (idle, iowait,) irq, softirq
    return [0, 1, 2, 5, 6].reduce((sum, index) => sum + fields[index]!, 0) * tickMs;
  } catch {
    return Number.NaN;
  }
}

/** A process with everything below it, those that have ended included. */
function descendantsMs(pid: number): number {
  const own = readStat(pid);
  if (own === undefined) return Number.NaN;
  return childrenOf(pid).reduce((sum, child) => sum + descendantsMs(child), own.ownMs + own.reapedMs);
}

/** Resident memory of a process, in bytes. */
export function residentBytes(pid: number): number {
  try {
    const kibibytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return kibibytes === undefined ? Number.NaN : Number(kibibytes) * 1024;
  } catch {
    return Number.NaN;
  }
}

function cpuMs({ pid, tree }: Measured): number {
  // Our own is known more exactly than in ticks.
  if (pid === process.pid) {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1_000;
  }
  const own = readStat(pid);
  if (own === undefined) return Number.NaN;
  if (tree === undefined) return own.ownMs;
  return childrenOf(pid).reduce((sum, child) => sum + (readStat(child)?.ownMs ?? 0), own.ownMs + own.reapedMs);
}

function childrenOf(pid: number): number[] {
  const all = readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map(Number);
  return all.filter((candidate) => readStat(candidate)?.parent === pid);
}

function readStat(pid: number): Stat | undefined {
  try {
    // The name in parentheses may hold anything; the numbers stand behind the last of them.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /s, '').split(' ');
    const ticks = (index: number) => Number(fields[index]) * tickMs;
    return { parent: Number(fields[1]), ownMs: ticks(11) + ticks(12), reapedMs: ticks(13) + ticks(14) };
  } catch {
    return undefined;
  }
}
