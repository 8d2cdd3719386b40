// Compares the real guard with the model after each step, and both with what must never be, whatever a model says.
import type { GuardModel } from './guardModel';
import type { GuardRows, GuardWorld } from './guardWorld';
import { codeOf } from './guardWorld';

/** The rows that there would be if the model were the guard. */
function rowsOf(model: GuardModel, real: GuardWorld): GuardRows {
  const idOf = (sender: unknown) =>
    [...real.senderIds].find(([name]) => model.sender(name) === sender)?.[1] ?? 'nobody';
  return {
    challenges: sorted(model.challenges.map(({ id, sender, person, pool, digits, state, tries, sends }) =>
      ({ id, sender: idOf(sender), person: person ?? null, pool, digits, state, tries, sends }))),
    guesses: sorted(model.guesses.map(({ challenge, ordinal, evaluated, verdict }) =>
      ({ challenge: challenge.id, ordinal, evaluated, verdict: verdict ?? null }))),
    sends: sorted(model.sends.map(({ challenge, ordinal, allowed }) => ({ challenge: challenge.id, ordinal, allowed }))),
    pools: sorted([...model.pools].map(([key, { wrongInARow, isShut, asked }]) => {
      const [, identity, pool] = /^(.*) (\w+)$/.exec(key)!;
      return {
        identity: real.shownHash(identity!), pool: pool!, wrong: wrongInARow, shut: isShut, asked: asked?.by ?? null };
    })),
    sessions: sorted(model.sessions.map(({ id, sender, person, challenge, endReason }) =>
      ({ id, sender: idOf(sender), person, challenge: challenge.id, ended: endReason ?? null }))),
    locks: sorted([...real.senderIds].flatMap(([name, sender]) => {
      const { lockedUntil } = model.sender(name);
      return lockedUntil === undefined ? [] : [{ sender, seconds: (lockedUntil - model.now) / 1_000 }];
    })),
    outbox: sorted([...model.outbox].map(([key, state]) => ({ key, state }))),
    inbox: [{ waiting: model.waiting }],
    audit: sorted([...model.audit].map(([kind, count]) => ({ kind, count }))),
  };
}

function sorted<T extends object>(rows: readonly T[]): T[] {
  const key = (row: T) => Object.values(row).slice(0, 2).map((value) => String(value).padStart(2, '0')).join(' ');
  return [...rows].sort((a, b) => (key(a) < key(b) ? -1 : 1));
}

/** Longer than any step takes, shorter than what lies between any two times that are told apart. */
const slackSeconds = 10;

export async function expectAlike(model: GuardModel, real: GuardWorld): Promise<GuardRows> {
  const rows = await real.rows();
  const { locks: expectedLocks, ...expected } = rowsOf(model, real);
  const { locks, ...found } = rows;
  expect(mapSorted(found)).toEqual(expected);
  expect(locks.map(({ sender }) => sender)).toEqual(expectedLocks.map(({ sender }) => sender));
  for (const [n, { seconds }] of locks.entries()) {
    expect(Math.abs(seconds - expectedLocks[n]!.seconds)).toBeLessThan(slackSeconds);
  }
  const carried = new Set(real.world.carrier.carried.all.map(({ code }) => code));
  const codes = model.challenges.filter(({ id }) => model.carried.has(id)).map(codeOf);
  expect([...carried].sort()).toEqual([...new Set(codes)].sort());
  return rows;
}

/** The database sorts by its own rules. */
function mapSorted(rows: Omit<GuardRows, 'locks'>): object {
  return Object.fromEntries(Object.entries(rows).map(([name, list]) => [name, sorted(list)]));
}

/** What must never be, in the database's own words; each row is a breach. */
const breaches = {
  'I3 more guesses of a code were evaluated than it has tries':
    `SELECT 1 FROM guesses g JOIN challenges c ON c.id = g.challenge_id
      GROUP BY c.id HAVING count(*) FILTER (WHERE evaluated) > c.tries_max OR count(*) > c.tries_max`,
  'I3 more wrong guesses of a pool were evaluated in a day than it has':
    `SELECT 1 FROM guesses g JOIN pools p USING (identity_hash, pool)
      WHERE g.evaluated AND g.verdict IS DISTINCT FROM 'right'
        AND g.charged_at > greatest(clock_timestamp() - interval '1 day', p.counted_from)
      GROUP BY identity_hash, g.pool
     HAVING count(*) > CASE g.pool WHEN 'known' THEN $1::int ELSE $2::int END`,
  'I3 a pool has more wrong guesses in a row than close it':
    `SELECT 1 FROM pools WHERE wrong_in_a_row > CASE pool WHEN 'known' THEN $3::int ELSE $4::int END`,
  'I3 more wrong guesses of strangers were evaluated in a day than the organisation has':
    `SELECT 1 FROM guesses WHERE evaluated AND pool = 'stranger' AND verdict IS DISTINCT FROM 'right'
        AND charged_at > clock_timestamp() - interval '1 day' HAVING count(*) > $5::int`,
  'I3 a sender had more wrong guesses in a day than it has':
    `SELECT 1 FROM senders s WHERE (SELECT count(*) FROM sender_guesses(s.id)) > $6::int`,
  'I4 a sender has two live codes': `SELECT 1 FROM challenges WHERE state = 'live' GROUP BY sender_id HAVING count(*) > 1`,
  'I4 a code opened two sessions': 'SELECT 1 FROM sessions GROUP BY challenge_id HAVING count(*) > 1',
  'I5 a session was opened without a right code':
    `SELECT 1 FROM sessions n WHERE NOT EXISTS (
       SELECT FROM guesses g JOIN challenges c ON c.id = g.challenge_id
        WHERE c.id = n.challenge_id AND c.state = 'used' AND g.evaluated AND g.verdict = 'right')`,
  'I6 somebody who left has an open session':
    'SELECT 1 FROM sessions n JOIN employees e ON e.id = n.employee_id WHERE n.ended_at IS NULL AND NOT e.active',
};

export async function expectNoBreach({ policy }: GuardModel, { world }: GuardWorld): Promise<void> {
  const limits = [
    policy.knownGuessesPerDayMax, policy.strangerGuessesPerDayMax, policy.knownGuessesInARowMax,
    policy.strangerGuessesInARowMax, policy.organisationGuessesPerDayMax, policy.senderGuessesPerDayMax];
  const { rows: [row] } = await world.pool.query<Record<string, boolean>>(
    `SELECT ${Object.entries(breaches).map(([name, query]) => `EXISTS (${query}) AS "${name.slice(0, 60)}"`).join(', ')}`,
    limits);
  expect(Object.entries(row!).filter(([, isBroken]) => isBroken).map(([name]) => name)).toEqual([]);
}

export type Forgiven = 'nothing' | 'pools' | 'sender';

/** What restricts never falls, except by a success or by an operator's act. */
export function expectNothingForgotten(before: GuardRows, after: GuardRows, forgiven: Forgiven): void {
  expect(after.guesses.length).toBeGreaterThanOrEqual(before.guesses.length);
  expect(after.sends.length).toBeGreaterThanOrEqual(before.sends.length);
  for (const earlier of before.pools) {
    const now = after.pools.find(({ identity, pool }) => identity === earlier.identity && pool === earlier.pool);
    if (forgiven !== 'pools') expect(now!.wrong).toBeGreaterThanOrEqual(earlier.wrong);
    if (forgiven !== 'pools') expect(Number(now!.shut)).toBeGreaterThanOrEqual(Number(earlier.shut));
  }
  const still = after.locks.map(({ sender }) => sender);
  if (forgiven !== 'sender') expect(still).toEqual(expect.arrayContaining(before.locks.map(({ sender }) => sender)));
}
