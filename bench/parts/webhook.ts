// Part "webhook": how fast webhooks are answered at a fixed rate, whatever the answers do; then without Temporal.
import { nowMs, quantile, spreadOf } from '../measure/spread';
import type { Finding } from '../report';
import type { People } from '../stand/people';
import type { Stand } from '../stand/stand';
import { opening, question } from '../ways/doorman';
import type { DoormanWay } from '../ways/doorman';
import type { Chat } from '../ways/chat';
import type { Posted } from '../stand/webhook';

export interface WebhookPlan {
  readonly doorman: DoormanWay;
  readonly employees: People;
  readonly passersBy: People;
  readonly stand: Stand;
  readonly seconds: number;
  readonly secondsWithout: number;
  progress(line: string): void;
}

const perSecond = 20;
// A person writes again after about a second: by then the reply and the SMS have come.
const conversationsBetween = 7;

type Writer = (tick: number) => Promise<Posted>;

export async function measureWebhook(plan: WebhookPlan): Promise<Finding> {
  const { doorman, seconds, secondsWithout, progress } = plan;
  progress(`webhook: ${perSecond} messages a second for ${seconds} s`);
  const stored = () => doorman.count('SELECT count(*)::int AS count FROM inbox');
  const before = await stored();
  const busy = await atFixedRate(seconds * perSecond, verifyingWriter(plan));
  progress(`webhook: ${perSecond} messages a second for ${secondsWithout} s with Temporal stopped`);
  const unanswered = unansweredWriter(plan);
  await plan.stand.temporal.stop();
  const without = await atFixedRate(secondsWithout * perSecond, unanswered.write);
  const after = await stored();
  progress('webhook: starting Temporal again and waiting until everybody has a reply');
  await plan.stand.temporal.start();
  const recoveryMs = await unanswered.untilReplied();
  const wrong = [...wrongAnswers(busy, 'with everything running'), ...wrongAnswers(without, 'with Temporal stopped')];
  const posted = busy.length + without.length;
  if (after - before !== posted) wrong.push(`${posted} messages were posted, ${after - before} were stored`);
  if (recoveryMs === undefined) wrong.push('Temporal is back for two minutes, but not all have their reply');
  return { sections: [sectionOf([busy, without], recoveryMs)], wrong };
}

function sectionOf(phases: readonly Answer[][], recoveryMs: number | undefined) {
  const times = phases.map((answers) => answers.map(({ answerMs }) => answerMs));
  return {
    title: `Webhook: answer times at ${perSecond} messages a second`,
    columns: ['all running', 'Temporal stopped'],
    rows: [
      { label: 'answer, median ms', cells: times.map((values) => spreadOf(values).median) },
      { label: '  p99 ms', cells: times.map((values) => spreadOf(values).p99), goal: '<= 200 all running' },
      { label: '  slowest ms', cells: times.map((values) => quantile(values, 1)) },
      { label: 'posted', cells: phases.map((answers) => answers.length) },
      { label: 'answered with 200', cells: phases.map((answers) => answers.filter(isAccepted).length), goal: 'all' },
      { label: 'all replied, seconds after Temporal is back', cells: [undefined, recoveryMs && recoveryMs / 1_000] },
    ],
  };
}

/** `status` is 0 when there was no answer. */
interface Answer {
  readonly status: number;
  readonly answerMs: number;
}

/** Posts on the beat, also when earlier posts are still unanswered: a slow service is not spared. */
async function atFixedRate(count: number, write: Writer): Promise<Answer[]> {
  const start = nowMs();
  const answers: Promise<Answer>[] = [];
  for (let tick = 0; tick < count; tick += 1) {
    const wait = start + tick * 1_000 / perSecond - nowMs();
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
    const began = nowMs();
    answers.push(write(tick).catch(() => ({ status: 0, answerMs: nowMs() - began })));
  }
  return Promise.all(answers);
}

const isAccepted = ({ status }: Answer) => status === 200;

function wrongAnswers(answers: readonly Answer[], when: string): string[] {
  const others = answers.filter((answer) => !isAccepted(answer)).map(({ status }) => status);
  const statuses = [...new Set(others)].join(', ');
  return others.length === 0 ? [] : [`${others.length} webhooks ${when} were answered with ${statuses}`];
}

/** Whole verifications, interleaved: in turn a first message, an ID and a code, of different people. */
function verifyingWriter({ doorman, employees, passersBy, stand: { twilio } }: WebhookPlan): Writer {
  const people = new Map<number, { readonly chat: Chat; readonly id: string; readonly number: string }>();
  const personOf = (conversation: number) => people.get(conversation);
  return (tick) => {
    const conversation = Math.floor(tick / 3);
    if (tick % 3 === 0) {
      const person = employees.next();
      const chat = doorman.chat(person);
      people.set(conversation, { chat, id: person.employeeId, number: person.number });
      return chat.write(question);
    }
    const earlier = personOf(conversation - conversationsBetween * (tick % 3));
    // At the start there is nobody yet to go on with.
    if (earlier === undefined) return doorman.chat(passersBy.next()).write(question);
    if (tick % 3 === 1) return earlier.chat.write(`my id is ${earlier.id}`);
    const code = /(?<!\d)\d{6}(?!\d)/.exec(twilio.take(earlier.number)?.text ?? '')?.[0];
    return earlier.chat.write(code === undefined ? 'no code has come' : `${code} is my otp`);
  };
}

/** New people who write twice each and hear nothing until Temporal is back. */
function unansweredWriter({ doorman, passersBy, stand: { twilio } }: WebhookPlan) {
  const expected = new Map<string, number>();
  let latest: { readonly chat: Chat; readonly address: string } | undefined;
  return {
    write: (tick: number) => {
      if (tick % 2 === 0 || latest === undefined) {
        const person = passersBy.next();
        latest = { chat: doorman.chat(person), address: `whatsapp:${person.number}` };
      }
      expected.set(latest.address, (expected.get(latest.address) ?? 0) + 1);
      return latest.chat.write(opening);
    },
    /** Milliseconds until every message has its reply; undefined when two minutes were not enough. */
    async untilReplied(): Promise<number | undefined> {
      const start = nowMs();
      while (nowMs() - start < 120_000) {
        if ([...expected].every(([address, count]) => twilio.count(address) >= count)) return nowMs() - start;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      return undefined;
    },
  };
}
