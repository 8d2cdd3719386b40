// An assistant of Rasa behind its REST channel: one POST a turn, which runs its actions each time, so once.
import { SignJWT } from 'jose';
import { z } from 'zod';
import type { Assistant, AssistantAnswer, Turn } from '../assistant';
import { timeoutMsDefault } from '../assistantSettings';
import { createExchange, refused } from '../exchange';
import { hasWords, isChoice, isMedia, payload, repliesSchema } from '../replies';
import { speakerFields } from '../speaker';
import { heedStepUp } from '../stepUp';

export interface RasaOptions {
  /** Where Rasa is; the channel's path is added. */
  readonly url: string;
  /** As `rasa run --auth-token` has it. Travels in the URL, as Rasa reads it. */
  readonly token?: string | undefined;
  /** As `rasa run --jwt-secret` has it (HS256). */
  readonly jwtSecret?: string | undefined;
  readonly timeoutMs?: number;
  readonly fetch?: typeof fetch;
}

const jwtSeconds = 60;

export function createRasaAssistant(options: RasaOptions): Assistant {
  const { fetch: get = fetch, timeoutMs = timeoutMsDefault } = options;
  const url = new URL(`${options.url.replace(/\/$/, '')}/webhooks/rest/webhook`);
  if (options.token !== undefined) url.searchParams.set('token', options.token);
  return {
    hasPayloads: true,
    async answer(turn, signal, memory) {
      const exchange = createExchange(get, signal, timeoutMs);
      const request = await requestOf(turn, options);
      const answer = await exchange.once(memory, async () => exchange.json(await exchange.send(url, request)));
      return readMessages(answer, turn.conversationId);
    },
  };
}

async function requestOf(turn: Turn, { jwtSecret }: RasaOptions): Promise<RequestInit> {
  const { conversationId: sender, text, payload: told = dataOf(text), authorization } = turn;
  const metadata = { ...speakerFields(turn), ...authorization === undefined ? {} : { authorization } };
  return {
    method: 'POST',
    body: JSON.stringify({ sender, message: told, metadata }),
    headers: {
      'content-type': 'application/json',
      accept: 'application/json',
      ...jwtSecret === undefined ? {} : { authorization: `Bearer ${await signedFor(sender, jwtSecret)}` },
    },
  };
}

/**
 * Rasa reads "/intent{…}" as the intent and the facts themselves, past everything that understands language: a person
 * could say who they are by it (A43). With another sign that looks like it, the words are words.
 */
function dataOf(text: string): string {
  // Rasa strips the text first, as Python does: control characters among it are space there.
  return text.replace(/^([\s\p{C}]*)\//u, '$1\u2215');
}

/** Rasa lets a `user` into the conversation of its own name alone. */
function signedFor(sender: string, secret: string): Promise<string> {
  return new SignJWT({ user: { username: sender, role: 'user' } })
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .setIssuedAt()
    .setExpirationTime(`${jwtSeconds} s`)
    .sign(new TextEncoder().encode(secret));
}

// Where there is no payload, or none that can be told, its title is: as words.
const button = z.object({ title: z.string().catch(''), payload: payload.optional().catch(undefined) });
const messagesSchema = z.array(z.object({
  recipient_id: z.string().optional(),
  text: z.string().optional(),
  image: z.string().optional(),
  buttons: z.array(button).optional(),
  custom: z.unknown().optional(),
  attachment: z.unknown().optional(),
})).max(200);
type Message = z.output<typeof messagesSchema>[number];

/** Of a custom payload: what was asked for needs a fresh proof. */
const customSchema = z.object({ step_up: z.unknown() });
const stepUpOf = ({ custom }: Message): AssistantAnswer['stepUp'] =>
  heedStepUp(customSchema.safeParse(custom).data?.step_up);

function readMessages(answer: unknown, sender: string): AssistantAnswer {
  const messages = messagesSchema.safeParse(answer);
  if (!messages.success) throw refused('invalid answer');
  // What is meant for somebody else is nobody's here.
  const ours = messages.data.filter(({ recipient_id: recipient = sender }) => recipient === sender);
  const read = ours.filter(isSaid);
  const said = read.map(shown);
  const replies = repliesSchema.safeParse(said.map(replyOf));
  if (!replies.success) throw refused('invalid reply');
  const wanted = ours.map(stepUpOf).filter((one) => one !== undefined);
  const stepUp = wanted.find((one) => one !== false);
  const offers = said.flatMap(({ buttons = [] }) => (buttons.length === 0 ? [] : [buttons]));
  const payloads = offers.length === 1 ? offers[0]!.map((one) => one.payload ?? dataOf(one.title)) : undefined;
  const ignored = messages.data.length - ours.filter((one) => isSaid(one) || stepUpOf(one) !== undefined).length
    + countParts(read) - countParts(said);
  return {
    replies: replies.data, endTurn: true,
    ...payloads === undefined ? {} : { payloads }, ...stepUp === undefined ? {} : { stepUp },
    ...ignored > 0 ? { ignored } : {},
  };
}

const media = (url: string) => ({ url, type: 'image/*' });

/** An image that cannot be shown says nothing. */
function isSaid({ text, image }: Message): boolean {
  return image === undefined ? text !== undefined : isMedia(media(image)) || hasWords(text ?? '');
}

/** Without the buttons and the image that no chat can show. */
function shown({ buttons = [], image, ...message }: Message): Message {
  const isShown = image !== undefined && isMedia(media(image));
  return { ...message, buttons: buttons.filter(({ title }) => isChoice(title)), ...isShown ? { image } : {} };
}

function countParts(messages: readonly Message[]): number {
  return messages.reduce((sum, { buttons = [], image }) => sum + buttons.length + (image === undefined ? 0 : 1), 0);
}

function replyOf({ text = '', image, buttons = [] }: Message) {
  return {
    text,
    ...buttons.length === 0 ? {} : { choices: buttons.map(({ title }) => title) },
    ...image === undefined ? {} : { media: media(image) },
  };
}
