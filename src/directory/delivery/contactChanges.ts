// What an import changes of the contacts of people who are in the directory already, and who is told of it: the former
// contact and the new one, so that whoever did not ask for the change hears of it while it is held back (R19, A53).
import type { Note } from '../../audit/auditedTransaction';
import type { Queryable } from '../../db/pool';
import { lookupHash, seal } from '../../keys/box';
import type { Keyring } from '../../keys/keyring';
import { getsCodes } from '../employees';
import { analyze } from './staging';

export interface NoticeOptions {
  readonly keys: Pick<Keyring, 'lookup' | 'storage'>;
  /** Numbers and addresses that one import tells at most: a new numbering plan must not become 10,000 SMS. */
  readonly noticesMax: number;
  /** Whether codes go by e-mail, too: where they do not, an address is no more than a name. */
  readonly byMail?: boolean;
}

export interface ContactChanges {
  /** People of the directory to whom a contact came, or from whom one went. */
  readonly contactsChanged: number;
  /** Numbers and addresses that are told, and those that are not because there are too many, or no keys. */
  readonly told: number;
  readonly untold: number;
}

export const noChanges: ContactChanges = { contactsChanged: 0, told: 0, untold: 0 };

// Contacts that a code may go to; the others of a person are nobody's to tell. What came to somebody who was not active
// comes with their return: two imports are no way around hold and notice (A53).
const sides = (byMail: boolean): string => `
  before AS (
    SELECT p.id, 'phone' AS kind, c.e164 AS contact,
           ${getsCodes.phone('c')} AND (e.active OR c.held_from IS NULL) AS gets
      FROM plan p JOIN employees e USING (id) JOIN employee_phones c ON c.employee_id = p.id
    UNION ALL
    SELECT p.id, 'email', c.address,
           ${byMail} AND ${getsCodes.email('c')} AND (e.active OR c.held_from IS NULL)
      FROM plan p JOIN employees e USING (id) JOIN employee_emails c ON c.employee_id = p.id),
  after AS (
    SELECT p.id, 'phone' AS kind, c.e164 AS contact, ${getsCodes.phone('c', '"primary"')} AS gets
      FROM plan p, jsonb_to_recordset(p.phones) AS c (e164 text, type text, "primary" boolean) WHERE NOT p.is_new
    UNION ALL SELECT p.id, 'email', c.address, ${byMail} AND ${getsCodes.email('c', '"primary"')}
      FROM plan p, jsonb_to_recordset(p.emails) AS c (address text, type text, "primary" boolean) WHERE NOT p.is_new)`;

/** Sets the contacts of the plan beside the stored ones, in the table `contact_changes`; says what it comes to. */
export async function compareContacts(tx: Queryable, notices: NoticeOptions | undefined): Promise<ContactChanges> {
  const { rowCount } = await tx.query(
    `WITH ${sides(notices?.byMail === true)}
     INSERT INTO contact_changes
     SELECT id, kind, contact, b.contact IS NULL AS is_added, a.contact IS NULL AS is_removed,
            coalesce(b.gets, false) AS got, coalesce(a.gets, false) AS gets
       FROM before b FULL JOIN after a USING (id, kind, contact)`);
  await analyze(tx, 'contact_changes', rowCount ?? 0);
  const { rows: [row] } = await tx.query<{ people: number; numbers: number }>(
    `SELECT (SELECT count(DISTINCT id)::int FROM contact_changes WHERE is_added OR is_removed) AS people,
            (SELECT count(*)::int FROM (${contactsToTell}) AS n) AS numbers`);
  const { people, numbers } = row!; // a SELECT without FROM is one row
  const told = notices === undefined ? 0 : Math.min(numbers, notices.noticesMax);
  return { contactsChanged: people, told, untold: numbers - told };
}

/**
 * All contacts, former and new, of people who work here from now on and whose codes go elsewhere; and the former ones
 * of people who do not, where others have come in their place. Whoever got at an address does not read the telephone.
 */
const contactsToTell = `
  SELECT c.id, c.contact, c.got, p.place FROM contact_changes c JOIN plan p USING (id)
   WHERE CASE WHEN p.will_be_active
     THEN (c.got OR c.gets) AND EXISTS (SELECT FROM contact_changes o WHERE o.id = c.id AND o.got <> o.gets)
     ELSE c.got AND NOT c.gets
       AND EXISTS (SELECT FROM contact_changes o WHERE o.id = c.id AND o.gets AND NOT o.got) END`;

/** Records every change, and writes the notices that `compareContacts` has counted. */
export async function noteContacts(
  tx: Queryable, note: Note, source: string, { told, untold }: ContactChanges, notices: NoticeOptions | undefined,
): Promise<void> {
  const { rows } = await tx.query<{ employeeId: string; added: number; removed: number }>(
    `SELECT c.id AS "employeeId", count(*) FILTER (WHERE is_added)::int AS added,
            count(*) FILTER (WHERE is_removed)::int AS removed
       FROM contact_changes c JOIN plan p USING (id) GROUP BY c.id, p.place
     HAVING bool_or(is_added OR is_removed) ORDER BY p.place`);
  for (const facts of rows) note({ kind: 'contact.changed', facts });
  if (told > 0 && notices !== undefined) await writeNotices(tx, notices);
  if (untold > 0) note({ kind: 'contact.untold', facts: { source, numbers: untold } });
}

export const noticeContext = (employeeId: string, hash: Buffer): string =>
  `contact_notices:${employeeId}:${hash.toString('hex')}`;

/** Former numbers first: their owners are the ones who may not know. */
async function writeNotices(tx: Queryable, { keys, noticesMax }: NoticeOptions): Promise<void> {
  const { rows } = await tx.query<{ id: string; contact: string }>(
    `SELECT id, contact FROM (${contactsToTell}) AS n ORDER BY got DESC, place, contact LIMIT $1`, [noticesMax]);
  const hashes = rows.map(({ contact }) => lookupHash(keys.lookup, 'destination', contact));
  const sealed = rows.map(({ id, contact }, i) => seal(keys.storage, contact, noticeContext(id, hashes[i]!)));
  await tx.query(
    `INSERT INTO contact_notices (employee_id, destination_hash, destination_enc)
     SELECT * FROM unnest($1::uuid[], $2::bytea[], $3::bytea[])
     ON CONFLICT (employee_id, destination_hash) WHERE state = 'pending' DO NOTHING`,
    [rows.map(({ id }) => id), hashes, sealed]);
}
