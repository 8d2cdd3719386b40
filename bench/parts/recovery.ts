// Part "recovery": webhooks that never come, and how soon those who wrote are answered all the same, each once.
import { nowMs, quantile, spreadOf } from '../measure/spread';
import { cpuMsByRole, total } from '../measure/usage';
import type { Finding, Row } from '../report';
import type { People } from '../stand/people';
import type { Stand } from '../stand/stand';
import { opening } from '../ways/doorman';
import type { DoormanWay } from '../ways/doorman';

export interface RecoveryPlan {
  readonly doorman: DoormanWay;
  readonly passersBy: People;
  readonly stand: Stand;
  /** How many messages are dropped, each of somebody else. */
  readonly count: number;
  progress(line: string): void;
}

const perSecond = 50;
const patienceMs = 240_000;
// Above the time between two looks: whoever is answered twice is answered by then.
const afterwardsMs = 70_000;

interface Recovered {
  /** From the last message until all are in the inbox; undefined when some never were. */
  readonly storedMs: number | undefined;
  /** From each message to its reply. */
  readonly repliesMs: readonly number[];
}

export async function measureRecovery(plan: RecoveryPlan): Promise<Finding> {
  const { doorman, passersBy, stand: { twilio }, count, progress } = plan;
  const stored = () => doorman.count('SELECT count(*)::int AS count FROM inbox');
  const before = await stored();
  const cpuMs = () => total(cpuMsByRole(doorman.measured()));
  const cpuBefore = cpuMs();
  progress(`recovery: ${count} messages without a webhook, ${perSecond} a second`);
  const droppedAt = new Map<string, number>();
  for (let n = 0; n < count; n += 1) {
    const address = `whatsapp:${passersBy.next().number}`;
    droppedAt.set(address, twilio.drop(address, opening));
    await new Promise((resolve) => setTimeout(resolve, 1_000 / perSecond));
  }
  progress('recovery: waiting until everybody has a reply');
  const recovered = await untilReplied(plan, droppedAt, async () => await stored() - before);
  const cpuEach = (cpuMs() - cpuBefore) / count;
  progress(`recovery: ${Math.round(afterwardsMs / 1_000)} s more: nobody may be answered twice`);
  await new Promise((resolve) => setTimeout(resolve, afterwardsMs));
  const often = [...droppedAt.keys()].filter((address) => twilio.count(address) > 1).length;
  const rows = await stored() - before;
  const lost = count - recovered.repliesMs.length;
  return {
    sections: [{ title, columns: [`${count} dropped`], rows: rowsOf(recovered, cpuEach), notes }],
    wrong: [
      ...lost > 0 ? [`${lost} of ${count} messages without a webhook were not answered`] : [],
      ...often > 0 ? [`${often} people without a webhook were answered more than once`] : [],
      ...rows === count ? [] : [`${count} messages had no webhook, ${rows} are in the inbox`],
    ],
  };
}

const title = 'Recovery: messages whose webhook never came';
const notes = [
  'A look at the list once a minute, which leaves a message of less than 30 s to its webhook. What is above that is the',
  'time that the machine takes for so many first messages at once: hold the processor time against what it had.'];

function rowsOf({ storedMs, repliesMs }: Recovered, cpuEach: number): Row[] {
  const { median, p99 } = spreadOf(repliesMs);
  const seconds = (ms: number | undefined) => [ms === undefined ? undefined : ms / 1_000];
  return [
    { label: 'message to reply, median, seconds', cells: seconds(median) },
    { label: '  p99', cells: seconds(p99) },
    { label: '  slowest', cells: seconds(quantile(repliesMs, 1)), goal: '<= 120' },
    { label: 'last message to all in the inbox, seconds', cells: seconds(storedMs) },
    { label: 'CPU ms a message', cells: [cpuEach] },
    { label: 'answered', cells: [repliesMs.length], goal: 'all' },
  ];
}

async function untilReplied(
  { stand: { twilio }, count }: RecoveryPlan, droppedAt: ReadonlyMap<string, number>, stored: () => Promise<number>,
): Promise<Recovered> {
  const repliesMs = new Map<string, number>();
  const lastDropped = Math.max(...droppedAt.values());
  let storedMs: number | undefined;
  for (const start = nowMs(); nowMs() - start < patienceMs && repliesMs.size < count;) {
    if (storedMs === undefined && await stored() >= count) storedMs = nowMs() - lastDropped;
    for (const [address, at] of droppedAt) {
      const reply = repliesMs.has(address) ? undefined : twilio.take(address);
      if (reply !== undefined) repliesMs.set(address, reply.at - at);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return { storedMs, repliesMs: [...repliesMs.values()] };
}
