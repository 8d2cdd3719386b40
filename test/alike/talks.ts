// The same talk in the names of people of every class, side by side on one server: what each reads, and when.
import { isAtRest } from '../../bench/measure/histories';
import type { Policy } from '../../src/domain/policy';
import { conversationId } from '../../workflows/contract';
import type { ConversationWorld } from '../support/conversations';
import { newClaimants } from './claims';
import type { Claimant } from './claims';
import { codesOf, kindOf, textOf } from './messages';
import type { Message } from './messages';
import type { Moment } from './moment';

/**
 * Everybody writes these messages, one right after the other; or everybody waits; or only the database's clock moves,
 * on which the gaps between codes are counted.
 */
export type Step =
  | { readonly messages: readonly Message[] }
  | { readonly waitSeconds: number }
  | { readonly gapSeconds: number };

/**
 * With `patientPolicy` what ends a stage is a multiple of five minutes after it began, and these are a second more than
 * multiples of two and a half. So nothing ever ends within the seconds that the talk itself takes: whoever is a little
 * slower than others is on the same side of it.
 */
export const waits = [151, 301, 901];
export const gaps = [31, 61, 121, 3_601];
export const patientPolicy: Partial<Policy> = { lock1Ms: 300_000, lock2Ms: 900_000 };

/** What one of them saw of a step. */
export interface Seen {
  readonly step: number;
  readonly replies: readonly string[];
  /** For each reply of a wait, when it came: on the server's clock, since the wait began. */
  readonly afterMs: readonly number[];
  /** What an operator reads of their conversation. */
  readonly status: object;
}

interface Reply {
  readonly text: string;
  readonly afterMs: number;
}

interface Talker {
  readonly claimant: Claimant;
  readonly seen: Seen[];
  senderId: string | undefined;
}

const dayMs = 86_400_000;

/** Plays a talk, and then a day on which nobody writes. By class, what was seen. */
export async function talk(
  world: ConversationWorld, moment: Moment, whos: readonly string[], steps: readonly Step[],
): Promise<Map<string, Seen[]>> {
  await moment.beginAnew();
  const claimants = await newClaimants(world.pool, whos);
  const talkers = claimants.map((claimant): Talker => ({ claimant, seen: [], senderId: undefined }));
  for (const [number, step] of [...steps, { waitSeconds: dayMs / 1_000 + 1 }].entries()) {
    const replies = await repliesTo(world, () => take(world, moment, talkers, step));
    await Promise.all(talkers.map(async (talker) => {
      talker.seen.push(await seenBy(world, talker, number, 'waitSeconds' in step, replies));
    }));
  }
  return new Map(talkers.map(({ claimant, seen }) => [claimant.who, seen]));
}

async function take(world: ConversationWorld, moment: Moment, talkers: readonly Talker[], step: Step): Promise<void> {
  if ('gapSeconds' in step) return moment.pass(step.gapSeconds * 1_000);
  if ('waitSeconds' in step) {
    await moment.pass(step.waitSeconds * 1_000);
    await world.env.sleep(step.waitSeconds * 1_000);
  } else {
    // No two steps at one moment: what was issued later is the later one.
    await moment.pass(1);
    const codes = await codesOf(world.pool);
    await Promise.all(talkers.map((talker) => write(world, talker, step.messages, codes)));
  }
  await Promise.all(talkers.flatMap(({ senderId }) => senderId === undefined ? [] : [untilAtRest(world, senderId)]));
}

async function write(
  world: ConversationWorld, talker: Talker, messages: readonly Message[], codes: ReadonlySet<string>,
): Promise<void> {
  const { claimant } = talker;
  for (const message of messages) {
    const stored = await world.store(claimant.person, textOf(message, claimant, codes), { kind: kindOf(message) });
    talker.senderId = stored.senderId;
    await world.deliver(stored);
  }
}

/** Resolves when the conversation has done all that it was told, its activities included: the server says so. */
async function untilAtRest({ env }: ConversationWorld, senderId: string): Promise<void> {
  const conversation = env.client.workflow.getHandle(conversationId(senderId));
  for (;;) {
    const { events } = await conversation.fetchHistory();
    if (isAtRest(events ?? [])) return;
    await new Promise((resolve) => { setTimeout(resolve, 50); });
  }
}

/** Notes what leaves during a step, by whom it goes to, with the server's time. */
async function repliesTo({ env, channel }: ConversationWorld, step: () => Promise<void>): Promise<Map<string, Reply[]>> {
  const replies = new Map<string, Reply[]>();
  const began = await env.currentTimeMs();
  const { sendText } = channel;
  channel.sendText = async (sent) => {
    // An activity that runs holds time still, but for what passes by itself.
    const afterMs = await env.currentTimeMs() - began;
    replies.set(sent.to, [...replies.get(sent.to) ?? [], { text: sent.text, afterMs }]);
    return sendText.call(channel, sent);
  };
  await step().finally(() => { channel.sendText = sendText; });
  return replies;
}

async function seenBy(
  world: ConversationWorld, { claimant, senderId }: Talker, step: number, isWait: boolean,
  replies: ReadonlyMap<string, Reply[]>,
): Promise<Seen> {
  const status = senderId === undefined ? undefined : await world.status(senderId);
  // In milliseconds of the server's time, which goes on between one sender and the next.
  const { deadline: _, ...told } = status ?? { deadline: '' };
  const own = replies.get(claimant.person.phone!) ?? [];
  return { step, replies: own.map(({ text }) => text), afterMs: isWait ? own.map(({ afterMs }) => afterMs) : [], status: told };
}
