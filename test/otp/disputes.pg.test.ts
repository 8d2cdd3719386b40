// NOT ME by a link: what an employee disowns ends once and for all, and only that.
import { randomUUID } from 'node:crypto';
import { auditedTransaction } from '../../src/audit/auditedTransaction';
import type { Alert } from '../../src/otp/budgets';
import { verifiedAs } from '../../src/otp/challenges';
import { disputeByLink } from '../../src/otp/disputes';
import { endSession } from '../../src/sessions/sessions';
import type { EndReason } from '../../src/sessions/sessions';
import { disputeDeps } from '../../src/wiring';
import { createActivityWorld } from '../support/activityWorld';
import type { ActivityWorld } from '../support/activityWorld';
import { anna, annaPrivate, stranger, testKeyring, testPolicy } from '../support/world';
import type { Person } from '../support/world';

let world: ActivityWorld;
const alerts: Alert[] = [];

beforeAll(async () => {
  world = await createActivityWorld();
});

afterAll(async () => {
  await world.stop();
});

beforeEach(async () => {
  await world.reset();
  alerts.length = 0;
});

const press = (sessionId: string) => disputeByLink(disputeDeps(world.pool, testKeyring, (what) => alerts.push(what)), sessionId);

async function claim(person: Person, identifier = '144133'): Promise<{ senderId: string; challengeId: string; code: string | undefined }> {
  await world.backdateSends(3_600);
  const [challengeId, before] = [randomUUID(), world.carrier.carried.all.length];
  const { messageId, senderId } = await world.write(person, randomUUID(), identifier);
  await world.run(({ identify }) => identify({ senderId, messageId, challengeId, asked: true, policy: testPolicy }));
  await world.run(({ sendCode }) => sendCode({ challengeId, sends: 1 }));
  return { senderId, challengeId, code: world.carrier.carried.all[before]?.code };
}

async function confirm(person: Person, { senderId, challengeId, code }: Awaited<ReturnType<typeof claim>>) {
  const sessionId = randomUUID();
  const { messageId } = await world.write(person, randomUUID(), code ?? '00000000');
  const outcome = await world.run((activities) => activities.confirm({ senderId, messageId, challengeId, sessionId, policy: testPolicy }));
  return { outcome, sessionId, senderId };
}

async function verified(person: Person, identifier?: string): Promise<{ sessionId: string; senderId: string }> {
  const { outcome, ...session } = await confirm(person, await claim(person, identifier));
  expect(outcome).toMatchObject({ reaction: 'right' });
  return session;
}

const sessions = async () => (await world.pool.query<{ id: string; reason: EndReason | null }>(
  'SELECT id, end_reason AS reason FROM sessions ORDER BY opened_at')).rows;
const records = async () => (await world.pool.query<{ kind: string; facts: Record<string, unknown> }>(
  `SELECT kind, facts FROM audit WHERE kind IN ('session.ended', 'session.disputed', 'challenge.disowned', 'pool.shut', 'employee.disputed') ORDER BY seq`)).rows;
const kinds = async () => (await records()).map(({ kind }) => kind);
const shutPools = async () => (await world.pool.query(`SELECT pool FROM pools WHERE shut_at IS NOT NULL`)).rows;

test('R22 it ends the announced session, disowns every code, shuts strangers out, and raises the alarm', async () => {
  const { sessionId, senderId } = await verified(stranger);
  const waiting = await claim(annaPrivate);
  const own = await claim(anna);
  expect(await press(sessionId)).toBe('disputed');
  expect(await sessions()).toEqual([{ id: sessionId, reason: 'disputed' }]);
  expect(await kinds()).toEqual(['challenge.disowned', 'challenge.disowned', 'pool.shut', 'session.ended', 'employee.disputed']);
  expect((await records()).at(-2)!.facts).toMatchObject({ sessionId, senderId, reason: 'disputed' });
  expect(await shutPools()).toEqual([{ pool: 'stranger' }]);
  expect(alerts).toEqual(['disputed']);
  for (const [person, challenge] of [[annaPrivate, waiting], [anna, own]] as const) {
    expect((await confirm(person, challenge)).outcome).toMatchObject({ reaction: 'wrong' });
  }
  expect((await claim(stranger)).code).toBeUndefined();
  expect((await confirm(anna, await claim(anna))).outcome).toMatchObject({ reaction: 'right' });
});

test('it leaves alone what other people have', async () => {
  const { sessionId } = await verified(stranger);
  const other = await verified(annaPrivate, '144136');
  await press(sessionId);
  expect(await sessions()).toEqual([{ id: sessionId, reason: 'disputed' }, { id: other.sessionId, reason: null }]);
});

test('what the assistant said and nobody has read yet stays in', async () => {
  const { sessionId, senderId } = await verified(stranger);
  const { messageId } = await world.write(stranger, randomUUID(), 'salaries?');
  await world.run(({ relay }) => relay({ messageId, senderId, sessionId, repliesMax: 10 }));
  await press(sessionId);
  const { rows } = await world.pool.query(`SELECT state, fault, text_enc FROM outbox WHERE key LIKE $1`, [`${messageId}:%`]);
  expect(rows).toEqual([{ state: 'withheld', fault: 'sessionOver', text_enc: null }]);
  const next = await world.write(stranger, randomUUID(), 'and now?');
  expect(await world.run(({ relay }) => relay({ messageId: next.messageId, senderId, sessionId, repliesMax: 10 }))).toEqual({ reaction: 'closed' });
  expect(await world.run((activities) => activities.endSession({ sessionId, reason: 'idle' }))).toBe('disputed');
});

test('pressed again it does nothing, not even to a pool that operators reopened meanwhile', async () => {
  const { sessionId } = await verified(stranger);
  await press(sessionId);
  const before = await world.traces();
  expect(await press(sessionId)).toBe('disputed');
  expect(await world.traces()).toBe(before);
  await world.pool.query('UPDATE pools SET shut_at = NULL');
  expect(await press(sessionId)).toBe('disputed');
  expect(await shutPools()).toEqual([]);
  expect(alerts).toEqual(['disputed']);
});

test('pressed many times at once it is done once', async () => {
  const { sessionId } = await verified(stranger);
  await claim(annaPrivate);
  expect(await Promise.all(Array.from({ length: 10 }, () => press(sessionId)))).toEqual(Array(10).fill('disputed'));
  expect(await kinds()).toEqual(['challenge.disowned', 'pool.shut', 'session.ended', 'employee.disputed']);
  expect(alerts).toEqual(['disputed']);
});

test('of a session that nobody knows it does nothing', async () => {
  expect(await press(randomUUID())).toBe('unknown');
  expect([await kinds(), await shutPools(), alerts]).toEqual([[], [], []]);
});

test.each(['logout', 'left', 'operator'] as const)('a session that is over (%s) shuts the pool all the same, and is no proof any more', async (reason) => {
  const { sessionId, senderId } = await verified(stranger);
  await auditedTransaction(world.pool, (tx, note) => endSession(tx, note, sessionId, reason));
  expect(await verifiedAs(world.pool, senderId, 90)).toHaveLength(1);
  expect([await press(sessionId), await press(sessionId)]).toEqual(['disputed', 'disputed']);
  expect(await kinds()).toEqual(['session.ended', 'pool.shut', 'session.disputed', 'employee.disputed']);
  expect(await shutPools()).toEqual([{ pool: 'stranger' }]);
  expect(await verifiedAs(world.pool, senderId, 90)).toEqual([]);
  expect(alerts).toEqual(['disputed']);
});

test('whoever had the session is a stranger again: with no code of theirs, and no NOT ME that counts', async () => {
  const { sessionId } = await verified(stranger);
  await press(sessionId);
  const own = await verified(anna);
  expect((await claim(stranger)).code).toBeUndefined();
  const { messageId, senderId } = await world.write(stranger, randomUUID(), 'not me');
  await world.run(({ identify }) => identify({ senderId, messageId, challengeId: randomUUID(), asked: false, policy: testPolicy }));
  expect(await sessions()).toEqual([{ id: sessionId, reason: 'disputed' }, { id: own.sessionId, reason: null }]);
});

test('it is done whole or not at all', async () => {
  const { sessionId } = await verified(stranger);
  await claim(stranger);
  const before = await world.traces();
  const deps = disputeDeps(world.pool, testKeyring, (what) => alerts.push(what));
  await expect(disputeByLink({ ...deps, endDisputed: async () => { throw new Error('gone'); } }, sessionId)).rejects.toThrow('gone');
  expect([await world.traces(), alerts]).toEqual([before, []]);
});

test('A47 it ends what the same sender has as the same employee by now, after a log-out or a fresh proof', async () => {
  const first = await verified(stranger);
  await world.run(({ endSession }) => endSession({ sessionId: first.sessionId, reason: 'logout' }));
  const second = await verified(stranger);
  expect(await press(first.sessionId)).toBe('disputed');
  expect(await sessions()).toEqual([{ id: first.sessionId, reason: 'disputed' }, { id: second.sessionId, reason: 'disputed' }]);
  expect(alerts).toEqual(['disputed']);
});
