// Nobody can tell whom Doorman knows, in what the activities decide and in the work it takes: every class of people who
// can be claimed, side by side, under a clock that stands still.
import fc from 'fast-check';
import { createChatActivities } from '../../activities/chat';
import { createPool } from '../../src/db/pool';
import type { Pool } from '../../src/db/pool';
import { messageAgeMs } from '../../src/inbox/senderLookup';
import { replyAddress } from '../../src/inbox/senders';
import { lookupHash } from '../../src/keys/box';
import { methods } from '../../src/domain/messages';
import type { Method } from '../../src/domain/messages';
import { createTexts } from '../../src/texts/render';
import { anyAct, paths, Turn } from './acts';
import type { Act } from './acts';
import { newClaimants, others, reachable, unknown } from './claims';
import { codesOf } from './messages';
import { holdMoment } from './moment';
import type { Moment } from './moment';
import { notingPool } from './statements';
import { createTestDatabase } from '../support/postgres';
import type { TestDatabase } from '../support/postgres';
import { createTestActivities, FakeChannel, store, stranger, testKeyring } from '../support/world';

let database: TestDatabase;
let pool: Pool;
let moment: Moment;
// Made once: it takes longer than many acts.
const texts = createTexts({ organisation: 'Acme', language: 'en' });

/** More of them: DOORMAN_RUNS=1000 npm test -- test/activities/alike */
const numRuns = Number(process.env.DOORMAN_RUNS ?? 100);

beforeAll(async () => {
  database = await createTestDatabase();
  pool = createPool(database.url, { max: 12 });
  moment = await holdMoment(database.ownerUrl, pool);
});

afterAll(async () => {
  await pool.end();
  await moment.stop();
  await database.drop();
});

interface Played {
  readonly outcomes: readonly string[];
  /** For each act, the statements that it took. */
  readonly statements: readonly (readonly string[])[];
  /** How many codes went out. */
  readonly codes: number;
}

/** Plays the same acts for a claimant of every class, each act at one moment. */
async function play(acts: readonly Act[], by: readonly Method[] = methods): Promise<Map<string, Played>> {
  await moment.beginAnew();
  const claimants = await newClaimants(pool);
  const players = claimants.map((claimant) => {
    const noted = notingPool(pool);
    const { activities, carriers } = createTestActivities(noted.pool, testKeyring, { texts, methods: by });
    return { claimant, noted, carriers, turn: new Turn(pool, activities, claimant), outcomes: [] as string[], statements: [] as string[][] };
  });
  for (const act of acts) {
    // No two acts at one moment: what was issued later is the later one.
    await moment.pass(act.act === 'pass' ? act.seconds * 1_000 : 1);
    if (act.act === 'pass') continue;
    const codes = await codesOf(pool);
    await Promise.all(players.map(async ({ turn, noted, outcomes, statements }) => {
      outcomes.push(`${act.act}: ${await turn.take(act, codes)}`);
      statements.push(noted.take());
    }));
  }
  return new Map(players.map(({ claimant, outcomes, statements, carriers }) =>
    [claimant.who, { outcomes, statements, codes: [...carriers.values()].flatMap(({ carried }) => carried.all).length }]));
}

const anyActs = fc.array(anyAct, { minLength: 1, maxLength: 16 });
const examples = paths.map((path): [readonly Act[]] => [path]);

test('A36 whatever a sender tries, every decision is the one that an unknown ID would have met', async () => {
  await fc.assert(fc.asyncProperty<[readonly Act[]]>(anyActs, async (acts) => {
    const played = await play(acts);
    for (const who of others) expect({ who, outcomes: played.get(who)!.outcomes }).toEqual({ who, outcomes: played.get(unknown)!.outcomes });
  }), { numRuns: numRuns + examples.length, examples });
}, 600_000);

test('A35 whatever a sender tries, it takes the statements that an unknown ID takes', async () => {
  const expectAlike = async (acts: readonly Act[], by: readonly Method[]) => {
    const played = await play(acts.filter((act) => act.act !== 'failOver' && !isDispute(act)), by);
    for (const who of others) {
      expect({ who, statements: played.get(who)!.statements }).toEqual({ who, statements: played.get(unknown)!.statements });
    }
  };
  await fc.assert(fc.asyncProperty<[readonly Act[]]>(anyActs, async (acts) => {
    await expectAlike(acts, ['sms']);
    // Where there are several ways, each person's contacts are looked up by the way of the code: beside the chat, which
    // waits for nothing of it.
    await expectAlike(acts.filter(({ act }) => act !== 'sendCode' && act !== 'failOver'), methods);
  }), { numRuns: Math.ceil(numRuns / 4) + examples.length, examples });
}, 600_000);

/** NOT ME does more for somebody who writes from their own telephone: they know whose that is, and nothing is claimed. */
function isDispute(act: Act): boolean {
  return 'message' in act && act.message.write === 'words' && act.message.text === 'NOT ME';
}

test('the codes are what differs: they go to those who can be reached, and to no other', async () => {
  const played = await play(paths[0]!);
  const reached = [...played].filter(([, { codes }]) => codes > 0).map(([who]) => who);
  expect(reached).toEqual(reachable);
});

test('A35 a reply before verification leaves on a whole multiple of the quantum, however long the look-up took', async () => {
  const anyAge = fc.oneof(fc.nat(20_000), fc.constantFrom(0, 1_999, 2_000, 2_001));
  await fc.assert(fc.asyncProperty(anyAge, fc.constantFrom(1_000, 2_000, 10_000), async (ageMs, ms) => {
    const channel = new FakeChannel();
    const { messageId, senderId } = await store(pool, testKeyring, stranger, 'hello');
    await moment.pass(ageMs);
    const { reply } = createChatActivities({
      pool, channel, messageAgeMs, storageKeys: testKeyring.storage,
      replyAddress: (db, id) => replyAddress(db, testKeyring, id),
      hashDestination: (to) => lookupHash(testKeyring.lookup, 'destination', to),
      render: () => 'words',
      wait: (waitMs) => moment.pass(waitMs),
    });
    await reply({ key: messageId, senderId, text: { key: 'askIdentifier', params: {} }, quantum: { messageId, ms } });
    const { rows: [row] } = await pool.query<{ leftMs: number }>(
      `SELECT (extract(epoch FROM o.created_at - i.received_at) * 1000)::float8 AS "leftMs"
         FROM outbox o, inbox i WHERE o.key = $1 AND i.message_id = $1`, [messageId]);
    expect(channel.sent.all).toHaveLength(1);
    expect(row!.leftMs).toBe((Math.floor(ageMs / ms) + 1) * ms);
  }), { numRuns: 100 });
});
