// What a bot says over Direct Line, as replies: messages, their cards, suggested actions and attachments.
import { z } from 'zod';
import { refused } from '../exchange';
import { repliesSchema } from '../replies';
import type { Reply } from '../assistant';

const action = z.object({ type: z.string().optional(), title: z.string().optional() });
const attachment = z.object({
  contentType: z.string().optional(),
  contentUrl: z.string().optional(),
  name: z.string().optional(),
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

/** The replies of one message, and how much of it no chat can show. */
export function repliesOf(message: Activity): { replies: readonly Reply[]; ignored: number } {
  const { text = '', attachments = [], suggestedActions } = message;
  const shown = attachments.map(replyOfAttachment);
  const candidates = folded([{ text }, ...shown.filter((one) => one !== undefined)]);
  const choices = titlesOf(suggestedActions?.actions);
  const last = candidates.at(-1);
  if (last !== undefined && choices.length > 0) candidates.splice(-1, 1, { ...last, choices });
  const ignored = shown.filter((one) => one === undefined).length;
  const replies = repliesSchema.safeParse(candidates);
  if (!replies.success || (candidates.length === 0 && ignored === 0)) throw refused('invalid reply');
  return { replies: replies.data, ignored };
}

interface Candidate {
  readonly text: string;
  readonly choices?: readonly string[];
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

/** Undefined for what a chat cannot show. */
function replyOfAttachment({ contentType, contentUrl, name = '', content }: Attachment): Candidate | undefined {
  if (contentUrl !== undefined && contentType !== undefined) {
    return { text: name, media: { url: contentUrl, type: contentType } };
  }
  const parsed = cards.has(contentType) ? card.safeParse(content) : undefined;
  if (parsed?.success !== true) return undefined;
  const { title, subtitle, text, images: [image] = [], buttons } = parsed.data;
  const choices = titlesOf(buttons);
  return {
    text: [title, subtitle, text].filter((line) => line !== undefined && line.trim() !== '').join('\n'),
    ...choices.length === 0 ? {} : { choices },
    ...image === undefined ? {} : { media: { url: image.url, type: 'image/*' } },
  };
}

/** Those that are answers: a link, a call or a sign-in is none. */
const answers: ReadonlySet<string | undefined> = new Set(['imBack', 'postBack', 'messageBack', undefined]);

function titlesOf(actions: readonly z.output<typeof action>[] = []): string[] {
  return actions.filter(({ type }) => answers.has(type)).flatMap(({ title }) => title ?? []);
}
