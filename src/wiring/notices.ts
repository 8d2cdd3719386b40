// What employees are told without asking: that a contact of theirs changed, and that a session was opened.
import { createSms, destinationRules } from '../adapters';
import type { Config } from '../config';
import type { Pool } from '../db/pool';
import { sendNotices } from '../directory/contactNotices';
import type { NoticeDeps } from '../directory/contactNotices';
import { disputeLinkPath } from '../http/dispute/disputePage';
import type { Log } from '../log';
import type { Mailer } from '../mail/mailer';
import { chargeContactNotice, chargeNotice } from '../otp/budgets';
import type { Alert } from '../otp/budgets';
import { createSmsNotices } from '../otp/carriers/smsCarrier';
import type { SmsNotice } from '../otp/carriers/smsCarrier';
import { disputeToken } from '../otp/disputeLink';
import { isHeld, takeTurn } from '../outbox/pacing';
import { tellNewSessions } from '../sessions/sessionNotices';
import { tellEmployee, tellOfChange } from '../tellEmployee';
import type { TellDeps } from '../tellEmployee';
import type { Texts } from '../texts/render';

// Longer than a session may last, and a weekend in which nobody reads mail.
const disputeLinkMs = 7 * 24 * 3_600_000;

export interface NoticeParts {
  readonly pool: Pool;
  readonly log: Log;
  readonly texts: Texts;
  readonly mailer: Mailer | undefined;
  alert(what: Alert): void;
}

/** Tells the next few of both; says how many were told, and how many given up. */
export function createNotices(config: Config, { pool, log, texts, mailer, alert }: NoticeParts) {
  const sms = createSmsNotices({ send: createSms(config, alert), texts });
  const sendSms = async (notice: SmsNotice) => {
    // It leaves like a code. One that is too early is tried again in a minute: it has no row, and is promised no turn.
    await takeTurn(pool, { key: 'notice', lane: 'codes' });
    return sms(notice);
  };
  const { keyring: keys, countries, policy, DOORMAN_LANGUAGE: defaultLanguage } = config;
  const sessions: TellDeps = {
    pool, keys, texts, defaultLanguage, sendSms, mailer, rules: destinationRules(config),
    async chargeSms(sessionId, destinationHash) {
      const mayLeave = await chargeNotice(pool, policy, sessionId, destinationHash);
      if (!mayLeave) log.warn('a telephone has had too much today to be told of a session', { sessionId });
      return mayLeave;
    },
    disputeLink: (sessionId) => {
      const token = disputeToken(keys.lookup, { sessionId, expiresAt: new Date(Date.now() + disputeLinkMs) });
      return config.DOORMAN_PUBLIC_URL + disputeLinkPath(token);
    },
  };
  const contacts: NoticeDeps = {
    pool, log, countries, storageKeys: keys.storage, giveUpAfterMs: policy.contactHoldMs,
    chargeSms: (id) => chargeContactNotice(pool, policy, id),
    sendNotice: (notice) => tellOfChange(sessions, notice),
  };
  return async (): Promise<{ notified: number; unnotified: number }> => {
    // What tells employees waits with the codes: it goes the same ways.
    if (await isHeld(pool, 'codes')) return { notified: 0, unnotified: 0 };
    const one = await sendNotices(contacts);
    const other = await tellNewSessions({ pool, log, tell: (session) => tellEmployee(sessions, session) });
    return { notified: one.notified + other.notified, unnotified: one.unnotified + other.unnotified };
  };
}
