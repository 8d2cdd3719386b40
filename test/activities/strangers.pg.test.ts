// What people type before anybody knows who they are: a code that is late, and commands in a language of their own.
import { randomUUID } from 'node:crypto';
import { codePurpose, findChallenge } from '../../src/otp/challenges';
import { deriveCode } from '../../src/otp/codes';
import { languages } from '../../src/texts/render';
import { createActivityWorld } from '../support/activityWorld';
import type { ActivityWorld } from '../support/activityWorld';
import { stranger, testKeyring, testPolicy } from '../support/world';

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

async function identify(text: string, asked = true) {
  // Long enough after whatever was sent before.
  await world.backdateSends(3_600);
  const challengeId = randomUUID();
  const { messageId, senderId } = await world.write(stranger, randomUUID(), text);
  const outcome = await world.run((activities) =>
    activities.identify({ senderId, messageId, challengeId, asked, policy: testPolicy }));
  return { challengeId, senderId, outcome };
}

/** A code was asked for; its challenge, real or decoy, with the code that it has or would have. */
async function challenged(identifier: string): Promise<{ challengeId: string; code: string }> {
  const { challengeId } = await identify(identifier);
  const { keyId, digits } = (await findChallenge(world.pool, challengeId))!;
  return { challengeId, code: deriveCode(testKeyring.code, { challengeId, keyId, digits, purpose: codePurpose }) };
}

async function expired(identifier: string): Promise<string> {
  const { challengeId, code } = await challenged(identifier);
  await world.run(({ endChallenge }) => endChallenge({ challengeId, reason: 'expired' }));
  return code;
}

const issued = { reaction: 'issue', method: 'sms' };

describe.each([['a registered', '144133'], ['an unknown', '999999'], ['a departed', '144134']])(
  'the late code of %s person', (_who, identifier) => {
    it('is asked back, however it is written and whether or not anybody was asked, and nothing is issued', async () => {
      const code = await expired(identifier);
      const before = await world.pool.query('SELECT 1 FROM challenges');
      for (const text of [code, ` ${code}. `, `${code.slice(0, 4)}-${code.slice(4)}`, `${code} is my otp`]) {
        expect((await identify(text)).outcome).toEqual({ reaction: 'ask' });
      }
      expect((await identify(code, false)).outcome).toEqual({ reaction: 'ask' });
      const after = await world.pool.query('SELECT 1 FROM challenges');
      expect(after.rowCount).toBe(before.rowCount);
    });

    it('is told from every other number, and from the same one the next time', async () => {
      const code = await expired(identifier);
      expect((await identify('00000000')).outcome).toMatchObject(issued);
      expect((await identify(code)).outcome).toMatchObject(issued);
    });

    it.each(['cancelled', 'disputed'] as const)('is a number like others when it was %s', async (reason) => {
      const { challengeId, code } = await challenged(identifier);
      await world.run(({ endChallenge }) => endChallenge({ challengeId, reason }));
      expect((await identify(code)).outcome).toMatchObject(issued);
    });

    it('is never compared while it counts: nobody guesses for nothing', async () => {
      const { code } = await challenged(identifier);
      expect((await identify(code)).outcome).toMatchObject(issued);
    });

    it('is a number like others after a day, and under a key that is active no more', async () => {
      const code = await expired(identifier);
      await world.pool.query(`UPDATE challenges SET key_id = 'gone'`);
      expect((await identify(code)).outcome).toMatchObject(issued);
      const late = await expired(identifier);
      await world.pool.query(`UPDATE challenges SET ended_at = ended_at - interval '25 hours' WHERE state = 'expired'`);
      expect((await identify(late)).outcome).toMatchObject(issued);
    });
  });

test.each(languages.flatMap(({ commands }) => commands.notMe.map((word) => [word.toUpperCase()])))(
  '%s disputes, as the SMS says, whatever language the organisation speaks', async (word) => {
    const { challengeId } = await challenged('144133');
    const { messageId, senderId } = await world.write(stranger, randomUUID(), word);
    expect(await world.run(({ confirm }) =>
      confirm({ senderId, messageId, challengeId, sessionId: randomUUID(), policy: testPolicy })))
      .toEqual({ reaction: 'dispute' });
  });

test.each([['erneut senden', 'tooSoon'], ['anular', 'cancel'], ['appelez-moi', 'noMethod']])(
  '%s steers too', async (word, reaction) => {
    const { challengeId } = await challenged('144133');
    const { messageId, senderId } = await world.write(stranger, randomUUID(), word);
    expect(await world.run(({ confirm }) =>
      confirm({ senderId, messageId, challengeId, sessionId: randomUUID(), policy: testPolicy })))
      .toMatchObject({ reaction });
  });
