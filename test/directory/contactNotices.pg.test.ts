// R19 A53: whoever's number HR changes hears of it, on the former number and on the new one, once.
import { auditHead, verifyAudit } from '../../src/audit/verifyAudit';
import { createPool } from '../../src/db/pool';
import type { Pool } from '../../src/db/pool';
import { applyFeed } from '../../src/directory/applyFeed';
import { sendNotices } from '../../src/directory/contactNotices';
import type { NoticeDeps } from '../../src/directory/contactNotices';
import { Fault } from '../../src/domain/faults';
import { defaultPolicy } from '../../src/domain/policy';
import { sealedByKey } from '../../src/inbox/reseal';
import { lookupHash } from '../../src/keys/box';
import { chargeContactNotice } from '../../src/otp/budgets';
import { createTestDatabase } from '../support/postgres';
import type { TestDatabase } from '../support/postgres';
import { testKeyring } from '../support/world';
import { anna, ben, employeeId, feedOf, people, recordsSince } from './people';
import type { Person } from './people';

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

beforeEach(async () => { await owner.query('DELETE FROM employees'); });

afterEach(async () => {
  expect(await verifyAudit(pool)).toMatchObject({ outcome: 'intact' });
});

const apply = (staff: readonly Person[], { noticesMax = 10, dryRun = false, byMail = false } = {}) =>
  applyFeed(pool, feedOf(staff), { force: true, dryRun, notices: { keys: testKeyring, noticesMax, byMail } });

const other = '+12025550177';
type Send = NoticeDeps['sendNotice'];

/** Sends what waits; answers with what was told whom. */
async function send(sendNotice: Send = async () => ({ outcome: 'accepted', providerId: 'SM1' }), changes: Partial<NoticeDeps> = {}) {
  const told: string[] = [];
  const report = await sendNotices({
    pool, storageKeys: testKeyring.storage, countries: undefined, giveUpAfterMs: 259_200_000,
    log: { warn: () => undefined },
    chargeSms: (id) => chargeContactNotice(pool, defaultPolicy, id),
    sendNotice: async (notice) => {
      const sent = await sendNotice(notice);
      told.push(`${notice.to} ${notice.language ?? ''}`.trim());
      return sent;
    },
    ...changes,
  });
  return { ...report, told: told.sort() };
}

const notices = async () => (await pool.query<{ state: string; fault: string | null; kept: boolean }>(
  'SELECT state, fault, destination_enc IS NOT NULL AS kept FROM contact_notices ORDER BY created_at, id')).rows;
const waitAMinute = () => owner.query(`UPDATE contact_notices SET tried_at = tried_at - interval '61 s'`);

describe('a number that HR changes', () => {
  it('A53 is told, as is the new one, in the employee\'s language, once, and then forgotten', async () => {
    await apply([{ ...anna, preferredLanguage: 'de' }, ben]);
    const { seq } = await auditHead(pool);
    expect(await apply([{ ...anna, preferredLanguage: 'de', mobiles: [other] }, ben]))
      .toMatchObject({ contactsChanged: 1, told: 2, untold: 0 });
    expect(await send()).toEqual({ notified: 2, unnotified: 0, told: ['+12025550123 de', '+12025550177 de'] });
    expect(await send()).toEqual({ notified: 0, unnotified: 0, told: [] });
    expect(await notices()).toEqual([
      { state: 'sent', fault: null, kept: false }, { state: 'sent', fault: null, kept: false }]);
    const id = await employeeId(pool, 'E-1');
    const records = await recordsSince(pool, seq);
    expect(records.map(({ kind }) => kind))
      .toEqual(['directory.imported', 'contact.changed', 'contact.notified', 'contact.notified']);
    expect(records[1]!.facts).toEqual({ employeeId: id, added: 1, removed: 1 });
    expect(records[2]!.facts).toEqual({ employeeId: id, destination: expect.stringMatching(/^[\w-]{43}$/) });
    expect(JSON.stringify(records)).not.toMatch(/2025550/);
  });

  it('is told when it goes without another one, so that two small steps are no way around', async () => {
    await apply([anna]);
    await apply([{ ...anna, mobiles: [] }]);
    expect((await send()).told).toEqual(['+12025550123']);
    await apply([{ ...anna, mobiles: [other] }]);
    expect((await send()).told).toEqual([other]);
  });

  it('A53 is told, and the new one held back, when the change was hidden behind an absence', async () => {
    await apply([anna, ben]);
    await apply([{ ...anna, active: false, mobiles: [other] }, ben]);
    expect((await send()).told).toEqual(['+12025550123']);
    await owner.query(`UPDATE employee_phones SET held_from = held_from - interval '80 h'`);
    await apply([{ ...anna, mobiles: [other] }, ben]);
    expect((await send()).told).toEqual([other]);
    const { rows } = await pool.query<{ held: boolean }>(
      `SELECT held_from > clock_timestamp() - interval '1 min' AS held FROM employee_phones WHERE e164 = $1`, [other]);
    expect(rows).toEqual([{ held: true }]);
  });

  it('is told when a second one joins it', async () => {
    await apply([anna]);
    await apply([{ ...anna, mobiles: ['+12025550123', other] }]);
    expect((await send()).told).toEqual(['+12025550123', other]);
  });

  it('is not told of what is nobody\'s code: a new hire, a leaver, another name, another address', async () => {
    await apply([anna, ben]);
    const report = await apply([
      { ...anna, givenName: 'Ann', addresses: ['ann@acme.example'] }, { ...ben, active: false, mobiles: [] },
      { id: 'E-4', mobiles: [other] }]);
    expect(report).toMatchObject({ contactsChanged: 2, told: 0, untold: 0 });
    expect(await notices()).toEqual([]);
  });

  it('is not told when nothing was applied', async () => {
    await apply([anna]);
    expect(await apply([{ ...anna, mobiles: [other] }], { dryRun: true }))
      .toMatchObject({ outcome: 'dryRun', contactsChanged: 1, told: 2, untold: 0 });
    expect(await notices()).toEqual([]);
  });

  it('is told up to a number of numbers, the former ones first; the others are recorded', async () => {
    const staff = people(8).map((one, i) => ({ ...one, mobiles: [`+1202555010${i}`] }));
    await apply(staff);
    const { seq } = await auditHead(pool);
    const moved = staff.map((one, i) => ({ ...one, mobiles: [`+1202555011${i}`] }));
    expect(await apply(moved, { noticesMax: 5 })).toMatchObject({ contactsChanged: 8, told: 5, untold: 11 });
    expect((await send()).told).toEqual([0, 1, 2, 3, 4].map((i) => `+1202555010${i}`));
    const records = await recordsSince(pool, seq);
    expect(records.filter(({ kind }) => kind === 'contact.changed')).toHaveLength(8);
    expect(records.filter(({ kind }) => kind === 'contact.untold'))
      .toEqual([{ kind: 'contact.untold', facts: { source: 'hr', numbers: 11 } }]);
  });

  it('is told nothing by an import without keys, which says so', async () => {
    await apply([anna]);
    expect(await applyFeed(pool, feedOf([{ ...anna, mobiles: [other] }]))).toMatchObject({ told: 0, untold: 2 });
    expect(await notices()).toEqual([]);
  });

  it('is told once of two changes that come before it was told', async () => {
    await apply([anna]);
    await apply([{ ...anna, mobiles: [other] }]);
    await apply([anna]);
    expect((await send()).told).toEqual(['+12025550123', other]);
  });
});

describe('an address that HR changes, where codes go by e-mail', () => {
  const [former, changed] = ['anna@acme.example', 'anna@evil.example'];
  const mailed = { ...anna, addresses: [former] };
  const byMail = { byMail: true };

  it('A53 is told, as is the new one, and so is the telephone, which nobody has got at', async () => {
    await apply([mailed], byMail);
    expect(await apply([{ ...mailed, addresses: [changed] }], byMail)).toMatchObject({ contactsChanged: 1, told: 3, untold: 0 });
    expect((await send()).told).toEqual(['+12025550123', former, changed]);
    expect((await notices()).map(({ state, kept }) => [state, kept])).toEqual([['sent', false], ['sent', false], ['sent', false]]);
  });

  it('A53 is told when the telephone changes', async () => {
    await apply([mailed], byMail);
    await apply([{ ...mailed, mobiles: [other] }], byMail);
    expect((await send()).told).toEqual(['+12025550123', other, former]);
  });

  it('is told whatever countries are listed, and given up where it cannot be mailed', async () => {
    await apply([{ ...mailed, mobiles: [] }], byMail);
    await apply([{ ...mailed, mobiles: [], addresses: [] }], byMail);
    const noServer: Send = async ({ to }) => ({ outcome: 'undeliverable', code: to.includes('@') ? 'no mail server' : 'asked' });
    expect(await send(noServer, { countries: new Set(['DE']) })).toMatchObject({ notified: 0, unnotified: 1 });
    expect(await notices()).toEqual([{ state: 'failed', fault: 'no mail server', kept: false }]);
  });

  it('is not told of a private address, of a new hire, or of a name', async () => {
    await apply([mailed], byMail);
    const secret = { address: 'anna@home.example', type: 'private' as const, primary: false };
    const emails = [{ address: former, type: 'work' as const, primary: true }, secret];
    await applyFeed(pool, feedOf([{ ...mailed, givenName: 'Ann', emails } as Person, { id: 'E-4', addresses: ['new@acme.example'] }]), {
      notices: { keys: testKeyring, noticesMax: 10, byMail: true } });
    expect(await notices()).toEqual([]);
  });
});

describe('a notice', () => {
  beforeEach(async () => {
    await apply([anna]);
    await apply([{ ...anna, mobiles: [] }]);
  });

  it('waits a minute while the provider is down, and then is sent', async () => {
    const down: Send = () => Promise.reject(new Fault('unavailable', 'twilio', '20503'));
    expect(await send(down)).toEqual({ notified: 0, unnotified: 0, told: [] });
    expect((await send()).told).toEqual([]);
    await waitAMinute();
    expect((await send()).told).toEqual(['+12025550123']);
  });

  it('waits while its key is missing', async () => {
    const gone = { activeId: 'k9', key: (): never => { throw new Error('no such key'); } };
    expect(await send(undefined, { storageKeys: gone })).toMatchObject({ notified: 0, unnotified: 0 });
    expect(await sealedByKey(pool)).toEqual({ [testKeyring.storage.activeId]: 1 });
    await waitAMinute();
    expect((await send()).notified).toBe(1);
    expect(await sealedByKey(pool)).toEqual({});
  });

  it.each<[string, Send, Partial<NoticeDeps>, string]>([
    ['cannot be delivered', async () => ({ outcome: 'undeliverable', code: '21614' }), {}, '21614'],
    ['is refused for good', () => Promise.reject(new Fault('refused', 'twilio', '30007')), {}, '30007'],
    ['would go to a country that is not listed', () => Promise.reject(new Error('asked')), { countries: new Set(['DE']) }, 'unlisted'],
  ])('that %s is given up, and recorded', async (_why, sendNotice, changes, fault) => {
    const { seq } = await auditHead(pool);
    expect(await send(sendNotice, changes)).toMatchObject({ notified: 0, unnotified: 1 });
    expect(await notices()).toEqual([{ state: 'failed', fault, kept: false }]);
    expect(await recordsSince(pool, seq)).toMatchObject([{ kind: 'contact.unnotified', facts: { fault } }]);
  });

  it('is given up when what it warns of is held back no more', async () => {
    await owner.query(`UPDATE contact_notices SET created_at = created_at - interval '73 h'`);
    expect(await send()).toEqual({ notified: 0, unnotified: 1, told: [] });
    expect(await notices()).toEqual([{ state: 'failed', fault: 'abandoned', kept: false }]);
  });
});

describe('the budget of a telephone', () => {
  const spent = { ...defaultPolicy, destinationSendsInAllPerDayMax: 1 };
  const charging = (changes: Partial<NoticeDeps> = {}) =>
    send(undefined, { chargeSms: (id) => chargeContactNotice(pool, spent, id), ...changes });
  const anHourPasses = () => owner.query(`UPDATE contact_notices SET due_at = due_at - interval '61 min'`);
  const aDayPasses = () => owner.query(`UPDATE contact_notices SET charged_at = charged_at - interval '25 h'`);

  it('is spent by notices of its changes: one more waits, holds up no other one, and goes when there is room', async () => {
    await apply([anna, ben]);
    await apply([{ ...anna, mobiles: [] }, ben]);
    expect((await charging()).told).toEqual(['+12025550123']);
    await apply([anna, ben]);
    const warnings: string[] = [];
    const log = { warn: (what: string) => { warnings.push(what); } };
    expect(await charging({ log })).toEqual({ notified: 0, unnotified: 0, told: [] });
    expect(warnings).toEqual([expect.stringContaining('too much today')]);
    // Not asked about again at once, and another one is told meanwhile.
    await apply([anna, { ...ben, mobiles: [other] }]);
    expect((await charging()).told).toContain(other);
    await anHourPasses();
    expect((await charging()).told).toEqual([]);
    await aDayPasses();
    await anHourPasses();
    expect((await charging()).told).toEqual(['+12025550123']);
  });

  it('is charged once, however often a notice is tried, and codes find that much less of it', async () => {
    await apply([anna]);
    await apply([{ ...anna, mobiles: [] }]);
    for (const _ of [1, 2]) {
      await send(async () => { throw new Fault('unavailable', 'twilio', '503'); });
      await waitAMinute();
    }
    const { rows: [row] } = await pool.query<{ count: number }>(
      `SELECT chat.in_all::int AS count FROM chat_sends_to(ARRAY[$1::bytea]) chat`,
      [lookupHash(testKeyring.lookup, 'destination', '+12025550123')]);
    expect(row).toEqual({ count: 1 });
  });

  it('never silences a notice in silence: one that waits for too long is given up in the audit', async () => {
    await apply([anna]);
    await apply([{ ...anna, mobiles: [] }]);
    const { seq } = await auditHead(pool);
    await charging({ chargeSms: async () => false });
    await owner.query(`UPDATE contact_notices SET created_at = created_at - interval '73 h'`);
    expect(await charging()).toMatchObject({ notified: 0, unnotified: 1 });
    expect((await recordsSince(pool, seq)).map(({ kind }) => kind)).toEqual(['contact.unnotified']);
  });
});
