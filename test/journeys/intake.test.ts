// Bad requests against the real web process with its real limits: 4xx with a problem document, nothing stored, no 5xx;
// what is genuine has one effect, however often it comes. What every single field must be is in test/http.
import { connect, createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { encodeForm, sign, textMessage } from '../support/twilioRequests';
import type { Fields } from '../support/twilioRequests';
import { account, Stack } from './stack';
import { Person } from './stand/person';
import { words } from './stand/phones';

jest.setTimeout(120_000);

const path = '/webhooks/twilio/message';
const formType = 'application/x-www-form-urlencoded';
const head = `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: ${formType}\r\n`
  + `X-Twilio-Signature: ${'A'.repeat(27)}=\r\n`;

let stack: Stack;

beforeAll(async () => {
  stack = await Stack.start({ policy: { replyQuantumMs: 0 } });
  // Whose messages the tests post themselves never wrote, as the provider sees it.
  await stack.phones.fault({ windowSeconds: null });
});

afterAll(() => stack?.stop());

interface Answer {
  readonly status: number;
  readonly type: string | undefined;
}

const signature = (fields: Fields, { token = account.authToken as string, url = stack.webUrl + path } = {}) =>
  sign(token, url, fields);

interface Changes {
  readonly headers?: Record<string, string>;
  readonly body?: string;
  readonly to?: string;
}

async function post(
  fields: Fields, { headers = {}, body = encodeForm(fields), to = path }: Changes = {},
): Promise<Answer> {
  const response = await fetch(stack.webUrl + to, {
    method: 'POST', body, headers: { 'content-type': formType, 'x-twilio-signature': signature(fields), ...headers },
  });
  const text = await response.text();
  if (response.ok) return { status: response.status, type: text };
  expect(response.headers.get('content-type')).toMatch(/^application\/problem\+json/);
  return { status: response.status, type: (JSON.parse(text) as { type: string }).type };
}

const problem = (status: number, name: string): Answer => ({ status, type: `urn:doorman:problem:${name}` });
const taken: Answer = { status: 200, type: '<Response/>' };

/** Sends bytes as they are; everything that came back until the connection was closed. */
function send(...parts: readonly string[]): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(stack.ports.web, '127.0.0.1');
    const chunks: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(Buffer.concat(chunks).toString()));
    for (const part of parts) socket.write(part);
  });
}

/** How many rows there are of all that a message can leave. */
async function stored(): Promise<Record<string, number>> {
  const { rows: [row] } = await stack.owner.query<Record<string, number>>(`SELECT
    (SELECT count(*)::int FROM inbox) AS inbox, (SELECT count(*)::int FROM senders) AS senders,
    (SELECT count(*)::int FROM sender_addresses) AS addresses, (SELECT count(*)::int FROM outbox) AS outbox`);
  return row!;
}

const repliesTo = (fields: Fields) => stack.phones.to(fields.From!).map(({ text }) => text);

describe('refused, with nothing stored', () => {
  let before: Record<string, number>;
  beforeEach(async () => { before = await stored(); });
  afterEach(async () => { expect(await stored()).toEqual(before); });

  test('A01 A09 A11 forged: without a signature, under another token, for another address, of another message', async () => {
    const fields = textMessage();
    const forged = [
      '', 'A'.repeat(27) + '=', signature(fields, { token: 'b'.repeat(32) }), signature(textMessage()),
      signature(fields, { url: `https://elsewhere.example${path}` }),
      signature(fields, { url: `${stack.webUrl}/webhooks/twilio/status` }),
    ];
    for (const one of forged) {
      expect(await post(fields, { headers: { 'x-twilio-signature': one } })).toEqual(problem(403, 'not-genuine'));
    }
    const elsewhere = textMessage({ AccountSid: `AC${'9'.repeat(32)}` });
    expect(await post(elsewhere)).toEqual(problem(403, 'not-genuine'));
  });

  test('A03 A07 A08 malformed', async () => {
    const fields = textMessage();
    const twice = `${encodeForm(fields)}&From=${encodeURIComponent('whatsapp:+12025550123')}`;
    expect(await post(fields, { body: twice })).toEqual(problem(400, 'malformed'));
    expect(await post(fields, { body: 'Body=%' })).toEqual(problem(400, 'malformed'));
    expect(await post(fields, { to: `${path}?a=b` })).toEqual(problem(400, 'query-refused'));
    const json = { body: JSON.stringify(fields), headers: { 'content-type': 'application/json' } };
    expect(await post(fields, json)).toEqual(problem(415, 'content-refused'));
    expect(await post(fields, { headers: { 'content-encoding': 'gzip' } })).toEqual(problem(415, 'content-refused'));
    const broken = ['\x16\x03\x01\x00 hello', 'POST /webhooks HTTP/9.9', `POST ${path} HTTP/1.1\r\nContent-Length: x`];
    for (const bytes of broken.map((head) => `${head}\r\n\r\n`)) {
      const answer = await send(bytes);
      expect(answer).toMatch(/^HTTP\/1\.1 400 /);
      expect(answer).toContain('urn:doorman:problem:malformed');
    }
  });

  test('A13 too large: a body, an announced hundred megabytes, headers', async () => {
    const fields = textMessage({ Body: 'x'.repeat(70_000) });
    expect(await post(fields)).toEqual(problem(413, 'too-large'));
    const announced = await send(`${head}Content-Length: 104857600\r\n\r\n`);
    expect(announced).toMatch(/^HTTP\/1\.1 413 [^]*urn:doorman:problem:too-large/);
    const filled = await send(`${head}X-Filler: ${'x'.repeat(17_000)}\r\n\r\n`);
    expect(filled).toMatch(/^HTTP\/1\.1 431 [^]*urn:doorman:problem:headers-too-large/);
  });

  test('on the public port: what is for the platform alone', async () => {
    for (const internal of ['/metrics', '/livez', '/readyz', '/']) {
      expect((await fetch(stack.webUrl + internal)).status).toBe(404);
    }
    expect((await fetch(stack.webUrl + path)).status).toBe(405);
  });
});

test('A13 too slow: a hundred connections that drip end with 408, and whoever writes meanwhile is served', async () => {
  const before = await stored();
  const dripping = [
    ...Array.from({ length: 50 }, () => send(`${head}Content-Length: 50\r\n\r\nBody=`)),
    ...Array.from({ length: 50 }, () => send(head)),
  ];
  const fields = textMessage({ WaId: '12025551001', ExternalUserId: undefined });
  expect(await post(fields)).toEqual(taken);
  await stack.phones.until('the reply', () => repliesTo(fields)[0]);
  for (const answer of await Promise.all(dripping)) {
    expect(answer).toMatch(/^HTTP\/1\.1 408 /);
    expect(answer).toContain('urn:doorman:problem:too-slow');
  }
  expect(await stored()).toMatchObject({ inbox: before.inbox! + 1, senders: before.senders! + 1 });
});

describe('genuine', () => {
  test('A10 F11 a message that comes fifty times at once, and again when it is handled, has one effect', async () => {
    const fields = textMessage({ WaId: '12025551002', ExternalUserId: undefined, Body: 'hello' });
    const answers = await Promise.all(Array.from({ length: 50 }, () => post(fields)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    await stack.phones.until('the reply', () => repliesTo(fields)[0]);
    for (let again = 0; again < 10; again += 1) expect(await post(fields)).toEqual(taken);
    // Another message would show, in what it is answered, whether the first one was taken twice.
    await post(textMessage({ WaId: '12025551002', ExternalUserId: undefined, Body: 'anybody there?' }));
    await stack.phones.until('the next reply', () => repliesTo(fields)[1]);
    expect(repliesTo(fields)).toEqual([words('askIdentifier'), words('askIdentifierAgain')]);
  });

  test('a provider that posts everything ten times is answered once', async () => {
    const person = new Person(stack.phones, { profileName: 'Echo', number: '+12025551003' });
    await stack.phones.fault({ webhookCopies: 10 });
    const { sid } = await person.say('hello');
    await stack.phones.noFaults();
    expect(stack.phones.postsOf(sid).map(({ status }) => status)).toEqual(Array.from({ length: 10 }, () => 200));
    await person.readsText('askIdentifier');
    await person.say('hello?');
    await person.readsText('askIdentifierAgain');
  });

  test('first messages of one person in the same moment make one sender and are handled one by one', async () => {
    // They were not written on the simulator, which knows of nobody who may be answered.
    await stack.phones.fault({ windowSeconds: null });
    const before = await stored();
    const messages = Array.from({ length: 8 }, (_, n) =>
      textMessage({ WaId: '12025551004', ExternalUserId: undefined, Body: `hello ${'o'.repeat(n)}` }));
    const answers = await Promise.all(messages.map((fields) => post(fields)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    await stack.phones.until('eight replies', () => repliesTo(messages[0]!)[7]);
    expect(await stored()).toMatchObject({ inbox: before.inbox! + 8, senders: before.senders! + 1 });
    const again = Array.from({ length: 7 }, () => words('askIdentifierAgain'));
    expect(repliesTo(messages[0]!)).toEqual([words('askIdentifier'), ...again]);
    await stack.phones.noFaults();
  });

  test('with a parameter that nobody knows: taken, and answered once the provider confirms it', async () => {
    const person = new Person(stack.phones, { profileName: 'Nova', number: '+12025551005' });
    const fields = await dropped(person, 'hello');
    expect(await post({ ...fields, SomethingNew: 'true' })).toEqual(taken);
    await person.readsText('askIdentifier');
  });

  test('A04 with a parameter that nobody knows and other words than the provider has: never told to anybody', async () => {
    const person = new Person(stack.phones, { profileName: 'Mallory', number: '+12025551006' });
    const fields = await dropped(person, 'hello');
    expect(await post({ ...fields, Body: 'my id is 144133', SomethingForged: 'true' })).toEqual(taken);
    for (;;) {
      const { rows: [row] } = await stack.owner.query<{ outcome: string | null; sender: string | null }>(
        'SELECT outcome, sender_id AS sender FROM inbox WHERE message_id = $1', [fields.MessageSid]);
      if (row?.outcome === 'refused') break;
      expect(row).toEqual({ outcome: null, sender: null });
      await new Promise(setImmediate);
    }
    expect(person.replies()).toEqual([]);
  });
});

test('A16 a picture whose address lies within the network is fetched in no stage', async () => {
  let visits = 0;
  const within = createServer((socket) => { visits += 1; socket.destroy(); });
  await new Promise<void>((resolve) => { within.listen(0, '127.0.0.1', resolve); });
  const url = `http://127.0.0.1:${(within.address() as AddressInfo).port}/latest/meta-data`; // cast: it listens on a port
  const maya = new Person(stack.phones, 'employee', '+12025550123');
  const sendPicture = async () => {
    expect(await post(textMessage({
      WaId: '12025550123', ExternalUserId: undefined, MessageType: 'image', Body: '', NumMedia: '1',
      MediaContentType0: 'image/jpeg', MediaUrl0: url,
    }))).toEqual(taken);
    await maya.readsText('textOnly');
  };
  await sendPicture();
  await maya.say('my id is 144133');
  await maya.readsText('codeSent', { minutes: 5 });
  await sendPicture();
  await maya.say(await maya.code());
  await maya.readsText('verified');
  await sendPicture();
  expect(visits).toBe(0);
  await expect(fetch(url)).rejects.toThrow();
  expect(visits).toBe(1);
  await new Promise((resolve) => { within.close(resolve); });
});

test('after all of it nothing was answered with a fault of ours, and no word of a forger is in the log', async () => {
  const log = stack.parts.web.log();
  expect(log).not.toMatch(/"status":5\d\d|"level":"error"/);
  expect(log).not.toMatch(/hello|1202555\d{4}|whatsapp:|SomethingForged|xxxx/);
  // What the provider itself has confirmed is named: somebody has to learn of it.
  expect(log).toContain('unknown:SomethingNew');
  expect(stack.parts.web.isRunning).toBe(true);
});

/** A message that the provider has and whose webhook never came: its parameters, to be posted by hand. */
async function dropped(person: Person, text: string): Promise<Fields> {
  await stack.phones.fault({ webhookDropped: true });
  const { sid } = await stack.phones.say(person.who, text);
  await stack.phones.noFaults();
  const WaId = person.address.replace('whatsapp:+', '');
  return textMessage({ MessageSid: sid, WaId, ExternalUserId: undefined, Body: text });
}
