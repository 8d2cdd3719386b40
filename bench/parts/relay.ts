// Part "relay": what one message of a verified person costs and takes, from webhook to the assistant's reply, and what
// of that is not the assistant itself.
import { costOf } from '../measure/histories';
import { spreadOf } from '../measure/spread';
import { cpuMsByRole, total, untilQuiet } from '../measure/usage';
import type { Finding, Row } from '../report';
import { read, runMany } from '../ways/way';
import type { Verified, Way } from '../ways/way';

export interface RelayPlan {
  /** Those that can relay. */
  readonly ways: readonly Way[];
  readonly count: number;
  readonly rounds: number;
  /** Asks the assistant itself, as Doorman's adapter does; milliseconds to its answer. */
  direct(): Promise<number>;
  progress(line: string): void;
}

interface Relays {
  readonly repliesMs: number[];
  cpuMs: number;
  actions: number;
  events: number;
}

/** Signal, assistant turn, reply. */
export const actionsPerRelay = 3;

const title = 'Relay: one message with one reply, one at a time';
const directTitle = 'Relay: over a direct call to the assistant';

export async function measureRelay({ ways, count, rounds, direct, progress }: RelayPlan): Promise<Finding> {
  const results: Relays[] = ways.map(() => ({ repliesMs: [], cpuMs: 0, actions: 0, events: 0 }));
  const verified: Verified[] = [];
  for (const way of ways) verified.push(await way.verify());
  const costs = () => Promise.all(ways.map(async (way, index) => costOf(await way.history!(verified[index]!))));
  const before = await costs();
  const directMs: number[] = [];
  for (let round = 0; round <= rounds; round += 1) {
    const asked = await runMany(count, 1, async () => {
      await read();
      return direct();
    });
    if (round > 0) directMs.push(...asked);
    for (const [index, way] of ways.entries()) {
      const result = results[index]!;
      progress(`relay: ${count} on ${way.name}, ${round === 0 ? 'warming up' : `round ${round} of ${rounds}`}`);
      const before = total(cpuMsByRole(way.measured()));
      const repliesMs = await runMany(count, 1, async () => {
        await read();
        return way.relay!(verified[index]!);
      });
      await untilQuiet(() => way.measured());
      if (round === 0) continue;
      result.repliesMs.push(...repliesMs);
      result.cpuMs += total(cpuMsByRole(way.measured())) - before;
    }
  }
  const relays = count * (rounds + 1);
  for (const [index, after] of (await costs()).entries()) {
    results[index]!.actions = (after.actions - before[index]!.actions) / relays;
    results[index]!.events = (after.events - before[index]!.events) / relays;
  }
  const product = results[ways.findIndex(({ isProduct }) => isProduct === true)]!;
  const isRight = product.actions === actionsPerRelay;
  return {
    sections: [
      { title, columns: ways.map(({ name }) => name), rows: rowsOf(results, count * rounds) },
      { title: directTitle, columns: ['direct', 'through Doorman', 'overhead'], rows: overheadRows(directMs, product.repliesMs) },
    ],
    wrong: isRight ? [] : [`a relayed message cost ${product.actions} actions, not ${actionsPerRelay}`],
  };
}

/** The webhook, the checks, the reply's way to the provider: all that a direct call is without. */
function overheadRows(directMs: readonly number[], relayedMs: readonly number[]): Row[] {
  const [direct, relayed] = [spreadOf(directMs), spreadOf(relayedMs)];
  const row = (label: string, of: 'median' | 'p99'): Row =>
    ({ label, cells: [direct[of], relayed[of], relayed[of] - direct[of]], decimals: 1 });
  return [row('median ms', 'median'), row('p99 ms', 'p99')];
}

function rowsOf(results: readonly Relays[], count: number): Row[] {
  const spreads = results.map(({ repliesMs }) => spreadOf(repliesMs));
  return [
    { label: 'webhook to reply, median ms', cells: spreads.map(({ median }) => median), goal: '<= 60' },
    { label: '  p99 ms', cells: spreads.map(({ p99 }) => p99) },
    { label: 'CPU ms a message', cells: results.map(({ cpuMs }) => cpuMs / count) },
    { label: 'billable actions', cells: results.map(({ actions }) => actions), goal: `${actionsPerRelay}` },
    { label: 'history events', cells: results.map(({ events }) => events) },
  ];
}
