// What a typed code is worth: to whom, for how long, how often, and in which spelling. On a real Postgres.
import { createActivityWorld } from '../support/activityWorld';
import type { ActivityWorld } from '../support/activityWorld';
import { anna, annaPrivate, stranger } from '../support/world';
import { passerBy, sessions, Visitor, wrong } from './visitor';

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

afterEach(() => {
  jest.useRealTimers();
});

const right = { reaction: 'right', endsInMs: 'some ms', method: 'sms' };

async function claimed(person = stranger, identifier = '144133'): Promise<Visitor> {
  const visitor = new Visitor(world, person);
  expect(await visitor.claims(identifier)).toMatchObject({ reaction: 'issue' });
  return visitor;
}

describe('a code', () => {
  test('A25 that was used opens nothing again, and is a wrong guess at the next one', async () => {
    const visitor = await claimed();
    const code = await visitor.code();
    expect(await visitor.types(code)).toEqual(right);
    expect(await visitor.types(code)).toEqual({ reaction: 'expired' });
    await visitor.claims('144133');
    expect(await visitor.types(code)).toEqual({ reaction: 'wrong', triesLeft: 4 });
    expect(await sessions(world)).toHaveLength(1);
  });

  test('A25 that was replaced opens nothing, and is a wrong guess at the one that replaced it', async () => {
    const visitor = await claimed();
    const [code, former] = [await visitor.code(), visitor.challengeId];
    await visitor.claims('144133');
    expect(await visitor.types(code, { challengeId: former })).toEqual({ reaction: 'expired' });
    expect(await visitor.types(code)).toEqual({ reaction: 'wrong', triesLeft: 4 });
    expect(await sessions(world)).toEqual([]);
    expect(await visitor.types(await visitor.code())).toEqual(right);
  });

  test('A26 is right in the chat that asked for it and in no other, whoever was claimed', async () => {
    const visitors = [
      await claimed(stranger), await claimed(annaPrivate), await claimed(passerBy(1), '144136'), await claimed(anna)];
    const codes = await Promise.all(visitors.map((visitor) => visitor.code()));
    for (const [n, visitor] of visitors.entries()) {
      for (const other of codes.filter((_, of) => of !== n)) {
        expect(await visitor.types(other)).toMatchObject({ reaction: 'wrong' });
      }
      expect(await sessions(world)).toHaveLength(n);
      expect(await visitor.types(codes[n]!)).toEqual(right);
    }
    expect((await sessions(world)).every(({ sender, requester }) => sender === requester)).toBe(true);
  });

  test('A26 of somebody else is not even looked at under the challenge that it belongs to', async () => {
    const [mine, theirs] = [await claimed(stranger), await claimed(annaPrivate)];
    const code = await theirs.code();
    expect(await mine.types(code, { challengeId: theirs.challengeId })).toEqual({ reaction: 'expired' });
    expect(await theirs.triesUsed()).toBe(0);
    expect(await theirs.types(code)).toEqual(right);
  });

  test('A26 that could be sent to nobody is a wrong guess, however right', async () => {
    const visitor = await claimed(stranger, '144135');
    expect(await visitor.types(await visitor.code())).toEqual({ reaction: 'wrong', triesLeft: 4 });
    expect(await sessions(world)).toEqual([]);
  });

  test('A26 that was made for another purpose is a wrong guess', async () => {
    const visitor = await claimed();
    expect(await visitor.types(await visitor.code('confirm-address'))).toEqual({ reaction: 'wrong', triesLeft: 4 });
    expect(await visitor.types(await visitor.code())).toEqual(right);
  });
});

/** Everything but the date goes on as it is. */
const others = [
  'hrtime', 'nextTick', 'performance', 'queueMicrotask', 'setImmediate', 'clearImmediate', 'setInterval',
  'clearInterval', 'setTimeout', 'clearTimeout',
] as const;

describe.each([-5, 0, 5])('A27 on a worker whose clock is %i minutes off', (minutes) => {
  test.each([[1, 'right'], [0, 'expired']])(
    'a code that came %i ms before its end is %s', async (ms, reaction) => {
      const visitor = await claimed();
      const { messageId, senderId } = await visitor.writes(await visitor.code());
      await world.owner.query(
        `UPDATE challenges SET expires_at = received_at + $2 * interval '1 ms' FROM inbox
          WHERE message_id = $1 AND challenges.id = $3`, [messageId, ms, visitor.challengeId]);
      jest.useFakeTimers({ now: Date.now() + minutes * 60_000, doNotFake: [...others] });
      expect(await visitor.confirms(messageId, senderId)).toMatchObject({ reaction });
    });

  test('a code ends for who types it after its end', async () => {
    const visitor = await claimed();
    await world.owner.query(`UPDATE challenges SET expires_at = clock_timestamp() - interval '1 ms'`);
    jest.useFakeTimers({ now: Date.now() + minutes * 60_000, doNotFake: [...others] });
    expect(await visitor.types(await visitor.code())).toEqual({ reaction: 'expired' });
    expect(await sessions(world)).toEqual([]);
  });
});

const scripts = { ArabicIndic: 0x660, Devanagari: 0x966, Thai: 0xe50, fullWidth: 0xff10, mathematicalBold: 0x1d7ce };

test.each(Object.entries(scripts))('A28 in digits of %s the right code counts, and a wrong one costs one try', async (_, zero) => {
  const visitor = await claimed(anna);
  const code = await visitor.code();
  const written = (digits: string) => [...digits].map((digit) => String.fromCodePoint(zero + Number(digit))).join('');
  expect(await visitor.types(written(wrong(code)))).toEqual({ reaction: 'wrong', triesLeft: 4 });
  expect(await visitor.triesUsed()).toBe(1);
  expect(await visitor.types(written(code))).toEqual(right);
});

test.each<[string, (code: string) => string]>([
  ['an override of the direction', (code) => `\u202E${code}\u202C`],
  ['marks of the direction', (code) => `\u200E${[...code].join('\u200F')}`],
  ['joiners between the digits', (code) => [...code].join('\u200D')],
  ['a space that does not break', (code) => `${code.slice(0, 3)}\u00A0${code.slice(3)}`],
  ['soft hyphens', (code) => [...code].join('\u00AD')],
])('A29 with %s a code is the same guess as without', async (_, disguised) => {
  const visitor = await claimed(anna);
  const code = await visitor.code();
  expect(await visitor.types(disguised(wrong(code)))).toEqual({ reaction: 'wrong', triesLeft: 4 });
  // Whoever sees it turned round sees another code.
  const reversed = [...code].reverse().join('');
  if (reversed !== code) expect(await visitor.types(disguised(reversed))).toEqual({ reaction: 'wrong', triesLeft: 3 });
  expect(await visitor.types(disguised(code))).toEqual(right);
});

test('A30 what a program could take for the number of the code is no guess', async () => {
  const visitor = await claimed(anna);
  const code = await visitor.code();
  for (const text of ['1e5', '0x1F', `+${code}`, `${code}.0`, `${code},0`, `${code}e0`, `0x${code}`, `1e${code}`,
    `${code}/1`, '9'.repeat(10_000), `${'0'.repeat(10_000)}${code}`]) {
    expect(await visitor.types(text)).toEqual({ reaction: 'hint' });
  }
  expect(await visitor.triesUsed()).toBe(0);
  expect(await visitor.types(code)).toEqual(right);
});

test('A18 a thousand codes in one message are no guess, although the right one is among them', async () => {
  const visitor = await claimed(anna);
  const code = await visitor.code();
  const codes = Array.from({ length: 1_000 }, (_, nth) => wrong(code, nth));
  expect(codes).toContain(code);
  for (const between of [' ', '\n', ', ']) expect(await visitor.types(codes.join(between))).toEqual({ reaction: 'hintOne' });
  expect(await visitor.triesUsed()).toBe(0);
  expect(await visitor.types(code)).toEqual(right);
});

test('a fault of ours spends no try: a guess that could not be compared is charged once, and compared when it can be', async () => {
  const visitor = await claimed(anna);
  const { messageId, senderId } = await visitor.writes(await visitor.code());
  // The key is missing: the guess is charged, and cannot be compared.
  const { rows: [row] } = await world.pool.query<{ key: string }>('SELECT key_id AS key FROM challenges');
  await world.owner.query(`UPDATE challenges SET key_id = 'gone'`);
  for (let n = 0; n < 7; n += 1) await expect(visitor.confirms(messageId, senderId)).rejects.toThrow();
  expect(await visitor.triesUsed()).toBe(1);
  await world.owner.query('UPDATE challenges SET key_id = $1', [row!.key]);
  expect(await visitor.confirms(messageId, senderId)).toEqual(right);
});

test('a fault of ours before a guess is charged spends nothing', async () => {
  const visitor = await claimed(anna);
  const { messageId, senderId } = await visitor.writes(await visitor.code());
  await world.owner.query('REVOKE INSERT ON guesses FROM doorman_app');
  for (let n = 0; n < 7; n += 1) await expect(visitor.confirms(messageId, senderId)).rejects.toThrow();
  await world.owner.query('GRANT INSERT ON guesses TO doorman_app');
  expect(await visitor.triesUsed()).toBe(0);
  expect(await visitor.confirms(messageId, senderId)).toEqual(right);
});
