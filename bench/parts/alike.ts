// Part "alike": whether anybody can tell by how long an answer takes what Doorman knows of an ID (A35, R24, R25), with
// the quantum in force. Strangers claim IDs of every class in random order, and guess once.
import { compareSamples } from '../measure/kolmogorovSmirnov';
import { median, medianNoise } from '../measure/spread';
import type { Finding, Row } from '../report';
import { classes } from '../stand/claimed';
import type { Class, Claimed } from '../stand/claimed';
import type { People } from '../stand/people';
import type { FakeTwilio } from '../stand/fakeTwilio';
import { createWebhookSender } from '../stand/webhook';
import type { WebhookSender } from '../stand/webhook';
import { Chat } from '../ways/chat';
import { read, runMany } from '../ways/way';

export interface AlikePlan {
  /** Where a web process listens whose conversations have the quantum. */
  readonly webPort: number;
  readonly publicUrl: string;
  readonly twilio: FakeTwilio;
  readonly claimed: Claimed;
  /** Who writes: twice as many as are claimed. */
  readonly passersBy: People;
  /** Samples of each class under each load. */
  readonly samples: number;
  /** Keeps the breaker of the organisation from closing: with it closed no guess would be compared. */
  forgetGuesses(): Promise<void>;
  /** How many guesses were answered without a comparison. */
  blindGuesses(): Promise<number>;
  progress(line: string): void;
}

const [unknown, ...others] = classes;

const measures = [
  'claim: webhook answer', 'claim: reply', 'wrong code: webhook answer', 'wrong code: reply',
] as const;
type Timed = Readonly<Record<(typeof measures)[number], number>>;

// So many strangers at a time, each of whom waits for the replies: a machine that is busy with other work measures
// longer, and is not drowned.
const loads = [{ name: 'idle', atOnce: 16 }, { name: 'under load', atOnce: 25 }] as const;
/** What two replies take; the first strangers begin spread over it. */
const quantaMs = 4_000;

/** How many strangers guess before what they guessed is forgotten: fewer than the organisation has in a day (200). */
const guessesInADay = 150;

/** R25. */
export const medianApartMsMax = 10;
// R25 asks for p > 0.01 in a comparison. There are forty: one of three runs would have one below though nothing
// differs. So 0.01 is what all together may give as a false alarm (decision record 9).
export const pMin = 0.01 / (others.length * measures.length * loads.length);

export async function measureAlike(plan: AlikePlan): Promise<Finding> {
  const sender = createWebhookSender(plan.webPort, plan.publicUrl);
  try {
    const findings: Finding[] = [];
    for (const load of loads) {
      plan.progress(`alike: ${plan.samples} of each class, ${load.atOnce} strangers at a time`);
      findings.push(judge(load.name, await sample(plan, sender, load.atOnce)));
    }
    const wrong = findings.flatMap((finding) => finding.wrong);
    return { sections: findings.flatMap(({ sections }) => sections), wrong: [...wrong, ...await unfit(plan)] };
  } finally {
    sender.close();
  }
}

/** Without comparisons there would be nothing to tell apart: those who are locked by others alone are answered blindly. */
async function unfit({ samples, blindGuesses }: AlikePlan): Promise<string[]> {
  const blind = await blindGuesses();
  const expected = samples * loads.length;
  return blind === expected ? [] : [`alike: ${blind} guesses were answered without a comparison, not ${expected}`];
}

type Times = Readonly<Record<Class, readonly Timed[]>>;

/** Which class is next is left to chance, so that whatever else the machine does hits all alike. */
async function sample(plan: AlikePlan, sender: WebhookSender, atOnce: number): Promise<Times> {
  const turns = shuffled(classes.flatMap((one) => Array.from({ length: plan.samples }, () => one)));
  const times = Object.fromEntries(classes.map((one) => [one, [] as Timed[]])) as
    Record<Class, Timed[]>; // cast: fromEntries forgets the keys
  let done = 0;
  await runMany(turns.length, atOnce, async (index) => {
    if (index < atOnce) await new Promise((resolve) => setTimeout(resolve, quantaMs * index / atOnce));
    const one = turns[index]!;
    times[one].push(await timed(new Chat(sender, plan.twilio, plan.passersBy.next()), plan.claimed.next(one)));
    done += 1;
    if (done % guessesInADay === 0) await plan.forgetGuesses();
    if (done % 500 === 0) plan.progress(`alike: ${done} of ${turns.length}`);
  });
  return times;
}

async function timed(chat: Chat, employeeId: string): Promise<Timed> {
  const claimReply = await chat.say(`my id is ${employeeId}`);
  const claimAnswer = chat.lastPosted!.answerMs;
  await read();
  // Of eight digits, as a stranger's code has; right once in a hundred million.
  const guessReply = await chat.say('00000000');
  return {
    'claim: webhook answer': claimAnswer, 'claim: reply': claimReply,
    'wrong code: webhook answer': chat.lastPosted!.answerMs, 'wrong code: reply': guessReply,
  };
}

function shuffled<T>(values: readonly T[]): T[] {
  return values.map((value) => ({ value, at: Math.random() })).sort((a, b) => a.at - b.at).map(({ value }) => value);
}

/** Says which times differ more than R25 allows, and where the machine was too busy to say. Exported for its tests. */
export function judge(load: string, times: Times): Finding {
  const found = others.flatMap((other) => measures.map((measure) => compare(load, measure, other, times)));
  return { sections: [sectionOf(load, found.map(({ row }) => row))], wrong: found.flatMap(({ wrong }) => wrong) };
}

function compare(load: string, measure: keyof Timed, other: Class, times: Times): { readonly row: Row; readonly wrong: string[] } {
  const [ofUnknown, ofOther] = [unknown, other].map((one) => times[one].map((all) => all[measure])) as [number[], number[]]; // cast: two
  const apart = median(ofOther) - median(ofUnknown);
  const noise = medianNoise(ofUnknown, ofOther);
  const { p } = compareSamples(ofUnknown, ofOther);
  const row: Row = { label: `${other}, ${measure}`, cells: [median(ofUnknown), median(ofOther), apart, noise, p], decimals: 3 };
  return { row, wrong: wrongs(`${load}, ${other}, ${measure}`, apart, noise, p) };
}

function wrongs(label: string, apart: number, noise: number, p: number): string[] {
  const differs = p <= pMin || Math.abs(apart) > medianApartMsMax + noise;
  if (differs) return [`${label}: the medians are ${apart.toFixed(1)} ms apart, KS p is ${p.toPrecision(2)}`];
  if (noise <= medianApartMsMax) return [];
  return [`${label}: not decided, since chance alone puts medians up to ${noise.toFixed(0)} ms apart on this machine today`];
}

function sectionOf(load: string, rows: readonly Row[]): Finding['sections'][number] {
  return {
    title: `Alike, ${load}: IDs of every class against unknown ones, claimed by strangers; ms with the quantum of 2,000 ms`,
    columns: ['unknown', 'this class', 'apart', 'by chance', 'KS p'], rows,
    notes: [
      `wrong: medians further apart than ${medianApartMsMax} ms and chance, or KS p <= ${pMin} (0.01 for all together)`],
  };
}
