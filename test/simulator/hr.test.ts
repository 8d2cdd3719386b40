// HR on the page's side: what it tells Doorman, in which order, and what becomes of its list when that is refused.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Persona } from '../../src/simulator/demo/personas';
import type { Told } from '../../src/simulator/hr/hr';
import type { HrPerson } from '../../src/simulator/hr/person';
import type { SimulatorOptions } from '../../src/simulator/options';
import type { RunningSimulator, SimulatorParts } from '../../src/simulator/simulator';
import { hrPartner } from '../../src/stack/up/hrPartner';
import { closeSimulations, listenAsDoorman, simulate } from '../support/simulation';
import type { RecordingDoorman } from '../support/simulation';
import { answerApplied, eventOf, hrSecret, json, problem, takeHrEvents } from './hrWebhook';
import type { HrAnswering } from './hrWebhook';

afterEach(closeSimulations);

const maya = '144133';

interface Snapshot {
  readonly hr: HrPerson[] | null;
  readonly people: (Persona & { address: string })[];
  readonly exchanges: { kind: string; status: number | null }[];
}

async function open(
  answer: HrAnswering = answerApplied, changes: Partial<SimulatorOptions> = {}, parts: SimulatorParts = {},
): Promise<{ doorman: RecordingDoorman; simulator: RunningSimulator }> {
  const doorman = await listenAsDoorman(takeHrEvents(answer));
  const hr = { url: `${doorman.url}/webhooks/partners/hr`, secret: hrSecret };
  return { doorman, simulator: await simulate({ webhookUrl: doorman.url, hr, ...changes }, parts) };
}

function post(simulator: RunningSimulator, path: string, body: object = {}): Promise<Response> {
  return fetch(`${simulator.url}/admin/hr/${path}`, {
    method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body),
  });
}

async function told(simulator: RunningSimulator, path: string, body: object = {}): Promise<Told> {
  const answer = await post(simulator, path, body);
  expect(answer.status).toBe(200);
  return await answer.json() as Told;
}

async function seen(simulator: RunningSimulator): Promise<Snapshot> {
  return await (await fetch(`${simulator.url}/admin/state`)).json() as Snapshot;
}

async function staffer(simulator: RunningSimulator, id: string): Promise<HrPerson | undefined> {
  return (await seen(simulator)).hr!.find((person) => person.id === id);
}

describe('HR', () => {
  it('knows the people of the demo, and who of them has left', async () => {
    const { simulator } = await open();
    const { hr } = await seen(simulator);
    expect(hr).toHaveLength(8);
    expect(await staffer(simulator, maya)).toMatchObject({ givenName: 'Maya', employment: 'here', numbers: ['+12025550123'] });
    expect(hr!.filter(({ employment }) => employment === 'left').map(({ id }) => id)).toEqual(['152760']);
  });

  it('hires somebody invented, and tells Doorman the whole person, signed', async () => {
    const { doorman, simulator } = await open();
    const { answer, person } = await told(simulator, 'people');
    expect(answer).toMatchObject({ action: 'hire', isTaken: true, status: 200, sentence: 'Applied.', answerMs: expect.any(Number) });
    const { id, givenName, familyName, email, mobile, language, version } = person!;
    expect(eventOf(doorman.posts[0]!)).toEqual({
      type: 'worker.hired', version,
      worker: { number: id, name: { given: givenName, family: familyName }, contact: { email, mobile }, language, status: 'active' },
    });
    expect(await staffer(simulator, id)).toMatchObject({ employment: 'here', isHired: true, answer });
  });

  it('hires whom it is told to, who can be played on the page from then on', async () => {
    const { doorman, simulator } = await open();
    const lena = { id: '170001', givenName: 'Lena', familyName: 'Weber', email: '', mobile: '+12125550142', language: 'de' };
    await told(simulator, 'people', lena);
    const persona = (await seen(simulator)).people.find(({ employeeId }) => employeeId === '170001')!;
    expect(persona).toMatchObject({
      id: 'hr-170001', name: 'Lena Weber', address: 'whatsapp:+12125550142', mailboxes: [],
      phones: [{ number: '+12125550142', registered: true, label: 'Lena’s phone' }],
      suggestions: [expect.any(String), 'Meine Personalnummer ist 170001'],
    });
    await simulator.write('hr-170001', 'Hallo');
    expect(doorman.posts[1]!.form).toMatchObject({ From: 'whatsapp:+12125550142', ProfileName: 'Lena Weber' });
  });

  it('tells of a leave, an absence and a return what each is, and of a leaver no more than who it is', async () => {
    const { doorman, simulator } = await open();
    const employments: unknown[] = [];
    for (const action of ['absent', 'back', 'absent', 'leave', 'rehire']) {
      employments.push((await told(simulator, `people/${maya}/${action}`)).person!.employment);
    }
    expect(employments).toEqual(['absent', 'here', 'absent', 'left', 'here']);
    const events = doorman.posts.map(eventOf);
    expect(events.map(({ type, worker }) => [type, worker.status])).toEqual([
      ['worker.changed', 'leave'], ['worker.changed', 'active'], ['worker.changed', 'leave'], ['worker.left', undefined],
      ['worker.rehired', 'active'],
    ]);
    expect(events[3]!.worker).toEqual({ number: maya });
    expect(events[4]!.worker).toMatchObject({ name: { given: 'Maya' }, contact: { mobile: '+12025550123' } });
  });

  it('changes a number: the former telephone is still the person’s, but no longer HR’s', async () => {
    const { doorman, simulator } = await open();
    await told(simulator, `people/${maya}/number`, { mobile: '+12125550188' });
    expect(eventOf(doorman.posts[0]!).worker).toMatchObject({ number: maya, contact: { mobile: '+12125550188' } });
    const { people } = await seen(simulator);
    for (const id of ['employee', 'private']) {
      const { phones, about } = people.find((persona) => persona.id === id)!;
      expect(phones.map(({ number, registered }) => [number, registered])).toEqual([
        ['+12025550123', false], ...id === 'private' ? [['+12025550171', false]] : [], ['+12125550188', true]]);
      expect(about).toBe('Employee 144133, whose number HR has changed.');
    }
    await told(simulator, `people/${maya}/number`, { mobile: '+12025550123' });
    expect((await staffer(simulator, maya))!.numbers).toEqual(['+12025550123', '+12125550188']);
  });

  it('gives each event an id of its own and a greater version, also when the clock is set back', async () => {
    const start = Date.now();
    const shifts = [0, 0, -60_000];
    let turn = 0;
    const { doorman, simulator } = await open(answerApplied, {}, { now: () => start + shifts[turn]! });
    for (const action of ['absent', 'back', 'leave']) {
      await told(simulator, `people/${maya}/${action}`);
      turn += 1;
    }
    const versions = doorman.posts.map((event) => eventOf(event).version);
    expect(versions).toHaveLength(3);
    expect(versions).toEqual([...new Set(versions)].sort((a, b) => a - b));
    expect(new Set(doorman.posts.map(({ headers }) => headers['x-hr-event'])).size).toBe(3);
  });

  it('tells one thing after the other, however fast somebody clicks', async () => {
    const { doorman, simulator } = await open();
    const answers = await Promise.all(['leave', 'rehire', 'leave'].map((action) => told(simulator, `people/${maya}/${action}`)));
    expect(answers.map(({ person }) => person!.employment)).toEqual(['left', 'here', 'left']);
    expect(doorman.posts.map((event) => eventOf(event).type)).toEqual(['worker.left', 'worker.rehired', 'worker.left']);
  });
});

describe('what Doorman does not take', () => {
  it.each([
    [401, 'not-authentic', 'The request is not signed by this partner.', {}],
    [422, 'event-unreadable', 'A field of the event cannot be read; nothing of it was taken.', { field: 'mobile' }],
    [503, 'unavailable', 'The request cannot be taken at the moment. Try again later.', {}],
  ])('is shown with its reason (%i), and HR’s list stays as it was', async (status, name, detail, members) => {
    const { simulator } = await open((_event, res) => problem(res, status, name, detail, members));
    const { answer, person } = await told(simulator, `people/${maya}/leave`);
    expect(answer).toMatchObject({ isTaken: false, status, sentence: expect.stringContaining(detail) });
    if ('field' in members) expect(answer.sentence).toContain('mobile');
    expect(person).toMatchObject({ id: maya, employment: 'here', answer });
    const hired = await told(simulator, 'people');
    expect(hired).toEqual({ answer: expect.objectContaining({ isTaken: false, status }) });
    expect((await seen(simulator)).hr).toHaveLength(8);
  });

  it('is what has no effect there, too', async () => {
    const { simulator } = await open((_event, res) => json(res, 200, { outcome: 'tombstoned', without: [] }));
    const { answer, person } = await told(simulator, `people/${maya}/absent`);
    expect(answer).toMatchObject({ isTaken: false, status: 200, sentence: expect.stringContaining('has left') });
    expect(person!.employment).toBe('here');
  });

  it('is no leave of whom Doorman does not know: they are out', async () => {
    const { simulator } = await open((_event, res) => json(res, 200, { outcome: 'unknown' }));
    const { answer, person } = await told(simulator, `people/${maya}/leave`);
    expect(answer).toMatchObject({ isTaken: true, status: 200, sentence: expect.stringContaining('nobody has this key') });
    expect(person!.employment).toBe('left');
  });

  it('is what gets no answer', async () => {
    const { simulator } = await open(answerApplied, { hr: { url: 'http://127.0.0.1:1/webhooks/partners/hr', secret: hrSecret } });
    expect((await told(simulator, `people/${maya}/leave`)).answer).toMatchObject({
      isTaken: false, status: null, sentence: 'No answer: nothing listens there.',
    });
  });

  it('is what is signed wrongly, by the switch for that', async () => {
    const { simulator } = await open();
    simulator.faults.set({ webhookBadSignature: true });
    expect((await told(simulator, `people/${maya}/leave`)).answer).toMatchObject({ isTaken: false, status: 401 });
    expect((await seen(simulator)).exchanges).toMatchObject([{ kind: 'hr', status: 401 }]);
  });

  it('names a contact that was left out, of somebody who was taken', async () => {
    const { simulator } = await open((_event, res) => json(res, 200, { outcome: 'applied', without: ['mobile'] }));
    const { answer } = await told(simulator, 'people');
    expect(answer).toMatchObject({ isTaken: true, sentence: 'Applied. Left out, because it cannot be used: mobile.' });
  });
});

describe('HR itself', () => {
  it.each([
    [404, 'people/999999/leave', {}],
    [409, `people/${maya}/rehire`, {}],
    [409, 'people/152760/leave', {}],
    [409, 'people', { id: maya }],
    [400, 'people', { mobile: '0171 39200' }],
    [400, 'people', { unknown: true }],
    [400, `people/${maya}/number`, { mobile: '' }],
    [400, `people/${maya}/promote`, {}],
  ])('answers %i to %s when that makes no sense, and Doorman hears nothing', async (status, path, body) => {
    const { doorman, simulator } = await open();
    const answer = await post(simulator, path, body);
    expect(answer.status).toBe(status);
    await expect(answer.json()).resolves.toEqual({ problem: expect.any(String) });
    expect(doorman.posts).toEqual([]);
  });

  it('is not there where it shares no secret with Doorman', async () => {
    const simulator = await simulate();
    expect((await post(simulator, 'people')).status).toBe(404);
    expect((await seen(simulator)).hr).toBeNull();
  });

  it('keeps its people over a restart, and when the page starts over', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'simulator-hr-'));
    const statePath = join(folder, 'state.jsonl');
    const { simulator: first, doorman } = await open(answerApplied, { statePath });
    const { person } = await told(first, 'people');
    await told(first, `people/${maya}/leave`);
    await fetch(`${first.url}/admin/reset`, { method: 'POST' });
    const before = (await seen(first)).hr;
    await first.close();
    const { simulator: second } = await open(answerApplied, { statePath });
    expect((await seen(second)).hr).toEqual(before);
    await told(second, `people/${person!.id}/leave`);
    expect((await staffer(second, person!.id))!.version).toBeGreaterThan(eventOf(doorman.posts[1]!).version);
    rmSync(folder, { recursive: true });
  });

  it('is configured in the local stack just as its events are', async () => {
    const { doorman, simulator } = await open();
    for (const path of ['people', `people/${maya}/absent`, `people/${maya}/leave`, `people/${maya}/rehire`]) await told(simulator, path);
    const { partners: [partner] } = JSON.parse(hrPartner(hrSecret)) as { partners: [Record<string, unknown>] };
    const pointers = (JSON.stringify(partner!.mapping).match(/"\/[^"]+"/g) ?? []).map((quoted) => quoted.slice(1, -1));
    expect(pointers.length).toBeGreaterThan(8);
    for (const pointer of pointers) {
      const value = pointer.split('/').slice(1).reduce<unknown>(
        (place, name) => (place as Record<string, unknown>)[name], eventOf(doorman.posts[0]!)); // cast: it throws where it is none
      expect([pointer, typeof value]).toEqual([pointer, pointer === '/version' ? 'number' : 'string']);
    }
    const { kind } = partner!.mapping as { kind: { values: object } };
    expect(Object.keys(kind.values).sort()).toEqual([...new Set(doorman.posts.map((event) => eventOf(event).type))].sort());
    const { headers } = doorman.posts[0]!;
    const { header, idHeader, timestampHeader } = partner!.signature as Record<string, string>;
    for (const name of [header, idHeader, timestampHeader]) expect(headers[name!]).toEqual(expect.any(String));
  });
});
