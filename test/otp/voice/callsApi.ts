// Twilio's Calls API as far as a carrier of codes sees it: takes calls, or is in a mood.
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createTwilio } from '../../../src/twilio/client';
import type { Twilio } from '../../../src/twilio/client';
import type { CarrierMood } from '../../ports/codeCarrier.suite';
import { account } from '../../support/simulation';

export interface CallsApi {
  readonly twilio: Twilio;
  /** With a secret that the account does not have. */
  readonly stranger: Twilio;
  readonly secrets: readonly string[];
  /** The forms of the calls that were taken, as they stood in the body. */
  readonly calls: URLSearchParams[];
  set(mood: CarrierMood): void;
  close(): Promise<void>;
}

/** Twilio's own number for an address that is none. */
export const unreachable = { address: '+15005550001', code: '21211' };

/** How long it asks to wait when it throttles. */
export const throttleSeconds = 7;

const wrongSecret = 'another-secret-of-at-least-32-letters';
const basic = (secret: string) => Buffer.from(`${account.apiKeySid}:${secret}`).toString('base64');

export async function startCallsApi(): Promise<CallsApi> {
  const calls: URLSearchParams[] = [];
  let mood: CarrierMood = 'well';
  const server = createServer((request, response) => void take(request, response));
  async function take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer); // cast: no encoding is set
    const refuse = (status: number, code: number, headers = {}) =>
      response.writeHead(status, { 'Content-Type': 'application/json', ...headers })
        .end(JSON.stringify({ code, status, message: 'no', more_info: '' }));
    const isKnown = request.headers.authorization === `Basic ${basic(account.apiKeySecret)}`;
    if (!isKnown) return void refuse(401, 20003);
    if (request.url !== `/2010-04-01/Accounts/${account.sid}/Calls.json`) return void refuse(404, 20404);
    if (mood === 'silent') return;
    if (mood === 'down') return void refuse(503, 20503);
    if (mood === 'throttling') return void refuse(429, 20429, { 'Retry-After': '7' });
    const form = new URLSearchParams(Buffer.concat(chunks).toString());
    if (form.get('To') === unreachable.address) return void refuse(400, Number(unreachable.code));
    calls.push(form);
    if (mood === 'losing answers') return void response.destroy();
    const sid = `CA${String(calls.length).padStart(32, '0')}`;
    response.writeHead(201, { 'Content-Type': 'application/json' }).end(JSON.stringify({ sid, status: 'queued' }));
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo; // cast: it listens on a port
  const options = { accountSid: account.sid, apiKeySid: account.apiKeySid, apiUrl: `http://127.0.0.1:${port}` };
  const patient = createTwilio({ ...options, apiKeySecret: account.apiKeySecret });
  const impatient = createTwilio({ ...options, apiKeySecret: account.apiKeySecret, timeoutMs: 300 });
  return {
    // Nobody waits for a silence to end, and nobody is cut off because the machine is busy.
    twilio: { call: (request) => (mood === 'silent' ? impatient : patient).call(request) },
    stranger: createTwilio({ ...options, apiKeySecret: wrongSecret }),
    secrets: [account.apiKeySecret, wrongSecret, basic(account.apiKeySecret)],
    calls,
    set: (now) => { mood = now; },
    close: () => new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    }),
  };
}
