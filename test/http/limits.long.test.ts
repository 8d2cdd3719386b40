// What the public routes do with too much, too long, too slow and almost right.
import { formType, keptLog, startPublicServer } from '../support/publicServer';
import type { Answer, PublicServer } from '../support/publicServer';
import type { IncomingMessage } from '../../src/inbox/inbox';
import { authToken, encodeForm, messageUrl, sign, textMessage } from '../support/twilioRequests';

const messagePath = '/webhooks/twilio/message';
const head = `POST ${messagePath} HTTP/1.1\r\nHost: x\r\n${formType.join(': ')}\r\n`;

let server: PublicServer;
const taken: { message: IncomingMessage; doubts: readonly string[] }[] = [];
const { log } = keptLog();

beforeAll(async () => {
  server = await startPublicServer({
    log,
    takeMessage: async (message, doubts) => {
      taken.push({ message, doubts });
      return 'delivered';
    },
  });
});
afterAll(() => server.close());

function expectProblem(answer: Answer, status: number, name: string): void {
  expect([answer.status, JSON.parse(answer.text)]).toEqual([
    status, expect.objectContaining({ type: `urn:doorman:problem:${name}` })]);
  expect(taken).toEqual([]);
}

describe('A13 too much, too long, too slow', () => {
  test('a body of one byte too many, announced or in chunks', async () => {
    const body = (bytes: number) => `Body=${'x'.repeat(bytes - 5)}`;
    const signature = ['X-Twilio-Signature', sign(authToken, messageUrl, { Body: '' })] as const;
    expectProblem(await server.send('POST', messagePath, [formType, signature], body(65_537)), 413, 'too-large');
    expectProblem(await server.send('POST', messagePath, [formType, signature], body(65_536)), 403, 'not-genuine');
    const { socket, closed } = server.open();
    socket.write(`${head}${signature.join(': ')}\r\nTransfer-Encoding: chunked\r\n\r\n`);
    for (let n = 0; n < 16; n += 1) socket.write(`1000\r\n${'x'.repeat(4_096)}\r\n`);
    socket.write('1\r\nx\r\n');
    expect(await closed).toMatch(/^HTTP\/1\.1 413 /);
  });

  test('a hundred megabytes are refused by their announcement and not read', async () => {
    const { socket, closed } = server.open();
    socket.write(`${head}X-Twilio-Signature: ${'A'.repeat(27)}=\r\nContent-Length: 104857600\r\n\r\n`);
    expect(await closed).toMatch(/^HTTP\/1\.1 413 /);
  });

  test('sixty-five parameters', async () => {
    const many = Object.fromEntries(Array.from({ length: 65 }, (_, n) => [`k${n}`, '']));
    expectProblem(await server.post(many), 413, 'too-large');
  });

  test('headers of more than 16 kB', async () => {
    const { socket, closed } = server.open();
    socket.write(`POST ${messagePath} HTTP/1.1\r\nHost: x\r\nX-Filler: ${'x'.repeat(17_000)}\r\n\r\n`);
    const answer = await closed;
    expect(answer).toMatch(/^HTTP\/1\.1 431 /);
    expect(answer).toContain('urn:doorman:problem:headers-too-large');
  });

  test('what is not HTTP', async () => {
    const { socket, closed } = server.open();
    socket.write('\x16\x03\x01 canary\r\n\r\n');
    expect(await closed).toContain('urn:doorman:problem:malformed');
  });

  test('a body that drips is ended, and others are served meanwhile', async () => {
    const slow = await startPublicServer({ log, takeMessage: async () => 'delivered' },
      { requestTimeout: 300, headersTimeout: 200, connectionsCheckingInterval: 50 });
    const dripping = Array.from({ length: 100 }, () => slow.open());
    for (const { socket } of dripping) {
      socket.write(`${head}X-Twilio-Signature: ${'A'.repeat(27)}=\r\nContent-Length: 50\r\n\r\nBody=`);
    }
    expect((await slow.post(textMessage())).status).toBe(200);
    for (const answer of await Promise.all(dripping.map(({ closed }) => closed))) {
      expect(answer).toMatch(/^HTTP\/1\.1 408 /);
      expect(answer).toContain('urn:doorman:problem:too-slow');
    }
    await slow.close();
  }, 20_000);
});

test('A04 three thousand mutations over the wire: none is taken for another message, none is a fault', async () => {
  const fields = textMessage();
  const body = Buffer.from(encodeForm(fields));
  const signature = ['X-Twilio-Signature', sign(authToken, messageUrl, fields)] as const;
  let state = 1;
  const random = (below: number) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  for (let n = 0; n < 3_000; n += 50) {
    const answers = await Promise.all(Array.from({ length: 50 }, () => {
      const at = random(body.length);
      const changed = [Buffer.from([body[at]! ^ (1 + random(255))]), Buffer.alloc(0),
        Buffer.from([random(256), body[at]!])][random(3)]!;
      return server.send('POST', messagePath, [formType, signature],
        Buffer.concat([body.subarray(0, at), changed, body.subarray(at + 1)]));
    }));
    for (const { status } of answers) expect([200, 400, 403]).toContain(status);
  }
  // The few that pass are the same message in another spelling: %2B as %2b.
  expect(taken.length).toBeLessThan(60);
  for (const { message, doubts } of taken) {
    expect(doubts).toEqual([]);
    expect(message).toMatchObject({ messageId: fields.MessageSid, text: fields.Body, writtenFrom: fields.From,
      addresses: { phone: fields.From } });
  }
}, 120_000);

