// Tells numbers and addresses that the contacts of their owner have changed: what an import wrote, a few at a time,
// until each is sent or no longer worth sending. May send one twice after a crash; never keeps one that it has told.
import { auditedTransaction } from '../audit/auditedTransaction';
import type { Pool, Queryable } from '../db/pool';
import { Fault, faultKinds } from '../domain/faults';
import { open } from '../keys/box';
import type { PurposeKeys } from '../keys/keyring';
import type { Log } from '../log';
import { noticeContext } from './delivery/contactChanges';
import { countryOf } from './phoneNumber';
import type { Countries } from './phoneNumber';

export interface NoticeDeps {
  readonly pool: Pool;
  readonly storageKeys: PurposeKeys;
  readonly countries: Countries;
  /** After this it comes too late: what it warns of is held back no more. */
  readonly giveUpAfterMs: number;
  /** Charges an SMS in the budget of its telephone. False when that is spent: it is due again later. Repeat-safe. */
  chargeSms(id: string): Promise<boolean>;
  /** By SMS to a number, by mail to an address; the same id is the same notice. Throws Fault. */
  sendNotice(notice: { id: string; to: string; language: string | null }): Promise<
    { readonly outcome: 'accepted'; readonly providerId: string }
    | { readonly outcome: 'undeliverable'; readonly code: string }>;
  readonly log: Pick<Log, 'warn'>;
}

/** Contacts that were told, and contacts that were given up. */
export interface NoticeReport {
  readonly notified: number;
  readonly unnotified: number;
}

// As many requests as a provider that hangs may hold up a sweep by: it is asked again in a minute.
const batchRows = 5;

/** Sends the next few notices. One caller at a time, or two may send the same. */
export async function sendNotices(deps: NoticeDeps): Promise<NoticeReport> {
  const abandoned = await giveUp(deps);
  const settled = await Promise.all((await takeDue(deps.pool)).map((notice) => sendOne(deps, notice)));
  return {
    notified: settled.filter((state) => state === 'sent').length,
    unnotified: abandoned + settled.filter((state) => state === 'failed').length,
  };
}

interface Notice {
  readonly id: string;
  readonly employeeId: string;
  readonly hash: Buffer;
  readonly enc: Buffer;
  readonly language: string | null;
}

/** None within a minute of a try that failed: the provider, or a key, would not be back for the next one either. */
async function takeDue(db: Queryable): Promise<Notice[]> {
  const { rows } = await db.query<Notice>(
    `UPDATE contact_notices n SET attempts = attempts + 1, tried_at = clock_timestamp() FROM employees e
      WHERE e.id = n.employee_id AND n.id IN (
        SELECT id FROM contact_notices
         WHERE state = 'pending' AND (due_at IS NULL OR due_at <= clock_timestamp()) AND NOT EXISTS (
          SELECT FROM contact_notices WHERE state = 'pending' AND tried_at > clock_timestamp() - interval '1 min')
         ORDER BY attempts, created_at LIMIT ${batchRows} FOR UPDATE SKIP LOCKED)
     RETURNING n.id, n.employee_id AS "employeeId", n.destination_hash AS hash, n.destination_enc AS enc,
               e.preferred_language AS language`);
  return rows;
}

async function sendOne(deps: NoticeDeps, notice: Notice): Promise<'sent' | 'failed' | 'later'> {
  try {
    const context = noticeContext(notice.employeeId, notice.hash);
    const to = open(deps.storageKeys, notice.enc, context).toString('utf8');
    const isListed = to.includes('@') || countryOf(to, deps.countries) !== undefined;
    if (!isListed) return await settle(deps.pool, notice, { fault: 'unlisted' });
    if (!to.includes('@') && !await deps.chargeSms(notice.id)) {
      const { employeeId } = notice;
      deps.log.warn('a telephone has had too much today to be told of its change yet', { employeeId });
      return 'later';
    }
    const sent = await deps.sendNotice({ id: notice.id, to, language: notice.language });
    return await settle(deps.pool, notice, sent.outcome === 'accepted' ? sent : { fault: sent.code });
  } catch (error) {
    deps.log.warn('a changed number could not be told', { employeeId: notice.employeeId, error });
    if (!(error instanceof Fault) || faultKinds[error.kind].retry) return 'later';
    return settle(deps.pool, notice, { fault: error.code });
  }
}

async function settle(
  pool: Pool, { id, employeeId, hash }: Notice, end: { readonly providerId: string } | { readonly fault: string },
): Promise<'sent' | 'failed'> {
  const [state, providerId, fault] = 'fault' in end ? ['failed', null, end.fault] as const
    : ['sent', end.providerId, null] as const;
  await auditedTransaction(pool, async (tx, note) => {
    const { rowCount } = await tx.query(
      `UPDATE contact_notices SET state = $2, provider_id = $3, fault = $4, settled_at = clock_timestamp(),
              destination_enc = NULL WHERE id = $1 AND state = 'pending'`, [id, state, providerId, fault]);
    if (rowCount !== 1) return;
    const facts = { employeeId, destination: hash.toString('base64url') };
    if (fault === null) note({ kind: 'contact.notified', facts });
    else note({ kind: 'contact.unnotified', facts: { ...facts, fault } });
  });
  return state;
}

function giveUp({ pool, giveUpAfterMs, log }: NoticeDeps): Promise<number> {
  return auditedTransaction(pool, async (tx, note) => {
    const { rows } = await tx.query<{ employeeId: string; hash: Buffer }>(
      `UPDATE contact_notices SET state = 'failed', fault = 'abandoned', settled_at = clock_timestamp(),
              destination_enc = NULL
        WHERE state = 'pending' AND created_at < clock_timestamp() - $1 * interval '1 ms'
       RETURNING employee_id AS "employeeId", destination_hash AS hash`, [giveUpAfterMs]);
    for (const { employeeId, hash } of rows) {
      const destination = hash.toString('base64url');
      note({ kind: 'contact.unnotified', facts: { employeeId, destination, fault: 'abandoned' } });
    }
    if (rows.length > 0) log.warn('changed numbers were given up, untold', { count: rows.length });
    return rows.length;
  });
}
