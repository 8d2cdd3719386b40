// The buckets of sending, on a real Postgres: never more than they hold, nothing lost for ever, codes first.
import fc from 'fast-check';
import { createPool } from '../../src/db/pool';
import type { Pool } from '../../src/db/pool';
import { Fault } from '../../src/domain/faults';
import { beginSend } from '../../src/outbox/outbox';
import { slowDown, takeTurn } from '../../src/outbox/pacing';
import type { Lane } from '../../src/outbox/pacing';
import { holdSending } from '../../src/outbox/sendingControl';
import { holdMoment } from '../alike/moment';
import type { Moment } from '../alike/moment';
import { createTestDatabase, patience } from '../support/postgres';
import type { TestDatabase } from '../support/postgres';
import { testKeyring } from '../support/world';
import { excess } from './excess';

let database: TestDatabase;
let pool: Pool;
let owner: Pool;
let moment: Moment;
let senderId: string;
/** For the crowd: its clock goes on. */
let running: { readonly database: TestDatabase; readonly pool: Pool; readonly senderId: string };

beforeAll(async () => {
  database = await createTestDatabase();
  pool = createPool(database.url, { max: 10 });
  owner = createPool(database.ownerUrl, { max: 1 });
  moment = await holdMoment(database.ownerUrl, pool);
  senderId = await newSender(pool);
  const other = await createTestDatabase();
  const otherPool = createPool(other.url, { max: 40, ...patience });
  running = { database: other, pool: otherPool, senderId: await newSender(otherPool) };
});

afterAll(async () => {
  await Promise.all([pool.end(), owner.end(), running.pool.end()]);
  await moment.stop();
  await Promise.all([database.drop(), running.database.drop()]);
});

async function newSender(db: Pool): Promise<string> {
  const { rows: [row] } = await db.query<{ id: string }>('INSERT INTO senders DEFAULT VALUES RETURNING id');
  return row!.id;
}

interface Limits {
  readonly perSecond: number | null;
  readonly reserve: number;
  readonly burst: number | null;
  readonly everyMs: number;
}

/** Full buckets of this size, and nothing that waits. */
async function limited({ perSecond, reserve, burst, everyMs }: Limits, db: Pool = pool): Promise<void> {
  await db.query(
    `UPDATE pacing SET per_second = $1, code_reserve = $2, recipient_burst = $3, recipient_every_ms = $4, full_at = '-infinity'`,
    [perSecond, reserve, burst, everyMs]);
  await db.query(`UPDATE pacing_lanes SET held_at = NULL, slow_until = '-infinity', queued_to = '-infinity'`);
}

let last = 0;

interface Tried {
  readonly key: string;
  /** Of a send that is too early: for how long, and why. */
  readonly waitMs?: number;
  readonly why?: string;
}

/** Tries a send. `key`: one that was tried before. */
async function tries(lane: Lane, recipient?: number, key = `send-${last += 1}`): Promise<Tried> {
  await beginSend(pool, testKeyring.storage, { key, senderId, kind: lane === 'chat' ? 'reply' : 'code' });
  try {
    await takeTurn(pool, { key, lane, ...recipient === undefined ? {} : { recipient: Buffer.from(`recipient ${recipient}`) } });
    return { key };
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    expect(error).toMatchObject({ kind: 'throttled', dependency: 'pacing' });
    return { key, waitMs: error.retryAfterMs!, why: error.code };
  }
}

/** How many of so many tries may go now. */
async function going(times: number, lane: Lane, recipient?: number): Promise<number> {
  let gone = 0;
  for (let n = 0; n < times; n += 1) if ((await tries(lane, recipient)).waitMs === undefined) gone += 1;
  return gone;
}

const attemptsOf = async (key: string): Promise<number> => {
  const { rows: [row] } = await pool.query<{ attempts: number }>('SELECT attempts FROM outbox WHERE key = $1', [key]);
  return row!.attempts;
};

interface Waiting { readonly key: string; readonly lane: Lane; readonly recipient: number; due: number }

/** Sends that come and go under a clock that stands still between them; who must wait comes back when told to. */
class Play {
  now = 0;
  readonly left: { readonly at: number; readonly lane: Lane; readonly recipient: number; readonly key: string }[] = [];
  waiting: Waiting[] = [];

  async send(lane: Lane, recipient: number): Promise<void> {
    await this.try({ lane, recipient });
  }

  /** Lets time pass; each that waits comes at its time, in order. */
  async pass(ms: number): Promise<void> {
    const until = this.now + ms;
    for (;;) {
      const [next] = [...this.waiting].sort((a, b) => a.due - b.due);
      if (next === undefined || next.due > until) break;
      await this.move(next.due);
      this.waiting = this.waiting.filter((one) => one !== next);
      await this.try(next);
    }
    await this.move(until);
  }

  private async try({ lane, recipient, key }: Pick<Waiting, 'lane' | 'recipient'> & { key?: string }): Promise<void> {
    const tried = await tries(lane, lane === 'chat' ? recipient : undefined, key);
    if (tried.waitMs === undefined) this.left.push({ at: this.now, lane, recipient, key: tried.key });
    else this.waiting.push({ key: tried.key, lane, recipient, due: this.now + tried.waitMs });
  }

  private async move(to: number): Promise<void> {
    if (to > this.now) await moment.pass(to - this.now);
    this.now = Math.max(this.now, to);
  }
}

type Step = { readonly lane: Lane; readonly to: number; readonly times: number } | { readonly passMs: number };
const recipients = [0, 1, 2];
const anyStep: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.record({
    lane: fc.constantFrom('chat' as const, 'codes' as const), to: fc.constantFrom(...recipients), times: fc.integer({ min: 1, max: 6 }) }) },
  { weight: 3, arbitrary: fc.record({ passMs: fc.constantFrom(1, 100, 250, 1_000, 3_000) }) },
);
// Numbers that divide a second without a rest: what rounding leaves over would blur what is exact.
const anyLimits: fc.Arbitrary<Limits> = fc.record({
  perSecond: fc.constantFrom(2, 4, 5, 10), reserve: fc.constantFrom(0, 1), burst: fc.integer({ min: 1, max: 5 }),
  everyMs: fc.constantFrom(500, 2_000),
});

async function play(limits: Limits, steps: readonly Step[]): Promise<Play> {
  await limited(limits);
  await owner.query('DELETE FROM pacing_recipients');
  const played = new Play();
  for (const step of steps) {
    if ('passMs' in step) await played.pass(step.passMs);
    else for (let n = 0; n < step.times; n += 1) await played.send(step.lane, step.to);
  }
  return played;
}

test('never more leaves than a bucket holds and what comes into it meanwhile, over any stretch of time', async () => {
  await fc.assert(fc.asyncProperty(anyLimits, fc.array(anyStep, { minLength: 1, maxLength: 12 }), async (limits, steps) => {
    const { left } = await play(limits, steps);
    const perSecond = limits.perSecond!;
    expect(excess(left.map(({ at }) => at), perSecond, 1_000 / perSecond)).toBeLessThanOrEqual(0);
    const chat = left.filter(({ lane }) => lane === 'chat');
    expect(excess(chat.map(({ at }) => at), perSecond - limits.reserve, 1_000 / perSecond)).toBeLessThanOrEqual(0);
    for (const one of recipients) {
      const times = chat.filter(({ recipient }) => recipient === one).map(({ at }) => at);
      expect(excess(times, limits.burst!, limits.everyMs)).toBeLessThanOrEqual(0);
    }
  }), { numRuns: 40 });
}, 300_000);

test('nothing is lost for ever: all that waits leaves, and after a rest a whole burst leaves at once', async () => {
  await fc.assert(fc.asyncProperty(anyLimits, fc.array(anyStep, { minLength: 1, maxLength: 10 }), async (limits, steps) => {
    const played = await play(limits, steps);
    const sent = steps.reduce((sum, step) => 'times' in step ? sum + step.times : sum, 0);
    // At the slowest each of them waits for the one before it.
    await played.pass(sent * Math.max(limits.everyMs, 1_000 / limits.perSecond!) + 1_000);
    expect(played.waiting).toEqual([]);
    expect(played.left).toHaveLength(sent);
    await moment.pass(60_000);
    const room = Math.min(limits.burst!, limits.perSecond! - limits.reserve);
    expect(await going(room + 1, 'chat', 0)).toBe(room);
  }), { numRuns: 25 });
}, 300_000);

test('who waits leaves in the order in which it came, one by one and not all at once', async () => {
  await limited({ perSecond: 10, reserve: 2, burst: null, everyMs: 1 });
  const played = new Play();
  for (let n = 0; n < 30; n += 1) await played.send('chat', n);
  expect(played.left).toHaveLength(8);
  expect(new Set(played.waiting.map(({ due }) => due)).size).toBe(22);
  await played.pass(1_000);
  // Who comes now finds others before it.
  await played.send('chat', 30);
  await played.pass(3_000);
  expect(played.left.map(({ recipient }) => recipient)).toEqual(Array.from({ length: 31 }, (_, n) => n));
});

test('codes go before the chat: what it leaves in the bucket is theirs', async () => {
  await limited({ perSecond: 20, reserve: 5, burst: null, everyMs: 1 });
  expect(await going(40, 'chat')).toBe(15);
  expect(await going(10, 'codes')).toBe(5);
  // A quarter of a second brings five: while codes want them, no text has one.
  for (let n = 0; n < 4; n += 1) {
    await moment.pass(250);
    expect(await going(10, 'codes')).toBe(5);
    expect(await going(1, 'chat')).toBe(0);
  }
});

test('a send pays once, however often it is tried, and a try that was too early was none', async () => {
  await limited({ perSecond: 2, reserve: 0, burst: null, everyMs: 1 });
  const { key } = await tries('chat');
  expect(await tries('chat', undefined, key)).toEqual({ key });
  expect(await attemptsOf(key)).toBe(2);
  expect((await tries('chat')).waitMs).toBeUndefined();
  const early = await tries('chat');
  expect(early).toEqual({ key: early.key, why: 'sender', waitMs: 500 });
  expect(await attemptsOf(early.key)).toBe(0);
  await moment.pass(499);
  expect(await tries('chat', undefined, early.key)).toMatchObject({ waitMs: 1 });
  await moment.pass(1);
  expect(await tries('chat', undefined, early.key)).toEqual({ key: early.key });
  expect(await attemptsOf(early.key)).toBe(1);
});

test('the bucket of one person is that of nobody else', async () => {
  await limited({ perSecond: null, reserve: 0, burst: 3, everyMs: 6_000 });
  expect(await going(5, 'chat', 100)).toBe(3);
  expect(await going(5, 'chat', 101)).toBe(3);
  expect(await tries('chat', 100)).toMatchObject({ why: 'recipient', waitMs: 6_000 });
  await moment.pass(6_000);
  expect(await going(5, 'chat', 100)).toBe(1);
});

test('limits are changed while sends go on, and off lets everything go', async () => {
  await limited({ perSecond: 2, reserve: 0, burst: 1, everyMs: 6_000 });
  expect(await going(3, 'chat', 200)).toBe(1);
  await pool.query('UPDATE pacing SET per_second = 50, recipient_burst = 20');
  expect(await going(30, 'chat', 200)).toBe(19);
  await pool.query('UPDATE pacing SET per_second = NULL, recipient_burst = NULL');
  expect(await going(100, 'chat', 200)).toBe(100);
});

test('when the provider asks to slow down no text leaves for a minute, and codes do', async () => {
  await limited({ perSecond: 10, reserve: 2, burst: null, everyMs: 1 });
  await slowDown(pool);
  const early = await tries('chat');
  expect(early).toMatchObject({ why: 'sender', waitMs: 60_000 });
  expect(await going(3, 'codes')).toBe(3);
  await moment.pass(60_000);
  expect(await tries('chat', undefined, early.key)).toEqual({ key: early.key });
  expect(await going(5, 'chat')).toBe(5);
});

describe('while sending is held', () => {
  test.each([[['chat'], ['codes']], [['codes'], ['chat']], [['chat', 'codes'], []]] as [Lane[], Lane[]][])('%j waits, %j goes', async (held, others) => {
    await limited({ perSecond: 10, reserve: 2, burst: null, everyMs: 1 });
    await holdSending(pool, held, true, 'tester');
    for (const lane of held) {
      const tried = await tries(lane);
      expect(tried).toEqual({ key: tried.key, why: 'held', waitMs: 10_000 });
      expect(await attemptsOf(tried.key)).toBe(0);
    }
    for (const lane of others) expect((await tries(lane)).waitMs).toBeUndefined();
    await holdSending(pool, held, false, 'tester');
    for (const lane of held) expect((await tries(lane)).waitMs).toBeUndefined();
  });

  test('it is, with the limits off, and with what was paid before', async () => {
    await limited({ perSecond: 10, reserve: 0, burst: null, everyMs: 1 });
    const { key } = await tries('chat');
    await holdSending(pool, ['chat'], true, 'tester');
    expect(await tries('chat', undefined, key)).toMatchObject({ why: 'held' });
    await pool.query('UPDATE pacing SET per_second = NULL');
    expect(await tries('chat')).toMatchObject({ why: 'held' });
  });
});

test('hundreds who come at once over forty connections share one bucket, and each that waits has a turn of its own', async () => {
  const { pool: crowd } = running;
  await limited({ perSecond: 100, reserve: 20, burst: null, everyMs: 1 }, crowd);
  const keys = Array.from({ length: 400 }, (_, n) => `crowd-${n}`);
  await Promise.all(keys.map(async (key) => {
    await beginSend(crowd, testKeyring.storage, { key, senderId: running.senderId, kind: 'reply' });
    await takeTurn(crowd, { key, lane: 'chat' }).catch((error: unknown) => expect(error).toBeInstanceOf(Fault));
  }));
  const { rows } = await crowd.query<{ paidMs: number | null; turnMs: number | null }>(
    `SELECT (extract(epoch FROM paid_at) * 1000)::float8 AS "paidMs", (extract(epoch FROM turn_at) * 1000)::float8 AS "turnMs"
       FROM outbox WHERE key LIKE 'crowd-%'`);
  const paid = rows.flatMap(({ paidMs }) => paidMs ?? []);
  const turns = rows.flatMap(({ turnMs }) => turnMs ?? []).sort((a, b) => a - b);
  expect(paid.length).toBeGreaterThanOrEqual(80);
  // Doubles hold these times to a quarter of a microsecond.
  expect(excess(paid.map((ms) => ms - paid[0]!), 80, 9.999)).toBeLessThanOrEqual(0);
  expect(paid.length + turns.length).toBe(400);
  for (const [n, turn] of turns.slice(1).entries()) expect(turn - turns[n]!).toBeGreaterThan(9.9);
}, 120_000);
