// Part "memory": what thousands of open conversations cost while nobody writes, and whether they slow the next message.
import { statSync } from 'node:fs';
import { median } from '../measure/spread';
import { cpuMsByRole, residentBytes, total, untilQuiet } from '../measure/usage';
import type { Finding, Row } from '../report';
import type { People } from '../stand/people';
import type { Stand } from '../stand/stand';
import { opening } from '../ways/doorman';
import type { DoormanWay } from '../ways/doorman';
import { runMany } from '../ways/way';
import type { Verified } from '../ways/way';

export interface MemoryPlan {
  readonly doorman: DoormanWay;
  readonly passersBy: People;
  /** Open conversations to measure at, ascending. */
  readonly levels: readonly number[];
  readonly stand: Stand;
  progress(line: string): void;
}

interface Level {
  readonly open: number;
  readonly bytesByRole: Readonly<Record<string, number>>;
  readonly temporalBytes: number;
  readonly newcomerMs: number;
  readonly awakeMs: number;
  readonly evictedMs: number | undefined;
  readonly idleCpuMs: number;
}

/** As many as the worker keeps in memory (src/worker.ts): whoever was silent while more came is evicted. */
const cachedMax = 1_000;
const probes = 20;
const idleSeconds = 5;

export async function measureMemory(plan: MemoryPlan): Promise<Finding> {
  const { doorman, levels, progress } = plan;
  const sleepers = await runMany(probes, 5, () => doorman.verify());
  const awake = await doorman.verify();
  const found: Level[] = [await measureLevel(plan, 0, awake)];
  for (const level of levels) {
    const before = found.at(-1)!.open;
    progress(`memory: opening conversations ${before} to ${level}`);
    await runMany(level - before, 20, () => doorman.chat(plan.passersBy.next()).say(opening));
    found.push(await measureLevel(plan, level, awake, level - before >= cachedMax ? sleepers : undefined));
  }
  const [empty, ...full] = found;
  const section = { title, columns: found.map(({ open }) => `${open} open`), rows: rowsOf(empty!, full), notes };
  return { sections: [section], wrong: [] };
}

const title = 'Memory: open conversations while nobody writes';
const notes = [
  'A conversation: against the first column. An evicted one has to be replayed by the worker from its history.'];

async function measureLevel(
  { doorman, passersBy, stand, progress }: MemoryPlan, open: number, awake: Verified, evicted?: readonly Verified[],
): Promise<Level> {
  await untilQuiet(doorman.measured);
  const cpu = total(cpuMsByRole(doorman.measured()));
  await new Promise((resolve) => setTimeout(resolve, idleSeconds * 1_000));
  const idleCpuMs = (total(cpuMsByRole(doorman.measured())) - cpu) / idleSeconds;
  const single = doorman.measured().filter(({ tree }) => tree === undefined);
  const bytesByRole = Object.fromEntries(single.map(({ role, pid }) => [role, residentBytes(pid)]));
  progress(`memory: ${open} conversations are open, measuring messages`);
  const evictedMs = evicted && median(await runMany(evicted.length, 1, (index) => doorman.relay(evicted[index]!)));
  const newcomerMs = median(await runMany(probes, 1, () => doorman.chat(passersBy.next()).say(opening)));
  await doorman.relay(awake);
  const awakeMs = median(await runMany(probes, 1, () => doorman.relay(awake)));
  const temporalBytes = sizeOf(stand.temporal.databaseFile);
  return { open, bytesByRole, temporalBytes, newcomerMs, awakeMs, evictedMs, idleCpuMs };
}

function sizeOf(database: string): number {
  const files = [database, `${database}-wal`].map((path) => statSync(path, { throwIfNoEntry: false }));
  return files.reduce((sum, file) => sum + (file?.size ?? 0), 0);
}

function rowsOf(empty: Level, full: readonly Level[]): Row[] {
  const levels = [empty, ...full];
  const each = (bytes: (level: Level) => number) =>
    [undefined, ...full.map((level) => (bytes(level) - bytes(empty)) / (level.open - empty.open) / 1_000)];
  const memory = Object.keys(empty.bytesByRole).flatMap((role): Row[] => [
    { label: `${role}, MB`, cells: levels.map(({ bytesByRole }) => bytesByRole[role]! / 1e6), decimals: 0 },
    { label: '  KB a conversation', cells: each(({ bytesByRole }) => bytesByRole[role]!) },
  ]);
  return [
    ...memory,
    { label: 'Temporal\'s database, MB', cells: levels.map(({ temporalBytes }) => temporalBytes / 1e6) },
    { label: '  KB a conversation', cells: each(({ temporalBytes }) => temporalBytes) },
    { label: 'CPU while idle, ms a second', cells: levels.map(({ idleCpuMs }) => idleCpuMs) },
    { label: 'first message of a newcomer to reply, median ms', cells: levels.map(({ newcomerMs }) => newcomerMs) },
    { label: 'relay in a cached session to reply, median ms', cells: levels.map(({ awakeMs }) => awakeMs) },
    { label: 'relay in an evicted session to reply, median ms', cells: levels.map(({ evictedMs }) => evictedMs) },
  ];
}
