// A verified employee's own token of a service: it goes to the assistant with the message, and nowhere else.
import { randomUUID } from 'node:crypto';
import { failureOf } from '../../activities/failures';
import { findHolder } from '../../src/directory/accounts/holders';
import { Fault, speakerRefused } from '../../src/domain/faults';
import type { ActAsProvider } from '../../src/services/actAsProvider';
import { createOnBehalf } from '../../src/services/onBehalf';
import type { OnBehalf } from '../../src/services/onBehalf';
import { createTwoEndpoints, twoEndpoints } from '../../src/services/twoEndpoints';
import { leaks } from '../ports/leaks';
import { startConversations } from '../support/conversations';
import type { ConversationWorld } from '../support/conversations';
import { anna } from '../support/world';
import { FakeShop, patientMs } from './fakeShop';

const token = 'bearer-canary-of-more-than-32-characters';
let service: FakeShop;
let world: ConversationWorld;
let onBehalf: OnBehalf;
let provider: ActAsProvider;
let accounts: string[];
/** What happens while the service is asked for a token. */
let meanwhile: () => Promise<void>;
let now = Date.now();

beforeAll(async () => {
  service = await new FakeShop(async ({ path, body }) => {
    const { email } = JSON.parse(body) as { email: string };
    if (path === '/users/exists') return { status: 200, body: { exists: accounts.includes(email) } };
    await meanwhile();
    return { status: 200, body: { token: `${service.tokenOf(email)}-canary`, token_type: 'Bearer', expires_in: 600 } };
  }).start();
  provider = createTwoEndpoints(twoEndpoints.parse({
    name: 'shop', kind: 'twoEndpoints', base: service.url, auth: { kind: 'bearer', token }, timeoutMs: patientMs,
    allowInsecure: true,
  }), { assert: () => Promise.reject(new Error('needs no assertion')), now: () => now });
  world = await startConversations('skipping', {
    ports(pool) {
      onBehalf = createOnBehalf({
        provider,
        async findHolder(employeeId) {
          const found = await findHolder(pool, employeeId, 0);
          return found === undefined ? undefined : { ...found, workEmail: found.workEmail ?? undefined };
        },
      });
      return { onBehalf };
    },
  });
});

afterAll(async () => {
  await world.stop();
  await service.close();
});

beforeEach(async () => {
  await world.reset();
  accounts = ['anna@acme.example'];
  meanwhile = () => Promise.resolve();
  service.mood = 'well';
  service.asked.length = 0;
  world.assistant.answerTo = ({ text }) => ({ replies: [{ text: `echo: ${text}` }], endTurn: true });
  // What was kept for the test before is too old.
  now += 3_600_000;
});

const given = () => world.assistant.turns.all.map(({ authorization }) => authorization);
const refuses = (times: number, fault = new Fault('refused', 'assistant', speakerRefused)) => {
  let left = times;
  world.assistant.answerTo = ({ text }) => {
    if ((left -= 1) >= 0) throw fault;
    return { replies: [{ text: `echo: ${text}` }], endTurn: true };
  };
};

test('the assistant is asked in the speaker\'s own name', async () => {
  await world.verify();
  await world.write(anna, 'where is my order?');
  await world.said('echo: where is my order?');
  await world.write(anna, 'and now?');
  await world.said('echo: and now?');
  expect(given()).toEqual([expect.stringMatching(/^Bearer token-\d+-canary$/), given()[0]]);
  expect(service.asked.map(({ path }) => path)).toEqual(['/users/exists', '/tokens']);
});

test('whoever has no account there is spoken for by the statement alone', async () => {
  accounts = [];
  await world.verify();
  await world.write(anna, 'where is my order?');
  await world.said('echo: where is my order?');
  expect(given()).toEqual([undefined]);
});

test('a service that is down is asked again, and the person told once that there is no answer', async () => {
  await world.verify();
  service.mood = 'down';
  await world.write(anna, 'where is my order?');
  await world.skip('6 minutes');
  await world.reply('assistantUnavailable');
  expect(given()).toEqual([]);
  expect(service.asked.length).toBeGreaterThan(1);
  service.mood = 'well';
  await world.write(anna, 'and now?');
  await world.said('echo: and now?');
});

test('whoever leaves while their token is waited for is not spoken for', async () => {
  await world.verify();
  meanwhile = () => world.leave('144133');
  await world.write(anna, 'where is my order?');
  await world.reply('sessionEndedOther');
  expect(given()).toEqual([]);
});

test('a token that is not taken is replaced once', async () => {
  await world.verify();
  refuses(1);
  await world.write(anna, 'where is my order?');
  await world.said('echo: where is my order?');
  expect(new Set(given()).size).toBe(2);
});

test('a backend that takes no token is asked twice, and no more', async () => {
  await world.verify();
  refuses(Infinity);
  await world.write(anna, 'where is my order?');
  await world.reply('assistantUnavailable');
  expect(new Set(given()).size).toBe(2);
  expect(given()).toHaveLength(2);
});

test('a backend that does not let Doorman in leaves the speaker their token: it is asked again with the same one', async () => {
  await world.verify();
  refuses(1, new Fault('misconfigured', 'assistant', 'http 401'));
  await world.write(anna, 'where is my order?');
  await world.skip('2 seconds');
  await world.said('echo: where is my order?');
  expect(given()).toHaveLength(2);
  expect(new Set(given()).size).toBe(1);
});

test('a service that wants to be asked less says how long to wait, and the fault says it on', async () => {
  service.mood = 'throttling';
  const speaking = { employeeId: randomUUID(), sessionId: randomUUID(), method: 'sms', assurance: 'standard', verifiedAt: new Date() } as const;
  const holder = { employeeId: speaking.employeeId, employeeNumber: '144133', workEmail: 'anna@acme.example', returnedAt: null };
  const inTheirName = createOnBehalf({ provider, findHolder: () => Promise.resolve(holder) });
  await expect(inTheirName(speaking, () => Promise.resolve('answered')))
    .rejects.toMatchObject({ name: 'Fault', kind: 'throttled', dependency: 'service', retryAfterMs: 7_000 });
});

test('what came of each request for a token is counted: a service that knows nobody any more is seen by that', async () => {
  const holder = { employeeId: randomUUID(), employeeNumber: '144133', returnedAt: null };
  const speaking = { employeeId: holder.employeeId, sessionId: randomUUID(), method: 'sms', assurance: 'standard', verifiedAt: new Date() } as const;
  const counted: string[] = [];
  const asked = async (workEmail: string) => createOnBehalf({
    provider, findHolder: () => Promise.resolve({ ...holder, workEmail }), count: (outcome) => { counted.push(outcome); },
  })(speaking, () => Promise.resolve('answered')).catch(() => undefined);
  await asked('anna@acme.example');
  await asked('anna@acme.example');
  await asked('nobody@acme.example');
  service.mood = 'down';
  await asked('ben@acme.example');
  expect(counted).toEqual(['given', 'given', 'noAccount', 'failed']);
});

test('a thousand messages of one employee at once ask for one token', async () => {
  const holder = {
    employeeId: randomUUID(), employeeNumber: '144133', workEmail: 'anna@acme.example', returnedAt: null };
  const speaking = {
    employeeId: holder.employeeId, sessionId: randomUUID(), method: 'sms', assurance: 'standard', verifiedAt: new Date(),
  } as const;
  // The directory's own look-up aside: a thousand at once wait for connections, not for tokens.
  const inTheirName = createOnBehalf({ provider, findHolder: () => Promise.resolve(holder) });
  const all = await Promise.all(Array.from({ length: 1_000 }, () =>
    inTheirName(speaking, (one) => Promise.resolve(one))));
  expect(new Set(all).size).toBe(1);
  expect(all[0]).toMatch(/^Bearer token-/);
  expect(service.asked.map(({ path }) => path)).toEqual(['/users/exists', '/tokens']);
});

test('what is thrown shows neither token nor whose it is', async () => {
  await world.verify();
  const { rows: [row] } = await world.pool.query<{ id: string }>('SELECT employee_id AS id FROM sessions');
  const speaking = {
    employeeId: row!.id, sessionId: row!.id, method: 'sms', assurance: 'standard', verifiedAt: new Date() } as const;
  for (const mood of ['down', 'shut', 'redirecting', 'showing a page', 'endless'] as const) {
    service.mood = mood;
    const thrown: unknown = await onBehalf(speaking, () => Promise.resolve('answered')).catch((error: unknown) => error);
    expect(thrown).toBeInstanceOf(Fault);
    expect(leaks(failureOf(thrown), [token, 'canary', 'anna@acme.example'])).toEqual([]);
  }
});
