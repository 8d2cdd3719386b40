// Where a code may go: to a registered contact that is not held back, in a country that codes go to, and as the rule
// for the sender's own number says. The only place that decides it; asked for the charge and again for the send.
import type { Note } from '../audit/auditedTransaction';
import type { Queryable } from '../db/pool';
import type { Method, SameNumber } from '../domain/messages';
import { defaultPolicy } from '../domain/policy';
import { getsCodes, isHeld, isSoleHolder, isSoleReader } from './employees';
import { countryOf, spellingsOf, takesSms } from './phoneNumber';
import type { Countries } from './phoneNumber';

export interface DestinationRules {
  readonly countries: Countries;
  readonly sameNumber: SameNumber;
  /** How long a contact that was added or changed is held back. */
  readonly contactHoldMs: number;
}

/** Of an installation that sets nothing. */
export const usualRules: DestinationRules = {
  countries: undefined, sameNumber: 'preferOther', contactHoldMs: defaultPolicy.contactHoldMs,
};

/** Where a code may go. */
export interface Contact {
  readonly to: string;
  readonly language: string | null;
  /** By which sends to it are counted; undefined for an e-mail address. */
  readonly country?: string;
  /** Whether it certainly is another number than those that the sender writes from. */
  readonly isOther: boolean;
}

export interface ContactQuestion {
  readonly employeeId: string | null;
  readonly method: Method;
  /** Those of the numbers that the sender writes from; undefined when no number of the sender's is known. */
  ownNumbers(numbers: readonly string[]): Promise<ReadonlySet<string> | undefined>;
}

/**
 * The registered contact for a method: mobile before main number, work address before main address; undefined for the
 * unknown, the departed, and those who have none that may be used. Null asks for nobody, with the same work (R25).
 */
export async function findContact(
  db: Queryable, rules: DestinationRules, { employeeId, method, ownNumbers }: ContactQuestion,
): Promise<Contact | undefined> {
  const { rows } = await db.query<Registered>(contactQueries[method], [employeeId, rules.contactHoldMs]);
  if (method === 'email') return rows[0] && { ...rows[0], isOther: false };
  const numbers = rows.flatMap((row) => {
    const country = countryOf(row.to, rules.countries);
    return country === undefined || (method === 'sms' && !takesSms(row.to)) ? [] : [{ ...row, country }];
  });
  return choose(rules.sameNumber, numbers, await ownNumbers(numbers.flatMap(({ to }) => spellingsOf(to))));
}

export interface NoticeQuestion {
  readonly employeeId: string;
  /** Without mail there is no notice by it. */
  readonly byMail: boolean;
  /** Whether the code came by this number or address. */
  wasUsed(to: string): boolean;
  ownNumbers: ContactQuestion['ownNumbers'];
}

/**
 * A registered contact besides those that a session came by: the chat's own number and where its code went. The address
 * first: a link can be followed there. Undefined when there is none.
 */
export async function findNoticeContact(
  db: Queryable, rules: DestinationRules, { employeeId, byMail, wasUsed, ownNumbers }: NoticeQuestion,
): Promise<{ readonly method: 'email' | 'sms'; readonly to: string } | undefined> {
  const values = [employeeId, rules.contactHoldMs];
  const { rows: [mail] } = await db.query<Registered>(contactQueries.email, values);
  if (byMail && mail !== undefined && !wasUsed(mail.to)) return { method: 'email', to: mail.to };
  const { rows } = await db.query<Registered>(contactQueries.sms, values);
  const numbers = rows.map(({ to }) => to)
    .filter((to) => countryOf(to, rules.countries) !== undefined && takesSms(to) && !wasUsed(to));
  const own = await ownNumbers(numbers.flatMap(spellingsOf)) ?? new Set();
  const to = numbers.find((number) => !spellingsOf(number).some((one) => own.has(one)));
  return to === undefined ? undefined : { method: 'sms', to };
}

type Registered = Pick<Contact, 'to' | 'language'>;

/** Whoever writes under a name only may write from any of the numbers: none is another one for certain. */
function choose(
  rule: SameNumber, numbers: readonly (Registered & { country: string })[], own: ReadonlySet<string> | undefined,
): Contact | undefined {
  const others = own === undefined ? [] : numbers.filter(({ to }) => !spellingsOf(to).some((one) => own.has(one)));
  const usual = rule === 'refuse' ? undefined : numbers[0];
  const chosen = rule === 'allow' ? usual : others[0] ?? usual;
  return chosen && { ...chosen, isOther: others.includes(chosen) };
}

const phoneQuery = `
  SELECT p.e164 AS to, e.preferred_language AS language
    FROM employees e JOIN employee_phones p ON p.employee_id = e.id
   WHERE e.id = $1 AND e.active AND ${getsCodes.phone('p')} AND ${isSoleHolder}
     AND NOT ${isHeld('p', '$2')}
   ORDER BY p.type = 'mobile' DESC, p.is_primary DESC, p.e164`;

const contactQueries: Record<Method, string> = {
  sms: phoneQuery,
  call: phoneQuery,
  email: `
    SELECT m.address AS to, e.preferred_language AS language
      FROM employees e JOIN employee_emails m ON m.employee_id = e.id
     WHERE e.id = $1 AND e.active AND ${getsCodes.email('m')} AND ${isSoleReader}
       AND NOT ${isHeld('m', '$2')}
     ORDER BY m.type = 'work' DESC, m.is_primary DESC, m.address LIMIT 1`,
};

export type Confirmation = 'none' | 'asked' | 'askedAlready' | 'confirmed';

/** An asking that nobody agreed with is forgotten after this. */
const confirmWithinMinutes = 60;

/**
 * Lifts the hold from an employee's contacts: the first operator asks, another one agrees within the hour (R19, R66).
 * `none`: nothing is held. A contact that changes after the asking makes it void.
 */
export async function confirmContacts(
  tx: Queryable, note: Note, employeeId: string, operator: string, contactHoldMs: number,
): Promise<Confirmation> {
  // An import that changes this person's contacts has locked the row, or waits for it.
  await tx.query('SELECT 1 FROM employees WHERE id = $1 FOR NO KEY UPDATE', [employeeId]);
  const { rows: [row] } = await tx.query<{ contacts: number; by: string | null }>(
    `WITH held AS (
       SELECT held_from FROM employee_phones p WHERE employee_id = $1 AND ${isHeld('p', '$2')}
       UNION ALL SELECT held_from FROM employee_emails m WHERE employee_id = $1 AND ${isHeld('m', '$2')})
     SELECT (SELECT count(*)::int FROM held) AS contacts,
            CASE WHEN confirm_asked_at > clock_timestamp() - $3 * interval '1 min'
              AND confirm_asked_at > (SELECT max(held_from) FROM held) THEN confirm_asked_by END AS by
       FROM employees WHERE id = $1`, [employeeId, contactHoldMs, confirmWithinMinutes]);
  const { contacts = 0, by = null } = row ?? {};
  if (contacts === 0) return 'none';
  if (by === operator) return 'askedAlready';
  await tx.query(
    `UPDATE employees SET confirm_asked_by = $2, confirm_asked_at = CASE WHEN $2::text IS NULL THEN NULL
            ELSE clock_timestamp() END WHERE id = $1`, [employeeId, by === null ? operator : null]);
  if (by === null) {
    note({ kind: 'contact.confirming', facts: { employeeId, operator, contacts } });
    return 'asked';
  }
  for (const table of ['employee_phones', 'employee_emails']) {
    await tx.query(`UPDATE ${table} SET held_from = NULL WHERE employee_id = $1`, [employeeId]);
  }
  note({ kind: 'contact.confirmed', facts: { employeeId, operator, askedBy: by, contacts } });
  return 'confirmed';
}
