// A bot behind Bot Framework Direct Line 3.0: one conversation a session, each turn posted once. What it says is polled
// for until it has been quiet for a while: the protocol knows no end of a turn.
import { createHash } from 'node:crypto';
import { Fault } from '../../domain/faults';
import type { Assistant, AssistantAnswer, Reply, Turn, TurnMemory } from '../assistant';
import { timeoutMsDefault } from '../assistantSettings';
import { answerBytesMax, createExchange } from '../exchange';
import type { Exchange } from '../exchange';
import { speakerFields } from '../speaker';
import { heedStepUp } from '../stepUp';
import { readActivitySet, repliesOf } from './activities';
import type { Activity } from './activities';
import { createDirectLine, isAlive, readConversation } from './directLine';
import type { Conversation, DirectLine, DirectLineSite } from './directLine';

export interface DirectLineOptions extends DirectLineSite {
  readonly timeoutMs?: number;
  /** How long a bot has to be quiet after a reply for its turn to be over. */
  readonly quietMs?: number;
  /** Between two polls. */
  readonly pollMs?: number;
  readonly fetch?: typeof fetch;
}

const quietMsDefault = 1_500;
const pollMsDefault = 500;
/** How long "is typing" holds for without a message. */
const typingMs = 10_000;
/** Polls that fail one after the other: then the bot is taken to be gone. */
const failuresMax = 5;

export function createDirectLineAssistant(options: DirectLineOptions): Assistant {
  const { fetch: get = fetch, timeoutMs = timeoutMsDefault } = options;
  const { quietMs = quietMsDefault, pollMs = pollMsDefault } = options;
  return {
    hasPayloads: true,
    async answer(turn, signal, memory) {
      const exchange = createExchange(get, signal, timeoutMs);
      const line = createDirectLine(exchange, options);
      const user = userOf(turn);
      const given = await give({ exchange, line, memory, turn, user });
      return listen({ exchange, line, memory, quietMs, pollMs }, new Heard(user, given.activityId), given.conversation);
    },
  };
}

/** Direct Line wants names of its own form; this one says no more than the subject. */
function userOf({ subject }: Turn): string {
  return `dl_${createHash('sha256').update(subject).digest('hex').slice(0, 40)}`;
}

interface Giving {
  readonly exchange: Exchange;
  readonly line: DirectLine;
  readonly memory: TurnMemory;
  readonly turn: Turn;
  readonly user: string;
}

/** Posts the turn; a conversation or token that Direct Line no longer knows is replaced, once. */
async function give(giving: Giving): Promise<{ conversation: Conversation; activityId: string }> {
  const { exchange, line, memory, turn, user } = giving;
  const post = async (conversation: Conversation) => {
    const activityId = await exchange.once(memory, () => line.post(conversation, activityOf(turn, user)));
    return { conversation, activityId };
  };
  const kept = readConversation(await memory.recall());
  const conversation = await reach(giving, kept);
  try {
    return await post(conversation);
  } catch (error) {
    // Turned away before the bot heard of it.
    if (kept === undefined || !(error instanceof Fault) || !/^http 40[134]$/.test(error.code)) throw error;
    return post(await reach(giving, { ...conversation, until: 0 }));
  }
}

/** The kept conversation under a token that lives, or another one. Kept before it is used. */
async function reach({ line, memory, user }: Giving, kept: Conversation | undefined): Promise<Conversation> {
  if (kept !== undefined && isAlive(kept)) return kept;
  const conversation = (kept && await line.renew(kept)) ?? await line.start(user);
  await memory.keep(JSON.stringify(conversation));
  return conversation;
}

function activityOf(turn: Turn, user: string): object {
  const { authorization } = turn;
  return {
    type: 'message',
    from: { id: user },
    text: turn.payload ?? turn.text,
    // Words, and no marks of formatting.
    textFormat: 'plain',
    locale: turn.locale,
    channelData: { doorman: { ...speakerFields(turn), ...authorization === undefined ? {} : { authorization } } },
  };
}

interface Listening {
  readonly exchange: Exchange;
  readonly line: DirectLine;
  readonly memory: TurnMemory;
  readonly quietMs: number;
  readonly pollMs: number;
}

async function listen(listening: Listening, heard: Heard, conversation: Conversation): Promise<AssistantAnswer> {
  const { exchange, line, memory, quietMs, pollMs } = listening;
  let at = conversation;
  let failures = 0;
  try {
    for (;;) {
      try {
        const { activities, watermark = at.watermark } = readActivitySet(await line.activities(at));
        activities.forEach((one) => heard.note(one));
        at = { ...at, watermark };
        failures = 0;
        // Only a poll that went well knows that it is quiet.
        if (heard.isWhole(quietMs)) break;
        await exchange.pause(pollMs);
      } catch (error) {
        failures += 1;
        if (failures >= failuresMax || !isPassing(error) || exchange.isOver()) throw error;
        await exchange.pause(error.retryAfterMs ?? pollMs);
      }
    }
  } catch (error) {
    // A bot that talks on and on was heard; one that fell silent in the middle broke off.
    if (!(error instanceof Fault) || heard.isEmpty()) throw error;
    return heard.answer(exchange.isOver() ? {} : { broken: true });
  }
  // A watermark that is lost costs reading again. An end is the bot's: it begins anew.
  await (heard.isEnded ? memory.forget() : memory.keep(JSON.stringify(at))).catch(() => undefined);
  return heard.answer();
}

/** Reading is repeated where it may help; posting never is. */
function isPassing(error: unknown): error is Fault {
  return error instanceof Fault && (error.kind === 'unavailable' || error.kind === 'throttled');
}

/** What a bot said to one turn. */
class Heard {
  isEnded = false;
  private readonly replies: Reply[] = [];
  private readonly payloads: (readonly string[])[] = [];
  private readonly seen = new Set<string>();
  private bytes = 0;
  private ignored = 0;
  private isPosted = false;
  private stepUp: NonNullable<AssistantAnswer['stepUp']> = false;
  private lastAt: number | undefined;
  private typingUntil = 0;

  constructor(private readonly user: string, private readonly turnId: string) {}

  note(activity: Activity): void {
    // Our own words come back; what came before them was said to somebody else's, or to nothing.
    if (activity.id === this.turnId) this.isPosted = true;
    if (activity.from?.id === this.user || this.isSeen(activity)) return;
    const isOurs = activity.replyToId === undefined ? this.isPosted : activity.replyToId === this.turnId;
    if (!isOurs) return;
    switch (activity.type) {
      case 'message': return this.noteMessage(activity);
      case 'typing': this.typingUntil = Date.now() + typingMs; return;
      case 'endOfConversation': this.isEnded = true; return;
      case 'event':
        if (activity.name === 'step_up') this.stepUp = heedStepUp(activity.value) ?? true;
        return;
    }
  }

  /** Where no watermark comes, everything comes again. */
  private isSeen({ id }: Activity): boolean {
    const isSeen = id !== undefined && this.seen.has(id);
    if (id !== undefined) this.seen.add(id);
    return isSeen;
  }

  private noteMessage(message: Activity): void {
    const { replies, payloads, ignored } = repliesOf(message);
    this.replies.push(...replies);
    this.payloads.push(...payloads);
    this.bytes += Buffer.byteLength(JSON.stringify(replies));
    this.ignored += ignored;
    this.lastAt = Date.now();
    this.typingUntil = 0;
  }

  isWhole(quietMs: number): boolean {
    if (this.isEnded || this.stepUp !== false || this.bytes > answerBytesMax) return true;
    const now = Date.now();
    return this.lastAt !== undefined && now >= this.lastAt + quietMs && now >= this.typingUntil;
  }

  isEmpty(): boolean {
    return this.replies.length === 0;
  }

  answer(how: { readonly broken?: true } = {}): AssistantAnswer {
    const { replies, ignored, stepUp } = this;
    const [payloads, ...more] = this.payloads;
    return {
      replies, endTurn: true, ...how, ...payloads === undefined || more.length > 0 ? {} : { payloads },
      ...stepUp === false ? {} : { stepUp }, ...ignored > 0 ? { ignored } : {},
    };
  }
}
