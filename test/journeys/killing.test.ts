// kill -9 of every process at every step of a conversation: no message lost, no double effect, no free guess.
// DOORMAN_KILLS=n adds n rounds at random; DOORMAN_SEED repeats a run's choices.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Stack } from './stack';
import { struckSteps, wrongsOf, wrongsOfAll } from './stand/oracle';
import { employees, Story } from './stand/story';
import type { Step } from './stand/story';
import type { Shown } from './stand/phones';

const victims = ['web', 'worker', 'temporal', 'postgres', 'all'] as const;
type Victim = (typeof victims)[number];
/** In the order in which they are started again; `all` at once is the power cut. */
const partsOf = (victim: Victim) => victim === 'all' ? (['postgres', 'temporal', 'web', 'worker'] as const) : [victim];

/** When the victim dies: before the webhook, while it is handled, once it is answered, once the first reply is out. */
const moments = ['before', 'during', 'answered', 'replying'] as const;
type Moment = (typeof moments)[number];

const extraRounds = Number(process.env.DOORMAN_KILLS ?? 0);
const seed = Number(process.env.DOORMAN_SEED ?? Date.now() % 1_000_000);
const roundLimitMs = 150_000;

jest.setTimeout(roundLimitMs);

interface Outcome {
  readonly step: Step;
  readonly victim: Victim;
  readonly moment: Moment;
  readonly resends: number;
  /** From the kill to the last reply. */
  readonly ms: number;
}

const matrix = victims.flatMap((victim) => moments.map((moment) => ({ victim, moment, extra: '' })))
  .filter(({ victim, moment }) => victim !== 'all' || moment === 'during' || moment === 'replying');
const random = mulberry32(seed);
const pick = <T>(all: readonly T[]): T => all[Math.floor(random() * all.length)]!;
const rounds = [...matrix, ...Array.from({ length: extraRounds }, (_, n) =>
  ({ victim: pick(victims), moment: pick(moments), extra: ` (random ${n + 1})` }))];

const { people, csv } = employees(rounds.length * struckSteps.length + 2);
const stories: Story[] = [];
const outcomes: Outcome[] = [];
let stack: Stack;

beforeAll(async () => {
  stack = await Stack.start({ people: csv, policy: { replyQuantumMs: 0 } });
});

afterAll(async () => {
  if (stack !== undefined) await report();
  await stack?.stop();
});

test.each(rounds)('$victim dies, $moment$extra', async ({ victim, moment }) => {
  // One conversation at each step, all struck by the same kill.
  const struck = struckSteps.map((step) => ({ step, story: newStory() }));
  await Promise.all(struck.map(({ step, story }) => story.runTo(step)));

  const killedAt = await strike(victim, moment, struck.map(({ story }) => story));
  for (const part of partsOf(victim)) await stack.parts[part].start();
  await Promise.all(struck.map(async ({ step, story }) => {
    const { resends } = await story.settle();
    outcomes.push({ step, victim, moment, resends, ms: Date.now() - killedAt });
  }));

  await Promise.all(struck.map(({ story }) => story.runTo(undefined)));
  await stack.atRest();
  expect((await Promise.all(struck.map(({ story }) => wrongsOf(stack, story)))).flat()).toEqual([]);
});

test.each([
  ['the receipt says that it left, and it comes once', 1], ['without a receipt the same code comes twice', 2],
])('the worker dies between the provider taking a code and our noting it: %s', async (_what, copies) => {
  const story = newStory();
  await story.runTo('id');
  await stack.phones.fault({ apiLosesAnswers: true, statusCopies: 2 - copies });
  await story.begin();
  await stack.phones.until('the first SMS', () => story.person.smsCount() > 0 || undefined);
  await stack.parts.worker.kill();
  await stack.phones.fault({ apiLosesAnswers: false });
  await stack.parts.worker.start();
  await story.settle();
  await stack.phones.until(`${copies} SMS`, () => story.person.smsCount() === copies || undefined);
  await story.runTo(undefined);
  await stack.atRest();
  expect(story.person.smsCount()).toBe(copies);
  await stack.phones.noFaults();
  expect(await wrongsOf(stack, story)).toEqual([]);
});

test('A17 after all of it nothing was lost, doubled or guessed for free, and the audit agrees', async () => {
  expect((await Promise.all(stories.map((story) => wrongsOf(stack, story)))).flat()).toEqual([]);
  expect(await wrongsOfAll(stack)).toEqual([]);
});

/** A conversation of somebody who has not written yet. */
function newStory(): Story {
  const story = new Story(stack.phones, people[stories.length]!);
  stories.push(story);
  return story;
}

/** Has each story begin its next step and kills the victim at the moment; the time of the kill. */
async function strike(victim: Victim, moment: Moment, struck: readonly Story[]): Promise<number> {
  const kill = async () => {
    const at = Date.now();
    await Promise.all(partsOf(victim).map((part) => stack.parts[part].kill()));
    return at;
  };
  const beginAll = () => Promise.all(struck.map((story) => story.begin()));
  const answered = async (begun: readonly Shown[]) => {
    await Promise.all(begun.map(({ sid }) => stack.phones.posted(sid)));
  };
  switch (moment) {
    case 'before': {
      const at = await kill();
      await answered(await beginAll());
      return at;
    }
    case 'during': {
      // Each message is posted 5 to 50 ms before the kill.
      const begun = struck.map((story) => after(50 - (5 + random() * 45), () => story.begin()));
      const at = await after(50, kill);
      await answered(await Promise.all(begun));
      return at;
    }
    case 'answered':
      await answered(await beginAll());
      return kill();
    case 'replying': {
      const seen = sentCount(struck);
      await beginAll();
      await stack.phones.until('the first reply', () => sentCount(struck) > seen || undefined);
      return kill();
    }
  }
}

function sentCount(struck: readonly Story[]): number {
  return struck.reduce((sum, { person }) => sum + person.replies().length + person.smsCount(), 0);
}

function after<T>(ms: number, work: () => Promise<T>): Promise<T> {
  return new Promise((settle, reject) => {
    setTimeout(() => { work().then(settle, reject); }, ms);
  });
}

async function report(): Promise<void> {
  const { rows: [again] } = await stack.owner.query<{ replies: number }>(
    `SELECT count(*)::int AS replies FROM outbox WHERE attempts > 1 AND kind = 'reply'`);
  const copies = stories.filter(({ person }) => person.smsCount() > 1).length;
  const lines = [
    'kill -9 at each step: what became of the webhook (taken at once, or sent again by the operator), and the time',
    'from the kill to the last reply, the victim\'s own start included. Each conversation then went on to its end.',
    `seed ${seed}; ${rounds.length} kills, ${outcomes.length} conversations struck`,
    `${again!.replies} replies were begun a second time and read once; codes that came twice, the same code: ${copies}`,
    '',
    ...table([['step', 'victim', ...moments], ...victims.flatMap((victim) => struckSteps.map((step) =>
      [step, victim, ...moments.map((moment) => cellOf(step, victim, moment))]))]),
    '',
  ];
  const folder = resolve(__dirname, '../../var/reports');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'killing.txt'), lines.join('\n'));
  process.stdout.write(lines.join('\n'));
}

function cellOf(step: Step, victim: Victim, moment: Moment): string {
  const planned = matrix.some((one) => one.victim === victim && one.moment === moment);
  const those = outcomes.filter((one) => one.step === step && one.victim === victim && one.moment === moment);
  if (those.length === 0) return planned ? 'FAILED' : '-';
  const became = ({ resends, ms }: Outcome) => `${resends === 0 ? 'taken' : 'resent'} ${(ms / 1_000).toFixed(1)} s`;
  return those.map(became).join(', ');
}

function table(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]!.map((_, at) => Math.max(...rows.map((row) => row[at]!.length)));
  return rows.map((row) => row.map((text, at) => text.padEnd(widths[at]!)).join('  ').trimEnd());
}

/** A small generator that gives the same numbers for the same seed. */
function mulberry32(start: number): () => number {
  let state = start;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
