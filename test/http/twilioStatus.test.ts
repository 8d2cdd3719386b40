// What became of a send: told by signed callbacks, by the send's own id, and refused from anybody else.
import type { ReceiptNote } from '../../src/outbox/receipts';
import { expectProblem, keptLog, startPublicServer } from '../support/publicServer';
import type { PublicServer } from '../support/publicServer';
import { authToken, messageUrl, newMessageSid, publicUrl, sign, statusCallback, statusUrl } from '../support/twilioRequests';

const receiptId = '0d3c7a9e-5b1f-4c52-9a77-1f6a1c0b2e11';
const path = `/webhooks/twilio/status/${receiptId}`;
const place = { url: publicUrl + path, path };

const { log, lines } = keptLog();
let server: PublicServer;
let noted: ReceiptNote[];
let statuses: string[];
let note: (given: ReceiptNote) => Promise<void>;

beforeAll(async () => {
  server = await startPublicServer({
    log, takeMessage: async () => 'known', noteReceipt: (given) => note(given), countStatus: (status) => { statuses.push(status); },
  });
});

beforeEach(() => {
  noted = [];
  statuses = [];
  note = async (given) => { noted.push(given); };
});

afterAll(() => server.close());

test('the receipt of a send is noted by its own id, with the provider\'s id and error number', async () => {
  const MessageSid = newMessageSid();
  for (const changes of [{ MessageStatus: 'sent' }, { MessageStatus: 'undelivered', ErrorCode: '30005' }]) {
    const answer = await server.post(statusCallback({ MessageSid, ...changes }), place);
    expect([answer.status, answer.text]).toEqual([204, '']);
  }
  expect(noted).toEqual([
    { receiptId, providerId: MessageSid, receipt: 'sent' },
    { receiptId, providerId: MessageSid, receipt: 'undelivered', fault: '30005' }]);
});

test('a message that was withdrawn has failed; what we do not know says nothing', async () => {
  for (const MessageStatus of ['canceled', 'accepted', 'a status of the future']) {
    expect((await server.post(statusCallback({ MessageStatus }), place)).status).toBe(204);
  }
  expect(noted.map(({ receipt }) => receipt)).toEqual(['failed']);
  expect(statuses).toEqual(['canceled', 'accepted', 'other']);
});

test('an error number that is none is left out, and no word of a callback is logged', async () => {
  await server.post(statusCallback({ MessageStatus: 'failed', ErrorCode: 'call +447700900123', ErrorMessage: 'canary' }), place);
  expect(noted).toMatchObject([{ receipt: 'failed' }]);
  expect(noted[0]).not.toHaveProperty('fault');
  expect(lines.join('')).not.toMatch(/canary|447700900123/);
});

test('without the id of a send it is counted only', async () => {
  const answer = await server.post(statusCallback({ MessageStatus: 'delivered' }), { url: statusUrl, path: '/webhooks/twilio/status' });
  expect(answer.status).toBe(204);
  expect([noted, statuses]).toEqual([[], ['delivered']]);
});

test('the provider is told to come again when the receipt could not be noted', async () => {
  note = () => Promise.reject(new Error('no database'));
  expectProblem(await server.post(statusCallback(), place), 503, 'unavailable');
});

test('A01 a forged callback, and one that was signed for another send, are refused and change nothing', async () => {
  const fields = statusCallback();
  const other = `${statusUrl}/99999999-5b1f-4c52-9a77-1f6a1c0b2e11`;
  for (const url of [other, statusUrl, messageUrl, `${publicUrl}${path}/`]) {
    expectProblem(await server.post(fields, { url, path }), 403, 'not-genuine');
  }
  expectProblem(await server.post(fields, { ...place, token: 'x'.repeat(32) }), 403, 'not-genuine');
  expectProblem(await server.post({ ...fields, MessageStatus: 'failed' }, {
    ...place, headers: [['X-Twilio-Signature', sign(authToken, place.url, fields)]] }), 403, 'not-genuine');
  expect(noted).toEqual([]);
});

test('it is refused for another account, without a message id or a status', async () => {
  for (const changes of [{ AccountSid: `AC${'1'.repeat(32)}` }, { MessageSid: 'SM1' }, { MessageStatus: undefined }]) {
    expectProblem(await server.post(statusCallback(changes), place), 403, 'not-genuine');
  }
  expect(noted).toEqual([]);
});

test.each(['', '/1', `/${receiptId.toUpperCase()}`, `/${receiptId}0`, `/${receiptId}/x`, '/%27%20OR%201=1', `/${receiptId}?x=1`])(
  'what is no id of a send is not a route, signed or not: %j', async (end) => {
    const odd = `/webhooks/twilio/status${end === '' ? '/' : end}`;
    const answer = await server.post(statusCallback(), { url: publicUrl + odd, path: odd });
    expect([400, 404]).toContain(answer.status);
    expect(noted).toEqual([]);
  });
