// A mail as it lies in a mailbox: what its reader sees of it, and whom the server was told to bring it to.
import { randomUUID } from 'node:crypto';
import PostalMime from 'postal-mime';

export interface ReceivedMail {
  readonly id: string;
  readonly at: number;
  /** Of the envelope, which is what counts; headers may claim anything. */
  readonly from: string;
  readonly to: readonly string[];
  readonly messageId: string;
  readonly subject: string;
  readonly text: string;
  /** null when it has no such part. */
  readonly html: string | null;
}

/** So many are kept: a person never reads more. */
export const mailsMax = 200;

/** Reads what a client sent after DATA. */
export async function readMail(
  { from, to }: Pick<ReceivedMail, 'from' | 'to'>, raw: Uint8Array<ArrayBuffer>,
): Promise<ReceivedMail> {
  const { messageId = '', subject = '', text = '', html } = await PostalMime.parse(raw);
  return { id: randomUUID(), at: Date.now(), from, to, messageId, subject, text, html: html ?? null };
}

/** What the page is told of a mail: the HTML part it asks for by itself. */
export function mailView({ html, ...mail }: ReceivedMail): Record<string, unknown> {
  return { ...mail, hasHtml: html !== null };
}
