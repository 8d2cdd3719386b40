// What a Dialogflow CX agent says, as replies: its texts, and of rich content what a chat can show.
import { z } from 'zod';
import { refused } from '../exchange';
import { isChoice, isMedia, repliesSchema } from '../replies';
import type { AssistantAnswer } from '../assistant';
import { heedStepUp } from '../stepUp';

const richItem = z.object({
  type: z.string(),
  title: z.string().optional(),
  subtitle: z.string().optional(),
  text: z.union([z.string(), z.array(z.string())]).optional(),
  rawUrl: z.string().optional(),
  accessibilityText: z.string().optional(),
  options: z.array(z.object({ text: z.string().optional() })).optional(),
});
type RichItem = z.output<typeof richItem>;

const payload = z.object({
  // What is no content that we know says nothing against the rest.
  richContent: z.array(z.array(richItem)).catch([]),
  step_up: z.unknown().optional(),
});

const answerSchema = z.object({
  queryResult: z.object({
    responseMessages: z.array(z.object({
      text: z.object({ text: z.array(z.string()).optional() }).optional(),
      outputAudioText: z.object({ text: z.string().optional() }).optional(),
      payload: z.unknown().optional(),
      endInteraction: z.unknown().optional(),
      conversationSuccess: z.unknown().optional(),
    })).max(200).optional(),
  }),
});
type Message = NonNullable<z.output<typeof answerSchema>['queryResult']['responseMessages']>[number];

interface Candidate {
  text: string;
  choices?: readonly string[];
  media?: { readonly url: string; readonly type: string };
}

/** Replies as they come together from the messages of one answer. */
interface Reading {
  readonly candidates: Candidate[];
  stepUp: NonNullable<AssistantAnswer['stepUp']>;
  ignored: number;
}

export function readAnswer(answer: unknown): AssistantAnswer {
  const parsed = answerSchema.safeParse(answer);
  if (!parsed.success) throw refused('invalid answer');
  const reading: Reading = { candidates: [], stepUp: false, ignored: 0 };
  for (const message of parsed.data.queryResult.responseMessages ?? []) readMessage(reading, message);
  const replies = repliesSchema.safeParse(reading.candidates);
  if (!replies.success) throw refused('invalid reply');
  const { stepUp, ignored } = reading;
  return {
    replies: replies.data, endTurn: true, ...stepUp === false ? {} : { stepUp }, ...ignored > 0 ? { ignored } : {},
  };
}

function readMessage(reading: Reading, message: Message): void {
  const texts = message.text?.text ?? [message.outputAudioText?.text].filter((text) => text !== undefined);
  texts.forEach((text) => reading.candidates.push({ text }));
  if (message.payload !== undefined) return readPayload(reading, message.payload);
  // The agent's own marks: that the talk is over, and that it went well.
  const isMark = message.endInteraction !== undefined || message.conversationSuccess !== undefined;
  if (texts.length === 0 && !isMark) reading.ignored += 1;
}

function readPayload(reading: Reading, given: unknown): void {
  const { richContent = [], step_up: said } = payload.safeParse(given).data ?? {};
  const stepUp = heedStepUp(said);
  if (stepUp !== undefined && stepUp !== false) reading.stepUp = stepUp;
  const items = richContent.flat();
  if (items.length === 0 && stepUp === undefined) reading.ignored += 1;
  items.forEach((item) => readItem(reading, item));
}

function readItem(reading: Reading, item: RichItem): void {
  const { candidates } = reading;
  const { options = [] } = item;
  const choices = options.flatMap(({ text = '' }) => (isChoice(text) ? [text] : []));
  const text = [item.title, item.subtitle, item.text].flat()
    .filter((line) => line !== undefined && line.trim() !== '').join('\n');
  const last = candidates.at(-1);
  const image = item.type === 'image' && item.rawUrl !== undefined ? { url: item.rawUrl, type: 'image/*' } : undefined;
  if (item.type === 'chips' && choices.length > 0 && last !== undefined) {
    last.choices = choices;
    reading.ignored += options.length - choices.length;
  } else if (isMedia(image)) addImage(candidates, item, image);
  else if (text !== '') candidates.push({ text });
  else reading.ignored += 1;
}

/** An image without words of its own goes with those before it. */
function addImage(
  candidates: Candidate[], { accessibilityText: words }: RichItem, media: NonNullable<Candidate['media']>,
): void {
  const last = candidates.at(-1);
  if (words === undefined && last !== undefined && last.media === undefined) last.media = media;
  else candidates.push({ text: words ?? '', media });
}
