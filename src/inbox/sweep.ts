// One sweep over the inbox: unconfirmed messages are confirmed or refused, senders who waited too long are told, and
// text that nobody handled in time is destroyed. Then come the tasks of others, in their order.
// Gives up early when the provider or Temporal is down, so that a long outage costs little.
import { inTransaction } from '../db/pool';
import type { Pool } from '../db/pool';
import { Fault } from '../domain/faults';
import type { Log } from '../log';
import { waitingSenders, wipeExpired } from './inbox';
import type { AddressKeys } from './senders';
import { admitMessage, compareWithProvider, findDueForCheck, noteCheck, refuseMessage } from './unconfirmed';
import type { ProviderView, Unconfirmed } from './unconfirmed';

/** How many, by what was done: of the inbox, and of whatever the tasks count. */
export interface SweepReport extends Counts {
  readonly confirmed: number;
  readonly refused: number;
  /** Senders who were told of everything that waited, and senders who still wait. */
  readonly told: number;
  readonly waiting: number;
  /** Messages given up because nobody handled them within the retention. */
  readonly abandoned: number;
}

export type Counts = Readonly<Record<string, number>>;

/** What a sweep does for another part of Doorman, while no other process sweeps. */
export interface SweepTask {
  /** One word: the log names by it what failed. */
  readonly name: string;
  /** Says how many of what. What it throws holds up no other task. */
  run(): Promise<Counts>;
}

export interface SweepDeps {
  readonly pool: Pool;
  readonly keys: AddressKeys;
  readonly recipient: string;
  readonly sweepAfterMs: number;
  readonly messagesPerMinuteMax: number;
  readonly textRetentionMs: number;
  fetchMessage(messageId: string): Promise<ProviderView | undefined>;
  /** Tells the sender's conversation all that waits, and notes it. */
  deliverAll(senderId: string): Promise<'delivered' | 'later'>;
  /** In their order. */
  readonly tasks?: readonly SweepTask[];
  readonly log: Pick<Log, 'warn'>;
}

/** Any number that no other advisory lock of ours uses. */
const sweepLock = 7_303_014_103;
const nothing: SweepReport = { confirmed: 0, refused: 0, told: 0, waiting: 0, abandoned: 0 };
const checkBatch = 50;
// 2,000 messages: then those that are certain have their turn.
const batchesMax = 40;
const checksAtOnce = 8;
const senderBatch = 500;
const sendersAtOnce = 8;
// A message that the provider does not know for so long is none of its own.
const unknownAfterMs = 60 * 60_000;

/** Does nothing when another process sweeps. */
export async function sweep(deps: SweepDeps): Promise<SweepReport> {
  return await whileAlone(deps.pool, sweepLock, async () => {
    const checked = await checkUnconfirmed(deps).catch((error: unknown) => {
      // What is certain must not wait for what is not.
      deps.log.warn('unconfirmed messages could not be checked', { error });
      return { confirmed: 0, refused: 0 };
    });
    const abandoned = await wipeExpired(deps.pool, deps.textRetentionMs);
    if (abandoned > 0) deps.log.warn('messages abandoned', { count: abandoned });
    const told = await tellWaitingSenders(deps);
    return { ...checked, ...told, abandoned, ...await runTasks(deps) };
  }) ?? nothing;
}

async function runTasks({ tasks = [], log }: SweepDeps): Promise<Counts> {
  const counts: Record<string, number> = {};
  for (const { name, run } of tasks) {
    const done = await run().catch((error: unknown): Counts => {
      log.warn('a task of the sweep failed', { kind: name, error });
      return {};
    });
    for (const [what, count] of Object.entries(done)) counts[what] = (counts[what] ?? 0) + count;
  }
  return counts;
}

/** Does the work unless some process is at it under this lock already; then it is undefined. */
export function whileAlone<T>(pool: Pool, lock: number, work: () => Promise<T>): Promise<T | undefined> {
  // The lock ends with its transaction, hence with this process, whatever becomes of it. Nothing is written in it.
  return inTransaction(pool, async (tx) => {
    // The transaction is idle for as long as the work takes: the pool's limit for idle ones would cut the lock.
    await tx.query('SET LOCAL idle_in_transaction_session_timeout = 0');
    const { rows: [row] } = await tx.query<{ locked: boolean }>(
      'SELECT pg_try_advisory_xact_lock($1) AS locked', [lock]);
    return row!.locked ? work() : undefined;
  });
}

interface Checked {
  readonly confirmed: number;
  readonly refused: number;
}

async function checkUnconfirmed(deps: SweepDeps): Promise<Checked> {
  let [confirmed, refused] = [0, 0];
  for (let batch = 0, more = true; more && batch < batchesMax; batch += 1) {
    const checked = await checkBatchOf(deps);
    confirmed += checked.confirmed;
    refused += checked.refused;
    more = checked.more;
  }
  return { confirmed, refused };
}

/** `more`: the batch was full, and something in it was settled. */
async function checkBatchOf(deps: SweepDeps): Promise<Checked & { readonly more: boolean }> {
  const { due, sealed } = await findDueForCheck(deps.pool, deps.keys, checkBatch);
  for (const messageId of sealed) {
    deps.log.warn('message in doubt cannot be opened', { messageId });
    await noteCheck(deps.pool, messageId);
  }
  let [confirmed, refused] = [0, 0];
  // Whose order of arrival would be broken: nothing overtakes a message that could not be asked about.
  const heldUp = new Set<string>();
  for (let start = 0; start < due.length; start += checksAtOnce) {
    const chunk = due.slice(start, start + checksAtOnce);
    const verdicts = await Promise.all(chunk.map((unconfirmed) => verdictOn(deps, unconfirmed)));
    // The provider is down: it would not say more of the others.
    if (verdicts.every((verdict) => verdict === 'later')) return { confirmed, refused, more: false };
    for (const [place, verdict] of verdicts.entries()) {
      const { message, doubts } = chunk[place]!;
      if (verdict === 'later') heldUp.add(message.writtenFrom);
      if (heldUp.has(message.writtenFrom)) continue;
      if (verdict === 'agrees') {
        await admit(deps, chunk[place]!);
        // Now the names are the provider's, no forger's, and an operator wants to know them.
        for (const doubt of doubts) {
          deps.log.warn('provider confirmed what was in doubt', { messageId: message.messageId, reason: doubt });
        }
        confirmed += 1;
      } else if (verdict === 'disagrees') {
        await refuseMessage(deps.pool, message.messageId);
        deps.log.warn('message refused by the provider', { messageId: message.messageId });
        refused += 1;
      } else {
        await noteCheck(deps.pool, message.messageId);
      }
    }
  }
  return { confirmed, refused, more: due.length + sealed.length === checkBatch && confirmed + refused > 0 };
}

async function admit(deps: SweepDeps, unconfirmed: Unconfirmed): Promise<void> {
  const stored = await admitMessage(deps.pool, deps.keys, unconfirmed, deps.messagesPerMinuteMax);
  if (stored.outcome === 'stored') await deps.deliverAll(stored.senderId);
}

const passing: ReadonlySet<string> = new Set(['unavailable', 'throttled']);

async function verdictOn(
  deps: SweepDeps, unconfirmed: Unconfirmed,
): Promise<'agrees' | 'disagrees' | 'unknown' | 'later'> {
  let view: ProviderView | undefined;
  try {
    view = await deps.fetchMessage(unconfirmed.message.messageId);
  } catch (error) {
    deps.log.warn('a message in doubt could not be asked about', { error });
    // Whoever has to act for this one must not hold up the others meanwhile.
    if (error instanceof Fault && !passing.has(error.kind)) await noteCheck(deps.pool, unconfirmed.message.messageId);
    return 'later';
  }
  if (view !== undefined) return compareWithProvider(unconfirmed, view, deps.recipient);
  return unconfirmed.ageMs > unknownAfterMs ? 'disagrees' : 'unknown';
}

async function tellWaitingSenders(deps: SweepDeps): Promise<{ told: number; waiting: number }> {
  const senderIds = await waitingSenders(deps.pool, deps.sweepAfterMs, senderBatch);
  let told = 0;
  for (let start = 0; start < senderIds.length; start += sendersAtOnce) {
    const chunk = senderIds.slice(start, start + sendersAtOnce);
    const deliveries = await Promise.all(chunk.map((senderId) => deps.deliverAll(senderId)));
    const delivered = deliveries.filter((delivery) => delivery === 'delivered').length;
    told += delivered;
    // Nobody of a whole chunk could be told: nobody of the next one will be.
    if (delivered === 0) break;
  }
  return { told, waiting: senderIds.length - told };
}
