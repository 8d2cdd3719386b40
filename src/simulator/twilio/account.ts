// The one account that the simulated Twilio has, and who may act for it.
import { createHash, timingSafeEqual } from 'node:crypto';

export interface Account {
  readonly sid: string;
  readonly authToken: string;
  readonly apiKeySid: string;
  readonly apiKeySecret: string;
  /** `whatsapp:+…` */
  readonly whatsappSender: string;
  /** `+…` */
  readonly smsSender: string;
  /** `+…`; calls come from the SMS sender when it is absent. */
  readonly voiceSender?: string;
}

/** Whether an Authorization header is the account's: its SID with the auth token, or its API key with the secret. */
export function isAuthorised(header: string | undefined, account: Account): boolean {
  const [scheme, encoded = ''] = (header ?? '').split(' ');
  if (scheme?.toLowerCase() !== 'basic') return false;
  const given = Buffer.from(encoded, 'base64').toString('utf8');
  const pairs = [`${account.sid}:${account.authToken}`, `${account.apiKeySid}:${account.apiKeySecret}`];
  return pairs.some((pair) => timingSafeEqual(digest(pair), digest(given)));
}

/** Who a request claims to be, for the page: never with the secret. */
export function claimedUser(header: string | undefined): string {
  const [, encoded = ''] = (header ?? '').split(' ');
  return Buffer.from(encoded, 'base64').toString('utf8').split(':', 1)[0] ?? '';
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
