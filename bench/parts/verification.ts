// Part "verification": the same message pattern on every way, block by block in turn, so that drift hits all alike.
import { costOf } from '../measure/histories';
import type { HistoryCost } from '../measure/histories';
import { nowMs, spreadOf } from '../measure/spread';
import type { Spread } from '../measure/spread';
import { cpuMsByRole, roles, total, untilQuiet } from '../measure/usage';
import type { CostByRole } from '../measure/usage';
import type { Finding, Row } from '../report';
import { runMany } from '../ways/way';
import type { Verified, Way } from '../ways/way';

export interface VerificationPlan {
  readonly ways: readonly Way[];
  /** How many conversations at a time, and how many of them on each way in each of the rounds. */
  readonly loads: readonly { readonly atOnce: number; readonly count: number; readonly rounds: number }[];
  readonly warmUp: number;
  progress(line: string): void;
}

/** What one way came to under one load, over all rounds. */
interface Block {
  readonly repliesMs: number[];
  readonly verified: Verified[];
  elapsedMs: number;
  readonly cpu: CostByRole;
}

export const actionsMax = 14;
export const eventsMax = 52;
const historiesRead = 20;

export async function measureVerification({ ways, loads, warmUp, progress }: VerificationPlan): Promise<Finding> {
  for (const way of ways) {
    progress(`verification: warming up ${way.name}`);
    await runMany(warmUp, 10, () => way.verify());
  }
  const blocks: Block[][] = [];
  for (const { atOnce, count, rounds } of loads) {
    const row = ways.map((): Block => ({ repliesMs: [], verified: [], elapsedMs: 0, cpu: {} }));
    for (let round = 1; round <= rounds; round += 1) {
      for (const [index, way] of ways.entries()) {
        progress(`verification: ${count} on ${way.name}, ${atOnce} at a time, round ${round} of ${rounds}`);
        await addRound(row[index]!, way, count, atOnce);
      }
    }
    blocks.push(row);
  }
  progress('verification: reading histories');
  const costs: (HistoryCost | undefined)[] = [];
  for (const [index, way] of ways.entries()) {
    costs.push(await worstHistory(way, blocks[0]![index]!.verified.slice(-historiesRead)));
  }
  const rows = [
    ...loads.flatMap(({ atOnce }, index) => loadRows(ways, atOnce, blocks[index]!)), ...historyRows(ways, costs)];
  return {
    sections: [{ title, columns: [...ways.map(({ name }) => name), 'ratio'], rows, notes }],
    wrong: await wrongsOf(ways, costs),
  };
}

const title = 'Verification: first message to success, in turn';
const notes = [
  'ratio: Doorman to the bare engine. CPU of telephone and Twilio is not counted, the client of the bare engine is.'];

async function addRound(block: Block, way: Way, count: number, atOnce: number): Promise<void> {
  const before = cpuMsByRole(way.measured());
  const start = nowMs();
  const verified = await runMany(count, atOnce, () => way.verify());
  block.elapsedMs += nowMs() - start;
  // What a block leaves behind (the last completion, visibility) is its own cost, not the next block's.
  await untilQuiet(() => way.measured());
  const after = cpuMsByRole(way.measured());
  for (const { role } of way.measured()) block.cpu[role] = (block.cpu[role] ?? 0) + after[role]! - before[role]!;
  block.verified.push(...verified);
  block.repliesMs.push(...verified.flatMap(({ repliesMs }) => repliesMs));
}

/** Of some conversations the dearest. */
async function worstHistory(way: Way, sample: readonly Verified[]): Promise<HistoryCost | undefined> {
  if (way.history === undefined) return undefined;
  const costs: HistoryCost[] = [];
  for (const verified of sample) costs.push(costOf(await way.history(verified)));
  return costs.reduce((worst, cost) => cost.actions > worst.actions || cost.events > worst.events ? cost : worst);
}

async function wrongsOf(ways: readonly Way[], costs: readonly (HistoryCost | undefined)[]): Promise<string[]> {
  const wrong: string[] = [];
  for (const [index, way] of ways.entries()) {
    const cost = costs[index];
    if (way.verifiedCount !== undefined) {
      const { said, done } = await way.verifiedCount();
      if (said !== done) wrong.push(`${way.name}: ${done} people were verified, its database says ${said}`);
    }
    if (cost === undefined || !way.isProduct) continue;
    const kinds = JSON.stringify(cost.byKind);
    if (cost.actions > actionsMax) wrong.push(`a verification cost more than ${actionsMax} actions: ${kinds}`);
    if (cost.events > eventsMax) wrong.push(`a verification left ${cost.events} events, more than ${eventsMax}`);
  }
  return wrong;
}

/** One row: a cell for each way, and how Doorman compares with the bare engine. */
function rowOf(ways: readonly Way[], label: string, cells: readonly (number | undefined)[], goal?: string): Row {
  const ours = cells[ways.findIndex(({ isProduct }) => isProduct === true)];
  const theirs = cells[ways.findIndex(({ isBaseline }) => isBaseline === true)];
  const ratio = ours === undefined || theirs === undefined ? undefined : ours / theirs;
  return { label, cells: [...cells, ratio], ...(goal === undefined ? {} : { goal }) };
}

function loadRows(ways: readonly Way[], atOnce: number, blocks: readonly Block[]): Row[] {
  const goal = atOnce === 1 ? 'ratio <= 1.25' : undefined;
  const spreads = blocks.map(({ repliesMs }) => spreadOf(repliesMs));
  const codes = blocks.map(({ verified }) => spreadOf(verified.flatMap(({ codeMs }) => codeMs ?? [])));
  const ofCodes = (value: (spread: Spread) => number) =>
    codes.map((spread) => spread.count === 0 ? undefined : value(spread));
  const costing = roles.filter((role) => blocks.some(({ cpu }) => cpu[role] !== undefined));
  return [
    rowOf(ways, `${atOnce} at a time: inbound to reply, median ms`, spreads.map(({ median }) => median), goal),
    rowOf(ways, '  p99 ms', spreads.map(({ p99 }) => p99)),
    rowOf(ways, '  employee ID to the code at the provider, median ms', ofCodes(({ median }) => median)),
    rowOf(ways, '    p99 ms', ofCodes(({ p99 }) => p99)),
    // One at a time most of the time is reading.
    ...(atOnce === 1 ? [] : [rowOf(ways, '  verifications a second',
      blocks.map(({ verified, elapsedMs }) => verified.length / elapsedMs * 1_000))]),
    rowOf(ways, '  CPU ms a verification', blocks.map(({ cpu, verified }) => total(cpu) / verified.length), goal),
    ...costing.map((role) => rowOf(ways, `    ${role}`, blocks.map(({ cpu, verified }) => {
      const ms = cpu[role];
      return ms === undefined ? undefined : ms / verified.length;
    }))),
  ];
}

function historyRows(ways: readonly Way[], costs: readonly (HistoryCost | undefined)[]): Row[] {
  return [
    rowOf(ways, 'billable actions', costs.map((cost) => cost?.actions), `Doorman <= ${actionsMax}`),
    rowOf(ways, 'history events', costs.map((cost) => cost?.events), `Doorman <= ${eventsMax}`),
    rowOf(ways, 'history KB', costs.map((cost) => cost && cost.bytes / 1_000)),
  ];
}
