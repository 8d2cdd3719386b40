// One way of doing the exchange that is compared: started, measured by process, and asked to verify one person.
import type { temporal } from '@temporalio/proto';
import type { Measured } from '../measure/usage';

export type HistoryEvent = temporal.api.history.v1.IHistoryEvent;

/** One verified conversation. */
export interface Verified {
  /** What the way itself needs to go on with it. */
  readonly key: string;
  /** From the start of the webhook's request (or signal) to the arrival of its reply, one a message. */
  readonly repliesMs: readonly number[];
  /** From the start of the request with the employee ID to the arrival of the code at the provider. */
  readonly codeMs?: number;
}

export interface Way {
  readonly name: string;
  /** Doorman itself: what the goals are about. */
  readonly isProduct?: true;
  /** What Doorman is compared with. */
  readonly isBaseline?: true;
  /** The processes that its work costs, found anew because a restart changes them. */
  measured(): readonly Measured[];
  /** Takes one new person from the first message to success. Rejects when a reply does not come. */
  verify(): Promise<Verified>;
  /** One more message of a verified person; milliseconds to its reply. */
  relay?(verified: Verified): Promise<number>;
  /** The conversation's history on Temporal, at rest. */
  history?(verified: Verified): Promise<HistoryEvent[]>;
  /** How many people its database says are verified, and how many were. */
  verifiedCount?(): Promise<{ readonly said: number; readonly done: number }>;
  stop(): Promise<void>;
}

/**
 * Reads a reply before the next message. Nobody answers within milliseconds: without it the next message would meet a
 * conversation that is still writing down its last reply, and what the two then share would depend on who is faster.
 */
export function read(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 100));
}

/** Runs `count` pieces of work, `atOnce` at a time. */
export async function runMany<T>(count: number, atOnce: number, work: (index: number) => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  let next = 0;
  const line = async () => {
    while (next < count) {
      const index = next++;
      results[index] = await work(index);
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, count) }, line));
  return results;
}
