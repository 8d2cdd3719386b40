// The activities on a real Postgres with fakes at the ports, and everything they left there and outside, to compare.
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import type { Activities } from '../../activities';
import { createPool } from '../../src/db/pool';
import type { Pool } from '../../src/db/pool';
import { tendSigningKeys } from '../../src/statements/keyRotation';
import { keyTimes } from '../../src/statements/times';
import { createTexts } from '../../src/texts/render';
import { createWiredActivities, createWiredPushes } from '../../src/wiredActivities';
import type { Ports } from '../../src/wiredActivities';
import { DyingProcess } from './dyingProcess';
import { createTestDatabase } from './postgres';
import { addEmployees, FakeAssistant, FakeCarrier, FakeChannel, store, testKeyring } from './world';
import type { Person } from './world';

/** One activity with its argument. */
export type Act = (activities: Activities) => Promise<unknown>;

export interface ActivityWorld {
  readonly pool: Pool;
  /** Of the database, as the application. */
  readonly url: string;
  /** The owner of the tables, who may move times. */
  readonly owner: Pool;
  readonly channel: FakeChannel;
  readonly carrier: FakeCarrier;
  readonly assistant: FakeAssistant;
  write(person: Person, messageId: string, text: string): Promise<{ messageId: string; senderId: string }>;
  /**
   * Runs an activity, in `process` or in one that lives; its outcome with times blurred. Temporal calls it the first
   * try unless told.
   */
  run(act: Act, process?: DyingProcess, attempt?: number): Promise<unknown>;
  /** All that is in the tables and at the ports: without ids that chance made, and times as before or after now. */
  traces(): Promise<string>;
  /** Moves the last send of every code back, as if time had passed on the database's clock. */
  backdateSends(seconds: number): Promise<void>;
  /** Everything empty but the directory. */
  reset(): Promise<void>;
  stop(): Promise<void>;
}

export async function createActivityWorld(): Promise<ActivityWorld> {
  const database = await createTestDatabase();
  const pool = createPool(database.url, { max: 5 });
  const owner = createPool(database.ownerUrl, { max: 1 });
  await addEmployees(pool);
  // Keys are made by the first who signs: no step of what is tested here.
  const storageKeys = testKeyring.storage;
  await tendSigningKeys({ pool, storageKeys, times: keyTimes() });
  const [channel, carrier, assistant] = [new FakeChannel(), new FakeCarrier(), new FakeAssistant()];
  const ports: Ports = { channel, carriers: new Map([['sms', carrier]]), assistant };
  const texts = createTexts({ organisation: 'Acme', language: 'en' });
  return {
    pool, url: database.url, owner, channel, carrier, assistant,
    write: (person, messageId, text) => store(pool, testKeyring, person, text, { messageId }),
    async run(act, process = new DyingProcess(), attempt = 1) {
      // Quiet: a process that dies would be logged each time.
      const environment = new MockActivityEnvironment({ attempt }, { logger: new DefaultLogger('ERROR') });
      const own = process.pool(pool);
      const pushes = createWiredPushes(own, testKeyring, new Set(), { tellNews: async () => 'told' }, { warn: () => undefined });
      const activities = createWiredActivities(
        own, testKeyring, texts, { ...process.ports(ports), say: pushes.say }, 'en');
      return blurred(await environment.run(() => act(activities)).finally(() => pushes.drain()));
    },
    async traces() {
      const { rows: [row] } = await owner.query<{ traces: object; sender: string }>(tracesQuery);
      const outside = {
        said: channel.sent.all.map(({ text }) => text),
        // At-least-once by design: the same code, the same turn.
        codes: [...new Set(carrier.carried.all.map(({ code }) => code))],
        turns: [...new Set(assistant.turns.all.map(({ turnId, text }) => `${turnId} ${text}`))],
      };
      return JSON.stringify(blurred({ ...row!.traces, ...outside }), null, 1).replaceAll(row!.sender, 'the sender');
    },
    async backdateSends(seconds) {
      await owner.query(`UPDATE challenges SET last_sent_at = last_sent_at - $1 * interval '1 s'`, [seconds]);
      await owner.query(`UPDATE sends SET charged_at = charged_at - $1 * interval '1 s'`, [seconds]);
    },
    async reset() {
      for (const events of [channel.sent, channel.typing, carrier.carried, assistant.turns, channel.lost]) events.clear();
      // Deleted, not truncated: ten times as fast for tables of a few rows.
      await owner.query(`DELETE FROM sessions; DELETE FROM senders; DELETE FROM pools; DELETE FROM audit;
        UPDATE audit_head SET seq = 0, hash = decode(repeat('00', 32), 'hex')`);
    },
    async stop() {
      await pool.end();
      await owner.end();
      await database.drop();
    },
  };
}

const tracesQuery = `
  WITH
    s AS (SELECT id, locked_until > clock_timestamp() AS locked FROM senders),
    i AS (SELECT message_id, outcome, result, text_enc IS NULL AS wiped FROM inbox ORDER BY 1),
    -- A code may be handed over twice (decision 5): then its last copy's id stands.
    o AS (SELECT key, kind, state, CASE kind WHEN 'code' THEN left(provider_id, 3) ELSE provider_id END, fault, text_enc IS NULL AS wiped FROM outbox ORDER BY 1),
    c AS (SELECT id, employee_id, pool, method, digits, tries_used, sends, state FROM challenges ORDER BY 1),
    g AS (SELECT challenge_id, message_id, ordinal, verdict, evaluated FROM guesses ORDER BY 1, 2),
    n AS (SELECT challenge_id, ordinal, pool, allowed, destination_hash IS NULL AS nowhere FROM sends ORDER BY 1, 2),
    p AS (SELECT pool, wrong_in_a_row, shut_at IS NULL AS open FROM pools ORDER BY identity_hash, pool),
    v AS (SELECT id, employee_id, challenge_id, ended_at IS NULL AS open, end_reason FROM sessions ORDER BY 1),
    a AS (SELECT seq, kind, facts FROM audit ORDER BY 1)
  SELECT (SELECT id FROM s) AS sender, jsonb_build_object(
    'senders', (SELECT jsonb_agg(s) FROM s), 'inbox', (SELECT jsonb_agg(i) FROM i), 'outbox', (SELECT jsonb_agg(o) FROM o),
    'challenges', (SELECT jsonb_agg(c) FROM c), 'guesses', (SELECT jsonb_agg(g) FROM g),
    'sends', (SELECT jsonb_agg(n) FROM n), 'pools', (SELECT jsonb_agg(p) FROM p),
    'sessions', (SELECT jsonb_agg(v) FROM v), 'audit', (SELECT jsonb_agg(a) FROM a)) AS traces`;

/** No two runs take the same time: what is measured is replaced by its sign. */
function blurred(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value ?? null, (name, one: unknown) => {
    if (typeof one === 'number' && /(In|For|wait)Ms$/.test(name)) return one > 0 ? 'some ms' : one;
    return name === 'lockedUntil' ? 'some time' : one;
  }));
}
