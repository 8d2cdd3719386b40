// An answer in parts: replies, and pieces of text that are joined. Bounded in number, size and the time between two.
// Each reply is said as soon as it is whole. A stream that breaks off gives what came before.
import { z } from 'zod';
import { Fault } from '../../domain/faults';
import type { AssistantAnswer, Reply, TurnMemory } from '../assistant';
import { expectStatus, refused } from '../exchange';
import type { Exchange } from '../exchange';
import { replySchema } from '../replies';
import { stepUpSchema } from '../stepUp';
import { partTexts } from './parts';
import type { StreamForm } from './parts';

/** Words of a language model come one by one. */
const partsMax = 5_000;

const forms: Readonly<Record<string, StreamForm>> = { 'application/x-ndjson': 'lines', 'text/event-stream': 'events' };
export const streamTypes: readonly string[] = Object.keys(forms);

const typeOf = ({ headers }: Response): string =>
  (headers.get('content-type') ?? '').replace(/ *;.*$/s, '').toLowerCase();

/** Whether a 200 answers in parts. */
export function isStreamed(response: Response): boolean {
  return response.status === 200 && Object.hasOwn(forms, typeOf(response));
}

// A part may say several of these: they are read in this order. Fields that were not agreed on are left out.
const partSchema = z.object({
  delta: z.string().optional(),
  /** After the delta: the reply is whole. */
  last: z.boolean().optional(),
  text: z.string().optional(),
  choices: z.unknown().optional(),
  media: z.unknown().optional(),
  end_turn: z.boolean().optional(),
  step_up: stepUpSchema.optional(),
}).refine((part) => [part.delta, part.text, part.media, part.end_turn].some((field) => field !== undefined));
type Part = z.output<typeof partSchema>;

/** Throws the fault only when nothing came before it. Reads no further when nobody is left who may read it. */
export async function readStreamed(
  exchange: Exchange, response: Response, gapMs: number, memory?: Pick<TurnMemory, 'say'>,
): Promise<AssistantAnswer> {
  const answer = createJoined();
  return exchange.read(response, async () => {
    expectStatus(response, 200);
    const texts = partTexts(response, forms[typeOf(response)]!); // `isStreamed` says that it is one
    for (let count = 0; count < partsMax; count += 1) {
      const { value, done } = await within(gapMs, texts.next());
      if (done === true) throw refused('broke off');
      const end = answer.add(readPart(value));
      // What comes after the end is nobody's.
      if (end !== undefined) return end;
      for (const [place, reply] of answer.unsaid()) {
        if (await memory?.say?.(place, reply) === false) return { replies: answer.soFar(), endTurn: true };
      }
    }
    throw refused('too many parts');
  }).catch((error: unknown): AssistantAnswer => {
    const replies = answer.soFar();
    if (replies.length === 0 || !(error instanceof Fault)) throw error;
    return { replies, endTurn: true, broken: true };
  }).finally(() => exchange.end());
}

function readPart(text: string): Part {
  const parsed = partSchema.safeParse(jsonOf(text));
  if (!parsed.success) throw refused('invalid part');
  return parsed.data;
}

/** The parser's own error repeats the text. */
function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Replies as they come together. */
function createJoined() {
  const replies: Reply[] = [];
  let open = '';
  let said = 0;
  const push = (reply: unknown) => {
    const parsed = replySchema.safeParse(reply);
    if (!parsed.success) throw refused('invalid reply');
    replies.push(parsed.data);
  };
  const close = () => {
    if (open.trim() !== '') push({ text: open });
    open = '';
  };
  return {
    /** The whole answer, once this part ends it. */
    add(part: Part): AssistantAnswer | undefined {
      const { delta = '', last, text, choices, media, end_turn: endTurn, step_up: stepUp } = part;
      open += delta;
      if (last === true || text !== undefined || media !== undefined || endTurn !== undefined) close();
      if (text !== undefined || media !== undefined) push({ text: text ?? '', choices, media });
      return endTurn === undefined ? undefined : { replies, endTurn, ...stepUp === undefined ? {} : { stepUp } };
    },
    /** Whole ones that were not asked for before, with their places. */
    unsaid(): readonly (readonly [number, Reply])[] {
      const from = said;
      said = replies.length;
      return replies.slice(from).map((reply, index) => [from + index, reply]);
    },
    soFar(): readonly Reply[] {
      return replySchema.safeParse({ text: open }).success ? [...replies, { text: open }] : replies;
    },
  };
}

async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Fault('unavailable', 'assistant', 'silence')), ms);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}
