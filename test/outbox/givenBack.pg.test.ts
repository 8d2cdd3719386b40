// What the provider took and gives back is not lost: it waits, sealed, in its order, as long as it may, and leaves once.
import type { OutgoingText } from '../../src/chat/chatChannel';
import { Fault } from '../../src/domain/faults';
import type { Receipt } from '../../src/outbox/receipts';
import { destroyOldTexts } from '../../src/outbox/retention';
import { testPolicy } from '../support/world';
import { ParkingWorld } from './parkingWorld';

const parking = new ParkingWorld();
const { silentFor, writes, say, said, rowOf, relayReply, relayed, receive, hear, withTemplate } = parking;

describe('what the provider takes, and refuses with 63016 only afterwards,', () => {
  test('waits as well, in the order in which it left, with what is said next', async () => {
    const sessionId = await relayed(['first', 'second']);
    await relayReply(0, sessionId);
    await relayReply(1, sessionId);
    await say('own');
    for (const key of ['own', 'SM-question:1', 'SM-question:0']) await receive(key, 'failed', '63016');
    expect(await say('next')).toEqual({ outcome: 'parked' });
    const before = said().length;
    await writes();
    await say('answer');
    const plain = parking.world.texts.render({ key: 'textOnly', params: {} }, 'en');
    expect(said().slice(before)).toEqual(['first', 'second', plain, plain, plain]);
    await receive('SM-question:0', 'read');
    expect(await rowOf('SM-question:0')).toMatchObject({ state: 'sent', wiped: true });
  });

  test('is taken back once, however often that is told, and what is told of its former copy after that is nothing', async () => {
    await say('one');
    const { rows: [row] } = await parking.owner.query<{ id: string }>(`SELECT id FROM outbox WHERE key = 'one'`);
    const told = (receipt: Receipt) => hear({ receiptId: row!.id, providerId: 'SMout1', receipt, fault: '63016' });
    await told('undelivered');
    await writes();
    await say('two');
    expect(said()).toHaveLength(3);
    for (const receipt of ['undelivered', 'failed', 'sent'] as const) await told(receipt);
    expect(await rowOf('one')).toMatchObject({ state: 'sent' });
    expect(await say('three')).toEqual({ outcome: 'sent' });
    expect(said()).toHaveLength(4);
    expect(parking.news).toEqual(['undelivered']);
  });

  test('waits when that is told before its own answer has come, and when that answer never comes', async () => {
    const refuseAtOnce = (text: OutgoingText) =>
      hear({ receiptId: text.receiptId, providerId: `SMout${parking.world.channel.sent.all.length}`, receipt: 'failed', fault: '63016' });
    parking.world.channel.after = refuseAtOnce;
    expect(await say('one')).toEqual({ outcome: 'parked' });
    await writes();
    parking.world.channel.after = async (text) => {
      await refuseAtOnce(text);
      throw new Fault('unavailable', 'twilio', 'timeout');
    };
    await expect(say('two')).rejects.toThrow('timeout');
    parking.world.channel.after = async () => undefined;
    const before = said().length;
    await writes();
    parking.world.channel.lost.add('SMout1').add('SMout2');
    expect(await say('two')).toEqual({ outcome: 'sent' });
    expect(said().slice(before)).toHaveLength(2);
    expect([await rowOf('one'), await rowOf('two')]).toMatchObject([{ state: 'sent' }, { state: 'sent' }]);
  });

  test('stays in when its session is over by then, and has been destroyed with it', async () => {
    const sessionId = await relayed(['secret', 'another']);
    await relayReply(0, sessionId);
    await relayReply(1, sessionId);
    await receive('SM-question:0', 'failed', '63016');
    await parking.world.activities.endSession({ sessionId, reason: 'operator' });
    expect(await rowOf('SM-question:1')).toMatchObject({ state: 'sent', wiped: true });
    await receive('SM-question:1', 'failed', '63016');
    const before = said().length;
    await writes();
    await say('answer');
    expect(said().slice(before)).toHaveLength(1);
    expect(await rowOf('SM-question:0')).toMatchObject({ state: 'withheld', wiped: true });
  });

  test('a template is not: nobody needs it twice', async () => {
    withTemplate();
    await silentFor('24 hours');
    await say('one');
    const { rows: [row] } = await parking.owner.query<{ key: string }>(`SELECT key FROM outbox WHERE provider_id = 'SMtemplate'`);
    await receive(row!.key, 'failed', '63016');
    await writes();
    await say('answer');
    expect(await rowOf(row!.key)).toMatchObject({ state: 'sent', wiped: true });
    expect(said()).toHaveLength(2);
  });
});

test('what a rate of the provider\'s stops afterwards goes before what is said next, three times at most, and the chat slows down', async () => {
  await parking.owner.query('UPDATE pacing SET per_second = NULL, recipient_burst = NULL');
  await say('one');
  for (let times = 1; times <= 4; times += 1) {
    await receive('one', 'failed', '63018');
    await say(`next ${times}`);
  }
  expect(said()).toHaveLength(8);
  expect(await rowOf('one')).toMatchObject({ state: 'sent', wiped: true });
  const { rows: [lane] } = await parking.owner.query<{ slow: boolean }>(`SELECT slow_until > clock_timestamp() AS slow FROM pacing_lanes WHERE lane = 'chat'`);
  expect(lane).toEqual({ slow: true });
});

test('what is refused for good afterwards is over, and its text is gone', async () => {
  await say('one');
  await receive('one', 'failed', '63024');
  expect(await rowOf('one')).toMatchObject({ state: 'sent', wiped: true });
  await say('two');
  expect(said()).toHaveLength(2);
});

test('R59 what the provider took is destroyed when it has arrived, or when nobody says so for a quarter of an hour', async () => {
  const destroy = () => destroyOldTexts({
    pool: parking.pool, log: { warn: () => undefined }, textRetentionMs: testPolicy.textRetentionMs, receiptWaitMs: testPolicy.receiptWaitMs });
  await say('one');
  await say('two');
  await receive('one', 'sent');
  expect([await rowOf('one'), await rowOf('two')]).toMatchObject([{ wiped: false }, { wiped: false }]);
  await receive('one', 'delivered');
  expect(await rowOf('one')).toMatchObject({ wiped: true });
  expect(await destroy()).toEqual({ withheld: 0, unreported: 0 });
  await parking.owner.query(`UPDATE outbox SET settled_at = settled_at - interval '16 minutes'`);
  expect(await destroy()).toEqual({ withheld: 0, unreported: 1 });
  expect(await rowOf('two')).toMatchObject({ state: 'sent', wiped: true });
});
