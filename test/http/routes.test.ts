// What the public side does not have: nothing that answers what became of anybody.
import { createApp } from '../../src/http/app';
import { keptLog, startPublicServer } from '../support/publicServer';
import type { PublicServer } from '../support/publicServer';
import { accountSid, authToken, newMessageSid, publicUrl, recipient, statusCallback, statusUrl } from '../support/twilioRequests';

const { log } = keptLog();
const twilio = { publicUrl, authTokens: [authToken], accountSid, recipient };
const known = newMessageSid();

let server: PublicServer;

beforeAll(async () => {
  server = await startPublicServer({ log, takeMessage: async () => 'known', countStatus: () => undefined });
});

afterAll(() => server.close());

test('A37 the public routes are those that the provider and the assistant call, which only take, and the page of NOT ME', () => {
  const pushes = { read: () => ({ outcome: 'notGenuine' as const }), take: async () => ({ outcome: 'unknown' as const }) };
  const disputes = { readToken: () => undefined, dispute: async () => 'unknown' as const, language: 'en' };
  const deps = { log, twilio, noteReceipt: async () => undefined, takeMessage: async () => 'known' as const, disputes, pushes };
  const pathsOf = (app: ReturnType<typeof createApp>) => {
    // cast: Express does not type its own list
    const { stack } = app.router as unknown as { stack: { route?: { path: string } }[] };
    return stack.flatMap(({ route }) => route?.path ?? []);
  };
  const before = ['/webhooks/twilio/message', '/webhooks/twilio/status', '/webhooks/twilio/status/:receiptId'];
  const after = ['/assistant/turns/:turnId/replies', '/not-me/:token'];
  expect(pathsOf(createApp(deps))).toEqual([...before, ...after]);
  const calls = { ask: async () => '', press: async () => '', report: async () => undefined };
  const ofCalls = ['', '/pressed', '/status'].map((below) => `/webhooks/twilio/voice/:receiptId${below}`);
  expect(pathsOf(createApp({ ...deps, calls }))).toEqual([...before, ...ofCalls, ...after]);
  const partners = { receive: async () => ({ outcome: 'malformed' as const }) };
  const [push, dispute] = after;
  expect(pathsOf(createApp({ ...deps, partners }))).toEqual([...before, push, '/webhooks/partners/:partner', dispute]);
});

test('A37 what asks about a verification, an employee or a sender is answered as if there were no such thing', async () => {
  const answers = new Set<string>();
  for (const what of ['verifications', 'employees', 'senders', 'sessions', 'status', 'challenges']) {
    for (const path of [`/${what}`, `/v1/${what}`, `/v1/${what}/144133`, `/v1/${what}/999999`, `/api/${what}?id=144133`]) {
      for (const method of ['GET', 'POST', 'PUT', 'DELETE']) {
        const { status, headers, text } = await server.send(method, path, []);
        answers.add(`${status} ${text.replace(headers['x-request-id'] as string, 'id')}`); // cast: ours, and single
      }
    }
  }
  expect([...answers]).toEqual([expect.stringMatching(/^404 .*urn:doorman:problem:not-found/)]);
});

test('A37 a report on a message is answered alike, whether or not there is such a message', async () => {
  const sids = [known, newMessageSid()];
  const answers = await Promise.all(sids.map((MessageSid) =>
    server.post(statusCallback({ MessageSid }), { url: statusUrl, path: '/webhooks/twilio/status' })));
  expect(answers.map(({ status, text }) => [status, text])).toEqual([[204, ''], [204, '']]);
});
