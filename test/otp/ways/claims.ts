// Codes that are asked for, by which ways they went, and what is reported of them.
import { randomUUID } from 'node:crypto';
import type { Pool } from '../../../src/db/pool';
import { methods } from '../../../src/domain/messages';
import type { Fault } from '../../../src/domain/faults';
import type { Method } from '../../../src/domain/messages';
import { noteReceipt } from '../../../src/outbox/receipts';
import type { Receipt } from '../../../src/outbox/receipts';
import { createTestActivities, store, testKeyring, testPolicy } from '../../support/world';
import type { Person } from '../../support/world';

const policy = { ...testPolicy, strangerSendsPerHourMax: 10 };

export interface Claim {
  readonly challengeId: string;
  /** By each way, where codes went. */
  went(): Partial<Record<Method, string[]>>;
  codes(): string[];
  say(text: string): Promise<unknown>;
  send(sends: number): Promise<unknown>;
  failOver(sends: number): Promise<unknown>;
  receipt(receipt: Receipt, sends?: number, fault?: string): Promise<void>;
}

let strangers = 0;

/** Strangers who claim to be an employee, and whatever codes there are leave, but for a `fault` of the first way. */
export const claimsIn = (world: () => Pool) => async (
  identifier = '144133', { by = methods, fault }: { by?: readonly Method[]; fault?: Fault } = {},
): Promise<Claim> => {
  const pool = world();
  const person: Person = { phone: `whatsapp:+4477009${10_000 + (strangers += 1)}` };
  const { activities, carriers } = createTestActivities(pool, testKeyring, { methods: by });
  const challengeId = randomUUID();
  const message = await store(pool, testKeyring, person, identifier);
  await activities.identify({ ...message, challengeId, asked: true, policy });
  const send = (sends: number) => activities.sendCode({ challengeId, sends });
  if (fault === undefined) await send(1);
  else {
    carriers.get(by[0]!)!.before = () => { throw fault; };
    await expect(send(1)).rejects.toThrow(fault);
  }
  return {
    challengeId, send,
    went: () => Object.fromEntries([...carriers].flatMap(([method, { carried }]) =>
      carried.all.length === 0 ? [] : [[method, carried.all.map(({ to }) => to)]])),
    codes: () => [...carriers.values()].flatMap(({ carried }) => carried.all.map(({ code }) => code)),
    async say(text) {
      const said = await store(pool, testKeyring, person, text);
      return activities.confirm({ ...said, challengeId, sessionId: randomUUID(), policy });
    },
    failOver: (sends) => activities.failOver({ challengeId, sends, policy }),
    async receipt(receipt, sends = 1, fault) {
      const { rows: [row] } = await pool.query<{ id: string; provider: string }>(
        `SELECT o.id, o.provider_id AS provider FROM outbox o JOIN sends s ON o.key = s.challenge_id || ':' || s.method || ':' || s.ordinal
          WHERE s.challenge_id = $1 AND s.ordinal = $2`, [challengeId, sends]);
      const why = fault === undefined ? {} : { fault };
      await noteReceipt(pool, { receiptId: row!.id, providerId: row!.provider, receipt, ...why });
    },
  };
};
