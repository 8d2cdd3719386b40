// Tells one employee of one new session, by the registered channel that is left: mail with a link that says NOT ME, or
// an SMS to another number than those of the chat and the code. And of a contact that HR has changed.
import type { Pool } from './db/pool';
import { findNoticeContact } from './directory/contacts';
import type { DestinationRules } from './directory/contacts';
import { Fault } from './domain/faults';
import { ownNumbers } from './inbox/senderLookup';
import { replyAddress } from './inbox/senders';
import { lookupHash } from './keys/box';
import type { Keyring } from './keys/keyring';
import { mailHtml } from './mail/mailHtml';
import { destinationsOf } from './otp/assurance';
import type { SmsNotice } from './otp/carriers/smsCarrier';
import type { Texts } from './texts/render';
import type { SendResult } from './twilio/sendMessage';
import type { NewSession, Telling } from './sessions/sessionNotices';

export interface TellDeps {
  readonly pool: Pool;
  readonly keys: Pick<Keyring, 'lookup' | 'storage'>;
  readonly rules: DestinationRules;
  readonly texts: Pick<Texts, 'render'>;
  readonly defaultLanguage: string;
  sendSms(notice: SmsNotice): Promise<SendResult>;
  /** Charges an SMS about a session in the budget of its telephone; false when that is spent. Repeat-safe. */
  chargeSms(sessionId: string, destinationHash: Buffer): Promise<boolean>;
  /** Absent when no mail server is configured. */
  readonly mailer?: {
    send(mail: { key: string; to: string; subject: string; text: string; html: string }): Promise<SendResult>;
  } | undefined;
  /** The address of the page on which the employee says NOT ME to a session. */
  disputeLink(sessionId: string): string;
}

/** Throws Fault. */
export async function tellEmployee(deps: TellDeps, session: NewSession): Promise<Telling> {
  const { pool, keys, rules, texts, mailer } = deps;
  const { sessionId, employeeId, senderId, challengeId } = session;
  const language = session.language ?? deps.defaultLanguage;
  const [used, address] = await Promise.all([destinationsOf(pool, challengeId), replyAddress(pool, keys, senderId)]);
  // Nobody writes from there any more when another sender has taken the address over.
  const last4 = address?.slice(-4) ?? '????';
  // By which of several the code came nobody knows: whoever had one more sent must not silence the notice with it.
  const certain = used.length === 1 ? used : [];
  const hashOf = (to: string) => lookupHash(keys.lookup, 'destination', to);
  const isOneOf = (hashes: readonly Buffer[], to: string) => hashes.some((hash) => hash.equals(hashOf(to)));
  const findContact = (byMail: boolean) => findNoticeContact(pool, rules, {
    employeeId, byMail,
    wasUsed: (to) => isOneOf(certain, to),
    ownNumbers: (numbers) => ownNumbers(pool, keys.lookup, senderId, numbers),
  });
  const sendSms = async (to: string): Promise<SendResult> => {
    if (!await deps.chargeSms(sessionId, hashOf(to))) return { outcome: 'undeliverable', code: 'budgetSpent' };
    return deps.sendSms({ to, language, text: { key: 'smsSessionOpened', params: { last4 } } });
  };
  const contact = await findContact(mailer !== undefined);
  if (contact === undefined) return { outcome: 'noChannel' };
  if (contact.method === 'sms' || mailer === undefined) return sendSms(contact.to);
  const params = { last4, link: deps.disputeLink(sessionId) };
  const text = texts.render({ key: 'mailSessionOpened', params }, language);
  const mail = () => mailer.send({
    key: `session:${sessionId}`,
    to: contact.to,
    subject: texts.render({ key: 'mailSessionOpenedSubject', params: {} }, language),
    text,
    html: mailHtml(text, language),
  });
  return isOneOf(used, contact.to) ? tellBoth(mail, await findContact(false), sendSms)
    : tellOne(mail, () => findContact(false), sendSms);
}

type Mail = () => Promise<SendResult>;
type Sms = (to: string) => Promise<SendResult>;
type Telephone = { readonly to: string } | undefined;

async function tellOne(mail: Mail, findOther: () => Promise<Telephone>, sendSms: Sms): Promise<Telling> {
  const mailed = await mail();
  const other = mailed.outcome === 'accepted' ? undefined : await findOther();
  return other === undefined ? mailed : sendSms(other.to);
}

/**
 * The code went to this mailbox as well: whoever reads it may be who opened the session, and must not be the only one
 * who is told. The telephone first, so that a mail is not sent again and again while no SMS can be.
 */
async function tellBoth(mail: Mail, telephone: Telephone, sendSms: Sms): Promise<Telling> {
  const told = telephone === undefined ? undefined : await sendSms(telephone.to);
  if (told?.outcome !== 'accepted') return mail();
  await mail().catch((error: unknown) => {
    if (!(error instanceof Fault)) throw error;
  });
  return told;
}

/** Tells a number or an address that contacts of its owner were changed. The same id is the same mail. Throws Fault. */
export async function tellOfChange(
  { texts, mailer, sendSms, defaultLanguage }: Pick<TellDeps, 'texts' | 'mailer' | 'sendSms' | 'defaultLanguage'>,
  { id, to, language: wanted }: { id: string; to: string; language: string | null },
): Promise<SendResult> {
  const language = wanted ?? defaultLanguage;
  if (!to.includes('@')) return sendSms({ to, language, text: { key: 'smsNumberChanged', params: {} } });
  if (mailer === undefined) return { outcome: 'undeliverable', code: 'no mail server' };
  const text = texts.render({ key: 'mailContactChanged', params: {} }, language);
  const subject = texts.render({ key: 'mailContactChangedSubject', params: {} }, language);
  return mailer.send({ key: `contact:${id}`, to, subject, text, html: mailHtml(text, language) });
}
