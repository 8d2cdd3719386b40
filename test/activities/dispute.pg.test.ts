// NOT ME in the chat: what others have in an employee's name ends, whoever says it has to be the employee.
import { randomUUID } from 'node:crypto';
import { auditedTransaction } from '../../src/audit/auditedTransaction';
import { chargeGuess } from '../../src/otp/budgets';
import { findChallenge, judgeGuess } from '../../src/otp/challenges';
import { openSession } from '../../src/sessions/sessions';
import { createActivityWorld } from '../support/activityWorld';
import type { ActivityWorld } from '../support/activityWorld';
import { anna, annaPrivate, stranger, testPolicy } from '../support/world';
import type { Person } from '../support/world';

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

async function claim(person: Person, identifier = '144133') {
  await world.backdateSends(3_600);
  const [challengeId, before] = [randomUUID(), world.carrier.carried.all.length];
  const { messageId, senderId } = await world.write(person, randomUUID(), identifier);
  await world.run(({ identify }) => identify({ senderId, messageId, challengeId, asked: true, policy: testPolicy }));
  await world.run(({ sendCode }) => sendCode({ challengeId, sends: 1 }));
  return { senderId, challengeId, code: world.carrier.carried.all[before]?.code ?? '00000000' };
}

async function verified(person: Person, identifier?: string) {
  const { senderId, challengeId, code } = await claim(person, identifier);
  const sessionId = randomUUID();
  const { messageId } = await world.write(person, randomUUID(), code);
  expect(await world.run(({ confirm }) => confirm({ senderId, messageId, challengeId, sessionId, policy: testPolicy })))
    .toMatchObject({ reaction: 'right' });
  return { senderId, sessionId };
}

async function ask(person: Person, { senderId, sessionId }: { senderId: string; sessionId: string }, text: string) {
  const { messageId } = await world.write(person, randomUUID(), text);
  return { messageId, outcome: await world.run(({ relay }) => relay({ messageId, senderId, sessionId, repliesMax: 10 })) };
}

async function sayNotMe(person: Person): Promise<void> {
  const { messageId, senderId } = await world.write(person, randomUUID(), 'not me');
  expect(await world.run(({ identify }) => identify({ senderId, messageId, challengeId: randomUUID(), asked: false, policy: testPolicy })))
    .toEqual({ reaction: 'dispute' });
}

test('R22 from the employee\'s own telephone it ends the session that somebody else has as them, and their replies stay in', async () => {
  const theirs = await verified(stranger);
  world.assistant.answerTo = () => ({ replies: [{ text: 'one' }, { text: 'two' }], endTurn: true });
  const { messageId } = await ask(stranger, theirs, 'salaries?');
  await sayNotMe(anna);
  const { rows } = await world.pool.query(`SELECT state, text_enc FROM outbox WHERE key LIKE $1`, [`${messageId}:%`]);
  expect(rows).toEqual(Array(2).fill({ state: 'withheld', text_enc: null }));
  expect((await ask(stranger, theirs, 'and now?')).outcome).toEqual({ reaction: 'closed' });
  expect(await world.run(({ endSession }) => endSession({ sessionId: theirs.sessionId, reason: 'idle' }))).toBe('disputed');
});

test('R22 in a session it ends those of others as the same employee, and the session of who says it stays', async () => {
  const [own, theirs, other] = [await verified(anna), await verified(stranger), await verified(annaPrivate, '144136')];
  expect((await ask(anna, own, 'not me')).outcome).toEqual({ reaction: 'dispute' });
  const { rows } = await world.pool.query('SELECT id, end_reason AS reason FROM sessions ORDER BY opened_at');
  expect(rows).toEqual([
    { id: own.sessionId, reason: null }, { id: theirs.sessionId, reason: 'disputed' }, { id: other.sessionId, reason: null }]);
  expect((await ask(anna, own, 'hello')).outcome).toMatchObject({ reaction: 'relay' });
  const { rows: [record] } = await world.pool.query(`SELECT facts FROM audit WHERE kind = 'session.ended'`);
  expect(record).toEqual({ facts: expect.objectContaining({ sessionId: theirs.sessionId, reason: 'disputed' }) });
});

test('said by a stranger it ends nothing', async () => {
  const own = await verified(anna);
  await sayNotMe(stranger);
  expect((await ask(anna, own, 'hello')).outcome).toMatchObject({ reaction: 'relay' });
});

test('whoever lost a session by it is a stranger from then on, and cannot end the employee\'s', async () => {
  await verified(stranger);
  await sayNotMe(anna);
  const own = await verified(anna);
  await sayNotMe(stranger);
  expect((await ask(anna, own, 'hello')).outcome).toMatchObject({ reaction: 'relay' });
});

test('a right code that was compared before it, and is judged after it, opens nothing', async () => {
  const { senderId, challengeId, code } = await claim(stranger);
  const { messageId } = await world.write(stranger, randomUUID(), code);
  // The code is compared between the charge and the judgement: at that moment the employee says so.
  expect((await chargeGuess(world.pool, testPolicy, challengeId, messageId)).charge).toBe('charged');
  const challenge = (await findChallenge(world.pool, challengeId, senderId))!;
  await sayNotMe(anna);
  const opened = await auditedTransaction(world.pool, async (tx, note) => {
    const { verdict } = await judgeGuess(tx, note, testPolicy, { challengeId, messageId, right: true });
    const session = { sessionId: randomUUID(), senderId, employeeId: challenge.employeeId!, challengeId };
    return [verdict, await openSession(tx, note, testPolicy, { ...session, method: 'sms', assurance: 'standard' })];
  });
  expect(opened).toEqual(['right', 'refused']);
  expect((await world.pool.query('SELECT 1 FROM sessions')).rowCount).toBe(0);
});

test('said by a former proof it has no power over the number that is registered, which can take that proof away', async () => {
  const theirs = await verified(stranger);
  await world.run(({ endSession }) => endSession({ sessionId: theirs.sessionId, reason: 'logout' }));
  const own = await verified(anna);
  const waiting = await claim(anna);
  await sayNotMe(stranger);
  expect((await ask(anna, own, 'hello')).outcome).toMatchObject({ reaction: 'relay' });
  expect((await findChallenge(world.pool, waiting.challengeId))!.employeeId).not.toBeNull();
  await sayNotMe(anna);
  // Their session was over: it is no proof any more all the same, and their NOT ME is a stranger's.
  const { rows } = await world.pool.query(
    `SELECT end_reason FROM sessions WHERE sender_id = $1`, [theirs.senderId]);
  expect(rows).toEqual([{ end_reason: 'disputed' }]);
  await sayNotMe(stranger);
  expect((await ask(anna, own, 'still here')).outcome).toMatchObject({ reaction: 'relay' });
});

test('it counts from a chat that is locked, and from a number that WhatsApp now hides', async () => {
  const both = { phone: anna.phone!, bsuid: 'whatsapp:GB.1' };
  const { senderId } = await world.write(both, randomUUID(), 'hello');
  const theirs = await verified(stranger);
  const { messageId } = await world.write({ bsuid: both.bsuid }, randomUUID(), 'not me');
  expect(await world.run(({ turnAway }) => turnAway({ messageId, senderId }))).toEqual({ reaction: 'notice' });
  expect((await ask(stranger, theirs, 'salaries?')).outcome).toEqual({ reaction: 'closed' });
});
