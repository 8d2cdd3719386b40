// What operators see and change of sending, while it goes on: the numbers, and whether anything leaves at all.
import { auditedTransaction } from '../audit/auditedTransaction';
import type { Pool, Queryable } from '../db/pool';
import type { Lane } from './pacing';

/** Numbers of the buckets; null where there is no limit. */
export interface SendingLimits {
  /** Of all that leaves, codes included. */
  readonly perSecond: number | null;
  /** What of it the chat leaves to codes. */
  readonly codeReserve: number;
  /** To one person: so many at once, then one each `recipientEveryMs`. */
  readonly recipientBurst: number | null;
  readonly recipientEveryMs: number;
}

export interface LaneState {
  readonly lane: Lane;
  /** When an operator held it; null when it goes. */
  readonly heldAt: Date | null;
  /** Until when it is slow because the provider asked for it; null when it is not. */
  readonly slowUntil: Date | null;
  /** Sends that are begun and not settled. */
  readonly waiting: number;
}

export interface SendingState extends SendingLimits {
  readonly lanes: readonly LaneState[];
  /** Texts that wait until their person writes again. */
  readonly parked: number;
}

export async function sendingState(db: Queryable): Promise<SendingState> {
  const { rows: [limits] } = await db.query<SendingLimits & { parked: number }>(
    `SELECT ${limitColumns}, (SELECT count(*)::int FROM outbox WHERE state = 'parked') AS parked FROM pacing`);
  const { rows: lanes } = await db.query<LaneState>(
    `SELECT lane, held_at AS "heldAt", CASE WHEN slow_until > clock_timestamp() THEN slow_until END AS "slowUntil",
            (SELECT count(*)::int FROM outbox o
              WHERE o.state = 'pending' AND o.kind = CASE lane WHEN 'chat' THEN 'reply' ELSE 'code' END) AS waiting
       FROM pacing_lanes ORDER BY lane`);
  return { ...limits!, lanes };
}

const limitColumns = `per_second AS "perSecond", code_reserve AS "codeReserve", recipient_burst AS "recipientBurst",
  recipient_every_ms AS "recipientEveryMs"`;

/**
 * Holds or releases lanes; says which of them changed. What is held waits for as long as it counts: its activity asks
 * again every ten seconds.
 */
export function holdSending(pool: Pool, lanes: readonly Lane[], hold: boolean, operator: string): Promise<Lane[]> {
  return auditedTransaction(pool, async (tx, note) => {
    const { rows } = await tx.query<{ lane: Lane }>(
      `UPDATE pacing_lanes SET held_at = CASE WHEN $2 THEN clock_timestamp() END
        WHERE lane = ANY ($1) AND (held_at IS NULL) = $2 RETURNING lane`, [lanes, hold]);
    const changed = rows.map(({ lane }) => lane).sort();
    const kind = hold ? 'sending.held' : 'sending.released';
    if (changed.length > 0) note({ kind, facts: { lanes: changed, operator } });
    return changed;
  });
}

/** Changes numbers at once, for every process; says how all of them are now. Throws a sentence for impossible ones. */
export function limitSending(pool: Pool, changes: Partial<SendingLimits>, operator: string): Promise<SendingLimits> {
  return auditedTransaction(pool, async (tx, note) => {
    const { rows: [former] } = await tx.query<SendingLimits>(`SELECT ${limitColumns} FROM pacing FOR UPDATE`);
    const limits: SendingLimits = { ...former!, ...changes };
    const { perSecond, codeReserve, recipientBurst, recipientEveryMs } = limits;
    if (perSecond !== null && codeReserve >= perSecond) {
      throw new Error(`the reserve for codes, ${codeReserve}, must be less than what leaves in a second, ${perSecond}`);
    }
    await tx.query(
      'UPDATE pacing SET per_second = $1, code_reserve = $2, recipient_burst = $3, recipient_every_ms = $4',
      [perSecond, codeReserve, recipientBurst, recipientEveryMs]);
    note({ kind: 'sending.limited', facts: { perSecond, codeReserve, recipientBurst, recipientEveryMs, operator } });
    return limits;
  });
}
