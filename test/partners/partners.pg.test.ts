// What a genuine event does to the directory: once, in any order, of the partner's own people, all of it or nothing.
import { verifyAudit } from '../../src/audit/verifyAudit';
import { createPool } from '../../src/db/pool';
import { createWiredPartners } from '../../src/wiring/partners';
import { employeeId, enter } from '../directory/people';
import { DyingProcess } from '../support/dyingProcess';
import { testKeyring } from '../support/world';
import { directoryPartner, headersOf, keyOf, partnersOf, personEvent, secretOf, signed } from './partnerRequests';
import type { SignedRequest } from './partnerRequests';
import { createPartnerWorld, start } from './partnerWorld';
import type { PartnerWorld } from './partnerWorld';

const settings = [
  directoryPartner('plain', 'plain', { secretNext: secretOf('next') }), directoryPartner('standard', 'standard'),
  directoryPartner('sha1', 'sha1'),
];
let world: PartnerWorld;

beforeAll(async () => { world = await createPartnerWorld(...settings); });
afterAll(() => world.stop());
beforeEach(() => world.reset());
afterEach(async () => {
  await world.partners.drain();
  expect(await verifyAudit(world.pool)).toMatchObject({ outcome: 'intact' });
});

const plain = (type: string, version: number, changes: object = {}) => signed('plain', 'plain', personEvent(type, version, changes));
const standard = (type: string, version: number, id: string, at = world.now) =>
  signed('standard', 'standard', personEvent(type, version), { id, at });
const isActive = async () => (await world.directory() as { active: boolean }[]).map(({ active }) => active);

test('a hire is in the directory when it is answered, and a leave is out of it', async () => {
  expect(await world.receive(plain('hired', 1))).toEqual({ outcome: 'applied', without: [] });
  expect(await world.directory()).toEqual([{
    source: 'partner:plain', key: 'W-1', number: 'E1001', given: 'Anna', active: true, absent: false, language: 'en',
    phones: ['+442079460018'], emails: ['anna@acme.example'] }]);
  const { sessionId } = await enter(world.pool, await employeeId(world.pool, 'E1001'), 'session') as { sessionId: string };
  expect(await world.outcome(plain('left', 2))).toBe('applied');
  expect(await isActive()).toEqual([false]);
  const { rows: [session] } = await world.pool.query('SELECT end_reason AS reason FROM sessions WHERE id = $1', [sessionId]);
  expect(session).toEqual({ reason: 'left' });
});

test('R45 a leave of whom nobody knows is told to the partner and the operator, and holds against a late hire', async () => {
  expect(await world.receive(plain('left', 5))).toEqual({ outcome: 'unknown', without: [] });
  expect(await world.events()).toEqual([expect.objectContaining({ partner: 'plain', state: 'unknown' })]);
  expect(world.counted).toEqual(['plain unknown']);
  expect(await world.records('partner.unknown')).toEqual([{ partner: 'plain', eventId: expect.any(String) }]);
  expect(await world.outcome(plain('left', 5))).toBe('duplicate');
  for (const [type, version] of [['hired', 4], ['updated', 6]] as const) {
    expect([await world.outcome(plain(type, version)), await isActive()]).toEqual(['tombstoned', [false]]);
  }
  expect([await world.outcome(plain('rehired', 7)), await isActive()]).toEqual(['applied', [true]]);
});

test('a number of two people is told of by the event that makes it one', async () => {
  await world.receive(plain('hired', 1));
  expect(world.shared).toEqual([]);
  const second = personEvent('hired', 1, { key: 'W-2', number: 'E1002', mail: 'bea@acme.example' });
  expect(await world.receive(signed('plain', 'plain', second))).toEqual({ outcome: 'applied', without: [] });
  expect(world.shared).toEqual(['partner:plain mobile']);
});

test('A56 whatever the order of hire, change, leave, rehire and a repetition, the end is the same', async () => {
  const events = [
    plain('hired', 1), plain('updated', 2, { given: 'Bea' }), plain('left', 3), plain('rehired', 4, { given: 'Cleo' }),
    plain('updated', 2, { given: 'Bea' })];
  const ends = new Set<string>();
  for (const order of permutationsOf(events)) {
    await world.owner.query('DELETE FROM partner_events; DELETE FROM directory_subjects; DELETE FROM employees');
    for (const event of order) await world.receive(event);
    ends.add(JSON.stringify(await world.directory()));
  }
  expect([...ends].map((end) => JSON.parse(end) as unknown)).toEqual([[expect.objectContaining({ given: 'Cleo', active: true })]]);
});

test('A56 a leaver comes back by a later rehire, and by nothing else in any order', async () => {
  const events = [plain('hired', 1), plain('left', 3), plain('updated', 4, { given: 'Bea' }), plain('hired', 5), plain('rehired', 2)];
  const ends = new Set<string>();
  for (const order of permutationsOf(events)) {
    await world.owner.query('DELETE FROM partner_events; DELETE FROM directory_subjects; DELETE FROM employees');
    for (const event of order) await world.receive(event);
    ends.add(JSON.stringify(await isActive()));
  }
  expect([...ends]).toEqual(['[false]']);
});

test('A68 an event that comes again after a second, six minutes or three days has one effect', async () => {
  const sent = standard('hired', 1, 'event-1');
  expect(await world.outcome(sent)).toBe('applied');
  for (const [seconds, copied] of [[1, 'duplicate'], [360, 'refused'], [3 * 86_400, 'refused']] as const) {
    world.now = new Date(start.getTime() + seconds * 1_000);
    expect(await world.outcome(sent)).toBe(copied);
    // As the partner sends it again: signed anew, under its id.
    expect(await world.outcome(standard('hired', 1, 'event-1'))).toBe('duplicate');
  }
  // Forgotten after a week, it is told by its version.
  world.now = new Date(start.getTime() + 8 * 86_400_000);
  expect(await world.outcome(standard('hired', 1, 'event-1'))).toBe('stale');
  expect(await world.records('employee.changed')).toHaveLength(1);
});

test('A68 an old signed body that comes after a change has no effect, be it after a day or after a year', async () => {
  const old = plain('hired', 1, { phones: [{ value: '+44 20 7946 0999' }] });
  await world.receive(old);
  await world.receive(plain('updated', 2));
  const after = await world.directory();
  for (const [days, outcome] of [[1, 'duplicate'], [29, 'duplicate'], [31, 'stale'], [32, 'duplicate'], [400, 'stale']] as const) {
    world.now = new Date(start.getTime() + days * 86_400_000);
    expect([days, await world.outcome(old)]).toEqual([days, outcome]);
  }
  expect(await world.directory()).toEqual(after);
});

test('A65 a partner cannot speak for another one, nor touch its people', async () => {
  await world.receive(plain('hired', 1));
  expect(await world.outcome({ ...plain('left', 2), partner: 'sha1' })).toBe('refused');
  expect(await world.outcome(signed('sha1', 'sha1', personEvent('left', 2)))).toBe('unknown');
  expect(await world.directory()).toEqual([expect.objectContaining({ source: 'partner:plain', active: true })]);
});

test('requests that are signed with either key of a rotation are taken', async () => {
  const next = signed('plain', 'plain', personEvent('updated', 2, { given: 'Bea' }), { key: keyOf('next') });
  expect([await world.outcome(plain('hired', 1)), await world.outcome(next)]).toEqual(['applied', 'applied']);
});

test('A65 SHA-1 is counted while it is taken, warned of at the start, and over after its day', async () => {
  const request = signed('sha1', 'sha1', personEvent('hired', 1));
  expect(await world.outcome(request)).toBe('applied');
  expect(world.counted).toEqual(['sha1 sha1', 'sha1 applied']);
  const fresh = await createPartnerWorld(...settings);
  expect(fresh.lines.map((line) => (JSON.parse(line) as { event: string; source: string }))).toEqual(
    [expect.objectContaining({ event: 'a partner signs by a legacy algorithm', source: 'sha1' })]);
  await fresh.stop();
  world.now = new Date('2027-01-01T00:00:00Z');
  expect(await world.receive(request)).toEqual({ outcome: 'refused', reason: 'legacy' });
});

test('an event of the same moment, told a dozen times at once, has one effect', async () => {
  const outcomes = await Promise.all(Array.from({ length: 12 }, () => world.outcome(plain('hired', 1))));
  expect(outcomes.sort()).toEqual(['applied', ...Array<string>(11).fill('duplicate')]);
  expect(await world.records('employee.changed')).toHaveLength(1);
});

test('what cannot be read is noted once, by field, and is taken when it comes again as it should be', async () => {
  const bad = signed('standard', 'standard', personEvent('hired', 1, { number: 'canary@canary' }), { id: 'e-1', at: start });
  for (let time = 0; time < 3; time += 1) {
    expect(await world.receive(bad)).toEqual({ outcome: 'unreadable', field: 'employeeNumber' });
  }
  expect(await world.events()).toEqual([expect.objectContaining({ state: 'unreadable', fields: ['employeeNumber'] })]);
  expect(await world.records('partner.unreadable')).toEqual(
    [{ partner: 'standard', eventId: expect.any(String), field: 'employeeNumber' }]);
  expect(await world.outcome(standard('hired', 1, 'e-1'))).toBe('applied');
  expect(await world.outcome(bad)).toBe('unreadable');
  expect(await world.events()).toEqual([expect.objectContaining({ state: 'applied' })]);
  const { rows } = await world.owner.query<{ all: string }>(
    `SELECT concat((SELECT jsonb_agg(a) FROM audit a), (SELECT jsonb_agg(e) FROM partner_events e)) AS all`);
  expect(rows[0]!.all + world.lines.join()).not.toContain('canary');
});

test('a contact that cannot be used does not keep a person out, and stands beside the event', async () => {
  expect(await world.receive(plain('hired', 1, { phones: [{ value: '12' }] }))).toEqual({ outcome: 'applied', without: ['mobile'] });
  expect(await world.directory()).toEqual([expect.objectContaining({ active: true, phones: null, emails: ['anna@acme.example'] })]);
  expect(await world.events()).toEqual([expect.objectContaining({ state: 'applied', fields: ['mobile'], wiped: true })]);
});

test('kinds of no interest have no effect, and are known when they come again', async () => {
  const event = signed('plain', 'plain', '{"type":"payroll"}');
  expect([await world.outcome(event), await world.outcome(event)]).toEqual(['ignored', 'duplicate']);
  expect(await world.directory()).toEqual([]);
});

test('A66 a genuine body that can be read in two ways is refused', async () => {
  const twice = personEvent('hired', 1).replace('"type":"hired"', '"type":"left","type":"hired"');
  for (const body of [twice, `\ufeff${personEvent('hired', 1)}`, '{', '']) {
    expect(await world.outcome(signed('plain', 'plain', body))).toBe('malformed');
  }
  expect(await world.events()).toEqual([]);
});

test('A64 refused requests are one record a partner and minute, with their number', async () => {
  const forged = signed('plain', 'plain', personEvent('hired', 1), { key: keyOf('forger') });
  for (let time = 0; time < 50; time += 1) await world.receive(forged);
  await world.receive({ ...forged, partner: 'nobody' });
  await world.receive({ ...forged, partner: '__proto__' });
  await world.partners.drain();
  expect(await world.records('partner.refused')).toEqual([{ partner: 'plain', count: 50 }, { partner: 'unknown', count: 2 }]);
  expect(world.counted.slice(-2)).toEqual(['unknown refused', 'unknown refused']);
});

test('a process that dies at any statement leaves the whole effect or none, and the event can come again', async () => {
  for (let step = 1, isDone = false; !isDone; step += 1) {
    await world.reset();
    const process = new DyingProcess(step);
    const { partners } = createWiredPartners({
      pool: process.pool(world.pool), log: { warn: () => undefined }, keys: testKeyring, partners: partnersOf(...settings),
      countries: undefined, notices: { keys: testKeyring, noticesMax: 1 }, tellShared: () => undefined, now: () => start, count: () => undefined, signal: async () => undefined,
    });
    const event: SignedRequest = plain('hired', 1);
    isDone = await partners.receive({ ...event, headers: headersOf(event) }).then(() => true, () => false);
    const [people, events] = [await world.directory(), await world.events()];
    expect(people).toHaveLength(events.length);
    expect(await world.outcome(event)).toBe(people.length === 0 ? 'applied' : 'duplicate');
    expect(await world.directory()).toHaveLength(1);
    expect(await world.records('employee.changed')).toHaveLength(1);
  }
});

test('without the database nothing is acknowledged', async () => {
  const away = createPool('postgres://doorman@127.0.0.1:1/none', { max: 1 });
  const { partners } = createWiredPartners({
    pool: away, log: { warn: () => undefined }, keys: testKeyring, partners: partnersOf(...settings), countries: undefined,
    notices: { keys: testKeyring, noticesMax: 1 }, tellShared: () => undefined, now: () => start, count: () => undefined, signal: async () => undefined,
  });
  const event = plain('hired', 1);
  await expect(partners.receive({ ...event, headers: headersOf(event) })).rejects.toThrow();
  await away.end();
});

test('what is over is forgotten, a thousand rows and more', async () => {
  await world.receive(plain('hired', 1));
  await world.owner.query(
    `INSERT INTO partner_events (id, partner, event_key, state, received_at, keep_until)
     SELECT gen_random_uuid(), 'plain', int8send(n), 'stale', $1, $1 FROM generate_series(1, 2500) AS n`, [start]);
  await world.forwarding.sweep();
  expect(await world.events()).toHaveLength(1);
});

function permutationsOf<T>(items: readonly T[]): T[][] {
  if (items.length === 0) return [[]];
  return items.flatMap((item, place) => permutationsOf(items.filter((_, other) => other !== place)).map((rest) => [item, ...rest]));
}
