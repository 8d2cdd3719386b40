// What an assistant says, as it comes over the wire, and the words that a chat can show of it. Bounded, read as data.
// Choices are numbered and media are linked to: what WhatsApp shows otherwise needs templates (decision 10).
import { z } from 'zod';
import type { Reply } from './assistant';

/** Of one reply's text; it is parted for the channel afterwards. */
const textBytesMax = 64 * 1024;
const choicesMax = 50;
const choiceLengthMax = 200;
// Short enough to stay in one part with the end of its text.
const urlLengthMax = 1_000;
/** Far above what a turn may say (policy `repliesPerTurnMax`); what is beyond that is dropped, and said. */
const repliesMax = 200;

export const hasWords = (text: string): boolean => text.trim() !== '';

const choice = z.string().max(choiceLengthMax).refine(hasWords);
const media = z.object({
  url: z.string().max(urlLengthMax),
  type: z.string().regex(/^[a-z]{1,20}\/([\w.+-]{1,100}|\*)$/i),
});

/** Whether a reply can have it. A bot that knows nothing of our contract is heard without what it cannot have. */
export const isChoice = (title: string): boolean => choice.safeParse(title).success;
export const isMedia = (given: Reply['media']): given is NonNullable<Reply['media']> => media.safeParse(given).success;

/** What a reply is, whoever says it. */
export const replySchema = z.object({
  text: z.string().refine((text) => Buffer.byteLength(text) <= textBytesMax),
  choices: z.array(choice).min(1).max(choicesMax).optional(),
  media: media.optional(),
}).refine(({ text, media }) => hasWords(text) || media !== undefined);

/** What an assistant wants to be told for a choice. */
export const payload = z.string().min(1).max(4_096);

/** Fields that were not agreed on are left out. */
export const repliesSchema = z.array(replySchema).max(repliesMax);

/**
 * The words of a reply: its text, then its choices by number, which the person answers like anything else, then the
 * link to its media where that leads to one of `mediaHosts` by https.
 */
export function wordsOf({ text, choices = [], media }: Reply, mediaHosts: ReadonlySet<string>): string {
  const numbered = choices.map((choice, index) => `${index + 1}. ${oneLine(choice)}`).join('\n');
  const link = media === undefined ? undefined : linkTo(media.url, mediaHosts);
  return [text, numbered, link ?? ''].filter((part) => part !== '').join('\n\n');
}

/** The parts of these replies that one message each can hold. A reply that is nothing but a closed link has none. */
export function partsOf(
  replies: readonly Reply[], split: (text: string) => readonly string[], mediaHosts: ReadonlySet<string>,
): string[] {
  return replies.flatMap((reply) => split(wordsOf(reply, mediaHosts)));
}

/** So that a choice cannot look like two, or like a further text. */
export function oneLine(choice: string): string {
  return choice.replace(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, ' ').trim();
}

/** Undefined for a link that a person must not be led to: they trust what this chat says. */
function linkTo(url: string, hosts: ReadonlySet<string>): string | undefined {
  if (!URL.canParse(url)) return undefined;
  const { protocol, host, username, password, href } = new URL(url);
  const isAllowed = protocol === 'https:' && hosts.has(host) && username + password === '';
  return isAllowed && href.length <= urlLengthMax ? href : undefined;
}
