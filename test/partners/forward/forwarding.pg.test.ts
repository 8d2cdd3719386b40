// Events that are to be forwarded: stored and sealed before they are acknowledged, told of at once or by the sweep, settled
// once.
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { createPartnerActivities } from '../../../activities/partner';
import type { PartnerActivities } from '../../../activities/partner';
import { Fault } from '../../../src/domain/faults';
import { openWaiting } from '../../../src/partners/events';
import type { Forwarded } from '../../../src/partners/events';
import { resumeParked } from '../../../src/partners/forwarding';
import { DyingProcess } from '../../support/dyingProcess';
import { testKeyring } from '../../support/world';
import { forwardPartner, signed } from '../partnerRequests';
import type { SignedRequest } from '../partnerRequests';
import { createPartnerWorld, start } from '../partnerWorld';
import type { PartnerWorld } from '../partnerWorld';

let world: PartnerWorld;
let alerts: string[];
let sent: Forwarded[];
let send: (event: Forwarded) => Promise<void>;
// Quiet: a process that dies would be logged each time.
const environment = new MockActivityEnvironment({}, { logger: new DefaultLogger('ERROR') });

beforeAll(async () => {
  const headers = { headers: ['X-Kind'] };
  world = await createPartnerWorld(
    forwardPartner('std', 'standard', 'http://127.0.0.1:1/in', {}, headers),
    forwardPartner('plain', 'plain', 'http://127.0.0.1:1/in', {}, headers),
    forwardPartner('whole', 'timed', 'http://127.0.0.1:1/in', { mapping: {} }));
});
afterAll(() => world.stop());
beforeEach(async () => {
  await world.reset();
  [alerts, sent, send] = [[], [], async () => undefined];
});

const bodyOf = (id: string, who: unknown = 'W-1') => JSON.stringify({ id, who, canary: 'canary-words' });
const plain = (id: string, who: unknown = 'W-1') => signed('plain', 'plain', bodyOf(id, who));

function activities(process = new DyingProcess()): PartnerActivities {
  const target = { async send(event: Forwarded) { sent.push(event); await send(event); } };
  return createPartnerActivities({
    pool: process.pool(world.pool), storageKeys: testKeyring.storage, targets: new Map([['plain', target], ['std', target]]),
    alert: (what) => { alerts.push(what); },
  });
}
const run = <T>(act: (all: PartnerActivities) => Promise<T>, process?: DyingProcess): Promise<T> =>
  environment.run(() => act(activities(process)));
const ids = async () => (await world.pool.query<{ id: string }>('SELECT id FROM partner_events ORDER BY arrival')).rows.map(({ id }) => id);
const dueNow = () => world.owner.query('UPDATE partner_events SET tell_at = clock_timestamp() WHERE tell_at IS NOT NULL');

test('an event is stored, sealed, and its subject told of by a hash before long', async () => {
  expect(await world.receive(plain('e-1'))).toEqual({ outcome: 'stored' });
  await world.forwarding.drain();
  expect(world.told).toEqual([expect.stringMatching(/^plain [0-9a-f]{64}$/)]);
  const { rows: [row] } = await world.owner.query<{ row: string; sealed: Buffer }>('SELECT e::text AS row, body_enc AS sealed FROM partner_events e');
  expect(row!.row + row!.sealed.toString('latin1')).not.toMatch(/canary|W-1|e-1/);
  expect(await world.events()).toEqual([expect.objectContaining({ state: 'waiting', wiped: false, told: false })]);
});

test('an event that comes again is stored once, be it by the id that its header or its body gives', async () => {
  const std = (id: string, body: string) => signed('std', 'standard', body, { id, at: start });
  expect(await world.outcome(std('h-1', bodyOf('b-1')))).toBe('stored');
  expect(await world.outcome(std('h-1', bodyOf('b-2')))).toBe('duplicate');
  expect(await world.outcome(std('h-2', bodyOf('b-1')))).toBe('stored');
  expect([await world.outcome(plain('e-1')), await world.outcome(plain('e-1', 'W-2'))]).toEqual(['stored', 'duplicate']);
  const opened = await Promise.all((await ids()).map((id) => openWaiting(world.pool, testKeyring.storage, id)));
  expect(opened.map((event) => event!.eventId)).toEqual(['h-1', 'h-2', 'e-1']);
});

test('of the headers those are kept that are named, and what kind of body it is', async () => {
  const { headers, ...request } = plain('e-1');
  const more: SignedRequest['headers'] = [
    ['Content-Type', 'application/hr+json'], ['X-Kind', 'hire'], ['Authorization', 'Bearer inbound'], ['Cookie', 'a=b'],
    ['Connection', 'X-Drop'], ['X-Drop', '1'], ['Transfer-Encoding', 'chunked'], ['X-Forwarded-For', '10.0.0.1']];
  await world.receive({ ...request, headers: [...headers, ...more] });
  const [id] = await ids();
  expect(await openWaiting(world.pool, testKeyring.storage, id!)).toEqual({
    partner: 'plain', eventId: 'e-1', headers: { 'content-type': 'application/hr+json', 'x-kind': 'hire' }, body: request.body });
});

test('without a subject all events of a partner are in one order', async () => {
  for (const n of [1, 2]) await world.receive(signed('whole', 'timed', `{"n":${n}}`, { at: start }));
  await world.forwarding.drain();
  expect(new Set(world.told).size).toBe(1);
});

test.each([[null], [{}], [''], ['a\nb']])('an event of nobody (%j) cannot be read', async (who) => {
  expect(await world.receive(plain('e-1', who))).toEqual({ outcome: 'unreadable', field: 'subject' });
});

test('what could not be told of is told by the sweep, once a subject, and again only after an hour', async () => {
  world.tell = async () => { throw new Error('Temporal is down'); };
  for (const [id, who] of [['e-1', 'W-1'], ['e-2', 'W-2'], ['e-3', 'W-1']]) await world.receive(plain(id!, who));
  await world.forwarding.drain();
  await world.forwarding.sweep();
  await dueNow();
  await world.forwarding.sweep();
  expect(world.told).toEqual([]);
  world.tell = async () => undefined;
  await world.forwarding.sweep();
  await world.forwarding.sweep();
  expect([world.told.length, new Set(world.told).size]).toEqual([2, 2]);
  const { rows: [row] } = await world.owner.query<{ far: boolean }>(
    `SELECT bool_and(tell_at > clock_timestamp() + interval '50 min') AS far FROM partner_events`);
  expect(row!.far).toBe(true);
});

test('the next event of a subject is the one that came first of those that wait', async () => {
  for (const id of ['e-1', 'e-2', 'e-3']) await world.receive(plain(id));
  await world.receive(plain('e-4', 'W-2'));
  await world.forwarding.drain();
  const [partner, subject] = world.told[0]!.split(' ') as [string, string];
  const expected = (await ids()).slice(0, 3);
  for (const id of expected) {
    expect(await run(({ nextPartnerEvent }) => nextPartnerEvent({ partner, subject }))).toBe(id);
    expect(await run(({ forwardPartnerEvent }) => forwardPartnerEvent({ eventId: id }))).toBe('forwarded');
  }
  expect(await run(({ nextPartnerEvent }) => nextPartnerEvent({ partner, subject }))).toBeNull();
  expect(sent.map(({ eventId }) => eventId)).toEqual(['e-1', 'e-2', 'e-3']);
  expect(await world.records('partner.forwarded')).toEqual(expected.map((eventId) => ({ partner: 'plain', eventId })));
});

test('a forwarded event is wiped, and forwarded no more', async () => {
  await world.receive(plain('e-1'));
  const [eventId] = await ids();
  const forward = () => run(({ forwardPartnerEvent }) => forwardPartnerEvent({ eventId: eventId! }));
  expect([await forward(), await forward()]).toEqual(['forwarded', 'settled']);
  expect(sent).toHaveLength(1);
  expect(await world.events()).toEqual([expect.objectContaining({ state: 'forwarded', wiped: true, told: true })]);
  expect(await world.outcome(plain('e-1'))).toBe('duplicate');
});

test('a worker that dies at any step forwards at least once, under one key, and settles once', async () => {
  for (let step = 1, isDone = false; !isDone; step += 1) {
    await world.reset();
    sent = [];
    await world.receive(plain('e-1'));
    const [eventId] = await ids();
    const forward = (process?: DyingProcess) => run(({ forwardPartnerEvent }) => forwardPartnerEvent({ eventId: eventId! }), process);
    isDone = await forward(new DyingProcess(step)).then(() => true, () => false);
    await forward();
    expect([...new Set(sent.map(({ eventId: key }) => key))]).toEqual(['e-1']);
    expect(await world.events()).toEqual([expect.objectContaining({ state: 'forwarded' })]);
    expect(await world.records('partner.forwarded')).toHaveLength(1);
  }
});

test('a target that fails leaves the event as it was', async () => {
  await world.receive(plain('e-1'));
  const [eventId] = await ids();
  send = async () => { throw new Fault('unavailable', 'partnerTarget', 'http 500'); };
  await expect(run(({ forwardPartnerEvent }) => forwardPartnerEvent({ eventId: eventId! }))).rejects.toThrow('http 500');
  expect(await world.events()).toEqual([expect.objectContaining({ state: 'waiting', wiped: false })]);
});

test('an event of a partner that is not configured any more waits for whoever configures it', async () => {
  await world.receive(signed('whole', 'timed', '{}', { at: start }));
  const [eventId] = await ids();
  await expect(run(({ forwardPartnerEvent }) => forwardPartnerEvent({ eventId: eventId! }))).rejects.toMatchObject({ kind: 'misconfigured' });
});

test('a parked event is told once to who is on duty, and waits again when an operator says so', async () => {
  await world.receive(plain('e-1'));
  const [eventId] = await ids();
  const park = () => run(({ parkPartnerEvent }) => parkPartnerEvent({ eventId: eventId!, fault: 'refused' }));
  expect([await park(), await park()]).toEqual(['parked', 'settled']);
  expect(alerts).toEqual(['partnerParked']);
  expect(await world.records('partner.parked')).toEqual([{ partner: 'plain', eventId, fault: 'refused' }]);
  expect(await world.events()).toEqual([expect.objectContaining({ state: 'failed', fault: 'refused', wiped: false, told: true })]);
  expect([await resumeParked(world.pool, 'std', 'eve'), await resumeParked(world.pool, 'plain', 'eve')]).toEqual([0, 1]);
  expect(await world.records('partner.resumed')).toEqual([{ partner: 'plain', events: 1, operator: 'eve' }]);
  await world.forwarding.drain();
  world.told.length = 0;
  await world.forwarding.sweep();
  expect(world.told).toHaveLength(1);
  expect(await run(({ forwardPartnerEvent }) => forwardPartnerEvent({ eventId: eventId! }))).toBe('forwarded');
});
