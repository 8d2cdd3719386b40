// A code that Twilio made: charged here before it is compared there, and right only when Twilio says so in time.
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { createManagedCheck } from '../../../src/otp/verify/managedCheck';
import { createTwilioVerify } from '../../../src/otp/verify/twilioVerify';
import { createTwilio } from '../../../src/twilio/client';
import { account, closeSimulations, listenOnFreePort, sdk } from '../../support/simulation';
import { anna, newMessageId } from '../../support/world';
import { createVerifyWorld, otherThan, passGap, serviceSid } from './verifyWorld';
import type { Claim, VerifyWorld } from './verifyWorld';

let world: VerifyWorld;
beforeEach(async () => { world = await createVerifyWorld('managed'); });
afterEach(async () => {
  await closeSimulations();
  await world.stop();
});

const checks = () => world.requests('/VerificationCheck');
const code = () => world.newest().code;
const charged = async () => (await world.pool.query<{ verdict: string }>(
  'SELECT verdict FROM guesses ORDER BY ordinal')).rows.map(({ verdict }) => verdict);
const sessions = async () => (await world.pool.query('SELECT 1 FROM sessions')).rowCount;

/** Approves at Twilio without our hearing of it: as when a worker dies before the answer. */
const approveUnheard = async () => {
  const { sid } = world.newest();
  await sdk(world.simulator.url).verify.v2.services(serviceSid).verificationChecks.create({ verificationSid: sid, code: code() });
};

/** Sends the code again when its gap is over. */
async function resend(claim: Claim): Promise<void> {
  await passGap(world);
  const resent = await world.guess(anna, claim, 'RESEND');
  if (resent.reaction !== 'resend') throw new Error(resent.reaction);
  await world.activities.sendCode({ challengeId: claim.challengeId, sends: resent.sends });
}

it('opens a session, once', async () => {
  const claim = await world.ask(anna);
  const right = code();
  expect(await world.guess(anna, claim, `my code is ${right}`)).toMatchObject({ reaction: 'right' });
  expect(await world.guess(anna, claim, right)).toEqual({ reaction: 'expired' });
  expect([await sessions(), await charged(), checks()]).toEqual([1, ['right'], 1]);
});

it('is asked by its own id, never by the number, and with nothing else', async () => {
  const claim = await world.ask(anna);
  await world.guess(anna, claim, code());
  const { form } = world.simulator.state.exchanges().find(({ url }) => url.endsWith('/VerificationCheck'))!;
  expect(form.map(([name]) => name).sort()).toEqual(['Code', 'VerificationSid']);
});

it('that is wrong costs a try, and the last one locks, as with a code of ours', async () => {
  const claim = await world.ask(anna);
  const wrong = otherThan(code());
  for (let triesLeft = 4; triesLeft >= 1; triesLeft -= 1) {
    expect(await world.guess(anna, claim, wrong)).toEqual({ reaction: 'wrong', triesLeft });
  }
  expect(await world.guess(anna, claim, wrong)).toMatchObject({ reaction: 'exhausted' });
  expect(await world.guess(anna, claim, code())).toMatchObject({ reaction: 'exhausted' });
  expect(checks()).toBe(5);
});

it('is not the code that we would have made', async () => {
  const claim = await world.ask(anna);
  const { rows: [challenge] } = await world.pool.query<{ digits: number }>('SELECT digits FROM challenges');
  expect(challenge!.digits).toBe(6);
  const verdict = await world.provider.checkCode!({ ...claim, messageId: 'SM1', code: otherThan(code()), isOurs: true, mayOpen: true });
  expect(verdict).toBe(false);
});

it('is answered like a wrong one for a decoy, in the same words and without a question', async () => {
  const decoy = await world.ask(anna, '999999');
  expect(await world.guess(anna, decoy, '123456')).toEqual({ reaction: 'wrong', triesLeft: 4 });
  expect(checks()).toBe(0);
});

it.each([
  ['the employee said NOT ME', 'UPDATE challenges SET employee_id = NULL'],
  ['the pool is shut', 'UPDATE pools SET shut_at = clock_timestamp()'],
])('is answered like a wrong one, without a question, when %s meanwhile', async (_, meanwhile) => {
  const claim = await world.ask(anna);
  await world.owner.query(meanwhile);
  expect(await world.guess(anna, claim, code())).toEqual({ reaction: 'wrong', triesLeft: 4 });
  expect([checks(), await sessions()]).toEqual([0, 0]);
});

it('of one challenge is compared no oftener than its tries allow, by fifty guesses at once', async () => {
  const claim = await world.ask(anna);
  const wrong = otherThan(code());
  const outcomes = await Promise.all(Array.from({ length: 50 }, () => world.guess(anna, claim, wrong)));
  expect(checks()).toBe(5);
  expect(outcomes.filter(({ reaction }) => reaction === 'right')).toEqual([]);
  expect(await charged()).toHaveLength(5);
});

it('opens one session when it is typed twenty times at once', async () => {
  const claim = await world.ask(anna);
  const right = code();
  const outcomes = await Promise.all(Array.from({ length: 20 }, () => world.guess(anna, claim, right)));
  expect(outcomes.filter(({ reaction }) => reaction === 'right')).toHaveLength(1);
  expect(await sessions()).toBe(1);
});

describe('an answer that does not come', () => {
  it.each([
    ['is down', { apiStatus: 503 }], ['is silent', { apiDelayMs: 30_000 }], ['throttles', { apiStatus: 429 }],
    ['refuses us', { apiStatus: 401 }],
  ])('is told like a wrong code, costs the try, and an operator hears of it: Twilio %s', async (_, faults) => {
    const claim = await world.ask(anna);
    const right = code();
    world.simulator.faults.set(faults);
    expect(await world.guess(anna, claim, right)).toEqual({ reaction: 'wrong', triesLeft: 4 });
    expect(world.alerts).toEqual(['codeUnchecked']);
    world.simulator.faults.clear();
    // Nothing was compared, so the same code is still right.
    expect(await world.guess(anna, claim, right)).toMatchObject({ reaction: 'right' });
    expect(await charged()).toEqual(['wrong', 'right']);
  });

  it('says the same for a decoy: nobody learns from an outage who exists', async () => {
    const [real, decoy] = [await world.ask(anna), await world.ask({ phone: 'whatsapp:+447700900777' }, '999999')];
    world.simulator.faults.set({ apiStatus: 503 });
    const outcomes = [await world.guess(anna, real, '123456'), await world.guess({ phone: 'whatsapp:+447700900777' }, decoy, '123456')];
    expect(outcomes[0]).toEqual(outcomes[1]);
  });

  it('opens nothing although Twilio approved, and the next code does', async () => {
    const claim = await world.ask(anna);
    const right = code();
    world.simulator.faults.set({ apiLosesAnswers: true });
    expect(await world.guess(anna, claim, right)).toMatchObject({ reaction: 'wrong' });
    world.simulator.faults.clear();
    expect(await world.guess(anna, claim, right)).toMatchObject({ reaction: 'wrong' });
    expect(await sessions()).toBe(0);
    await resend(claim);
    expect(await world.guess(anna, claim, code())).toMatchObject({ reaction: 'right' });
  });
});

describe('Twilio\'s own limits', () => {
  it('that it takes no more guesses (60202) is a wrong code, and not asked again until there is a new one', async () => {
    const claim = await world.ask(anna);
    const { sid } = world.newest();
    const { verificationChecks } = sdk(world.simulator.url).verify.v2.services(serviceSid);
    const right = code();
    for (let guesses = 1; guesses <= 5; guesses += 1) await verificationChecks.create({ verificationSid: sid, code: otherThan(right) });
    expect(await world.guess(anna, claim, right)).toEqual({ reaction: 'wrong', triesLeft: 4 });
    const asked = checks();
    expect(await world.guess(anna, claim, right)).toEqual({ reaction: 'wrong', triesLeft: 3 });
    expect(checks()).toBe(asked);
    expect(world.alerts).toEqual([]);
    await resend(claim);
    expect(world.newest().sid).not.toBe(sid);
    expect(await world.guess(anna, claim, code())).toMatchObject({ reaction: 'right' });
  });

  it('that it knows the verification no more (20404) opens nothing', async () => {
    const claim = await world.ask(anna);
    const right = code();
    await approveUnheard();
    expect(await world.guess(anna, claim, right)).toEqual({ reaction: 'wrong', triesLeft: 4 });
    expect(await sessions()).toBe(0);
  });

  it('that two requests came too close together (60212) is over in a moment', async () => {
    const claim = await world.ask(anna);
    world.simulator.verify.settings.tooClose = 2;
    expect(await world.guess(anna, claim, code())).toMatchObject({ reaction: 'right' });
    expect(checks()).toBe(3);
  });

  it('that keep coming (60212) are no answer', async () => {
    const claim = await world.ask(anna);
    world.simulator.verify.settings.tooClose = 3;
    expect(await world.guess(anna, claim, code())).toMatchObject({ reaction: 'wrong' });
    expect(world.alerts).toEqual(['codeUnchecked']);
  });
});

describe('a check that is repeated', () => {
  it('for the same message asks Twilio once, and is right again', async () => {
    const { challengeId } = await world.ask(anna);
    const guess = { challengeId, messageId: newMessageId(), code: code(), isOurs: false, mayOpen: true };
    const check = world.provider.checkCode!;
    expect([await check(guess), await check(guess), await check(guess)]).toEqual([true, true, true]);
    expect(checks()).toBe(1);
    expect(await check({ ...guess, messageId: newMessageId() })).toBe(false);
    expect(checks()).toBe(1);
  });

  it('with the whole message, after a worker that died between Twilio\'s answer and the session, opens it', async () => {
    const claim = await world.ask(anna);
    const messageId = newMessageId();
    await world.provider.checkCode!({ challengeId: claim.challengeId, messageId, code: code(), isOurs: false, mayOpen: true });
    expect(await world.guess(anna, claim, code(), messageId)).toMatchObject({ reaction: 'right' });
    expect(checks()).toBe(1);
  });
});

describe('a Twilio that answers everything alike', () => {
  /** Checks against whoever always gives this answer, for the newest verification. */
  async function checkAgainst(answer: object) {
    const { sid } = world.newest();
    const apiUrl = await listenOnFreePort(createServer((_req, res) => {
      res.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify({ sid, ...answer }));
    }));
    const twilio = createTwilio({ accountSid: account.sid, apiKeySid: account.apiKeySid, apiKeySecret: account.apiKeySecret, apiUrl });
    return createManagedCheck({
      pool: world.pool, service: createTwilioVerify(twilio, serviceSid), alert: (what) => world.alerts.push(what), takesMs: 0 });
  }

  const answers: readonly [string, object][] = [
    ['approved, but not valid', { status: 'approved', valid: false }],
    ['valid, but not approved', { status: 'pending', valid: true }],
    ['of another verification', { status: 'approved', valid: true, sid: `VE${'9'.repeat(32)}` }],
  ];
  it.each(answers)('is not believed: %s', async (_, answer) => {
    const { challengeId } = await world.ask(anna);
    const check = await checkAgainst(answer);
    expect(await check({ challengeId, messageId: newMessageId(), code: code(), isOurs: false, mayOpen: true })).toBe(false);
    expect(world.alerts).toEqual(['codeUnchecked']);
  });

  it('opens for one message, however many it approves', async () => {
    const { challengeId } = await world.ask(anna);
    const check = await checkAgainst({ status: 'approved', valid: true });
    const guesses = Array.from({ length: 10 }, () => check({ challengeId, messageId: newMessageId(), code: code(), isOurs: false, mayOpen: true }));
    expect((await Promise.all(guesses)).filter(Boolean)).toHaveLength(1);
  });
});

describe('a code of ours that went out by mail', () => {
  it('opens beside Twilio\'s, and only when it did go out', async () => {
    const { challengeId } = await world.ask(anna);
    const check = world.provider.checkCode!;
    const mailed = { challengeId, messageId: newMessageId(), code: otherThan(code()), isOurs: true, mayOpen: true };
    expect(await check(mailed)).toBe(false);
    await world.owner.query(
      `INSERT INTO sends (challenge_id, ordinal, sender_id, identity_hash, pool, allowed, method)
       SELECT id, 2, sender_id, identity_hash, pool, true, 'email' FROM challenges WHERE id = $1`, [challengeId]);
    expect(await check(mailed)).toBe(true);
    expect(await check({ ...mailed, isOurs: false })).toBe(false);
    expect(await check({ ...mailed, isOurs: false, code: code() })).toBe(true);
  });

  it('is nobody\'s when nothing was sent at all', async () => {
    const claim = await world.claim(anna);
    expect(await world.provider.checkCode!({ challengeId: claim.challengeId, messageId: randomUUID(), code: '123456', isOurs: true, mayOpen: true })).toBe(false);
    expect(checks()).toBe(0);
  });
});
