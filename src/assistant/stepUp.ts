// What an assistant says that needs a stronger proof: whether, and what for. The words are data: they are shown between
// quotation marks, and nothing is read into them.
import { z } from 'zod';

export interface StepUp {
  /** What the person is to prove it for: one line, 200 characters at most; undefined when it is not said. */
  readonly action?: string | undefined;
  /** A proof by the employee's mailbox, or by the very number that writes, is not enough. */
  readonly assurance?: 'standard' | undefined;
}

const actionMax = 200;

const action = z.string().min(1).max(actionMax).regex(/^[^\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]*$/u).regex(/[\p{L}\p{N}]/u)
  .transform((text) => withoutLinks(withoutMarks(text)).trim());

/** Quotation marks and WhatsApp's markup go: it must not look as if our own words began within. */
function withoutMarks(text: string): string {
  return text.replace(/["\p{Pi}\p{Pf}‚„❛-❠〝-〟＂ʺ˝ˮ˶״″‴‶‷〃]|'{2,}/gu, '\'')
    .replace(/[*_~`]/g, (mark) => lookalikes[mark]!); // has each of them
}

const lookalikes: Readonly<Record<string, string>> = { '*': '\u2217', _: '\u02CD', '~': '\u223C', '`': '\u02CB' };

/** A chat makes links of addresses: a sentence of ours that asks for a proof must lead nowhere. */
function withoutLinks(text: string): string {
  return text.replace(/:\/\//g, ': //').replace(/(?<=[\p{L}\p{N}])[.。．｡](?=\p{L})/gu, '$& ');
}

export const stepUpSchema = z.union([
  z.boolean(), z.object({ action, assurance: z.literal('standard').optional() }),
]);

const withoutWords = z.object({ assurance: z.literal('standard') });

/**
 * Of an answer that is looked through for what it holds: what is asked for with words that cannot be shown is asked for
 * without any, or nobody would do anything any more. Undefined when nothing is said of it.
 */
export function heedStepUp(said: unknown): boolean | StepUp | undefined {
  if (said === undefined || said === null) return undefined;
  return stepUpSchema.safeParse(said).data ?? withoutWords.safeParse(said).data ?? true;
}

/** Undefined when nothing is asked for. */
export function readStepUp(said: boolean | StepUp | undefined): StepUp | undefined {
  if (said === undefined || said === false) return undefined;
  return said === true ? {} : said;
}
