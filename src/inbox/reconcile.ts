// Messages that reached the provider and not us: found in the provider's list and taken in as their webhooks would have
// taken them in, once, those of each sender in the provider's order (R41). One process looks at a time, over all.
import type { Pool } from '../db/pool';
import { bsuidForm, phoneForm } from '../domain/messages';
import type { Log } from '../log';
import { storeUnread } from './inbox';
import type { IncomingMessage } from './inbox';
import { whileAlone } from './sweep';

/** A message as the provider lists it. */
export interface Received {
  readonly id: string;
  readonly from: string;
  readonly text: string;
  readonly hasMedia: boolean;
  /** By the provider's clock. */
  readonly createdAt: Date;
}

export interface ReconcilerDeps {
  readonly pool: Pool;
  /** What the provider received for us since then, in pages, newest first. Throws when it cannot be asked. */
  listReceived(since: Date): AsyncIterable<readonly Received[]>;
  /** Takes a message in as its webhook would. Rejects when it is not stored. */
  take(message: IncomingMessage): Promise<'known' | 'flood' | 'unconfirmed' | 'delivered' | 'later'>;
  /** How often to look (policy `reconcileIntervalMs`). */
  readonly intervalMs: number;
  /** How long a message is left to its webhook (policy `webhookPatienceMs`). */
  readonly patienceMs: number;
  /** A message that is older than this is not read any more (policy `textRetentionMs`). */
  readonly textRetentionMs: number;
  readonly log: Pick<Log, 'warn'>;
  /** Hears what each look came to. */
  readonly onLook?: (found: Found) => void;
}

/** How many messages no webhook had brought: those that were taken in, and those that came too late to be read. */
export interface Found {
  readonly recovered: number;
  readonly expired: number;
}

export interface Reconciler {
  /** Looks once, unless it is not due yet or another process is looking. Never rejects: the next look tries again. */
  look(): Promise<Found>;
  /** Looks now, and again whenever a look is due. */
  start(): void;
  /** No further look; resolves when the one that runs has ended, between two messages. */
  stop(): Promise<void>;
}

/** Any number that no other advisory lock of ours uses. */
const reconcileLock = 7_303_014_104;
const secondMs = 1_000;
const dayMs = 24 * 3_600 * secondMs;
// What a list shows late, and clocks that differ: the look back over the whole day, once an hour, has the rest.
const overlapMs = 5 * 60 * secondMs;
// Texts in memory, of at most 4,096 characters each.
const missingMax = 1_000;
// Leaves connections to the webhooks.
const sendersAtOnce = 6;
// One sender's messages may be the fault of one of them; those of several are the database's.
const failingSendersMax = 4;

export function createReconciler(deps: ReconcilerDeps): Reconciler {
  const stopping = new AbortController();
  let hasLookedBack = false;
  let looking: Promise<Found & Ended> | undefined;
  let timer: NodeJS.Timeout | undefined;

  function look(): Promise<Found & Ended> {
    looking ??= lookOnce(deps, !hasLookedBack, stopping.signal)
      .then((ended) => {
        hasLookedBack ||= ended.lookedBack;
        deps.onLook?.({ recovered: ended.recovered, expired: ended.expired });
        return ended;
      })
      .finally(() => { looking = undefined; });
    return looking;
  }

  function schedule(afterMs: number): void {
    timer = setTimeout(() => {
      void look().then(({ nextMs }) => { if (!stopping.signal.aborted) schedule(nextMs); });
    }, afterMs);
    timer.unref();
  }

  return {
    look: async () => {
      const { recovered, expired } = await look();
      return { recovered, expired };
    },
    start: () => schedule(0),
    async stop() {
      stopping.abort();
      clearTimeout(timer);
      await looking;
    },
  };
}

interface Ended {
  /** How soon the next look is due, in ms. */
  readonly nextMs: number;
  /** Whether the whole day was compared, to its end. */
  readonly lookedBack: boolean;
}

/** Counts as it goes, so that what was taken in before a failure is told as well. */
type Tally = { -readonly [name in keyof Found]: number };

async function lookOnce(deps: ReconcilerDeps, isFirst: boolean, signal: AbortSignal): Promise<Found & Ended> {
  const { pool, log, intervalMs } = deps;
  const tally: Tally = { recovered: 0, expired: 0 };
  let ended: Ended = { nextMs: intervalMs, lookedBack: false };
  try {
    ended = await whileAlone(pool, reconcileLock, async () => {
      const plan = await planLook(pool, isFirst);
      return plan.waitMs > 0 ? { nextMs: plan.waitMs, lookedBack: false } : carryOut(deps, plan, tally, signal);
    }) ?? ended;
  } catch (error) {
    if (!signal.aborted) log.warn('received messages could not be compared', { error });
  }
  if (tally.recovered > 0) log.warn('messages recovered that no webhook brought', { count: tally.recovered });
  if (tally.expired > 0) log.warn('messages abandoned', { count: tally.expired });
  return { ...tally, ...ended };
}

interface Plan {
  /** How long the next look is not due yet. */
  readonly waitMs: number;
  readonly since: Date;
  readonly isBack: boolean;
}

/** A process that has just started does not wait, and looks back over the whole day. */
async function planLook(pool: Pool, isFirst: boolean): Promise<Plan> {
  const { rows: [row] } = await pool.query<{
    begunAt: Date; settledUntil: Date | null; waitMs: number; isLongAgo: boolean;
  }>(`UPDATE reconciliation SET begun_at = coalesce(begun_at, clock_timestamp())
      RETURNING begun_at AS "begunAt", settled_until AS "settledUntil",
        greatest(0, extract(epoch FROM due_at - clock_timestamp()) * 1000)::float8 AS "waitMs",
        coalesce(looked_back_at < clock_timestamp() - interval '1 hour', true) AS "isLongAgo"`);
  const { begunAt, settledUntil, waitMs, isLongAgo } = row!;
  const isBack = isFirst || isLongAgo || settledUntil === null;
  const lastKnown = isBack ? 0 : settledUntil.getTime() - overlapMs;
  const since = new Date(Math.max(begunAt.getTime(), Date.now() - dayMs, lastKnown));
  return { waitMs: isFirst ? 0 : waitMs, since, isBack };
}

async function carryOut(
  deps: ReconcilerDeps, { since, isBack }: Plan, tally: Tally, signal: AbortSignal,
): Promise<Ended> {
  for (let from = since; ;) {
    const listed = await listMissing(deps, from, signal);
    const { left, young } = await takeIn(deps, listed.missing, tally, signal);
    const settledUntil = settledOf(listed, [...left, ...young]);
    const lookedBack = isBack && !listed.isMore && left.length === 0;
    const nextMs = nextLookMs(deps, young);
    await noteLook(deps.pool, settledUntil, { nextMs, lookedBack });
    // Each round takes in what it found, so that the next one finds less. Where the oldest are too young already, it
    // would find the same.
    if (!listed.isMore || left.length > 0 || young.length > 0) return { nextMs, lookedBack };
    from = new Date(Math.max(from.getTime(), settledUntil!.getTime() - overlapMs)); // more is missing: there is a time
  }
}

async function noteLook(pool: Pool, settledUntil: Date | undefined, { nextMs, lookedBack }: Ended): Promise<void> {
  await pool.query(
    `UPDATE reconciliation
        SET settled_until = greatest(settled_until, $1::timestamptz),
            looked_back_at = CASE WHEN $2 THEN clock_timestamp() ELSE looked_back_at END,
            due_at = clock_timestamp() + $3 * interval '1 ms'`, [settledUntil ?? null, lookedBack, nextMs]);
}

interface Listed {
  /** What the inbox never saw, oldest first. */
  readonly missing: readonly Received[];
  readonly newest: Date | undefined;
  /** There are newer ones that are missing: they are listed again when these are settled. */
  readonly isMore: boolean;
}

async function listMissing({ pool, listReceived }: ReconcilerDeps, since: Date, signal: AbortSignal): Promise<Listed> {
  let missing: Received[] = [];
  let newest: Date | undefined;
  let isMore = false;
  for await (const page of listReceived(since)) {
    signal.throwIfAborted();
    newest ??= page[0]?.createdAt;
    missing.push(...await findUnseen(pool, page));
    isMore ||= missing.length > missingMax;
    missing = missing.slice(-missingMax);
  }
  // Times are in whole seconds: within one, the list's own order counts, from its end.
  missing.reverse().sort((a, b) => a.createdAt.getTime() - b.createdAt.getTime());
  return { missing, newest, isMore };
}

/**
 * The messages that the inbox does not have. One that it refused counts as not seen: somebody had used its id for other
 * words. Whoever has neither number nor BSUID could not be answered, and the webhook refuses them, too.
 */
async function findUnseen(pool: Pool, page: readonly Received[]): Promise<Received[]> {
  const { rows } = await pool.query<{ id: string }>(
    `SELECT message_id AS id FROM inbox
      WHERE message_id = ANY ($1) AND (sender_id IS NOT NULL OR outcome IS DISTINCT FROM 'refused')`,
    [page.map(({ id }) => id)]);
  const seen = new Set(rows.map(({ id }) => id));
  return page.filter(({ id, from }) => !seen.has(id) && (phoneForm.test(from) || bsuidForm.test(from)));
}

interface Untaken {
  /** What could not be stored. */
  readonly left: readonly Received[];
  /** What may still come by its webhook. */
  readonly young: readonly Received[];
}

async function takeIn(
  deps: ReconcilerDeps, missing: readonly Received[], tally: Tally, signal: AbortSignal,
): Promise<Untaken> {
  const dueUntil = Date.now() - deps.patienceMs;
  const due = missing.filter(({ createdAt }) => createdAt.getTime() <= dueUntil);
  const lines = linesOf(due);
  const left: Received[] = [];
  let failingSenders = 0;
  const lane = async () => {
    for (let line = lines.shift(); line !== undefined; line = lines.shift()) {
      const isOver = signal.aborted || failingSenders >= failingSendersMax;
      const untaken = isOver ? line : await takeInOrder(deps, line, tally, signal);
      if (untaken.length > 0) failingSenders += 1;
      left.push(...untaken);
    }
  };
  await Promise.all(Array.from({ length: sendersAtOnce }, lane));
  signal.throwIfAborted();
  return { left, young: missing.slice(due.length) };
}

/** The messages of each sender, in their order; first of who wrote first. */
function linesOf(messages: readonly Received[]): Received[][] {
  const lines = new Map<string, Received[]>();
  for (const received of messages) {
    const line = lines.get(received.from) ?? [];
    lines.set(received.from, line);
    line.push(received);
  }
  return [...lines.values()];
}

/** Takes in messages of one sender; says which not: what comes after one that could not be stored waits with it. */
async function takeInOrder(
  deps: ReconcilerDeps, line: readonly Received[], tally: Tally, signal: AbortSignal,
): Promise<readonly Received[]> {
  for (const [place, received] of line.entries()) {
    if (signal.aborted) return line.slice(place);
    try {
      await takeOne(deps, received, tally);
    } catch (error) {
      deps.log.warn('a received message could not be taken in', { messageId: received.id, error });
      return line.slice(place);
    }
  }
  return [];
}

async function takeOne({ pool, take, textRetentionMs }: ReconcilerDeps, received: Received, tally: Tally) {
  const message = incomingOf(received);
  if (Date.now() - received.createdAt.getTime() > textRetentionMs) {
    if (await storeUnread(pool, message) === 'stored') tally.expired += 1;
  } else if (await take(message) !== 'known') {
    tally.recovered += 1;
  }
}

/** By number or BSUID, whichever the message came from, and as what the list shows it to be (decision 12). */
function incomingOf({ id, from, text, hasMedia }: Received): IncomingMessage {
  // Nobody types nothing: it was a place, or a text that the provider does not keep.
  const kind = hasMedia ? 'media' : text === '' ? 'unsupported' : 'text';
  const addresses = phoneForm.test(from) ? { phone: from } : { bsuid: from };
  return { messageId: id, kind, text, addresses, writtenFrom: from };
}

/** Until when everything that was listed is settled. */
function settledOf({ missing, newest, isMore }: Listed, untaken: readonly Received[]): Date | undefined {
  // What was not kept is at least as new as the newest that was.
  const open = isMore ? [...untaken, missing.at(-1)!] : untaken;
  if (open.length === 0) return newest;
  return new Date(Math.min(...open.map(({ createdAt }) => createdAt.getTime())) - secondMs);
}

/** Somebody whose webhook is late by now waits for a reply: sooner than usual, when the patience is over. */
function nextLookMs({ intervalMs, patienceMs }: ReconcilerDeps, young: readonly Received[]): number {
  const waits = young.map(({ createdAt }) => patienceMs - (Date.now() - createdAt.getTime()));
  return Math.min(intervalMs, ...waits.filter((ms) => ms < patienceMs * 2 / 3).map((ms) => Math.max(ms, 0)));
}
