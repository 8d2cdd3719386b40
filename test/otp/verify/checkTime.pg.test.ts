// How long a check of a code that Twilio made takes: as long for everybody, or the reply would tell who exists (A35).
import { createManagedCheck } from '../../../src/otp/verify/managedCheck';
import { createTwilioVerify } from '../../../src/otp/verify/twilioVerify';
import { closeSimulations } from '../../support/simulation';
import { anna, newMessageId } from '../../support/world';
import { createVerifyWorld, serviceSid } from './verifyWorld';
import type { Claim, VerifyWorld } from './verifyWorld';

let world: VerifyWorld;
beforeEach(async () => { world = await createVerifyWorld('managed'); });
afterEach(async () => {
  await closeSimulations();
  await world.stop();
});

describe('A35 a check takes as long as it does for everybody', () => {
  /** A Twilio that answers when it is told to, and a clock that goes when it is told to. */
  function slowCheck() {
    const told: (() => void)[] = [];
    const answered = new Promise<'approved'>((resolve) => { told.push(() => resolve('approved')); });
    const passed = new Promise<void>((resolve) => { told.push(resolve); });
    const [answer, pass] = told;
    const waits: number[] = [];
    const check = createManagedCheck({
      pool: world.pool, alert: (what) => world.alerts.push(what), takesMs: 1_500,
      service: { ...createTwilioVerify(world.twilio, serviceSid), check: () => answered },
      wait: (ms) => { waits.push(ms); return passed; },
    });
    return { check, waits, answer: answer!, pass: pass! };
  }
  const guessOf = ({ challengeId }: Claim, mayOpen: boolean) =>
    ({ challengeId, messageId: newMessageId(), code: '123456', isOurs: false, mayOpen });
  /** Whether the approval stands in its row: the comparison itself is over then. */
  const isNoted = async () =>
    (await world.pool.query('SELECT 1 FROM verifications WHERE approved_by IS NOT NULL')).rowCount === 1;
  /** Whether it is not settled when everything has happened that needs no time. */
  const goesOn = async (check: Promise<boolean>) => {
    await world.pool.query('SELECT 1');
    return Promise.race([check.then(() => false), new Promise((resolve) => { setImmediate(() => resolve(true)); })]);
  };

  it.each<[string, boolean]>([
    ['whom nobody asks about', false], ['about whom Twilio has answered', true],
  ])('for somebody %s', async (_, mayOpen) => {
    const claim = await world.ask(anna);
    const { check, waits, answer, pass } = slowCheck();
    const verdict = check(guessOf(claim, mayOpen));
    answer();
    while (mayOpen && !await isNoted());
    expect([await goesOn(verdict), waits]).toEqual([true, [1_500]]);
    pass();
    expect(await verdict).toBe(mayOpen);
  });

  it('and is wrong, without waiting longer, where Twilio has not answered by then', async () => {
    const claim = await world.ask(anna);
    const { check, pass } = slowCheck();
    const verdict = check(guessOf(claim, true));
    pass();
    expect(await verdict).toBe(false);
  });

  it('a decoy\'s guess, and one at a shut pool, are handed over to be waited for', async () => {
    const claims = [await world.ask(anna), await world.ask({ phone: 'whatsapp:+447700900777' }, '999999')];
    await world.owner.query('UPDATE pools SET shut_at = clock_timestamp()');
    for (const [place, person] of [anna, { phone: 'whatsapp:+447700900777' }].entries()) {
      expect(await world.guess(person, claims[place]!, '12345678')).toEqual({ reaction: 'wrong', triesLeft: 4 });
    }
    expect(world.checked.map(({ mayOpen }) => mayOpen)).toEqual([false, false]);
    expect(world.requests('/VerificationCheck')).toBe(0);
  });
});
