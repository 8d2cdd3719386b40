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

// Quotation marks go: it must not look as if our own words began within.
const action = z.string().min(1).max(actionMax).regex(/^[^\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]*$/u)
  .transform((text) => text.replace(/["“”„«»‟]/g, '\'').trim());

export const stepUpSchema = z.union([
  z.boolean(), z.object({ action, assurance: z.literal('standard').optional() }),
]);

/** Undefined when nothing is asked for. */
export function readStepUp(said: boolean | StepUp | undefined): StepUp | undefined {
  if (said === undefined || said === false) return undefined;
  return said === true ? {} : said;
}
