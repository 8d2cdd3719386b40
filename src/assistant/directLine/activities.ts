// What a bot says over Direct Line, as replies: messages, their cards, suggested actions and attachments.
import { z } from 'zod';
import { refused } from '../exchange';
import { isChoice, isMedia, payload, repliesSchema } from '../replies';
import type { Reply } from '../assistant';

// What is no text says nothing against the rest.
const words = z.string().optional().catch(undefined);
const action = z.object({ type: z.string().optional(), title: words, value: z.unknown().optional() });
const attachment = z.object({
  contentType: words,
  contentUrl: words,
  name: words,
  content: z.unknown().optional(),
});

const activity = z.object({
  type: z.string(),
  id: z.string().optional(),
  from: z.object({ id: z.string().optional() }).optional(),
  replyToId: z.string().optional(),
  name: z.string().optional(),
  value: z.unknown().optional(),
  text: z.string().optional(),
  suggestedActions: z.object({ actions: z.array(action).optional() }).optional(),
  attachments: z.array(attachment).optional(),
});
export type Activity = z.output<typeof activity>;
type Attachment = z.output<typeof attachment>;

const activitySet = z.object({ activities: z.array(activity).max(1_000), watermark: z.string().max(200).optional() });
export type ActivitySet = z.output<typeof activitySet>;

export function readActivitySet(answer: unknown): ActivitySet {
  const parsed = activitySet.safeParse(answer);
  if (!parsed.success) throw refused('invalid answer');
  return parsed.data;
}

export interface Said {
  readonly replies: readonly Reply[];
  /** Of each reply that has choices, what the bot wants to be told for them. */
  readonly payloads: readonly (readonly string[])[];
  /** How much of it no chat can show. */
  readonly ignored: number;
}

/** What one message says. */
export function repliesOf(message: Activity): Said {
  const { text = '', attachments = [], suggestedActions } = message;
  let ignored = 0;
  const ignore = () => { ignored += 1; };
  const shown = attachments.map((one) => replyOfAttachment(one, ignore));
  const candidates = folded([{ text }, ...shown.filter((one) => one !== undefined)]);
  const last = candidates.at(-1);
  if (last !== undefined) candidates.splice(-1, 1, { ...last, ...choicesOf(suggestedActions?.actions, ignore) });
  const replies = repliesSchema.safeParse(candidates);
  if (!replies.success || (candidates.length === 0 && ignored === 0)) throw refused('invalid reply');
  const payloads = candidates.flatMap((one) => (one.payloads === undefined ? [] : [one.payloads]));
  return { replies: replies.data, payloads, ignored };
}

interface Candidate {
  readonly text: string;
  readonly choices?: readonly string[];
  readonly payloads?: readonly string[];
  readonly media?: { readonly url: string; readonly type: string };
}

const cards: ReadonlySet<string | undefined> = new Set([
  'application/vnd.microsoft.card.hero', 'application/vnd.microsoft.card.thumbnail',
]);
const card = z.object({
  title: z.string().optional(),
  subtitle: z.string().optional(),
  text: z.string().optional(),
  images: z.array(z.object({ url: z.string() })).optional(),
  buttons: z.array(action).optional(),
});

/** Media without words of their own go with what was said before them; what says nothing is none. */
function folded(all: readonly Candidate[]): Candidate[] {
  const candidates: Candidate[] = [];
  for (const one of all) {
    const last = candidates.at(-1);
    const isBare = one.text.trim() === '';
    if (isBare && one.media !== undefined && last !== undefined && last.media === undefined) {
      candidates.splice(-1, 1, { ...last, media: one.media });
    } else if (!isBare || one.media !== undefined) candidates.push(one);
  }
  return candidates;
}

/** Undefined for what a chat cannot show. `ignore` hears of that, and of each part that is left out. */
function replyOfAttachment(
  { contentType, contentUrl, name = '', content }: Attachment, ignore: () => void,
): Candidate | undefined {
  const media = contentUrl !== undefined && contentType !== undefined
    ? { url: contentUrl, type: contentType } : undefined;
  if (isMedia(media)) return { text: name, media };
  const parsed = cards.has(contentType) ? card.safeParse(content) : undefined;
  if (parsed?.success !== true) {
    ignore();
    return undefined;
  }
  const { title, subtitle, text, images: [image] = [], buttons } = parsed.data;
  const picture = image && { url: image.url, type: 'image/*' };
  if (picture !== undefined && !isMedia(picture)) ignore();
  return {
    text: [title, subtitle, text].filter((line) => line !== undefined && line.trim() !== '').join('\n'),
    ...choicesOf(buttons, ignore),
    ...isMedia(picture) ? { media: picture } : {},
  };
}

/** Those that are answers: a link, a call or a sign-in is none. */
const answers: ReadonlySet<string | undefined> = new Set(['imBack', 'postBack', 'messageBack', undefined]);

/** By their titles; a bot that wants to hear anything else than these says so by text. */
function choicesOf(
  actions: readonly z.output<typeof action>[] = [], ignore: () => void,
): Pick<Candidate, 'choices' | 'payloads'> {
  const offered = actions.flatMap(({ type, title = '', value }) => {
    if (!answers.has(type)) return [];
    if (!isChoice(title)) {
      ignore();
      return [];
    }
    const told = type === 'messageBack' ? undefined : payload.safeParse(value).data;
    return [{ title, payload: told ?? title }];
  });
  return offered.length === 0 ? {}
    : { choices: offered.map(({ title }) => title), payloads: offered.map(({ payload }) => payload) };
}
