// Takes the replies that an assistant pushes, or says while its turn goes on: stored, sealed and in order; then their
// conversation is told, at once where it can be, else by the sweep (decisions 10, 23). Sends nothing itself.
import { setTimeout as delay } from 'node:timers/promises';
import { inTransaction } from '../db/pool';
import type { Queryable } from '../db/pool';
import { replyKey } from '../domain/messages';
import type { Log } from '../log';
import type { Reply } from './assistant';
import type { Push } from './pushReader';
import { partsOf } from './replies';
import { keepSaid } from './stream/said';
import type { SaidDeps, TurnInHand } from './stream/said';
import {
  dueTurns, extendTurn, findPush, isBeingRelayed, lockTurn, notePush, noteTold,
} from './turns';
import type { DueTurn, OpenTurn } from './turns';

export type PushOutcome =
  /** `dropped` were beyond what a turn may say. */
  | { readonly outcome: 'taken'; readonly taken: number; readonly dropped: number }
  /** There is no such turn that is answered later. */
  | { readonly outcome: 'unknown' }
  /** Its 202 has not been heard yet: to be pushed again. */
  | { readonly outcome: 'early' }
  /** The assistant ended it before. */
  | { readonly outcome: 'ended' }
  /** Its time, or the session of whom it answers, is over. */
  | { readonly outcome: 'over' }
  /** This id was that of a push to another turn. */
  | { readonly outcome: 'reused' };

export interface PushDeps extends SaidDeps {
  /** Tells the sender's conversation that there is news of a turn. Rejects when that is not certain. */
  tell(turn: { senderId: string; messageId: string }): Promise<'told' | 'gone'>;
  readonly log: Pick<Log, 'warn'>;
}

export interface Pushes {
  /** Stores what was pushed, once. Rejects only when it is not stored. */
  take(push: Push): Promise<PushOutcome>;
  /**
   * Keeps what is said at this place of a turn that goes on, once. False when nobody is left who may read it. What
   * cannot be kept now is kept with the answer: never rejects.
   */
  say(turn: TurnInHand, place: number, reply: Reply): Promise<boolean>;
  /** Tells conversations what they were not told of, that a turn takes long, and that one is over. */
  tellDue(): Promise<void>;
  /** Resolves when nobody is being told. */
  drain(): Promise<void>;
}

// An assistant may push before its own 202 has reached us and is committed: milliseconds, on a busy machine more.
const earlyWaitsMs = [50, 100, 200, 400];
/** How long a turn is left to the web process that was pushed to before the sweep takes it. */
const tellAgainMs = 5_000;
const dueBatch = 500;
const toldAtOnce = 8;

export function createPushes(deps: PushDeps): Pushes {
  const { pool, log } = deps;
  const telling = new Set<Promise<boolean>>();

  /** Whether the conversation knows. */
  async function tell(turn: DueTurn): Promise<boolean> {
    try {
      await noteTold(pool, turn, await deps.tell(turn) === 'gone');
      return true;
    } catch (error) {
      log.warn('a turn is left to the sweeper', { turnId: turn.messageId, error });
      return false;
    }
  }

  function tellSoon(turn: DueTurn): void {
    const told = tell(turn).finally(() => telling.delete(told));
    telling.add(told);
  }

  return {
    async take(push) {
      let stored = await storePush(deps, push);
      for (const waitMs of earlyWaitsMs) {
        if (stored.outcome !== 'early') break;
        await delay(waitMs);
        stored = await storePush(deps, push);
      }
      if (stored.outcome === 'stored') tellSoon(stored.turn);
      if (stored.outcome !== 'stored' && stored.outcome !== 'known') return stored;
      const { taken, dropped } = stored;
      if (dropped > 0) log.warn('replies of the assistant were dropped', { turnId: push.turnId, count: dropped });
      return { outcome: 'taken', taken, dropped };
    },

    async say(turn, place, reply) {
      try {
        const kept = await keepSaid(deps, turn, place, reply, tellAgainMs);
        if (typeof kept === 'object') tellSoon(kept);
        return kept !== 'over';
      } catch (error) {
        log.warn('a reply is kept with the others of its answer', { turnId: turn.messageId, error });
        return true;
      }
    },

    async tellDue() {
      const due = await dueTurns(pool, dueBatch);
      for (let start = 0; start < due.length; start += toldAtOnce) {
        const told = await Promise.all(due.slice(start, start + toldAtOnce).map(tell));
        // Nobody of a whole chunk could be told: nobody of the next one will be.
        if (!told.includes(true)) return;
      }
    },

    async drain() {
      while (telling.size > 0) await Promise.all(telling);
    },
  };
}

type Stored = Exclude<PushOutcome, { outcome: 'taken' }>
  | { readonly outcome: 'known'; readonly taken: number; readonly dropped: number }
  | { readonly outcome: 'stored'; readonly taken: number; readonly dropped: number; readonly turn: DueTurn };

function storePush(deps: PushDeps, push: Push): Promise<Stored> {
  return inTransaction(deps.pool, async (tx): Promise<Stored> => {
    // Asked first: what is committed in between is a turn that is found.
    if (await isBeingRelayed(tx, push.turnId)) return { outcome: 'early' };
    const turn = await lockTurn(tx, push.turnId);
    if (turn === undefined) return { outcome: 'unknown' };
    const before = await findPush(tx, push.id);
    if (before !== undefined) {
      const { messageId, taken, dropped } = before;
      return messageId === push.turnId ? { outcome: 'known', taken, dropped } : { outcome: 'reused' };
    }
    if (turn.isEnded) return { outcome: 'ended' };
    if (turn.isOver || !await deps.isOpen(tx, turn.sessionId, turn.senderId)) return { outcome: 'over' };
    return keep(deps, tx, push, turn);
  });
}

async function keep(deps: PushDeps, tx: Queryable, push: Push, turn: OpenTurn): Promise<Stored> {
  const { id, turnId: messageId, endTurn } = push;
  const replies = push.replies.slice(0, turn.repliesLeft);
  const [taken, dropped] = [replies.length, push.replies.length - replies.length];
  // Nothing to remember: what only brings more than a turn may say is dropped each time that it comes.
  if (taken === 0 && !endTurn) return { outcome: 'known', taken, dropped };
  if (!await notePush(tx, { id, messageId, taken, dropped })) return { outcome: 'reused' };
  const texts = partsOf(replies, deps.split, deps.mediaHosts);
  const keyed = texts.map((text, index) => ({ key: replyKey(messageId, turn.parts + index), text }));
  await deps.storeTexts(tx, turn.senderId, keyed);
  await extendTurn(tx, messageId, { replies: taken, parts: keyed.length, endTurn, againMs: tellAgainMs });
  const { senderId, parts } = turn;
  return { outcome: 'stored', taken, dropped, turn: { messageId, senderId, parts: parts + keyed.length } };
}
