// Guesses by the hundred, in any order and at the same moment: what is counted stays counted, and each code is one
// sender's. The activities as a worker runs them, on a real Postgres.
import fc from 'fast-check';
import type { Pool } from '../../src/db/pool';
import { createActivityWorld } from '../support/activityWorld';
import type { ActivityWorld } from '../support/activityWorld';
import { DyingProcess, replacing, run } from '../support/dyingProcess';
import { anna, annaPrivate, stranger } from '../support/world';
import { passerBy, sessions, Visitor, wrong } from './visitor';
import type { Outcome } from './visitor';

let world: ActivityWorld;

beforeAll(async () => {
  world = await createActivityWorld();
});

afterAll(async () => {
  await world.stop();
});

beforeEach(async () => {
  await world.reset();
});

const evaluated = async (): Promise<number> =>
  (await world.pool.query('SELECT 1 FROM guesses WHERE evaluated')).rowCount ?? 0;

test('A17 of sixty guesses at the same moment five are evaluated, and all are answered', async () => {
  const visitor = new Visitor(world, stranger);
  await visitor.claims('144133');
  const code = await visitor.code();
  const messages = await Promise.all(Array.from({ length: 60 }, (_, nth) => visitor.writes(wrong(code, nth + 1))));
  const outcomes = await Promise.all(messages.map(({ messageId, senderId }) => visitor.confirms(messageId, senderId)));
  expect(outcomes.every(({ reaction }) => ['wrong', 'exhausted', 'expired'].includes(reaction))).toBe(true);
  expect(await evaluated()).toBe(5);
  expect(await visitor.types(code)).toMatchObject({ reaction: 'exhausted' });
  expect(await sessions(world)).toEqual([]);
});

interface Counters {
  readonly ofSender: number;
  readonly inARow: number;
  readonly inAll: number;
}

/** What counts against a sender, and against all strangers at whoever was claimed. */
async function counters(): Promise<Counters> {
  const { rows: [row] } = await world.pool.query<Counters>(`SELECT
    (SELECT coalesce(sum((SELECT count(*) FROM sender_guesses(s.id))), 0)::int FROM senders s) AS "ofSender",
    (SELECT coalesce(sum(wrong_in_a_row), 0)::int FROM pools) AS "inARow",
    (SELECT stranger_guesses())::int AS "inAll"`);
  return row!;
}

const ways = ['wrong', 'wrong', 'resend', 'hello', 'cancel', 'logout', 'not me', 'claim', 'claim another'] as const;

async function step(visitor: Visitor, way: (typeof ways)[number]): Promise<Outcome> {
  switch (way) {
    case 'wrong': return visitor.types(wrong(await visitor.code()));
    case 'claim': return visitor.claims('144133');
    case 'claim another': return visitor.claims('999999');
    default: return visitor.types(way);
  }
}

test('A19 whatever a sender does, no counter falls without a right code', async () => {
  let [wrongs, rights] = [0, 0];
  await fc.assert(fc.asyncProperty(fc.array(fc.constantFrom(...ways), { maxLength: 12 }), async (script) => {
    await world.reset();
    const visitor = new Visitor(world, stranger);
    await visitor.claims('144133');
    let before = await counters();
    for (const way of script) {
      if ((await step(visitor, way)).reaction === 'wrong') wrongs += 1;
      const after = await counters();
      for (const name of ['ofSender', 'inARow', 'inAll'] as const) {
        expect(after[name]).toBeGreaterThanOrEqual(before[name]);
      }
      before = after;
    }
    // A right code begins the row anew, and forgives nothing else.
    if ((await visitor.types(await visitor.code())).reaction !== 'right') return;
    rights += 1;
    expect(await counters()).toEqual({ ...before, inARow: expect.any(Number) as number });
    expect((await counters()).inARow).toBeLessThanOrEqual(before.inARow);
  }), { numRuns: 30 });
  expect([wrongs, rights].every((count) => count > 0)).toBe(true);
});

test('A23 when strangers have spent the organisation\'s guesses, who comes for the first time on a registered number gets in', async () => {
  const policy = { organisationGuessesPerDayMax: 10 };
  for (let nth = 0; nth < 12; nth += 1) {
    const attacker = new Visitor(world, passerBy(nth), policy);
    await attacker.claims(`9999${nth}`);
    expect(await attacker.types(wrong(await attacker.code()))).toEqual({ reaction: 'wrong', triesLeft: 4 });
  }
  expect(await evaluated()).toBe(10);
  const [newcomer, private_] = [new Visitor(world, anna, policy), new Visitor(world, annaPrivate, policy)];
  for (const visitor of [newcomer, private_]) await visitor.claims('144133');
  expect(await newcomer.types(await newcomer.code())).toMatchObject({ reaction: 'right' });
  expect(await private_.types(await private_.code())).toMatchObject({ reaction: 'wrong' });
});

/** A process that waits for its turn before each statement or transaction. */
class WaitingProcess extends DyingProcess {
  constructor(private readonly turn: () => Promise<void>) {
    super();
  }

  override pool(pool: Pool): Pool {
    const query = async (...args: unknown[]) => { await this.turn(); return run(pool, args); };
    return replacing(pool, { query, connect: async () => { await this.turn(); return pool.connect(); } });
  }
}

const moves = fc.array(fc.constantFrom('claim', 'own', 'theirs', 'wrong'), { minLength: 1, maxLength: 4 });

test('A24 however two senders who claim one employee come between each other, each passes with their own code only', async () => {
  let passed = 0;
  await fc.assert(fc.asyncProperty(fc.scheduler(), moves, moves, async (scheduler, ofX, ofY) => {
    await world.reset();
    const process = () => new WaitingProcess(() => scheduler.schedule(Promise.resolve()));
    const [x, y] = [new Visitor(world, stranger), new Visitor(world, annaPrivate)];
    const play = async (who: Visitor, other: Visitor, script: readonly string[]): Promise<number> => {
      let right = 0;
      await who.claims('144133', process());
      for (const move of script) {
        if (move === 'claim') await who.claims('144133', process());
        else {
          const code = await (move === 'theirs' ? codeOf(other) : who.code());
          const outcome = await who.types(move === 'wrong' ? wrong(code) : code, { process: process() });
          if (outcome.reaction !== 'right') continue;
          expect(move).toBe('own');
          right += 1;
        }
      }
      return right;
    };
    const rights = await scheduler.waitFor(Promise.all([play(x, y, ofX), play(y, x, ofY)]));
    const opened = await sessions(world);
    expect(opened.every(({ sender, requester }) => sender === requester)).toBe(true);
    expect(opened).toHaveLength(rights[0] + rights[1]);
    passed += opened.length;
  }), { numRuns: 40 });
  expect(passed).toBeGreaterThan(0);
}, 180_000);

/** Of a person who may not have got as far as claiming: then nobody's. */
const codeOf = (visitor: Visitor): Promise<string> => visitor.code().catch(() => '00000000');

describe('A38 spellings of one identifier', () => {
  const counted = async (spellings: readonly string[]): Promise<number> => {
    for (const [nth, spelling] of spellings.entries()) {
      const visitor = new Visitor(world, passerBy(nth));
      expect([spelling, await visitor.claims(spelling)]).toMatchObject([spelling, { reaction: 'issue' }]);
      await visitor.types(wrong(await visitor.code()));
    }
    const { rows } = await world.pool.query<{ inARow: number }>('SELECT wrong_in_a_row AS "inARow" FROM pools');
    expect(rows.map(({ inARow }) => inARow).reduce((sum, one) => sum + one, 0)).toBe(spellings.length);
    return rows.length;
  };

  test('of an employee, and the address of the same one, are counted as one', async () => {
    expect(await counted(['144133', ' １４４１３３ ', '١٤٤١٣٣', '144\u200B133', 'my id is 144133', 'Anna@ACME.example',
      'ａｎｎａ@acme.example'])).toBe(1);
  });

  test('of nobody are counted as one too', async () => {
    expect(await counted(['k-99123', 'K-99123 ', '\u212A-99123', 'Ｋ－９９１２３', 'K\u2011\u00AD99123'])).toBe(1);
  });

  test('that only look alike are no identifier', async () => {
    for (const text of ['ı-99123', 'К-99123', 'Ε99123']) {
      expect((await new Visitor(world, stranger).claims(text)).reaction).toBe('holdAndAsk');
    }
  });
});
