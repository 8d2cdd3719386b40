// Doorman's answer to an event, in a sentence for whoever plays HR.
import { z } from 'zod';
import type { Attempt } from '../webhooks/webhookPost';

export interface Verdict {
  readonly isTaken: boolean;
  /** Doorman's own word for what came of it; the problem's sentence where it was refused. */
  readonly said: string;
  /** Fields that were left out because they could not be used, or the one that could not be read. */
  readonly fields: readonly string[];
}

const accepted = z.object({ outcome: z.string(), without: z.array(z.string()).default([]) });
const refused = z.object({ detail: z.string(), field: z.string().optional() });

// Taken, and without effect: HR's list would say what is not so.
const withoutEffect: ReadonlySet<string> = new Set(['stale', 'tombstoned', 'ignored', 'stored']);

const sentences: Readonly<Record<string, string>> = {
  applied: 'Applied.',
  unchanged: 'Applied: nothing was new.',
  duplicate: 'Applied before.',
  stale: 'Not applied: Doorman has heard something later of this person.',
  tombstoned: 'Not applied: this person has left, and only hiring again lets them back in.',
  unknown: 'Noted: nobody has this key, and nobody is let in by it until they are hired again.',
  ignored: 'Not applied: Doorman is not configured to care for this kind of event.',
  stored: 'Not applied: Doorman is configured to hand HR’s events on.',
};

export function verdictOf({ status, answerBody, problem = '' }: Attempt): Verdict {
  if (status === null) return { isTaken: false, said: `No answer: ${problem}.`, fields: [] };
  if (status < 200 || status > 299) {
    const { detail, field } = read(refused, answerBody) ?? { detail: 'Doorman did not say why.' };
    return { isTaken: false, said: detail, fields: field === undefined ? [] : [field] };
  }
  const { outcome, without } = read(accepted, answerBody) ?? { outcome: 'applied', without: [] };
  return { isTaken: !withoutEffect.has(outcome), said: sentences[outcome] ?? outcome, fields: without };
}

export function sentenceOf({ isTaken, said, fields }: Verdict): string {
  if (fields.length === 0) return said;
  const named = fields.join(', ');
  return isTaken ? `${said} Left out, because it cannot be used: ${named}.` : `${said} (${named})`;
}

function read<T>(schema: z.ZodType<T>, body: string): T | undefined {
  try {
    return schema.safeParse(JSON.parse(body)).data;
  } catch {
    return undefined;
  }
}
