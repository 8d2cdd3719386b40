// How fast we send: a bucket for all that leaves and one for each recipient, in Postgres, where all workers share them.
// Nobody waits here: who is too early is told for how long, and Temporal brings them back.
import type { Queryable } from '../db/pool';
import { Fault } from '../domain/faults';
import { slowsAll } from '../twilio/errorTable';

/** Codes have a lane of their own, for which the chat leaves something in the bucket. */
export const lanes = ['chat', 'codes'] as const;
export type Lane = (typeof lanes)[number];

export interface Turn {
  /** Business key of a send that was begun: it pays once, however often it is tried. */
  readonly key: string;
  readonly lane: Lane;
  /** Keyed hash of the address; absent where no limit of the recipient's applies. */
  readonly recipient?: Buffer;
}

/**
 * Takes a token for a send, right before the provider is asked. Throws a `throttled` Fault that says how long to wait
 * when there is none, or when sending is held: then this try was none.
 */
export async function takeTurn(db: Queryable, { key, lane, recipient }: Turn): Promise<void> {
  const { rows: [refused] } = await db.query<{ why: string; waitMs: number }>(
    'SELECT why, wait_ms AS "waitMs" FROM take_turn($1, $2, $3)', [key, lane, recipient ?? null]);
  if (refused === undefined) return;
  throw new Fault('throttled', 'pacing', refused.why, Math.max(1, Math.ceil(refused.waitMs)));
}

const slowMs = 60_000;

/** Whether a provider says that all of us send too fast, and not just to this recipient. */
export const asksToSlowDown = ({ kind, code }: Pick<Fault, 'kind' | 'code'>): boolean =>
  kind === 'throttled' && slowsAll(code);

/** Empties the bucket for the chat for a minute. Codes go on: they are few, and somebody waits for each. */
export async function slowDown(db: Queryable): Promise<void> {
  await db.query(
    `UPDATE pacing_lanes SET slow_until = greatest(slow_until, clock_timestamp() + $1 * interval '1 ms')
      WHERE lane = 'chat'`, [slowMs]);
}

/** Whether an operator holds a lane. */
export async function isHeld(db: Queryable, lane: Lane): Promise<boolean> {
  const { rowCount } = await db.query('SELECT 1 FROM pacing_lanes WHERE lane = $1 AND held_at IS NOT NULL', [lane]);
  return rowCount === 1;
}
