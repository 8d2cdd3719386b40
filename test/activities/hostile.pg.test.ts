// Messages that are no text, and texts that are none for us: no stage reads a code from them, and no table breaks.
import type { Pool } from '../../src/db/pool';
import { findContact, usualRules } from '../../src/directory/contacts';
import { findByPhone, findEmployee } from '../../src/directory/employees';
import { messageKinds } from '../../src/domain/messages';
import type { MessageKind } from '../../src/domain/messages';
import { createActivityWorld } from '../support/activityWorld';
import type { ActivityWorld } from '../support/activityWorld';
import { DyingProcess, replacing, run } from '../support/dyingProcess';
import { anna, stranger } from '../support/world';
import { sessions, Visitor, wrong } from './visitor';

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

const guesses = async (): Promise<number> => (await world.pool.query('SELECT 1 FROM guesses')).rowCount ?? 0;

// `flood` is what becomes of a message, and has no words (test/inbox/flood).
const otherKinds = messageKinds.filter((kind) => kind !== 'text' && kind !== 'flood');
const unanswered: readonly MessageKind[] = ['reaction', 'group', 'edited'];

describe.each(otherKinds)('A14 A15 a message of kind %s', (kind) => {
  const silence = unanswered.includes(kind);

  test('makes nobody an employee', async () => {
    expect(await new Visitor(world, stranger).inIdentify('144133', { kind }))
      .toEqual({ reaction: silence ? 'ignore' : 'textOnly' });
    expect((await world.pool.query('SELECT 1 FROM challenges')).rowCount).toBe(0);
  });

  test('is no code, and costs no try, although it holds the right one', async () => {
    const visitor = new Visitor(world, anna);
    await visitor.claims('144133');
    const code = await visitor.code();
    expect(await visitor.types(code, { kind })).toEqual({ reaction: silence ? 'ignore' : 'textOnly' });
    expect([await guesses(), await sessions(world)]).toEqual([0, []]);
    expect(await visitor.types(code)).toMatchObject({ reaction: 'right' });
  });

  test('steers nothing while a code is awaited', async () => {
    const visitor = new Visitor(world, anna);
    await visitor.claims('144133');
    for (const text of ['cancel', 'resend', 'not me']) {
      expect(await visitor.types(text, { kind })).toEqual({ reaction: silence ? 'ignore' : 'textOnly' });
    }
    expect(await visitor.types(await visitor.code())).toMatchObject({ reaction: 'right' });
  });

  test('is turned away while its sender is locked', async () => {
    const { messageId, senderId } = await new Visitor(world, stranger).writes('144133', { kind });
    expect(await world.run(({ turnAway }) => turnAway({ messageId, senderId })))
      .toEqual({ reaction: silence ? 'ignore' : 'notice' });
  });

  test('ends no session, and only the words of a button are passed on', async () => {
    const visitor = new Visitor(world, anna);
    await visitor.claims('144133');
    await visitor.types(await visitor.code());
    const { rows: [session] } = await world.pool.query<{ id: string }>('SELECT id FROM sessions');
    const { messageId, senderId } = await visitor.writes('logout', { kind });
    await world.run(({ relay }) => relay({ messageId, senderId, sessionId: session!.id, repliesMax: 10 }));
    expect(world.assistant.turns.all.map(({ text }) => text)).toEqual(kind === 'button' ? ['logout'] : []);
    expect((await world.pool.query('SELECT 1 FROM sessions WHERE ended_at IS NULL')).rowCount).toBe(1);
  });
});

// None of them holds the identifier of anybody.
const statements = [
  `' OR 1=1--`, `' OR '1'='1`, `'; DROP TABLE senders; --`, `"; DELETE FROM employees; --`, `$1`, `$$`, `%`, `_`, `\\`, `\\'`,
  `x' UNION SELECT id::text FROM employees --`, `a@b.cc'/**/OR/**/1=1--`, `'||pg_sleep(10)||'`, `E'\\x27'`, `1; SELECT 1`,
  `{"$gt": ""}`, `*)(uid=*))(|(uid=*`, `$.employees[*]`, `__proto__`, `constructor`, `{{7*7}}`, `%27%20OR%201=1`, `\u02BC OR 1=1`,
];

describe('A39 what looks like a statement', () => {
  const counts = async () => (await world.owner.query(`SELECT
    (SELECT count(*) FROM employees) AS employees, (SELECT count(*) FROM employee_phones) AS phones,
    (SELECT count(*) FROM challenges WHERE employee_id IS NOT NULL) AS real, (SELECT count(*) FROM sessions) AS sessions,
    (SELECT count(*) FROM guesses) AS guesses, (SELECT count(*) FROM employees WHERE active) AS active`)).rows;

  test('finds nobody, asked for directly', async () => {
    for (const text of statements) {
      expect(await findEmployee(world.pool, text)).toEqual({ outcome: 'none' });
      expect(await findByPhone(world.pool, text)).toBeUndefined();
      // An id is a uuid: what is none is refused, and finds nobody.
      const question = { employeeId: text, method: 'sms' as const, ownNumbers: () => Promise.resolve(undefined) };
      await expect(findContact(world.pool, usualRules, question)).rejects.toMatchObject({ code: '22P02' });
    }
  });

  test('is a text like any other in every stage, and reaches the assistant as it is', async () => {
    const visitor = new Visitor(world, anna);
    for (const text of statements) expect(['ask', 'holdAndAsk', 'issue', 'tooSoon']).toContain((await visitor.inIdentify(text)).reaction);
    expect(await counts()).toMatchObject([{ real: '0', sessions: '0', guesses: '0', employees: '4', active: '3' }]);
    await visitor.claims('144133');
    for (const text of statements) expect(['hint', 'holdAndHint']).toContain((await visitor.types(text)).reaction);
    expect(await counts()).toMatchObject([{ real: '1', sessions: '0', guesses: '0', employees: '4', active: '3' }]);
    await visitor.types(await visitor.code());
    const { rows: [session] } = await world.pool.query<{ id: string }>('SELECT id FROM sessions');
    for (const text of statements) {
      const { messageId, senderId } = await visitor.writes(text);
      await world.run(({ relay }) => relay({ messageId, senderId, sessionId: session!.id, repliesMax: 10 }));
    }
    expect(world.assistant.turns.all.map(({ text }) => text)).toEqual(statements);
    expect(await counts()).toMatchObject([{ real: '1', sessions: '1', guesses: '1', employees: '4', active: '3' }]);
  });
});

/** Notes the statements that the database is asked, without what is in them. */
class NotingProcess extends DyingProcess {
  readonly asked: string[] = [];

  override pool(pool: Pool): Pool {
    const noting = <T extends object>(on: T & Parameters<typeof run>[0]): T => replacing(on, {
      query: (...args: unknown[]) => {
        const [statement] = args as [string | { text: string }]; // cast: the two ways of the driver
        this.asked.push(typeof statement === 'string' ? statement : statement.text);
        return run(on, args);
      },
    });
    return replacing(noting(pool), { connect: async () => noting(await pool.connect()) });
  }
}

// An ID of digits is also held against a code that has just run out: who types an address is asked less, whoever it is.
test.each([
  ['an ID', ['144133', '999999', '144134', '144135']],
  ['an address', ['anna@acme.example', 'nobody@acme.example', 'ben@acme.example', 'cleo@acme.example']],
])('A35 by %s, the same statements run for the employed, the unknown, the departed and the contactless', async (_, claims) => {
  const asked: string[][] = [];
  for (const identifier of claims) asked.push(await statementsFor(identifier));
  expect(asked[0]!.length).toBeGreaterThan(50);
  for (const [n, identifier] of claims.entries()) expect([identifier, asked[n]]).toEqual([identifier, asked[0]]);
});

/** What is asked while a stranger claims somebody, guesses five times wrong and wants the code again. */
async function statementsFor(identifier: string): Promise<string[]> {
  await world.reset();
  const process = new NotingProcess();
  const visitor = new Visitor(world, stranger);
  expect(await visitor.claims(identifier, process)).toMatchObject({ reaction: 'issue' });
  await visitor.types('resend', { process });
  for (let nth = 1; nth <= 5; nth += 1) await visitor.types(wrong(await visitor.code(), nth), { process });
  await visitor.types('resend', { process });
  return process.asked;
}
