// Part "verification": the same message pattern on every way, block by block in turn, so that drift hits all alike.
import { costOf } from '../measure/histories';
import type { HistoryCost } from '../measure/histories';
import { nowMs, spreadOf } from '../measure/spread';
import { costPerPiece, cpuMsByRole, roles, total, untilQuiet } from '../measure/usage';
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
  cpu: CostByRole;
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
  const costs = await Promise.all(ways.map((way, index) => worstHistory(way, blocks[0]![index]!.verified.slice(-historiesRead))));
  return { sections: [{ title, columns: columnsOf(ways), rows: rowsOf(ways, loads, blocks, costs), notes }], wrong: await wrongsOf(ways, costs) };
}

const title = 'Verification: first message to success, in turn';
const notes = ['ratio = Doorman to the bare engine. CPU of the telephone and of Twilio is not counted; the bare client\'s is.'];

async function addRound(block: Block, way: Way, count: number, atOnce: number): Promise<void> {
  const before = cpuMsByRole(way.measured());
  const start = nowMs();
  const verified = await runMany(count, atOnce, () => way.verify());
  block.elapsedMs += nowMs() - start;
  // What a block leaves behind (the last completion, visibility) is its own cost, not the next block's.
  await untilQuiet(() => way.measured());
  const cpu = costPerPiece(before, cpuMsByRole(way.measured()), 1);
  block.cpu = Object.fromEntries(Object.entries(cpu).map(([role, ms]) => [role, ms + (block.cpu[role as keyof CostByRole] ?? 0)]));
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
    if (cost.actions > actionsMax) wrong.push(`a verification cost ${cost.actions} actions, at most ${actionsMax} are allowed: ${JSON.stringify(cost.byKind)}`);
    if (cost.events > eventsMax) wrong.push(`a verification left ${cost.events} events, at most ${eventsMax} are allowed`);
  }
  return wrong;
}

function columnsOf(ways: readonly Way[]): string[] {
  return [...ways.map(({ name }) => name), 'ratio'];
}

function rowsOf(
  ways: readonly Way[], loads: VerificationPlan['loads'], blocks: readonly (readonly Block[])[], costs: readonly (HistoryCost | undefined)[],
): Row[] {
  const product = ways.findIndex(({ isProduct }) => isProduct === true);
  const bare = ways.findIndex(({ isBaseline }) => isBaseline === true);
  const row = (label: string, cells: readonly (number | undefined)[], goal?: string): Row => {
    const [ours, theirs] = [cells[product], cells[bare]];
    const ratio = ours === undefined || theirs === undefined ? undefined : Math.round(ours / theirs * 100) / 100;
    return { label, cells: [...cells, ratio], ...(goal === undefined ? {} : { goal }) };
  };
  const perLoad = loads.flatMap(({ atOnce }, index) => {
    const here = blocks[index]!;
    const cpuRows = roles.filter((role) => here.some(({ cpu }) => cpu[role] !== undefined))
      .map((role) => row(`    ${role}`, here.map(({ cpu, verified }) => cpu[role] === undefined ? undefined : cpu[role] / verified.length)));
    return [
      row(`${atOnce} at a time: inbound to reply, median ms`, here.map(({ repliesMs }) => spreadOf(repliesMs).median), atOnce === 1 ? 'ratio <= 1.25' : undefined),
      row('  p99 ms', here.map(({ repliesMs }) => spreadOf(repliesMs).p99)),
      row('  verifications a second', here.map(({ verified, elapsedMs }) => verified.length / elapsedMs * 1_000)),
      row('  CPU ms a verification', here.map(({ cpu, verified }) => total(cpu) / verified.length), atOnce === 1 ? 'ratio <= 1.25' : undefined),
      ...cpuRows,
    ];
  });
  return [
    ...perLoad,
    row('billable actions', costs.map((cost) => cost?.actions), `Doorman <= ${actionsMax}`),
    row('history events', costs.map((cost) => cost?.events), `Doorman <= ${eventsMax}`),
    row('history KB', costs.map((cost) => cost && cost.bytes / 1_000)),
  ];
}
