// The routes of calls: who may ask, in which form, and what is asked of whoever answers.
import type { CodeCalls } from '../../../src/otp/voice/codeCalls';
import { expectProblem, keptLog, startPublicServer } from '../../support/publicServer';
import type { PublicServer } from '../../support/publicServer';
import { accountSid, authToken, encodeForm, messageUrl, nextAuthToken, publicUrl, sign } from '../../support/twilioRequests';

const receiptId = '0d3c7a9e-5b1f-4c52-9a77-1f6a1c0b2e11';
const callPath = `/webhooks/twilio/voice/${receiptId}`;
const paths = { ask: callPath, press: `${callPath}/pressed`, report: `${callPath}/status` };
const routes = Object.entries(paths);
const callId = `CA${'0c'.repeat(16)}`;
const to = '+447700900123';
const fields = { CallSid: callId, AccountSid: accountSid, To: to, From: '+14155550100', CallStatus: 'completed', Digits: '1' };

const { log, lines } = keptLog();
let server: PublicServer;
let asked: unknown[][];
let answer: () => Promise<string>;

const calls: CodeCalls = {
  ask: async (call) => { asked.push(['ask', call]); return answer(); },
  press: async (call, key) => { asked.push(['press', call, key]); return answer(); },
  report: async (call, status) => { asked.push(['report', call, status]); await answer(); },
};

beforeAll(async () => { server = await startPublicServer({ log, takeMessage: async () => 'known', calls }); });
beforeEach(() => {
  asked = [];
  answer = async () => '<Response/>';
});
afterAll(() => server.close());

const post = (path: string, changes: Record<string, string> = {}, more: { url?: string; token?: string; body?: string } = {}) =>
  server.post({ ...fields, ...changes }, { path, url: publicUrl + path, ...more });

test('a genuine request is answered with what is to be said, or, for a report, with nothing', async () => {
  const answers = [await post(paths.ask), await post(paths.press), await post(paths.report)];
  expect(answers.map(({ status, text }) => [status, text])).toEqual([[200, '<Response/>'], [200, '<Response/>'], [204, '']]);
  const call = { receiptId, callId, to };
  expect(asked).toEqual([['ask', call], ['press', call, '1'], ['report', call, 'completed']]);
});

test('a report that we do not know, or without a status, changes nothing', async () => {
  expect((await post(paths.report, { CallStatus: 'a status of the future' })).status).toBe(204);
  expect((await post(paths.report, { CallStatus: '__proto__' })).status).toBe(204);
  expect(asked).toEqual([]);
});

describe.each(routes)('to %s', (what, path) => {
  test('either of two tokens may sign', async () => {
    expect((await post(path, {}, { token: nextAuthToken })).status).toBeLessThan(300);
  });

  test('A01 A09 A11 forged, under another token, for another call, another route or another host is 403 and asks nobody', async () => {
    const otherCall = publicUrl + path.replace(receiptId, '99999999-5b1f-4c52-9a77-1f6a1c0b2e11');
    const otherRoutes = routes.filter(([name]) => name !== what).map(([, other]) => publicUrl + other);
    for (const url of [otherCall, ...otherRoutes, messageUrl, `${publicUrl}/webhooks/twilio/status/${receiptId}`,
      `${publicUrl}${path}/`, `http://127.0.0.1${path}`]) {
      expectProblem(await post(path, {}, { url }), 403, 'not-genuine');
    }
    expectProblem(await post(path, {}, { token: 'x'.repeat(32) }), 403, 'not-genuine');
    expectProblem(await server.send('POST', path, [['Content-Type', 'application/x-www-form-urlencoded']], encodeForm(fields)), 403, 'not-genuine');
    expect(asked).toEqual([]);
  });

  test('a field that was changed, added or repeated under the signature is refused', async () => {
    const body = (text: string) => post(path, {}, { body: text });
    expectProblem(await body(encodeForm({ ...fields, Digits: '2' })), 403, 'not-genuine');
    expectProblem(await body(encodeForm({ ...fields, More: '' })), 403, 'not-genuine');
    expectProblem(await body(`${encodeForm(fields)}&Digits=1`), 400, 'malformed');
    expect(asked).toEqual([]);
  });

  test('A08 a query, even a signed one, is refused', async () => {
    const asJson = `bodySHA256=${'0'.repeat(64)}`;
    for (const query of ['', 'a=1', asJson]) {
      expectProblem(await server.post(fields, { path: `${path}?${query}`, url: `${publicUrl}${path}?${query}` }), 400, 'query-refused');
    }
    expect(asked).toEqual([]);
  });

  test('only POST is taken', async () => {
    for (const method of ['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS']) {
      const refused = await server.send(method, path, [['X-Twilio-Signature', sign(authToken, publicUrl + path, {})]]);
      expect([refused.status, refused.headers.allow]).toEqual([405, 'POST']);
    }
    expect(asked).toEqual([]);
  });

  test('of another account, or without the id of a call, it is refused', async () => {
    const { CallSid: _, ...without } = fields;
    for (const changes of [{ AccountSid: `AC${'1'.repeat(32)}` }, { CallSid: 'CA1' }, { CallSid: callId.toUpperCase() }]) {
      expectProblem(await post(path, changes), 403, 'not-genuine');
    }
    expectProblem(await server.post(without, { path, url: publicUrl + path }), 403, 'not-genuine');
    expect(asked).toEqual([]);
  });

  test.each([`${receiptId}0`, receiptId.toUpperCase(), '1', '%00', '..%2f', '%ff'])(
    'what is no id of a send is no route, signed or not: %j', async (id) => {
      const odd = path.replace(receiptId, id);
      expect([400, 404]).toContain((await server.post(fields, { path: odd, url: publicUrl + odd })).status);
      expect(asked).toEqual([]);
    });

  test('what cannot be known is 503, so that nothing is said, and no word of why is logged', async () => {
    answer = () => Promise.reject(new Error(`canary ${to}`));
    const refused = await post(path);
    expectProblem(refused, 503, 'unavailable');
    expect(refused.headers['retry-after']).toBe('5');
    expect(lines.join('')).not.toMatch(/canary|447700900123/);
  });
});

test('there are no such routes where there are no calls', async () => {
  const silent = await startPublicServer({ log, takeMessage: async () => 'known' });
  try {
    for (const [, path] of routes) {
      expect((await silent.post(fields, { path, url: publicUrl + path })).status).toBe(404);
    }
  } finally {
    await silent.close();
  }
});
