// What nobody may be sent waits until they write again: sealed, in order, before everything else, and for a day at most.
import { auditedTransaction } from '../../src/audit/auditedTransaction';
import type { SendOutcome } from '../../src/chat/chatChannel';
import { endEmployee } from '../../src/directory/leavers';
import { Fault } from '../../src/domain/faults';
import { withholdExpired } from '../../src/outbox/retention';
import { anna, testPolicy } from '../support/world';
import { ParkingWorld } from './parkingWorld';

const parking = new ParkingWorld();
const { silentFor, writes, say, said, rowOf, relayReply, relayed, receive, withTemplate } = parking;

test('a text to somebody who wrote less than 23 hours and 55 minutes ago leaves at once', async () => {
  await silentFor('23 hours 54 minutes');
  expect(await say('one')).toEqual({ outcome: 'sent' });
  expect(said()).toEqual([parking.world.texts.render({ key: 'textOnly', params: {} }, 'en')]);
});

test('a later one waits, sealed, and the provider is not asked', async () => {
  await silentFor('23 hours 56 minutes');
  expect(await say('one')).toEqual({ outcome: 'parked' });
  expect(await say('one')).toEqual({ outcome: 'parked' });
  expect(said()).toEqual([]);
  expect(await rowOf('one')).toMatchObject({ state: 'parked', wiped: false });
  const { rows: [row] } = await parking.owner.query<{ text: Buffer }>(`SELECT text_enc AS text FROM outbox WHERE key = 'one'`);
  expect(row!.text.toString('latin1')).not.toContain('text');
});

test('it leaves when the person writes again, in order, before what answers them, and once', async () => {
  const sessionId = await relayed(['first', 'second']);
  await silentFor('24 hours');
  expect(await relayReply(0, sessionId)).toEqual({ outcome: 'parked' });
  expect(await relayReply(1, sessionId)).toEqual({ outcome: 'parked' });
  await writes();
  expect(await say('answer')).toEqual({ outcome: 'sent' });
  await say('another');
  const plain = parking.world.texts.render({ key: 'textOnly', params: {} }, 'en');
  expect(said()).toEqual(['first', 'second', plain, plain]);
  expect(await rowOf('SM-question:0')).toMatchObject({ state: 'sent', wiped: false });
  await receive('SM-question:0', 'delivered');
  expect(await rowOf('SM-question:0')).toMatchObject({ state: 'sent', wiped: true });
});

test.each([
  ['ended', (sessionId: string) => parking.world.activities.endSession({ sessionId, reason: 'operator' })],
  ['idle', () => parking.owner.query(`UPDATE sessions SET active_at = active_at - interval '31 minutes'`)],
  ['a leaver\'s', () => auditedTransaction(parking.pool, async (tx, note) => {
    const { rows: [row] } = await tx.query<{ id: string }>(`SELECT id FROM employees WHERE employee_number = '144133'`);
    await endEmployee(tx, note, row!.id, 'tester');
  })],
])('a reply that waits stays in when its session is %s', async (_, end) => {
  const sessionId = await relayed(['secret']);
  await silentFor('24 hours');
  await relayReply(0, sessionId);
  await end(sessionId);
  await writes();
  expect(await say('answer')).toEqual({ outcome: 'sent' });
  expect(said()).toHaveLength(1);
  expect(said()).not.toContain('secret');
  expect(await rowOf('SM-question:0')).toMatchObject({ state: 'withheld', wiped: true });
});

test('what the provider refuses with 63016 waits as well, and what is said next does without asking', async () => {
  let asked = 0;
  parking.world.channel.before = () => { asked += 1; return { outcome: 'undeliverable', code: '63016', class: 'window' }; };
  expect(await say('one')).toEqual({ outcome: 'parked' });
  expect(await say('two')).toEqual({ outcome: 'parked' });
  expect(asked).toBe(1);
  parking.world.channel.before = () => undefined;
  await writes();
  await say('answer');
  expect(said()).toHaveLength(3);
});

test('a provider that goes on refusing is asked once for what waits, and once for what answers', async () => {
  await silentFor('24 hours');
  await say('one');
  await say('two');
  await writes();
  let asked = 0;
  parking.world.channel.before = () => { asked += 1; return { outcome: 'undeliverable', code: '63016', class: 'window' }; };
  expect(await say('answer')).toEqual({ outcome: 'parked' });
  expect(asked).toBe(2);
  expect((await parking.owner.query(`SELECT 1 FROM outbox WHERE state = 'parked'`)).rowCount).toBe(3);
});

test('one that can never leave is over and holds nobody up; a provider that is down does, until it is back', async () => {
  await silentFor('24 hours');
  for (const key of ['one', 'two', 'three']) await say(key);
  await writes();
  const moods: (() => SendOutcome | undefined)[] = [
    () => ({ outcome: 'undeliverable', code: '63003' }), () => { throw new Fault('refused', 'twilio', '63005'); },
    () => { throw new Fault('unavailable', 'twilio', '503'); }];
  parking.world.channel.before = () => moods.shift()?.();
  await expect(say('answer')).rejects.toThrow('503');
  expect(await say('answer')).toEqual({ outcome: 'sent' });
  expect([await rowOf('one'), await rowOf('two'), await rowOf('three')]).toMatchObject([
    { state: 'failed', fault: '63003' }, { state: 'failed', fault: '63005' }, { state: 'sent' }]);
  expect(said()).toHaveLength(2);
});

test('where the provider is slow, a try sends what it has time for, and the next one the rest, each once', async () => {
  await silentFor('24 hours');
  for (const key of ['one', 'two']) await say(key);
  await writes();
  const now = performance.now.bind(performance);
  let laterMs = 0;
  const clock = jest.spyOn(performance, 'now').mockImplementation(() => now() + laterMs);
  parking.world.channel.after = async () => { laterMs += 9_000; };
  for (const sent of [1, 2]) {
    await expect(say('answer')).rejects.toMatchObject({ kind: 'throttled', code: 'parked' });
    expect(said()).toHaveLength(sent);
  }
  expect(await say('answer')).toEqual({ outcome: 'sent' });
  clock.mockRestore();
  expect(said()).toHaveLength(3);
});

test('R59 what waits for a day is destroyed', async () => {
  await silentFor('24 hours');
  await say('one');
  expect(await withholdExpired(parking.pool, testPolicy.textRetentionMs)).toBe(0);
  await parking.owner.query(`UPDATE outbox SET created_at = created_at - interval '25 hours'`);
  expect(await withholdExpired(parking.pool, testPolicy.textRetentionMs)).toBe(1);
  expect(await rowOf('one')).toMatchObject({ state: 'withheld', fault: 'abandoned', wiped: true });
  await writes();
  await say('answer');
  expect(said()).toHaveLength(1);
});

describe('with a template', () => {
  test('the person is asked to write again once a day, whatever waits', async () => {
    withTemplate();
    await silentFor('24 hours');
    for (const key of ['one', 'two', 'three']) expect(await say(key)).toEqual({ outcome: 'parked' });
    expect(await say('one')).toEqual({ outcome: 'parked' });
    expect(parking.templates.map(({ to }) => to)).toEqual([anna.phone]);
    expect(said()).toEqual([]);
  });

  test('one whose answer was lost is not sent twice, and what waits goes on waiting', async () => {
    let isLost = true;
    withTemplate(() => {
      if (isLost) throw new Fault('unavailable', 'twilio', 'timeout');
      return { outcome: 'accepted', providerId: 'SMtemplate' };
    });
    await silentFor('24 hours');
    await expect(say('one')).rejects.toThrow('timeout');
    isLost = false;
    expect(await say('one')).toEqual({ outcome: 'parked' });
    expect(parking.templates).toHaveLength(1);
    await writes();
    await say('answer');
    expect(said()).toHaveLength(2);
  });

  test('one that the provider does not know harms nobody', async () => {
    withTemplate(() => ({ outcome: 'undeliverable', code: '63027' }));
    await silentFor('24 hours');
    expect(await say('one')).toEqual({ outcome: 'parked' });
    expect(await say('two')).toEqual({ outcome: 'parked' });
    expect(parking.templates).toHaveLength(1);
  });
});
