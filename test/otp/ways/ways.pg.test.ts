// By which way a code goes: the first that is configured and can be used, what fails last, the next one when it is missed.
import { createPool } from '../../../src/db/pool';
import type { Pool } from '../../../src/db/pool';
import { tellMissedCodes } from '../../../src/otp/missedCodes';
import type { Receipt } from '../../../src/outbox/receipts';
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

const landline = '+442079460123';
const claim = claimsIn(() => pool);

const wait = (seconds: number) => owner.query(
  `UPDATE challenges SET last_sent_at = last_sent_at - $1 * interval '1 s'`, [seconds]);
const age = (seconds: number) => owner.query(`UPDATE outbox SET settled_at = settled_at - $1 * interval '1 s'`, [seconds]);

async function missed(silenceMs: number | null = 60_000): Promise<object[]> {
  const told: object[] = [];
  const tell = async ({ challengeId, sends }: { challengeId: string; sends: number }) => { told.push({ challengeId, sends }); };
  await tellMissedCodes({ pool, log: { warn: () => undefined }, silenceMs: silenceMs ?? undefined, tell });
  return told;
}

describe('the first way', () => {
  test('is the first that is configured', async () => {
    expect((await claim()).went()).toEqual({ sms: ['+447700900123'] });
    expect((await claim('144133', { by: ['call', 'sms'] })).went()).toEqual({ call: ['+447700900123'] });
  });

  test('is a call where there is only a fixed line, and e-mail where there is no number at all', async () => {
    await pool.query(`UPDATE employee_phones SET e164 = $1 WHERE e164 = '+447700900123'`, [landline]);
    expect((await claim()).went()).toEqual({ call: [landline] });
    expect((await claim('144135')).went()).toEqual({ email: ['cleo@acme.example'] });
  });

  test('is none that is not configured', async () => {
    expect((await claim('144135', { by: ['sms', 'call'] })).went()).toEqual({});
  });

  describe('is not one by which codes to that country did not arrive lately', () => {
    const day = (hours: number) => owner.query(
      `UPDATE sends SET charged_at = charged_at - $1 * interval '1 h', identity_hash = sha256(random()::text::bytea)`, [hours]);

    /** Codes to five telephones, or to one of them five times, of which so many did not arrive. */
    async function codes(ends: readonly (Receipt | 'used' | 'slow')[], telephones = 5): Promise<void> {
      for (const [n, end] of ends.entries()) {
        await pool.query(`UPDATE employee_phones SET e164 = $1 WHERE employee_id = (SELECT id FROM employees WHERE identifier = '144136')`,
          [`+44770090080${n % telephones}`]);
        const other = await claim('144136');
        if (end === 'used') await other.say(other.codes()[0]!);
        else if (end === 'slow') await owner.query('UPDATE sends SET missed_at = clock_timestamp() WHERE challenge_id = $1', [other.challengeId]);
        else await other.receipt(end);
        await owner.query(`UPDATE challenges SET state = 'voided', ended_at = clock_timestamp() WHERE state = 'live'; DELETE FROM pools`);
        await day(0);
      }
    }

    test('of five telephones three are enough, until an hour is over', async () => {
      await codes(['delivered', 'undelivered', 'failed', 'undelivered', 'delivered']);
      expect((await claim()).went()).toEqual({ call: ['+447700900123'] });
      await day(1);
      expect((await claim()).went()).toEqual({ sms: ['+447700900123'] });
    });

    test('one telephone that is off says nothing of its country, however often it is asked for', async () => {
      await codes(['undelivered', 'undelivered', 'undelivered', 'undelivered', 'undelivered'], 1);
      expect((await claim()).went()).toEqual({ sms: ['+447700900123'] });
    });

    test('a code that was used has arrived, also where networks report nothing', async () => {
      await codes(['used', 'slow', 'used', 'slow', 'used']);
      expect((await claim()).went()).toEqual({ sms: ['+447700900123'] });
    });

    test('what is older than an hour is not even read', async () => {
      const { rows } = await owner.query<{ 'QUERY PLAN': string }>(
        `SET enable_seqscan = off; `).then(() => owner.query(
        `EXPLAIN SELECT FROM sends s WHERE s.country = 'GB' AND s.method = 'sms' AND s.allowed
            AND s.charged_at > (SELECT clock_timestamp()) - interval '1 hour' ORDER BY s.charged_at DESC LIMIT 20`));
      const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
      expect(plan).toMatch(/Index Cond: .*charged_at >/);
    });
  });
});

describe('CALL and EMAIL', () => {
  test.each([['CALL', 'call', '+447700900123'], ['e-mail', 'email', 'anna@acme.example']] as const)(
    '%s brings the same code by another way, after the same gap', async (word, method, to) => {
      const asked = await claim();
      expect(await asked.say(word)).toMatchObject({ reaction: 'tooSoon' });
      await wait(31);
      expect(await asked.say(word)).toEqual({ reaction: 'resend', sends: 2, asked: method });
      await asked.send(2);
      expect(asked.went()).toEqual({ sms: ['+447700900123'], [method]: [to] });
      expect(new Set(asked.codes()).size).toBe(1);
    });

  test('answer alike for whom they lead nowhere and for whom nobody knows', async () => {
    for (const identifier of ['144135', '999999', '144134', '144133']) {
      const asked = await claim(identifier);
      await wait(31);
      expect(await asked.say('call')).toEqual({ reaction: 'resend', sends: 2, asked: 'call' });
      await asked.send(2);
      expect(asked.went().call ?? []).toEqual(identifier === '144133' ? ['+447700900123'] : []);
    }
  });

  test('are not available where they are not configured, whoever asks', async () => {
    for (const identifier of ['144133', '999999']) {
      expect(await (await claim(identifier, { by: ['sms'] })).say('call')).toEqual({ reaction: 'noMethod' });
    }
  });

  test('do not bring back a guess', async () => {
    const asked = await claim();
    expect(await asked.say('00000000')).toEqual({ reaction: 'wrong', triesLeft: 4 });
    await wait(31);
    await asked.say('CALL');
    expect(await asked.say('00000000')).toEqual({ reaction: 'wrong', triesLeft: 3 });
  });

  test('a session that a mailed code opened is of low assurance', async () => {
    const asked = await claim();
    await wait(31);
    await asked.say('EMAIL');
    await asked.send(2);
    expect(await asked.say(asked.codes()[1]!)).toMatchObject({ reaction: 'right' });
    expect((await pool.query('SELECT assurance, method FROM sessions')).rows).toEqual([{ assurance: 'low', method: 'email' }]);
  });
});

describe('what nobody asked for', () => {
  test('A36 changes nothing that the sender can see: gaps, sends and limits are those of a code that arrived', async () => {
    const [lost, unknown] = [await claim(), await claim('999999')];
    await lost.failOver(1);
    await lost.send(2);
    await wait(31);
    expect([await lost.say('RESEND'), await unknown.say('RESEND')]).toMatchObject([{ reaction: 'resend' }, { reaction: 'resend' }]);
    const answers = await Promise.all([lost, unknown].map((one) => one.say('RESEND')));
    expect(answers).toMatchObject([{ reaction: 'tooSoon' }, { reaction: 'tooSoon' }]);
  });

  test('is charged once, however many are told of it at once', async () => {
    const lost = await claim();
    await Promise.all([lost.failOver(1), lost.failOver(1), lost.failOver(1)]);
    const { rows } = await pool.query('SELECT method FROM sends WHERE challenge_id = $1 ORDER BY ordinal', [lost.challengeId]);
    expect(rows).toEqual([{ method: 'sms' }, { method: 'call' }]);
  });
});

describe('a code that does not arrive', () => {
  test('is told of once: when it was not delivered, when it was refused, and when nobody says for too long that it arrived', async () => {
    const lost = await claim();
    await lost.receipt('sent');
    expect(await missed()).toEqual([]);
    await lost.receipt('undelivered');
    expect(await missed()).toEqual([{ challengeId: lost.challengeId, sends: 1 }]);
    expect(await missed()).toEqual([]);
    const silent = await claim('144136');
    await age(61);
    expect(await missed(null)).toEqual([]);
    expect(await missed()).toEqual([{ challengeId: silent.challengeId, sends: 1 }]);
  });

  test('is not one that was delivered, that was mailed, that nobody was sent, or that is over', async () => {
    const delivered = await claim();
    await delivered.receipt('delivered');
    await claim('144135');
    await claim('999999');
    const used = await claim('144136');
    await used.say(used.codes()[0]!);
    await age(61);
    expect(await missed()).toEqual([]);
  });

  test('is told of again when the conversation could not be', async () => {
    const lost = await claim();
    await lost.receipt('failed');
    const tell = () => Promise.reject(new Error('Temporal is down'));
    expect(await tellMissedCodes({ pool, log: { warn: () => undefined }, silenceMs: 60_000, tell })).toBe(0);
    expect(await missed()).toHaveLength(1);
  });

  test('goes by the next way and the one after that, the same code, without a gap; then there is none left', async () => {
    const lost = await claim();
    expect(await lost.failOver(1)).toEqual({ reaction: 'resend', sends: 2 });
    await lost.send(2);
    expect(await lost.failOver(2)).toEqual({ reaction: 'resend', sends: 3 });
    await lost.send(3);
    expect(await lost.failOver(3)).toEqual({ reaction: 'none', why: 'noWay' });
    expect(lost.went()).toEqual({ sms: ['+447700900123'], call: ['+447700900123'], email: ['anna@acme.example'] });
    expect(new Set(lost.codes()).size).toBe(1);
  });

  test('is granted again when whoever charged it died, and not when a later one is on its way', async () => {
    const lost = await claim();
    const granted = { reaction: 'resend', sends: 2 };
    expect(await lost.failOver(1)).toEqual(granted);
    expect(await lost.failOver(1)).toEqual(granted);
    await lost.send(2);
    expect(await lost.failOver(1)).toEqual({ reaction: 'none', why: 'over' });
    expect(lost.went()).toEqual({ sms: ['+447700900123'], call: ['+447700900123'] });
  });

  test('goes nowhere once it was used', async () => {
    const used = await claim();
    await used.say(used.codes()[0]!);
    expect(await used.failOver(1)).toEqual({ reaction: 'none', why: 'over' });
  });

  test('passes over a way whose budget is spent', async () => {
    const lost = await claim();
    await owner.query(`UPDATE country_sends SET sends = 100000, stranger_sends = 100000`);
    expect(await lost.failOver(1)).toEqual({ reaction: 'resend', sends: 3 });
    await lost.send(3);
    expect(lost.went()).toEqual({ sms: ['+447700900123'], email: ['anna@acme.example'] });
  });

  test('goes by the next way also after its person asked for a mail and has no address', async () => {
    await pool.query(`DELETE FROM employee_emails WHERE employee_id = (SELECT id FROM employees WHERE identifier = '144133')`);
    const lost = await claim();
    await lost.receipt('sent');
    await wait(31);
    expect(await lost.say('EMAIL')).toEqual({ reaction: 'resend', sends: 2, asked: 'email' });
    await lost.send(2);
    await lost.receipt('undelivered');
    expect(await missed()).toEqual([{ challengeId: lost.challengeId, sends: 1 }]);
    expect(await missed()).toEqual([]);
    expect(await lost.failOver(1)).toEqual({ reaction: 'resend', sends: 3 });
    await lost.send(3);
    expect(await lost.failOver(1)).toEqual({ reaction: 'none', why: 'over' });
    await lost.receipt('failed', 3);
    expect(await missed()).toEqual([{ challengeId: lost.challengeId, sends: 3 }]);
  });

  test('goes by the next way also when a budget held back what was asked for since', async () => {
    const lost = await claim();
    await wait(31);
    await owner.query(`UPDATE country_sends SET sends = 100000, stranger_sends = 100000`);
    expect(await lost.say('CALL')).toMatchObject({ reaction: 'resend', sends: 2 });
    await lost.receipt('undelivered');
    expect(await missed()).toEqual([{ challengeId: lost.challengeId, sends: 1 }]);
    expect(await lost.failOver(1)).toEqual({ reaction: 'resend', sends: 3 });
    await lost.send(3);
    expect(lost.went()).toEqual({ sms: ['+447700900123'], email: ['anna@acme.example'] });
  });

  test('is charged once more by the only way that there is, and not for ever when the budget of that is spent', async () => {
    const lost = await claim('144133', { by: ['sms'] });
    await lost.receipt('failed', 1, '30008');
    await owner.query(`UPDATE country_sends SET sends = 100000, stranger_sends = 100000`);
    expect(await missed()).toHaveLength(1);
    expect(await lost.failOver(1)).toEqual({ reaction: 'none', why: 'noWay' });
    expect(lost.went()).toEqual({ sms: ['+447700900123'] });
  });

  test('A36 a way that led nowhere and what went out after it leave the sender the gaps of somebody unknown', async () => {
    await pool.query(`DELETE FROM employee_emails WHERE employee_id = (SELECT id FROM employees WHERE identifier = '144133')`);
    const [lost, unknown] = [await claim(), await claim('999999')];
    await wait(31);
    for (const one of [lost, unknown]) expect(await one.say('EMAIL')).toMatchObject({ reaction: 'resend', sends: 2 });
    await lost.failOver(1);
    await wait(61);
    const answers = async () => Promise.all([lost, unknown].map((one) => one.say('RESEND')));
    expect((await answers()).map((answer) => (answer as { reaction: string }).reaction)).toEqual(['resend', 'resend']);
    expect(await answers()).toMatchObject([{ reaction: 'tooSoon' }, { reaction: 'tooSoon' }]);
  });

  test('is sent by SMS again when somebody asks for it after a call', async () => {
    const asked = await claim();
    await wait(31);
    await asked.say('CALL');
    await asked.send(2);
    await wait(61);
    await asked.say('RESEND');
    await asked.send(3);
    expect(asked.went()).toEqual({ sms: ['+447700900123', '+447700900123'], call: ['+447700900123'] });
  });
});
