// What Twilio's number for a code that was lost says of the next: another way first, the same one again, or neither.
import { createPool } from '../../../src/db/pool';
import type { Pool } from '../../../src/db/pool';
import { Fault } from '../../../src/domain/faults';
import { tellMissedCodes } from '../../../src/otp/missedCodes';
import { createTestDatabase } from '../../support/postgres';
import type { TestDatabase } from '../../support/postgres';
import { addEmployees } from '../../support/world';
import { claimsIn } from './claims';

let database: TestDatabase;
let pool: Pool;
let owner: Pool;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = createPool(database.url, { max: 5 });
  owner = createPool(database.ownerUrl, { max: 1 });
});

afterAll(async () => {
  await Promise.all([pool.end(), owner.end()]);
  await database.drop();
});

beforeEach(async () => {
  await owner.query('TRUNCATE senders, employees, pools, country_sends CASCADE');
  await addEmployees(pool);
});

const claim = claimsIn(() => pool);
const anna = '+447700900123';
const days = (count: number) => owner.query(`UPDATE sends SET charged_at = charged_at - $1 * interval '1 day'`, [count]);
/** Of codes and budgets before, only what was refused counts. */
const forget = () => owner.query(`UPDATE challenges SET state = 'voided', ended_at = clock_timestamp() WHERE state = 'live'; DELETE FROM pools`);

describe('a way that a contact refused for good', () => {
  test.each(['30005', '30006', '21610', '30004'])('comes last for it after %s, for a month, and not for others', async (fault) => {
    await (await claim()).receipt('undelivered', 1, fault);
    await forget();
    expect((await claim()).went()).toEqual({ call: [anna] });
    expect((await claim('144136')).went()).toEqual({ sms: ['+447700900126'] });
    await forget();
    await days(31);
    expect((await claim()).went()).toEqual({ sms: [anna] });
  });

  test('comes first again once a code has arrived by it', async () => {
    await (await claim()).receipt('undelivered', 1, '21610');
    await forget();
    const asked = await claim('144133', { by: ['sms'] });
    expect(asked.went()).toEqual({ sms: [anna] });
    await asked.receipt('delivered');
    await forget();
    expect((await claim()).went()).toEqual({ sms: [anna] });
  });

  test('is no mailbox whose server did not like our words', async () => {
    const by = ['email', 'sms'] as const;
    await claim('144133', { by, fault: new Fault('refused', 'mail', 'message 554 5.7.1') });
    await forget();
    expect((await claim('144133', { by })).went()).toEqual({ email: ['anna@acme.example'] });
  });

  test('is taken where there is no other, and a code that failed otherwise changes nothing', async () => {
    await (await claim()).receipt('undelivered', 1, '30003');
    await forget();
    const lost = await claim();
    expect(lost.went()).toEqual({ sms: [anna] });
    await lost.receipt('undelivered', 1, '30005');
    await forget();
    expect((await claim('144133', { by: ['sms'] })).went()).toEqual({ sms: [anna] });
  });
});

describe('a code that failed for a reason that may pass', () => {
  test.each(['30008', '30001', '30022'])('goes by the same way once more after %s, where there is no other', async (fault) => {
    const lost = await claim('144133', { by: ['sms'] });
    await lost.receipt('undelivered', 1, fault);
    expect(await lost.failOver(1)).toEqual({ reaction: 'resend', sends: 2 });
    await owner.query('UPDATE sends SET missed_at = clock_timestamp()');
    await lost.send(2);
    await lost.receipt('undelivered', 2, fault);
    expect(await lost.failOver(2)).toEqual({ reaction: 'none', why: 'noWay' });
    expect(lost.went()).toEqual({ sms: [anna, anna] });
    expect(new Set(lost.codes()).size).toBe(1);
  });

  test('goes by the next way where there is one', async () => {
    const lost = await claim();
    await lost.receipt('undelivered', 1, '30008');
    await lost.failOver(1);
    await lost.send(2);
    expect(lost.went()).toEqual({ sms: [anna], call: [anna] });
  });

  test.each(['30003', '30005', '30007', undefined])('is given up after %s', async (fault) => {
    const lost = await claim('144133', { by: ['sms'] });
    await lost.receipt('undelivered', 1, fault);
    expect(await lost.failOver(1)).toEqual({ reaction: 'none', why: 'noWay' });
  });
});

describe('a way that waits for an operator', () => {
  async function missed(silenceMs: number | undefined): Promise<object[]> {
    const told: object[] = [];
    const tell = async ({ challengeId, sends }: { challengeId: string; sends: number }) => { told.push({ challengeId, sends }); };
    await tellMissedCodes({ pool, log: { warn: () => undefined }, silenceMs, tell });
    return told;
  }

  test('is not waited for where there is another: the code goes by that at once', async () => {
    await claim('144136', { fault: new Fault('unavailable', 'twilio', 'timeout') });
    const stopped = await claim('144133', { fault: new Fault('misconfigured', 'twilio', '21606') });
    expect(await missed(undefined)).toEqual([]);
    expect(await missed(60_000)).toEqual([{ challengeId: stopped.challengeId, sends: 1 }]);
    expect(await stopped.failOver(1)).toEqual({ reaction: 'resend', sends: 2 });
    await stopped.send(2);
    expect(stopped.went()).toEqual({ call: [anna] });
  });

  test('is no mailbox that is gone, when our login at the mail server is wrong', async () => {
    const by = ['email', 'sms'] as const;
    await claim('144133', { by, fault: new Fault('misconfigured', 'mail', '535 5.7.8') });
    await forget();
    expect((await claim('144133', { by })).went()).toEqual({ email: ['anna@acme.example'] });
  });
});
