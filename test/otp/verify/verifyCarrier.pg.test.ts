// Our code by Twilio Verify keeps to what every carrier keeps to, and one of Twilio's stays with whom it was made for.
import { tellMissedCodes } from '../../../src/otp/missedCodes';
import { noteVerification } from '../../../src/otp/verify/verifications';
import { createVerifyCarrier } from '../../../src/otp/verify/verifyCarrier';
import { createTwilioVerify } from '../../../src/otp/verify/twilioVerify';
import { createPool } from '../../../src/db/pool';
import type { Twilio } from '../../../src/twilio/client';
import { describeCodeCarrier, written } from '../../ports/codeCarrier.suite';
import type { CarrierNature } from '../../ports/codeCarrier.suite';
import { createTestDatabase } from '../../support/postgres';
import { closeSimulations, sdk } from '../../support/simulation';
import { anna, annaPrivate, stranger } from '../../support/world';
import { simulateTwilio } from '../../twilio/simulatedTwilio';
import { createVerifyWorld, otherThan, passGap, serviceSid } from './verifyWorld';
import type { VerifyWorld } from './verifyWorld';

const worlds: VerifyWorld[] = [];
async function start(codes: 'custom' | 'managed'): Promise<VerifyWorld> {
  const world = await createVerifyWorld(codes);
  worlds.push(world);
  return world;
}

afterEach(async () => {
  await closeSimulations();
  for (const world of worlds.splice(0)) await world.stop();
});

// The words are Twilio's: they name neither who asked nor how long it counts, and know no NOT ME (decision 11).
const read: CarrierNature = {
  ...written, method: 'sms', says: [/verification code is/], inGerman: /Verifizierungscode/,
  notContacts: ['anna@acme.example'], throttledMs: 7_000,
};
const heard: CarrierNature = { ...read, method: 'call', codeIn: (words) => written.codeIn(words.replaceAll(/(?<=\d) (?=\d)/g, '')) };

for (const [nature, unreachable] of [
  [read, { address: '+15005550009', code: '60205' }], [heard, { address: '+15005550004', code: '60410' }],
] as const) {
  const method = nature.method === 'call' ? 'call' : 'sms';
  describeCodeCarrier(`Verify with our code, by ${method},`, async () => {
    const { simulator, twilio, stranger: unknown, secrets, set, close } = await simulateTwilio();
    const database = await createTestDatabase();
    const pool = createPool(database.url, { max: 3 });
    const carrier = (client: Twilio) =>
      createVerifyCarrier({ method, codes: 'custom', service: createTwilioVerify(client, serviceSid), pool });
    return {
      nature, unreachable, secrets, set,
      carrier: carrier(twilio),
      stranger: carrier(unknown),
      contact: '+4915112345678',
      async challenge() {
        const { rows: [row] } = await pool.query<{ id: string }>(
          `WITH s AS (INSERT INTO senders DEFAULT VALUES RETURNING id)
           INSERT INTO challenges (id, sender_id, identity_hash, pool, purpose, method, key_id, digits, tries_max, expires_at)
           SELECT gen_random_uuid(), id, '', 'known', 'p', 'sms', 'k', 8, 5, clock_timestamp() + interval '5 min' FROM s
           RETURNING id`);
        return row!.id;
      },
      arrived: (address) => simulator.state.messages().filter(({ to }) => to === address).map(({ shown }) => shown),
      everything: () => simulator.state.messages().map(({ shown }) => shown),
      async close() {
        await close();
        await pool.end();
        await database.drop();
      },
    };
  });
}

describe('a code that Verify carries', () => {
  it.each(['custom', 'managed'] as const)('is noted by its verification, once for all its sends (%s)', async (codes) => {
    const world = await start(codes);
    const claim = await world.ask(anna);
    expect(claim.outcome).toBe('handedOver');
    await passGap(world);
    expect(await world.guess(anna, claim, 'RESEND')).toMatchObject({ reaction: 'resend', sends: 2 });
    await world.activities.sendCode({ challengeId: claim.challengeId, sends: 2 });
    const { rows } = await world.pool.query('SELECT sid, challenge_id, managed, ended FROM verifications');
    expect(rows).toEqual([{ sid: world.newest().sid, challenge_id: claim.challengeId, managed: codes === 'managed', ended: null }]);
    expect(world.newest().sends).toHaveLength(2);
    const { rows: sends } = await world.pool.query(`SELECT DISTINCT state, provider_id FROM outbox WHERE kind = 'code'`);
    expect(sends).toEqual([{ state: 'sent', provider_id: world.newest().sid }]);
  });

  it('has our number of digits when it is ours, and what the service makes when it is not', async () => {
    const ours = await start('custom');
    await ours.ask(stranger);
    expect(ours.newest().code).toMatch(/^\d{8}$/);
    const theirs = await start('managed');
    await theirs.ask(stranger);
    expect(theirs.newest().code).toMatch(/^\d{6}$/);
    const form = theirs.simulator.state.exchanges().find(({ url }) => url.endsWith('/Verifications'))!.form;
    expect(form.map(([name]) => name).sort()).toEqual(['Channel', 'Locale', 'To']);
  });

  it('is not missed when nothing is heard of it: Verify has no receipts', async () => {
    const world = await start('managed');
    await world.ask(anna);
    const missed = () => tellMissedCodes({ pool: world.pool, log: { warn: () => undefined }, silenceMs: 0, tell: async () => undefined });
    expect(await missed()).toBe(0);
    await world.owner.query(`UPDATE outbox SET provider_id = 'SM' || substr(provider_id, 3) WHERE kind = 'code'`);
    expect(await missed()).toBe(1);
  });

  it('goes nowhere for a decoy', async () => {
    const world = await start('managed');
    expect((await world.ask(anna, '999999')).outcome).toBe('handedOver');
    expect(world.simulator.verify.all()).toEqual([]);
    expect(world.requests('/Verifications')).toBe(0);
  });

  it('is not sent a sixth time: Twilio\'s limit is the end of this method, and no fault', async () => {
    const world = await start('managed');
    const claim = await world.ask(anna);
    const carrier = world.provider.carrier('sms');
    const code = { to: '+447700900123', code: '', language: 'en', requestedBy: '', minutesLeft: 5, receiptId: '', ...claim };
    for (let sends = 2; sends <= 5; sends += 1) expect(await carrier.carry(code)).toMatchObject({ outcome: 'accepted' });
    expect(await carrier.carry(code)).toEqual({ outcome: 'undeliverable', code: '60203', class: 'nextMethod' });
  });

  it.each([[60204, 'misconfigured'], [60212, 'throttled']] as const)('meets %i as %s, to be tried again', async (number, kind) => {
    const world = await start('custom');
    if (number === 60204) world.simulator.verify.settings.customCodes = false;
    else world.simulator.verify.settings.tooClose = 1;
    await expect(world.ask(anna)).rejects.toMatchObject({ kind, code: String(number) });
  });
});

describe('two who claim the same person', () => {
  it.each(['custom', 'managed'] as const)('get two codes, and neither opens with the other\'s (%s)', async (codes) => {
    const world = await start(codes);
    const theirs = await world.ask(stranger);
    const first = world.newest();
    const mine = await world.ask(anna);
    const second = world.newest();
    expect(second.sid).not.toBe(first.sid);
    expect(world.simulator.verify.all().map(({ status }) => status)).toEqual(['canceled', 'pending']);
    expect(await world.guess(stranger, theirs, second.code)).toMatchObject({ reaction: expect.not.stringMatching('right') });
    if (first.code !== second.code) {
      expect(await world.guess(anna, mine, first.code)).toMatchObject({ reaction: expect.not.stringMatching('right') });
    }
    expect(await world.guess(anna, mine, second.code)).toMatchObject({ reaction: 'right' });
  });

  it('do not take codes from each other when one of them is a known sender: the stranger waits', async () => {
    const world = await start('managed');
    const mine = await world.ask(anna);
    const { sid, code } = world.newest();
    const theirs = await world.ask(stranger);
    expect(theirs.outcome).toBe('undeliverable');
    expect(world.simulator.verify.all()).toHaveLength(1);
    expect(await world.guess(stranger, theirs, code)).toMatchObject({ reaction: 'wrong', triesLeft: 4 });
    expect(world.newest()).toMatchObject({ sid, checks: 0 });
    expect(await world.guess(anna, mine, code)).toMatchObject({ reaction: 'right' });
  });

  it('lose nothing by each other when the codes are ours: a stranger\'s request leaves the known sender\'s code as it is', async () => {
    const world = await start('custom');
    const mine = await world.ask(anna);
    const { code } = world.newest();
    expect((await world.ask(stranger)).outcome).toBe('handedOver');
    expect(await world.guess(anna, mine, code)).toMatchObject({ reaction: 'right' });
  });

  it('never share one that Twilio gives to both: it is not taken, and tried again', async () => {
    const world = await start('custom');
    const mine = await world.claim(anna);
    const { challengeId } = await world.claim({ phone: 'whatsapp:+447700900126' }, '144136');
    const service = sdk(world.simulator.url).verify.v2.services(serviceSid);
    const { sid } = await service.verifications.create({ to: '+447700900123', channel: 'sms', customCode: '12345678' });
    await noteVerification(world.pool, { sid, challengeId, managed: false });
    await expect(world.activities.sendCode({ challengeId: mine.challengeId, sends: 1 }))
      .rejects.toMatchObject({ kind: 'unavailable', code: 'verification shared' });
    await service.verifications(sid).update({ status: 'canceled' });
    expect(await world.activities.sendCode({ challengeId: mine.challengeId, sends: 1 })).toEqual({ outcome: 'handedOver' });
    expect(await world.guess(anna, mine, world.newest().code)).toMatchObject({ reaction: 'right' });
  });

  it('never share a code when they begin at the same moment', async () => {
    const world = await start('managed');
    const [one, other] = [await world.claim(annaPrivate), await world.claim(stranger)];
    const send = ({ challengeId }: { challengeId: string }) => world.activities.sendCode({ challengeId, sends: 1 })
      .then(({ outcome }) => outcome, (error: { code: string }) => error.code);
    const outcomes = await Promise.all([send(one), send(other)]);
    for (const claim of [one, other]) await send(claim); // as Temporal would
    expect(outcomes.filter((outcome) => !['handedOver', 'verification shared', '20404'].includes(outcome))).toEqual([]);
    const { rows } = await world.pool.query<{ sid: string; challenge: string }>(
      'SELECT sid, challenge_id AS challenge FROM verifications WHERE ended IS NULL');
    const pending = world.simulator.verify.all().filter(({ status }) => status === 'pending');
    expect(pending).toHaveLength(1);
    expect(world.simulator.verify.all()).toHaveLength(2);
    expect(rows.map(({ sid }) => sid)).toEqual([pending[0]!.sid]);
    const owner = [[one, annaPrivate], [other, stranger]] as const;
    for (const [claim, person] of owner) {
      const expected = claim.challengeId === rows[0]!.challenge ? 'right' : 'wrong';
      const guess = expected === 'right' ? pending[0]!.code : otherThan(pending[0]!.code);
      expect(await world.guess(person, claim, guess)).toMatchObject({ reaction: expected });
    }
  });
});

test('a code that is asked for anew gets a verification of its own, and the old one is ended as it went', async () => {
  const world = await start('managed');
  const first = await world.ask(anna);
  const { sid } = world.newest();
  await world.activities.endChallenge({ challengeId: first.challengeId, reason: 'expired' });
  await passGap(world);
  const second = await world.ask(anna);
  expect(world.newest().sid).not.toBe(sid);
  expect(await world.guess(anna, second, world.newest().code)).toMatchObject({ reaction: 'right' });
  const { rows } = await world.pool.query('SELECT ended FROM verifications ORDER BY begun_at');
  expect(rows).toEqual([{ ended: 'canceled' }, { ended: 'approved' }]);
});
