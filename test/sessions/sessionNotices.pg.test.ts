// R30 A47: an employee hears of each new session on a registered channel that neither the chat nor the code came by.
import { verifyAudit } from '../../src/audit/verifyAudit';
import { usualRules } from '../../src/directory/contacts';
import { Fault } from '../../src/domain/faults';
import { defaultPolicy } from '../../src/domain/policy';
import { lookupHash } from '../../src/keys/box';
import { chargeNotice } from '../../src/otp/budgets';
import { tellNewSessions } from '../../src/sessions/sessionNotices';
import { tellEmployee } from '../../src/tellEmployee';
import type { TellDeps } from '../../src/tellEmployee';
import { createTexts } from '../../src/texts/render';
import { createActivityWorld } from '../support/activityWorld';
import type { ActivityWorld } from '../support/activityWorld';
import { anna, annaPrivate, testKeyring } from '../support/world';
import type { Person } from '../support/world';
import { Visitor } from '../activities/visitor';

let world: ActivityWorld;

beforeAll(async () => {
  world = await createActivityWorld();
});

afterAll(async () => {
  await world.stop();
});

beforeEach(async () => {
  await world.reset();
  await world.owner.query(`DELETE FROM employee_phones WHERE e164 = '${second}'`);
});

afterEach(async () => {
  expect(await verifyAudit(world.pool)).toMatchObject({ outcome: 'intact' });
});

const [first, second] = ['+447700900123', '+447700900177'];
const addSecondPhone = () => world.owner.query(
  `INSERT INTO employee_phones (employee_id, e164, raw, type)
   SELECT id, $1, $1, 'mobile' FROM employees WHERE employee_number = '144133'`, [second]);

/** Anna's code goes to her first phone; that much is charged, also when `sent` does not have it carried there. */
async function opens(person: Person, { sent = false } = {}): Promise<void> {
  const visitor = new Visitor(world, person);
  await visitor.claims('144133');
  if (sent) await world.run(({ sendCode }) => sendCode({ challengeId: visitor.challengeId, sends: 1 }));
  expect(await visitor.types(await visitor.code())).toMatchObject({ reaction: 'right' });
}

/** As if the code had been sent to her mailbox as well, in vain or because somebody typed EMAIL. */
const mailedToo = () => world.owner.query(
  `INSERT INTO sends (challenge_id, ordinal, sender_id, identity_hash, pool, allowed, method, destination_hash)
   SELECT id, 2, sender_id, identity_hash, pool, true, 'email', $1 FROM challenges`,
  [lookupHash(testKeyring.lookup, 'destination', 'anna@acme.example')]);

type Send = (by: 'sms' | 'mail') => Promise<{ outcome: 'accepted'; providerId: string } | { outcome: 'undeliverable'; code: string }>;
const accepted: Send = async () => ({ outcome: 'accepted', providerId: 'id' });

async function tell({ send = accepted, byMail = true, smsMax = defaultPolicy.destinationSendsInAllPerDayMax } = {}) {
  const told: { to: string; words: string; html?: string; subject?: string }[] = [];
  const texts = createTexts({ organisation: 'Acme', language: 'en' });
  const deps: TellDeps = {
    pool: world.pool, keys: testKeyring, texts, defaultLanguage: 'en', rules: usualRules,
    disputeLink: (sessionId) => `https://doorman.example/not-me/${sessionId}`,
    chargeSms: (sessionId, hash) => chargeNotice(
      world.pool, { ...defaultPolicy, destinationSendsInAllPerDayMax: smsMax }, sessionId, hash),
    async sendSms({ to, language, text }) {
      const sent = await send('sms');
      told.push({ to, words: texts.render(text, language) });
      return sent;
    },
    ...byMail ? { mailer: {
      async send({ to, subject, text: words, html }) {
        const sent = await send('mail');
        told.push({ to, words, html, subject });
        return sent;
      },
    } } : {},
  };
  const warnings: string[] = [];
  const log = { warn: (what: string) => { warnings.push(what); } };
  const report = await tellNewSessions({ pool: world.pool, log, tell: (session) => tellEmployee(deps, session) });
  return { told, report, warnings };
}

const notices = async () => (await world.pool.query<{ notice: string }>('SELECT notice FROM sessions ORDER BY opened_at'))
  .rows.map(({ notice }) => notice);
const audited = async () => (await world.pool.query<{ kind: string; facts: object }>(
  `SELECT kind, facts FROM audit WHERE kind LIKE 'session.%announced' ORDER BY seq`)).rows;

describe('a new session', () => {
  it('is told by mail, once, with the end of the number it came from and a link that says NOT ME', async () => {
    await opens(annaPrivate);
    const { told, report } = await tell();
    const { rows: [session] } = await world.pool.query<{ id: string; employeeId: string }>(
      'SELECT id, employee_id AS "employeeId" FROM sessions');
    const link = `https://doorman.example/not-me/${session!.id}`;
    expect(told).toEqual([{
      to: 'anna@acme.example', subject: 'Acme: you signed in to our WhatsApp chat',
      words: expect.stringContaining(`ends in 0999.`), html: expect.stringContaining(`<a href="${link}">${link}</a>`),
    }]);
    expect(told[0]!.words.split('\n')).toContain(link);
    expect(report).toEqual({ notified: 1, unnotified: 0 });
    expect(await tell()).toMatchObject({ told: [], report: { notified: 0, unnotified: 0 } });
    expect(await audited()).toEqual([
      { kind: 'session.announced', facts: { sessionId: session!.id, employeeId: session!.employeeId } }]);
  });

  it('is told by SMS to another number than those of the code and the chat, where there is no mail', async () => {
    await addSecondPhone();
    await opens(annaPrivate, { sent: true });
    expect(world.carrier.carried.all.map(({ to }) => to)).toEqual([first]);
    const { told } = await tell({ byMail: false });
    expect(told).toEqual([{ to: second, words: expect.stringMatching(/^Acme: .*0999.*NOT ME/) }]);
  });

  it('A47 is told to the telephone, too, when the code went to a telephone and to the mailbox', async () => {
    await opens(annaPrivate);
    await mailedToo();
    const { told, report } = await tell();
    expect(told.map(({ to }) => to)).toEqual([first, 'anna@acme.example']);
    expect(report).toEqual({ notified: 1, unnotified: 0 });
    expect((await tell()).told).toEqual([]);
  });

  it('A47 is told to the telephone also while no mail can be sent', async () => {
    await opens(annaPrivate);
    await mailedToo();
    const noMail: Send = async (by) => {
      if (by === 'mail') throw new Fault('unavailable', 'mail', '421');
      return accepted(by);
    };
    expect(await tell({ send: noMail })).toMatchObject({ told: [{ to: first }], report: { notified: 1, unnotified: 0 } });
  });

  it('is told by mail alone when the telephone that the code went to is the chat\'s own', async () => {
    await opens(anna);
    await mailedToo();
    expect((await tell()).told.map(({ to }) => to)).toEqual(['anna@acme.example']);
  });

  it('is told to nobody when chat and code came by all that is registered', async () => {
    await opens(anna);
    expect(await tell({ byMail: false })).toMatchObject({ told: [], report: { notified: 0, unnotified: 0 }, warnings: [] });
    expect(await notices()).toEqual(['none']);
    expect(await audited()).toEqual([]);
  });

  it('is not told to a contact that is held back', async () => {
    await addSecondPhone();
    await world.owner.query('UPDATE employee_phones SET held_from = clock_timestamp() WHERE e164 = $1', [second]);
    await opens(annaPrivate);
    expect((await tell({ byMail: false })).told).toEqual([]);
  });
});

describe('the budget of a telephone', () => {
  it('is spent by notices, too: one more is not sent, and the audit says so', async () => {
    await addSecondPhone();
    for (const expected of [[second], [second], []]) {
      await opens(annaPrivate, { sent: true });
      const { told, report } = await tell({ byMail: false, smsMax: 2 });
      expect(told.map(({ to }) => to)).toEqual(expected);
      expect(report).toEqual({ notified: expected.length, unnotified: 1 - expected.length });
    }
    expect((await audited()).at(-1)).toMatchObject({ kind: 'session.unannounced', facts: { fault: 'budgetSpent' } });
  });

  it('is spent by codes and notices together, each once, however often a notice is tried', async () => {
    await opens(annaPrivate);
    const down: Send = async () => { throw new Fault('unavailable', 'twilio', '503'); };
    await mailedToo();
    for (const tries of [1, 2]) {
      await tell({ send: down, smsMax: 2 });
      await world.owner.query(`UPDATE sessions SET notice_tried_at = notice_tried_at - interval '61 s'`);
      const { rows } = await world.pool.query('SELECT allowed FROM notice_sends');
      expect([tries, rows]).toEqual([tries, [{ allowed: true }]]);
    }
    await world.owner.query(
      `INSERT INTO sends (challenge_id, ordinal, sender_id, identity_hash, pool, allowed, destination_hash)
       SELECT id, nth, sender_id, identity_hash, pool, true, $1 FROM challenges, generate_series(3, 20) nth`,
      [lookupHash(testKeyring.lookup, 'destination', first)]);
    const visitor = new Visitor(world, anna, { destinationSendsInAllPerDayMax: 20 });
    await visitor.claims('144133');
    expect((await world.pool.query('SELECT allowed FROM sends WHERE challenge_id = $1', [visitor.challengeId])).rows)
      .toEqual([{ allowed: false }]);
  });

  it('is spent by codes of applications, too, whichever way they spell its number', async () => {
    await addSecondPhone();
    const hash = lookupHash(testKeyring.lookup, 'destination', second);
    for (const [column, expected] of [['destination_hash', [second]], ['other_hash', []]] as const) {
      await world.owner.query(
        `INSERT INTO rest_verifications (id, client, mode, language, key_id, digits, tries_max, expires_at, charged_at, allowed, ${column})
         VALUES (gen_random_uuid(), 'shop', 'checked', 'en', 'k', 6, 5, clock_timestamp(), clock_timestamp(), true, $1)`, [hash]);
      await opens(annaPrivate, { sent: true });
      // The first notice finds one code of an application, the second one two and the first notice.
      expect((await tell({ byMail: false, smsMax: 3 })).told.map(({ to }) => to)).toEqual(expected);
    }
    await world.owner.query('DELETE FROM rest_verifications');
  });

  it('that is spent leaves the mail', async () => {
    await opens(annaPrivate);
    await mailedToo();
    const { told, report } = await tell({ smsMax: 1 });
    expect(told.map(({ to }) => to)).toEqual(['anna@acme.example']);
    expect(report).toEqual({ notified: 1, unnotified: 0 });
  });
});

describe('a notice', () => {
  it('waits a minute while the provider is down, and is then sent', async () => {
    await opens(annaPrivate);
    const down: Send = async () => { throw new Fault('unavailable', 'mail', '421'); };
    expect(await tell({ send: down })).toMatchObject({ report: { notified: 0, unnotified: 0 }, warnings: [expect.any(String)] });
    expect((await tell()).told).toEqual([]);
    await world.owner.query(`UPDATE sessions SET notice_tried_at = notice_tried_at - interval '61 s'`);
    expect((await tell()).report).toEqual({ notified: 1, unnotified: 0 });
  });

  it('does not go out either while the provider was down for another one a moment ago, and goes before that one then', async () => {
    await opens(annaPrivate);
    await tell({ send: async () => { throw new Fault('unavailable', 'mail', '421'); } });
    await opens(anna);
    expect((await tell()).told).toEqual([]);
    await world.owner.query(`UPDATE sessions SET notice_tried_at = notice_tried_at - interval '61 s'`);
    expect((await tell()).report).toEqual({ notified: 2, unnotified: 0 });
  });

  it('is given up when it is refused, or when the session could have lasted no longer, which the audit says', async () => {
    await opens(annaPrivate);
    expect((await tell({ send: async () => ({ outcome: 'undeliverable', code: '550' }) })).report)
      .toEqual({ notified: 0, unnotified: 1 });
    await opens(anna);
    await world.owner.query(`UPDATE sessions SET opened_at = opened_at - interval '9 h', ends_at = ends_at - interval '9 h' WHERE notice = 'pending'`);
    expect((await tell()).report).toEqual({ notified: 0, unnotified: 1 });
    expect(await notices()).toEqual(expect.arrayContaining(['failed', 'failed']));
    expect((await audited()).map(({ kind, facts }) => [kind, (facts as { fault: string }).fault]))
      .toEqual([['session.unannounced', '550'], ['session.unannounced', 'abandoned']]);
  });
});
