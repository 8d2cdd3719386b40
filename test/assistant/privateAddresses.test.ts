// Where an assistant leads, Doorman does not follow.
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { AssistantSettings } from '../../src/assistant/assistantSettings';
import { createAssistant } from '../../src/assistant/createAssistant';
import { createEgress, privateAddress } from '../../src/outbound/egress';
import { newMemory } from '../ports/assistant.suite';
import { faultOf } from '../ports/leaks';
import { accountAt } from './dialogflowCx/fakeDialogflow';

const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwAAAAAAAAAAA=';
const common = { timeoutMs: 10_000, allowInsecure: true };
const kinds: readonly ((url: string) => AssistantSettings)[] = [
  (url) => ({ kind: 'webhook', url, secret, ...common }),
  (url) => ({ kind: 'stream', url, secret, partGapMs: 1_000, ...common }),
  (url) => ({ kind: 'rasa', url, ...common }),
  (url) => ({ kind: 'directLine', url, secret: 'direct-line-secret-of-many-letters', quietMs: 100, pollMs: 50, ...common }),
  (url) => ({ kind: 'dialogflowCx', url, project: 'p', location: 'l', agent: 'a', serviceAccount: accountAt(url), ...common }),
];
const turn = {
  turnId: 'SM1', conversationId: '0f8fad5b-d9cb-469f-a165-70867728950e', subject: 's-1', verifiedAt: new Date(),
  assurance: 'standard', locale: 'en', text: 'my secret question',
} as const;

let server: Server;
let url: string;
let connections = 0;
beforeAll(async () => {
  server = createServer((_req, res) => res.writeHead(307, { location: 'http://169.254.169.254/latest/meta-data' }).end());
  server.on('connection', () => { connections += 1; });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

test.each(kinds.map((settings) => [settings('').kind, settings] as const))(
  'A73 a private address that is not configured gets no connection from an assistant of kind %s', async (_kind, settings) => {
    const before = connections;
    const memory = newMemory();
    const assistant = createAssistant(settings(url), { fetch: createEgress({ privateHosts: new Set() }) });
    const fault = await faultOf(assistant.answer(turn, new AbortController().signal, memory), 'misconfigured', [turn.text, '127.0.0.1']);
    expect(fault.code).toBe(privateAddress);
    expect(connections).toBe(before);
    expect(memory.isGiven).toBe(false);
  });

test.each(kinds.map((settings) => [settings('').kind, settings] as const))(
  'A73 a redirect to a metadata address is not followed for an assistant of kind %s', async (_kind, settings) => {
    const asked: string[] = [];
    const get = createEgress({ privateHosts: new Set(['127.0.0.1']) });
    const noting: typeof fetch = (input, init) => {
      asked.push(new URL(String(input)).host);
      return get(input, init);
    };
    const assistant = createAssistant(settings(url), { fetch: noting });
    await faultOf(assistant.answer(turn, new AbortController().signal, newMemory()), 'misconfigured', [turn.text]);
    expect(new Set(asked)).toEqual(new Set([new URL(url).host]));
  });
